"""ARMA: coefficients of known processes, and autocovariances by other ways."""

import numpy as np
import pytest
import scipy.linalg
import scipy.signal

from tsgen_jax.models import arma, linear_ar

_A = np.array([[[0.5, 0.2], [-0.3, 0.4]], [[-0.2, 0.1], [0.0, -0.3]]])
_B = np.array([[[0.4, 0.0], [0.3, -0.5]]])
_V = np.array([[1.0, 0.3], [0.3, 0.5]])


def test_coefficients_of_an_arma_2_1_from_20000_points():
    new = np.random.default_rng(0).normal(size=(4, 5000))
    x = scipy.signal.lfilter([1, 0.6], [1, -1.2, 0.5], new)[..., None]
    long = linear_ar.solve(linear_ar.autocovariance(x, 20))
    found = arma.fit(x, long, 2, 1)
    # Deviations of such estimates are about 1 / sqrt(20000) = 0.007.
    np.testing.assert_allclose(found.a[:, 0, 0], [1.2, -0.5], atol=0.03)
    np.testing.assert_allclose(found.b[:, 0, 0], [0.6], atol=0.03)
    np.testing.assert_allclose(found.error, [[1]], atol=0.03)


def test_coefficients_of_a_vector_arma():
    rng = np.random.default_rng(1)
    new = rng.normal(size=(4, 5000, 2)) @ np.linalg.cholesky(_V).T
    x = np.zeros_like(new)
    for t in range(2, 5000):
        x[:, t] = new[:, t] + new[:, t - 1] @ _B[0].T
        x[:, t] += x[:, t - 1] @ _A[0].T + x[:, t - 2] @ _A[1].T
    long = linear_ar.solve(linear_ar.autocovariance(x, 15))
    found = arma.fit(x, long, 2, 1)
    np.testing.assert_allclose(found.a, _A, atol=0.05)
    np.testing.assert_allclose(found.b, _B, atol=0.05)
    np.testing.assert_allclose(found.error, _V, atol=0.05)


def test_autocovariances_are_those_of_the_state_space():
    """States (x_t, x_{t-1}, e_t): their covariance solves a Lyapunov equation."""
    found = arma.autocovariance(arma.ARMA(_A, _B, _V), 4)
    zero, one = np.zeros((2, 2)), np.eye(2)
    move = np.block([[_A[0], _A[1], _B[0]], [one, zero, zero], [zero, zero, zero]])
    noise = np.concatenate([one, zero, one])
    covariance = scipy.linalg.solve_discrete_lyapunov(move, noise @ _V @ noise.T)
    for k in range(5):
        judge = (np.linalg.matrix_power(move, k) @ covariance)[:2, :2]
        np.testing.assert_allclose(found[k], judge, atol=1e-6)


def test_one_channel_equals_statsmodels():
    process = pytest.importorskip("statsmodels.tsa.arima_process")
    of = arma.ARMA(np.array([1.2, -0.5]), np.array([0.6]), np.eye(1))
    of = of._replace(a=of.a[:, None, None], b=of.b[:, None, None])
    judge = process.arma_acovf([1, -1.2, 0.5], [1, 0.6], nobs=6)
    np.testing.assert_allclose(arma.autocovariance(of, 5)[:, 0, 0], judge, rtol=1e-6)


def test_one_that_grows_is_made_stationary():
    grown = arma._stationary(np.array([1.5, -0.2])[:, None, None])
    roots = np.abs(np.roots([1, *-grown[:, 0, 0]]))
    np.testing.assert_allclose(roots.max(), 0.99)
    np.testing.assert_array_equal(arma._stationary(_A), _A)
