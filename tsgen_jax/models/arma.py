"""Vector ARMA: x_t = A_1 x_{t-1} + ... + e_t + B_1 e_{t-1} + ..., e_t of covariance V.

Hannan and Rissanen (1982, Biometrika 69): a long autoregression gives innovations, and
least squares on past values and past innovations give A and B. Of an ARMA follow its
autocovariances, and of those its best predictors (`linear_ar.solve`): so it is drawn,
rated and completed as a linear autoregression is.
"""

from typing import NamedTuple

import numpy as np

from tsgen_jax.models import linear_ar

_RADIUS = 0.99  # Of the largest root: a process that is not stationary is made so.
_HORIZON = 2000  # Terms of the moving average that stands for the process.


class ARMA(NamedTuple):
    """Coefficients of p past values and q past innovations."""

    a: np.ndarray  # float64 [p, C, C]
    b: np.ndarray  # float64 [q, C, C]
    error: np.ndarray  # float64 [C, C], V.


def fit(x: np.ndarray, predictors: linear_ar.Predictors, p: int, q: int) -> ARMA:
    """Least squares on past values and innovations.

    Args:
        x: float [n, L, C], mean 0.
        predictors: of a long autoregression of `x`, orders up to P < L - max(p, q).
        p: past values.
        q: past innovations.
    """
    x = np.asarray(x, np.float64)
    top, width = len(predictors.errors) - 1, x.shape[2]
    factors = np.linalg.cholesky(predictors.errors)
    at = np.minimum(np.arange(x.shape[1]), top)
    new = linear_ar.innovations(predictors, x)
    new = np.einsum("tij,ntj->nti", factors[at], new)
    first = top + max(p, q)  # Innovations before `top` are of short predictors.
    past = [x[:, first - i : x.shape[1] - i] for i in range(1, p + 1)]
    past += [new[:, first - i : x.shape[1] - i] for i in range(1, q + 1)]
    target = x[:, first:].reshape(-1, width)
    rows = np.concatenate(past, axis=-1).reshape(len(target), -1)
    found, *_ = np.linalg.lstsq(rows, target, rcond=None)
    error = target - rows @ found
    both = found.T.reshape(width, p + q, width).swapaxes(0, 1)
    return ARMA(_stationary(both[:p]), both[p:], error.T @ error / len(error))


def _stationary(a: np.ndarray) -> np.ndarray:
    """Coefficients whose companion matrix has no root beyond the radius."""
    p, width = a.shape[:2]
    if p == 0:
        return a
    companion = np.eye(p * width, k=-width)
    companion[:width] = a.swapaxes(0, 1).reshape(width, -1)
    largest = np.abs(np.linalg.eigvals(companion)).max()
    shrink = min(1.0, _RADIUS / max(largest, 1e-12))
    return a * shrink ** np.arange(1, p + 1)[:, None, None]


def autocovariance(arma: ARMA, max_lag: int) -> np.ndarray:
    """E x_t x_{t-k}' for k = 0 to `max_lag`, float64 [P + 1, C, C].

    By the moving average of infinitely many terms that the process is, cut off where
    its terms are nothing (or after 2000).
    """
    p, q, width = len(arma.a), len(arma.b), arma.error.shape[0]
    psi = [np.eye(width)]
    for j in range(1, _HORIZON):
        term = arma.b[j - 1].copy() if j <= q else np.zeros((width, width))
        for i in range(1, min(j, p) + 1):
            term += arma.a[i - 1] @ psi[j - i]
        psi.append(term)
        if j > max(p, q) and all(np.abs(t).max() < 1e-9 for t in psi[-max(p, 1) :]):
            break
    psi = np.stack(psi + [np.zeros((width, width))] * (max_lag + 1))
    count = len(psi) - max_lag
    return np.stack(
        [
            np.einsum("jab,bc,jdc->ad", psi[k : k + count], arma.error, psi[:count])
            for k in range(max_lag + 1)
        ]
    )
