"""Bootstrap intervals against SciPy, their coverage, and errors."""

import numpy as np
import pytest
import scipy.stats

from tsgen_jax.evaluation import bootstrap

X = np.random.default_rng(0).exponential(size=80)
Y = np.random.default_rng(1).normal(size=50)


@pytest.mark.parametrize("level", [0.5, 0.95])
def test_interval_of_the_mean_is_scipys(level):
    expected = scipy.stats.bootstrap(
        (X,),
        np.mean,
        n_resamples=4000,
        confidence_level=level,
        method="percentile",
        rng=np.random.default_rng(5),
    ).confidence_interval
    got = bootstrap.interval(np.mean, (X,), 0, 4000, level)
    np.testing.assert_allclose(got, expected, atol=0.08 * X.std() / np.sqrt(80))


def test_arrays_are_resampled_independently_of_each_other():
    def difference(x, y):
        assert x.shape == (80,)
        assert y.shape == (50,)
        return x.mean() - y.mean()

    got = bootstrap.interval(difference, (X, Y), 0, 2000, 0.9)
    scatter = np.sqrt(X.var() / 80 + Y.var() / 50)
    ends = X.mean() - Y.mean() + scatter * scipy.stats.norm.ppf([0.05, 0.95])
    np.testing.assert_allclose(got, ends, atol=0.15 * scatter)
    # Resampled alike, the difference of an array from itself would be 0.
    same = bootstrap.interval(lambda a, b: a.mean() - b.mean(), (X, X), 0, 200, 0.9)
    assert same[0] < -0.1 < 0.1 < same[1]


def test_whole_rows_are_resampled_with_replacement():
    rows = np.arange(30).reshape(10, 3)

    def share_of_different_rows(x):
        assert ((x[:, 1:] - x[:, :1]) == [1, 2]).all()
        return len(np.unique(x[:, 0])) / 10

    low, high = bootstrap.interval(share_of_different_rows, (rows,), 0, 500, 0.5)
    assert low <= 1 - 0.9**10 <= high  # The expected share, 0.65.
    assert high < 1


def test_interval_covers_the_truth_as_often_as_it_says():
    rng, hits, num_sets = np.random.default_rng(2), 0, 200
    for seed in range(num_sets):
        x = rng.normal(size=40)
        low, high = bootstrap.interval(np.mean, (x,), seed, 150, 0.8)
        hits += low <= 0 <= high
    assert abs(hits / num_sets - 0.8) < 0.09  # Three standard errors.


def test_interval_is_a_function_of_the_seed_and_leaves_numpys_generator_alone():
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    first = bootstrap.interval(np.mean, (X,), 3, 50, 0.9)
    assert first == bootstrap.interval(np.mean, (X,), 3, 50, 0.9)
    assert first != bootstrap.interval(np.mean, (X,), 4, 50, 0.9)
    assert (np.random.get_state()[1] == state).all()  # noqa: NPY002
    constant = bootstrap.interval(np.mean, (np.full((5, 2), 2.0),), 3, 50, 0.9)
    assert constant == (2.0, 2.0)


def test_a_higher_level_is_wider():
    narrow = bootstrap.interval(np.mean, (X,), 0, 200, 0.5)
    wide = bootstrap.interval(np.mean, (X,), 0, 200, 0.95)
    assert wide[0] < narrow[0] < X.mean() < narrow[1] < wide[1]


def test_what_has_no_interval_is_refused_in_words():
    def log_of_least(x):
        return np.log(x.min()) if x.min() > 0 else np.nan

    cases = {
        "arrays must be a tuple": (np.mean, X, 10, 0.9),
        "arrays must be a tuple of one": (np.mean, (), 10, 0.9),
        r"arrays\[1\] has no rows": (np.mean, (X, X[:0]), 10, 0.9),
        r"arrays\[0\] has no rows": (np.mean, (np.float64(3),), 10, 0.9),
        "num_draws=1": (np.mean, (X,), 1, 0.9),
        "level=95 must lie between 0 and 1": (np.mean, (X,), 10, 95),
        "not finite in 1?[0-9] of 20 draws": (log_of_least, (X - X.min(),), 20, 0.9),
    }
    for match, (statistic, arrays, num_draws, level) in cases.items():
        with pytest.raises(ValueError, match=match):
            bootstrap.interval(statistic, arrays, 0, num_draws, level)
