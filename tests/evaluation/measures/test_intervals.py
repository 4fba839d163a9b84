import numpy as np
import pytest
from scipy import stats

from tsgen_jax.evaluation.measures import intervals


@pytest.mark.parametrize("level", [0.5, 0.95])
@pytest.mark.parametrize(("hits", "num"), [(0, 9), (1, 9), (5, 9), (149, 150), (7, 7)])
def test_wilson_is_scipys(hits, num, level):
    judge = stats.binomtest(hits, num).proportion_ci(level, method="wilson")
    found = intervals.wilson(hits / num, num, level)
    np.testing.assert_allclose(found, (judge.low, judge.high), atol=1e-12)


@pytest.mark.parametrize(("hits", "num"), [(0, 9), (1, 9), (149, 150), (7, 7)])
def test_clopper_pearson_is_scipys(hits, num):
    judge = stats.binomtest(hits, num).proportion_ci(0.95, method="exact")
    found = intervals.clopper_pearson(hits / num, num, 0.95)
    np.testing.assert_allclose(found, (judge.low, judge.high), atol=1e-12)


def test_wilson_of_the_textbook():
    """Agresti and Coull 1998: 0 of 10 at 95 % is [0, 0.278]; 9 of 10 [0.596, 0.982]."""
    np.testing.assert_allclose(intervals.wilson(0, 10, 0.95), (0, 0.2775), atol=1e-4)
    np.testing.assert_allclose(
        intervals.wilson(0.9, 10, 0.95), (0.5958, 0.9821), atol=1e-4
    )


@pytest.mark.parametrize("p", [0.5, 0.9, 0.97, 0.99])
def test_wilson_covers_accuracies_near_one_exactly_as_often_as_it_says(p):
    """Summed over the binomial distribution, for tests of 100 to 200 series."""
    covered = []
    for num in range(100, 201, 10):
        hits = np.arange(num + 1)
        ends = np.array([intervals.wilson(h / num, num, 0.95) for h in hits])
        holds = (ends[:, 0] <= p) & (p <= ends[:, 1])
        covered.append(stats.binom.pmf(hits[holds], num, p).sum())
    assert 0.92 < np.mean(covered) < 0.98


def test_the_effective_size_is_that_of_a_clustered_share():
    """Every case counted three times: the share scatters as that of a third of them."""
    own = 0.3 * 0.7
    assert intervals.effective_size(0.3, 90, own / 30) == pytest.approx(30)
    assert (
        intervals.effective_size(0.3, 90, own / 900) == 90
    )  # Never more than there are.
    assert intervals.effective_size(0.3, 90, 10.0) == 1
    for share, variance in ((0.0, 0.1), (1.0, 0.1), (0.3, 0.0)):
        assert intervals.effective_size(share, 90, variance) == 90


def test_student_is_scipys():
    x = np.random.default_rng(0).gamma(2, size=12)
    judge = stats.ttest_1samp(x, 0).confidence_interval(0.9)
    np.testing.assert_allclose(intervals.student(x, 0.9), judge)
    assert intervals.student(np.full(5, 2.0), 0.9) == (2, 2)


@pytest.mark.parametrize(
    "call",
    [
        lambda: intervals.wilson(1.2, 9, 0.9),
        lambda: intervals.wilson(0.5, 0, 0.9),
        lambda: intervals.clopper_pearson(0.5, 0, 0.9),
        lambda: intervals.wilson(0.5, 9, 95),
        lambda: intervals.student([1.0], 0.9),
        lambda: intervals.student([1.0, 2.0], 1.0),
    ],
)
def test_what_has_no_interval_is_refused(call):
    with pytest.raises(ValueError, match="level"):
        call()
