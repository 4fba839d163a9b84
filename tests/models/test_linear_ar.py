import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg
import scipy.stats

from tsgen_jax.models import linear_ar


def _series(lags, num, length, seed=0, burn=200):
    """x_t = sum A_i x_{t-i} + e, one step at a time; lags [p, C, C]."""
    rng = np.random.default_rng(seed)
    width, order = lags.shape[1], len(lags)
    x = np.zeros((num, burn + length, width))
    for t in range(order, burn + length):
        x[:, t] = rng.normal(size=(num, width))
        for i, a in enumerate(lags, 1):
            x[:, t] += x[:, t - i] @ a.T
    return x[:, burn:]


# Deviation of its estimates from 2,000 points: sqrt((1 - 0.9^2) / 2000) = 0.01.
_AR3 = np.array([0.2, -0.2, 0.9])[:, None, None]
_VAR2 = np.array([[[0.5, 0.2], [-0.3, 0.4]], [[-0.2, 0.1], [0.0, -0.3]]])


def test_coefficients_of_an_ar_3_from_2000_points():
    x = _series(_AR3, 1, 2000)
    found = linear_ar.solve(linear_ar.autocovariance(x, 6))
    np.testing.assert_allclose(found.lags[3, :3], _AR3, atol=0.02)
    assert not found.lags[3, 3:].any()
    np.testing.assert_allclose(found.errors[3], [[1]], atol=0.1)


def test_yule_walker_equals_scipy_and_statsmodels():
    x = _series(_AR3, 1, 300)
    covariance = linear_ar.autocovariance(x, 4)
    found = linear_ar.solve(covariance)
    g = covariance[:, 0, 0] + np.eye(5)[0] * 1e-6 * covariance[0, 0, 0]
    for k in range(1, 5):
        judge = scipy.linalg.solve_toeplitz(g[:k], g[1 : k + 1])
        np.testing.assert_allclose(found.lags[k, :k, 0, 0], judge, atol=1e-9)
        np.testing.assert_allclose(found.errors[k], g[0] - judge @ g[1 : k + 1])
    ar = pytest.importorskip("statsmodels.regression.linear_model")
    judge, sigma = ar.yule_walker(x[0, :, 0], 3, method="adjusted", demean=False)
    np.testing.assert_allclose(found.lags[3, :3, 0, 0], judge, atol=1e-4)
    np.testing.assert_allclose(found.errors[3], sigma**2, rtol=1e-3)


def test_vector_yule_walker_equals_the_block_equations():
    x = _series(_VAR2, 4, 500)
    g = linear_ar.autocovariance(x, 3)
    naive = np.zeros((2, 2))
    for series in x:
        for t in range(3, 500):
            naive += np.outer(series[t], series[t - 3])
    np.testing.assert_allclose(g[3], naive / (4 * 497))
    found = linear_ar.solve(g)
    g[0] += 1e-6 * np.diag(np.diagonal(g[0]))
    of = lambda k: g[k] if k >= 0 else g[-k].T  # noqa: E731
    blocks = np.block([[of(j - i) for j in range(3)] for i in range(3)])
    judge = np.linalg.solve(blocks.T, np.concatenate([g[1], g[2], g[3]], 1).T).T
    np.testing.assert_allclose(
        np.concatenate(list(found.lags[3]), axis=1), judge, atol=1e-9
    )
    np.testing.assert_allclose(found.lags[2, :2], _VAR2, atol=0.08)


def test_orders_that_an_estimate_does_not_allow_are_left_out():
    found = linear_ar.solve(np.array([1.0, 0.9, 0.3])[:, None, None])  # Not positive.
    np.testing.assert_allclose(found.lags[2, :, 0, 0], found.lags[1, :, 0, 0])
    assert (found.errors > 0).all()


@pytest.mark.parametrize("lags", [_AR3, _VAR2])
def test_likelihood_and_precision_equal_the_joint_gaussian(lags):
    x = _series(lags, 3, 9)
    found = linear_ar.up_to(
        linear_ar.solve(linear_ar.autocovariance(_series(lags, 5, 400), 5)), 3
    )
    inverse = linear_ar.precision(found, 9)
    covariance = np.linalg.inv(inverse)
    # Stationary: blocks on a diagonal are equal.
    width = lags.shape[1]
    block = lambda t, s: covariance[t * width :, s * width :][:width, :width]  # noqa: E731
    for t in range(8):
        np.testing.assert_allclose(block(t, t), block(0, 0), rtol=1e-6)
        np.testing.assert_allclose(block(t + 1, t), block(1, 0), rtol=1e-6)
    judge = scipy.stats.multivariate_normal(cov=(covariance + covariance.T) / 2)
    log_p = linear_ar.log_likelihood(found, x)
    np.testing.assert_allclose(log_p, judge.logpdf(x.reshape(3, -1)), rtol=1e-6)


def test_simulation_is_the_inverse_of_innovations():
    found = linear_ar.solve(linear_ar.autocovariance(_series(_VAR2, 5, 400), 3))
    x = _series(_VAR2, 4, 12)
    new = linear_ar.innovations(found, x)
    factor = np.linalg.cholesky(found.errors)
    of_all = [jnp.stack([a] * 4).astype("f4") for a in (found.lags, factor)]
    back = linear_ar.simulate(linear_ar.Linear(*of_all), new.astype("f4"))
    np.testing.assert_allclose(back, x, atol=1e-4)


def test_missing_values_have_their_conditional_distribution():
    found = linear_ar.solve(linear_ar.autocovariance(_series(_AR3, 5, 400), 3))
    inverse = linear_ar.precision(found, 8)
    covariance = np.linalg.inv(inverse)
    x, observed = np.arange(8.0), np.ones(8, bool)
    observed[[2, 3, 7]] = False
    seen = np.flatnonzero(observed)
    unseen = np.flatnonzero(~observed)
    cross = covariance[np.ix_(unseen, seen)]
    solved = np.linalg.solve(covariance[np.ix_(seen, seen)], cross.T).T
    spread = covariance[np.ix_(unseen, unseen)] - solved @ cross.T
    draw = lambda noise: linear_ar.complete(inverse, x, observed, noise)  # noqa: E731
    mean = draw(np.zeros(8))
    np.testing.assert_allclose(mean[unseen], solved @ x[seen], rtol=1e-6)
    np.testing.assert_array_equal(mean[seen], x[seen])
    columns = np.stack([draw(e) - mean for e in np.eye(8)[unseen]], 1)[unseen]
    np.testing.assert_allclose(columns @ columns.T, spread, atol=1e-9)
