"""Intervals by resampling against SciPy and theory, their coverage, and errors."""

import numpy as np
import pytest
import scipy.stats

from tsgen_jax.evaluation.measures import bootstrap, fidelity

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


def difference_of_means(x, y):
    return x.mean() - y.mean()


@pytest.mark.parametrize(("n", "max_rows"), [(80, None), (79, None), (80, 13)])
def test_half_samples_of_a_mean_have_its_standard_error(n, max_rows):
    x = X[:n]
    got = bootstrap.half_sampling(np.mean, (x,), x.mean(), 0, 4000, 0.8, max_rows)
    error = x.std(ddof=1) / np.sqrt(n)
    ends = x.mean() + error * scipy.stats.norm.ppf([0.1, 0.9])
    np.testing.assert_allclose(got, ends, atol=0.08 * error)


def test_half_samples_of_three_rows_are_scaled_by_what_a_half_is():
    x = np.array([-3.0, 0, 3])  # A half is one row: off by 3 in two of three draws.
    low, high = bootstrap.half_sampling(np.mean, (x,), 10.0, 0, 4000, 0.9)
    np.testing.assert_allclose([low, high], 10 + 3 * np.array([-1, 1]) / 2**0.5, 0.02)


def test_few_half_samples_end_where_their_number_lets_them():
    draws = []

    def mean(x):
        draws.append(x.mean())
        return draws[-1]

    ends = bootstrap.half_sampling(mean, (X,), 0.0, 0, 39, 0.95)
    expected = [min(draws) - np.mean(draws), max(draws) - np.mean(draws)]
    np.testing.assert_allclose(ends, expected, rtol=1e-6)  # Of 40 parts, 1 each.


def test_half_samples_of_two_arrays_are_independent_of_each_other():
    for x, y in ((X, Y), (X[:7], Y[:9])):
        value = difference_of_means(x, y)
        ends = bootstrap.half_sampling(difference_of_means, (x, y), value, 0, 4000, 0.8)
        scatter = np.sqrt(x.var(ddof=1) / len(x) + y.var(ddof=1) / len(y))
        theory = value + scatter * scipy.stats.norm.ppf([0.1, 0.9])
        np.testing.assert_allclose(ends, theory, atol=0.15 * scatter)


def test_half_samples_repeat_no_row_and_keep_rows_whole():
    sizes = []

    def count(a, b):
        assert len(np.unique(a[:, 0])) == len(a)
        assert ((a[:, 1:] - a[:, :1]) == [1, 2]).all()
        sizes.append((len(a), len(b)))
        return float(a.sum())

    rows = np.arange(33).reshape(11, 3)
    bootstrap.half_sampling(count, (rows, np.arange(40)), 0.0, 0, 10, 0.5)
    assert set(sizes) == {(5, 20)}
    sizes.clear()
    bootstrap.half_sampling(count, (rows, np.arange(40)), 0.0, 0, 10, 0.5, 7)
    assert set(sizes) == {(5, 7)}


def test_half_sampling_covers_the_truth_as_often_as_it_says():
    rng, hits, num_sets = np.random.default_rng(2), 0, 300
    for seed in range(num_sets):
        x = rng.normal(size=41)
        low, high = bootstrap.half_sampling(np.mean, (x,), x.mean(), seed, 39, 0.8)
        hits += low <= 0 <= high
    assert abs(hits / num_sets - 0.8) < 0.07  # Three standard errors.


def test_half_sampling_of_fid_has_the_spread_of_independent_sets():
    rng = np.random.default_rng(0)

    def draw():
        return rng.normal(size=(60, 16)), rng.normal(size=(60, 16)) + 0.7

    spread = np.std([fidelity.fid(*draw()) for _ in range(100)])
    widths = []
    for seed in range(8):
        sets = draw()
        value = fidelity.fid(*sets)
        low, high = bootstrap.half_sampling(fidelity.fid, sets, value, seed, 39, 0.95)
        assert low < value < high
        widths.append((high - low) / 2 / 1.96)
    assert 0.8 < np.mean(widths) / spread < 1.5
    # Repeated rows add a bias that the plain bootstrap takes for the value.
    assert bootstrap.interval(fidelity.fid, sets, 0, 40, 0.95)[0] > value


def test_half_sampling_of_several_numbers_is_that_of_each():
    def both(x):
        return np.array([x.mean(), x.std()])

    low, high = bootstrap.half_sampling(both, (X,), both(X), 3, 50, 0.9)
    for i, statistic in enumerate((np.mean, np.std)):
        ends = bootstrap.half_sampling(statistic, (X,), statistic(X), 3, 50, 0.9)
        np.testing.assert_allclose(ends, (low[i], high[i]), rtol=1e-12)
        assert [type(end) for end in ends] == [float, float]
    assert ends == bootstrap.half_sampling(np.std, (X,), X.std(), 3, 50, 0.9)
    assert ends != bootstrap.half_sampling(np.std, (X,), X.std(), 4, 50, 0.9)


def test_what_has_no_half_sampling_is_refused_in_words():
    def run(statistic=np.mean, arrays=(X,), value=0.0, draws=20, level=0.9, most=None):
        return bootstrap.half_sampling(statistic, arrays, value, 0, draws, level, most)

    cases = {
        r"arrays\[1\] has 1 row": {"arrays": (X, X[:1])},
        r"arrays\[0\] has no rows": {"arrays": (X[:0],)},
        "arrays must be a tuple": {"arrays": X},
        "num_draws=1": {"draws": 1},
        "level=95": {"level": 95},
        "max_rows=0": {"most": 0},
        "value=nan must be finite": {"value": np.nan},
        r"value has shape \(2,\), the statistic of a draw \(\)": {"value": [1.0, 2.0]},
        "not finite in 20 of 20 draws": {"statistic": lambda x: np.nan},
    }
    for match, case in cases.items():
        with pytest.raises(ValueError, match=match):
            run(**case)
