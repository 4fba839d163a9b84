import numpy as np
import pytest
from scipy import stats

from tsgen_jax.evaluation.measures import probabilistic


@pytest.fixture(scope="module")
def case():
    rng = np.random.default_rng(0)
    draws, truth = rng.normal(size=(7, 4, 5)), rng.normal(size=(4, 5))
    draws[3, 1] = draws[2, 1]  # Ties.
    return draws, truth


def test_crps_is_that_of_all_pairs(case):
    draws, truth = case
    found = probabilistic.crps(draws, truth)
    for at in np.ndindex(truth.shape):
        x = draws[(slice(None), *at)]
        pairs = sum(abs(a - b) for a in x for b in x) / len(x) ** 2
        judge = sum(abs(a - truth[at]) for a in x) / len(x) - pairs / 2
        np.testing.assert_allclose(found[at], judge, rtol=1e-12)


def test_crps_of_many_draws_is_the_closed_form_of_a_normal():
    """Gneiting and Raftery 2007, equation 20's normal: sigma (z (2 Phi - 1) + ...)."""
    mean, std, truth = 0.7, 1.8, np.array([-2.0, 0.7, 1.0, 5.0])
    levels = (np.arange(20000) + 0.5) / 20000
    draws = np.repeat(stats.norm.ppf(levels, mean, std)[:, None], 4, axis=1)
    z = (truth - mean) / std
    judge = z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi)
    np.testing.assert_allclose(probabilistic.crps(draws, truth), std * judge, rtol=1e-3)


def test_one_draw_scores_its_absolute_error_and_the_truth_scores_none(case):
    draws, truth = case
    error = np.abs(draws[0] - truth)
    np.testing.assert_allclose(probabilistic.crps(draws[:1], truth), error)
    np.testing.assert_allclose(probabilistic.absolute_error(draws[:1], truth), error)
    same = np.repeat(truth[None], 5, axis=0)
    np.testing.assert_allclose(probabilistic.crps(same, truth), 0, atol=1e-15)


def test_crps_is_proper():
    """The true distribution scores best on average, against shifts and scales."""
    rng = np.random.default_rng(1)
    truth, noise = rng.normal(size=4000), rng.normal(size=(50, 4000))

    def score(shift, scale):
        return probabilistic.crps(shift + scale * noise, truth).mean()

    best = score(0, 1)
    for shift, scale in ((0.4, 1), (-0.4, 1), (0, 0.5), (0, 2)):
        assert score(shift, scale) > best


def test_pinball_is_its_definition_and_its_mean_over_levels_is_half_the_crps():
    rng = np.random.default_rng(2)
    draws, truth = rng.normal(size=(2001, 6)), rng.normal(size=6)
    for level in (0.1, 0.5, 0.9):
        q = np.quantile(draws, level, axis=0)
        judge = np.where(truth < q, (1 - level) * (q - truth), level * (truth - q))
        found = probabilistic.pinball(draws, truth, level)
        np.testing.assert_allclose(found, judge)
    levels = (np.arange(500) + 0.5) / 500
    mean = np.mean([probabilistic.pinball(draws, truth, v) for v in levels], axis=0)
    np.testing.assert_allclose(2 * mean, probabilistic.crps(draws, truth), rtol=0.01)


def test_intervals_cover_what_they_say():
    rng = np.random.default_rng(3)
    draws, truth = rng.normal(size=(200, 5000)), rng.normal(size=5000)
    for level in (0.5, 0.9):
        low, high = probabilistic.interval(draws, level)
        covered = probabilistic.coverage(draws, truth, level)
        np.testing.assert_array_equal(covered, (truth >= low) & (truth <= high))
        np.testing.assert_allclose(covered.mean(), level, atol=0.02)
        judge = 2 * stats.norm.ppf((1 + level) / 2)
        np.testing.assert_allclose((high - low).mean(), judge, rtol=0.03)


def test_all_scores_are_means_over_what_is_counted(case):
    draws, truth = case
    counted = np.zeros(truth.shape, bool)
    counted[1:3, ::2] = True
    found = probabilistic.scores(draws, truth, counted)
    judge = probabilistic.crps(draws, truth)[counted].mean()
    np.testing.assert_allclose(found["crps"], judge)
    error = np.sqrt(((draws.mean(0) - truth)[counted] ** 2).mean())
    np.testing.assert_allclose(found["rmse"], error)
    assert set(found) == {
        *("crps", "mae", "rmse", "pinball_10", "pinball_90"),
        *("coverage_50", "width_50", "coverage_90", "width_90"),
        *("perfect_coverage_50", "perfect_coverage_90"),
    }
    assert found["perfect_coverage_90"] == probabilistic.perfect_coverage(7, 0.9)


def test_a_perfect_forecaster_covers_less_by_few_draws():
    rng = np.random.default_rng(4)
    for num in (2, 7, 20, 30):
        draws, truth = rng.normal(size=(num, 20000)), rng.normal(size=20000)
        for level in (0.5, 0.9):
            found = probabilistic.coverage(draws, truth, level).mean()
            judge = probabilistic.perfect_coverage(num, level)
            np.testing.assert_allclose(found, judge, atol=0.012)
    found = [probabilistic.perfect_coverage(30, level) for level in (0.5, 0.9)]
    np.testing.assert_allclose(found, [0.4683, 0.8467], atol=4e-4)
    # Where the quantile is a draw, no distribution is assumed: 2 of 20 are outside.
    np.testing.assert_allclose(probabilistic.perfect_coverage(21, 0.9), 18 / 22)
    assert probabilistic.perfect_coverage(1, 0.9) == 0
    for call in ((0, 0.9), (5, 1.0)):
        with pytest.raises(ValueError, match=r"num=0|level=1"):
            probabilistic.perfect_coverage(*call)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda d, y: probabilistic.crps(d, y[:2]), r"draws are \(7, 4, 5\)"),
        (lambda d, y: probabilistic.crps(d[:0], y), "at least one"),
        (lambda d, y: probabilistic.crps(d * np.nan, y), "must be finite"),
        (lambda d, y: probabilistic.pinball(d, y, 1.0), "level=1.0"),
        (lambda d, y: probabilistic.interval(d, 0.0), "level=0.0"),
        (lambda d, y: probabilistic.scores(d, y, y > 99), "nothing is missing"),
    ],
)
def test_what_cannot_be_scored_is_refused(call, message, case):
    with pytest.raises(ValueError, match=message):
        call(*case)
