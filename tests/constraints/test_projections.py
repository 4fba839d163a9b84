"""Projections against quadratic programs, enumeration and scikit-learn."""

import itertools

import numpy as np
import pytest
import scipy.optimize
from sklearn.isotonic import IsotonicRegression

from tsgen_jax.constraints import projections

_RNG = np.random.default_rng


def _nearest(x, constraints, bounds):
    """The projection of one row by SciPy's SLSQP."""
    found = scipy.optimize.minimize(
        lambda z: ((z - x) ** 2).sum(),
        np.full_like(x, 0.5),
        jac=lambda z: 2 * (z - x),
        bounds=bounds,
        constraints=constraints,
        options={"ftol": 1e-12, "maxiter": 500},
    )
    assert found.success, found.message
    return found.x


def _sums_to(total):
    return {
        "type": "eq",
        "fun": lambda z: z.sum() - total,
        "jac": lambda z: np.ones_like(z),
    }


def _ascends(m):
    steps = np.diff(np.eye(m), axis=0)
    return {"type": "ineq", "fun": lambda z: steps @ z, "jac": lambda z: steps}


def _best_integers(x, low, high, allowed):
    """The least distance over all integer rows that are `allowed`."""
    ranges = [range(int(a), int(b) + 1) for a, b in zip(low, high, strict=True)]
    rows = np.array([z for z in itertools.product(*ranges) if allowed(np.array(z))])
    return ((rows - x) ** 2).sum(1).min()


@pytest.mark.parametrize("total", [1.0, -0.4, 2.2])
def test_a_capped_simplex_is_what_a_quadratic_program_finds(total):
    rng = _RNG(0)
    x = rng.normal(size=(30, 5))
    low = np.where(rng.random(x.shape) < 0.2, x, -0.3)  # Some values are given.
    high = np.where(low == x, x, 0.8)
    possible = (low.sum(1) <= total) & (total <= high.sum(1))
    found = projections.onto_sum(x, total, low, high)
    np.testing.assert_allclose(found[possible].sum(1), total, atol=1e-12)
    for row in np.flatnonzero(possible)[:12]:
        bounds = list(zip(low[row], high[row], strict=True))
        judge = _nearest(x[row], [_sums_to(total)], bounds)
        np.testing.assert_allclose(found[row], judge, atol=1e-5)
    assert possible.sum() >= 5
    # No row with this sum: all values at the bounds that come nearest.
    short = high.sum(1) < total
    np.testing.assert_array_equal(found[short], high[short])
    again = projections.onto_sum(found[possible], total, low[possible], high[possible])
    np.testing.assert_allclose(again, found[possible], atol=1e-12)


def test_without_bounds_all_values_are_shifted_alike():
    x = _RNG(1).normal(size=(4, 7)) * 1e3
    free = np.full_like(x, np.inf)
    found = projections.onto_sum(x, 100.0, -free, free)
    judge = x + (100 - x.sum(1, keepdims=True)) / 7
    np.testing.assert_allclose(found, judge, rtol=1e-12)
    above = projections.onto_sum(x, 100.0, np.zeros_like(x), free)
    np.testing.assert_allclose(above.sum(1), 100, rtol=1e-12)
    assert above.min() == 0


def test_integers_with_a_sum_are_the_best_of_all():
    rng = _RNG(2)
    x = rng.normal(size=(40, 4)) * 1.5
    x[:10] = np.round(x[:10] * 2) / 2  # Ties.
    low, high = np.full_like(x, -2.0), np.full_like(x, 3.0)
    found = projections.onto_sum(x, 2, low, high, whole=True)
    np.testing.assert_array_equal(found, np.rint(found))
    np.testing.assert_array_equal(found.sum(1), 2)
    assert found.min() >= -2
    assert found.max() <= 3
    for row in range(len(x)):
        judge = _best_integers(x[row], low[row], high[row], lambda z: z.sum() == 2)
        assert ((found[row] - x[row]) ** 2).sum() == pytest.approx(judge)


def test_ascending_rows_are_those_of_scikit_learn():
    x = _RNG(3).normal(size=(20, 15)).cumsum(1)
    found = projections.pool(x, np.ones(x.shape, bool))
    for row in range(len(x)):
        judge = IsotonicRegression().fit_transform(np.arange(15), x[row])
        np.testing.assert_allclose(found[row], judge, atol=1e-12)
    done = np.sort(x, axis=1)
    np.testing.assert_array_equal(projections.pool(done, done == done), done)
    # A given value parts the row: both sides ascend on their own.
    free = np.ones(x.shape, bool)
    free[:, 7] = False
    parted = projections.pool(x, free)
    np.testing.assert_array_equal(parted[:, 7], x[:, 7])
    left = projections.pool(x[:, :7], free[:, :7])
    np.testing.assert_array_equal(parted[:, :7], left)


def test_ascending_within_bounds_and_with_a_sum():
    rng = _RNG(4)
    x = rng.normal(size=(10, 6)) * 2
    free, low, high = np.ones(x.shape, bool), np.full(x.shape, -1), np.full(x.shape, 2)
    pooled = projections.pool(x, free)
    boxed = projections.onto_box(pooled, low, high)
    summed = projections.onto_sum(pooled, 3.0, low, high)
    for row in range(len(x)):
        bounds = [(-1, 2)] * 6
        judge = _nearest(x[row], [_ascends(6)], bounds)
        np.testing.assert_allclose(boxed[row], judge, atol=1e-5)
        judge = _nearest(x[row], [_ascends(6), _sums_to(3)], bounds)
        np.testing.assert_allclose(summed[row], judge, atol=1e-5)
    assert (np.diff(summed, axis=1) >= -1e-12).all()


def test_ascending_integers_are_the_best_of_all():
    x = _RNG(5).normal(size=(25, 5)) * 1.5
    pooled = projections.pool(x, np.ones(x.shape, bool))
    found = projections.onto_box(pooled, -2.0, 3.0, whole=True)
    for row in range(len(x)):
        judge = _best_integers(
            x[row], [-2] * 5, [3] * 5, lambda z: (np.diff(z) >= 0).all()
        )
        assert ((found[row] - x[row]) ** 2).sum() == pytest.approx(judge)
        assert (np.diff(found[row]) >= 0).all()
