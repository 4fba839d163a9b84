"""Vector autoregression: Yule-Walker equations, simulation, exact likelihood.

x_t = A_1 x_{t-1} + ... + A_p x_{t-p} + e_t with e_t of covariance V. The recursion of
Whittle (1963, Biometrika 50) solves the Yule-Walker equations of all orders 0 to P at
once; with one channel it is that of Levinson and Durbin. The predictors of low orders
are those of the first time points, so that a series begins as it goes on: no burn-in.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg

from tsgen_jax.types import Array

_NUGGET = 1e-6  # Of each channel's variance, added to it: keeps matrices regular.


class Predictors(NamedTuple):
    """Best linear predictors of orders k = 0 to P."""

    lags: np.ndarray  # float64 [P + 1, P, C, C]; lags[k, i] is A_{i+1}, 0 from i = k.
    errors: np.ndarray  # float64 [P + 1, C, C], covariance V of the innovations.


class Linear(NamedTuple):
    """`Predictors` of one class or several as programs use them, P at most an order."""

    lags: Array  # float [..., P + 1, P, C, C]
    factor: Array  # float [..., P + 1, C, C], lower Cholesky factor of V.


def autocovariance(x: np.ndarray, max_lag: int) -> np.ndarray:
    """E x_t x_{t-k}' for k = 0 to `max_lag`, of series with mean 0.

    Of so many products as there are (not of L), which has no bias, but need not be
    positive: see `solve`.

    Args:
        x: float [n, L, C].
        max_lag: P, at most L - 1.

    Returns:
        float64 [P + 1, C, C].
    """
    x = np.asarray(x, np.float64)
    num, length, _ = x.shape
    sums = [
        np.einsum("nti,ntj->ij", x[:, k:], x[:, : length - k])
        for k in range(max_lag + 1)
    ]
    return np.stack([s / (num * (length - k)) for k, s in enumerate(sums)])


def solve(covariance: np.ndarray) -> Predictors:
    """Solves the Yule-Walker equations of every order.

    Where an estimated covariance is of no process from some order on, the predictors
    of higher orders are those of the last that it allows.

    Args:
        covariance: float [P + 1, C, C] from `autocovariance`.
    """
    g = np.array(covariance, np.float64)
    top, width = len(g) - 1, g.shape[1]
    variances = np.maximum(np.diagonal(g[0]), 1e-12)
    g[0] = g[0] + np.diag(_NUGGET * variances)
    lags = np.zeros((top + 1, top, width, width))
    errors = np.zeros((top + 1, width, width))
    errors[0] = ahead = behind = g[0]
    forward = backward = np.zeros((0, width, width))
    for k in range(1, top + 1):
        rest = g[k] - sum(forward[i] @ g[k - 1 - i] for i in range(k - 1))
        a = np.linalg.solve(behind, rest.T).T  # rest times behind^-1: symmetric.
        b = np.linalg.solve(ahead, rest).T
        after, before = ahead - a @ rest.T, behind - b @ rest
        least = min(np.linalg.eigvalsh(v / variances).min() for v in (after, before))
        if least < _NUGGET / 10:
            lags[k:, : k - 1], errors[k:] = forward[None], ahead
            break
        forward, backward = (
            np.concatenate([forward - a @ backward[::-1], a[None]]),
            np.concatenate([backward - b @ forward[::-1], b[None]]),
        )
        ahead, behind = (after + after.T) / 2, (before + before.T) / 2
        lags[k, :k], errors[k] = forward, ahead
    return Predictors(lags, errors)


def up_to(predictors: Predictors, order: int) -> Predictors:
    """Order `order` in place of all higher ones; shapes stay."""
    at = np.minimum(np.arange(len(predictors.errors)), order)
    return Predictors(predictors.lags[at], predictors.errors[at])


def innovations(predictors: Predictors, x: np.ndarray) -> np.ndarray:
    """What is new at every time point, in deviations: V^-1/2 (x_t - prediction).

    Args:
        predictors: of orders up to P; time point t has that of order min(t, P).
        x: float [n, L, C], mean 0.

    Returns:
        float64 [n, L, C].
    """
    x = np.asarray(x, np.float64)
    top, new = len(predictors.errors) - 1, np.empty_like(x)
    length = x.shape[1]
    for k in range(min(top + 1, length)):
        # The last predictor serves all time points that are left.
        end = length if k == top else k + 1
        error = x[:, k:end].copy()
        for i, a in enumerate(predictors.lags[k, :k], 1):
            error -= x[:, k - i : end - i] @ a.T
        factor = np.linalg.cholesky(predictors.errors[k])
        flat = error.reshape(-1, x.shape[2]).T
        whitened = scipy.linalg.solve_triangular(factor, flat, lower=True).T
        new[:, k:end] = whitened.reshape(error.shape)
    return new


def log_likelihood(predictors: Predictors, x: np.ndarray) -> np.ndarray:
    """log p(x) of a Gaussian process, exact; float [n, L, C] -> nats float64 [n]."""
    new = innovations(predictors, x)
    at = np.minimum(np.arange(x.shape[1]), len(predictors.errors) - 1)
    deviations = np.diagonal(np.linalg.cholesky(predictors.errors), axis1=1, axis2=2)
    each = -0.5 * (new**2 + np.log(2 * np.pi)) - np.log(deviations[at])
    return each.sum((1, 2))


def precision(predictors: Predictors, length: int) -> np.ndarray:
    """Inverse of the covariance of a whole series, float64 [L C, L C]."""
    top, width = len(predictors.errors) - 1, predictors.errors.shape[1]
    whiten = np.zeros((length * width, length * width))
    for t in range(length):
        k = min(t, top)
        blocks = [-predictors.lags[k, i] for i in reversed(range(k))]
        row = np.concatenate([*blocks, np.eye(width)], axis=1)
        factor = np.linalg.cholesky(predictors.errors[k])
        row = scipy.linalg.solve_triangular(factor, row, lower=True)
        whiten[t * width : (t + 1) * width, (t - k) * width : (t + 1) * width] = row
    return whiten.T @ whiten


def complete(
    inverse: np.ndarray, x: np.ndarray, observed: np.ndarray, noise: np.ndarray
) -> np.ndarray:
    """Draws what is missing of one series with mean 0, given the rest.

    Args:
        inverse: from `precision`, float64 [d, d].
        x: float [d]; anything where not observed.
        observed: bool [d].
        noise: standard normal, float [d].

    Returns:
        float64 [d], `x` where observed.
    """
    drawn, missing = np.array(x, np.float64), ~observed
    if not missing.any():
        return drawn
    rows = inverse[missing]
    factor = scipy.linalg.cholesky(rows[:, missing], lower=True)
    pull = -rows[:, observed] @ drawn[observed]
    mean = scipy.linalg.cho_solve((factor, True), pull)
    spread = scipy.linalg.solve_triangular(factor, noise[missing], lower=True, trans=1)
    drawn[missing] = mean + spread
    return drawn


def simulate(linear: Linear, innovations: Array) -> jax.Array:
    """Series of given innovations, in jax.

    Args:
        linear: of every series, [B, ...].
        innovations: in deviations, float [B, L, C].

    Returns:
        float [B, L, C].
    """
    top = linear.lags.shape[2]

    def step(past, now):
        t, new = now
        k = jnp.minimum(t, top)
        x = jnp.einsum("bkij,bkj->bi", linear.lags[:, k], past)
        x += jnp.einsum("bij,bj->bi", linear.factor[:, k], new)
        return jnp.concatenate([x[:, None], past], axis=1)[:, :top], x

    batch, length, width = innovations.shape
    past = jnp.zeros((batch, top, width), innovations.dtype)
    time = jnp.arange(length)
    _, x = jax.lax.scan(step, past, (time, innovations.swapaxes(0, 1)))
    return x.swapaxes(0, 1)
