"""Losses that make two views of a series agree, from their projections.

Barlow Twins: Zbontar et al. 2021, https://arxiv.org/abs/2103.03230. VICReg: Bardes
et al. 2022, https://arxiv.org/abs/2105.04906. VIbCReg: Lee and Aune 2021,
https://arxiv.org/abs/2109.00783. BYOL: Grill et al. 2020,
https://arxiv.org/abs/2006.07733. Weights and constants as in NC-VQVAE,
https://arxiv.org/abs/2408.16613. All statistics are those of the global batch.

Sums over a P x P matrix go through the B x B Gram matrix when B < P: they cost
B^2 P instead of B P^2 and no P x P matrix exists.

A new loss is a function here, its row in `METHODS`, and its values in the config.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from tsgen_jax.types import Metrics

_EPS = 1e-8  # Under roots of sums of squares: keeps constant columns finite.
_EPS_STD = 1e-4  # VICReg's, under the root of the variance.
_EXACT = jax.lax.Precision.HIGHEST  # Differences of large sums: TF32 loses them.


def barlow_twins(
    p_a: jax.Array, p_b: jax.Array, *, weight: float, off_diagonal_weight: float
) -> tuple[jax.Array, Metrics]:
    """Cross-correlation of the views towards the identity.

    weight / P [sum_i (1 - C_ii)^2 + off_diagonal_weight sum_{i != j} C_ij^2], with
    C = Z_a^T Z_b / B and Z the columns of p standardised over the batch. The standard
    deviation has 1 / B, as C has, so that identical views reach C_ii = 1; the
    reference mixes 1 / (B - 1) with 1 / B and cannot.

    Args:
        p_a: projections of one view, float [B, P], B >= 2.
        p_b: those of the other, float [B, P].
        weight: factor of the whole.
        off_diagonal_weight: the paper's lambda.

    Returns:
        The loss, and `invariance` (diagonal term / P) and `redundancy` (the sum over
        i != j / P, before its weight).

    Raises:
        ValueError: shapes differ, or B < 2.
    """
    size, width = _check(p_a, p_b)
    z_a, z_b = _standardise(p_a), _standardise(p_b)
    diagonal = (z_a * z_b).mean(0)  # C_ii.
    total = _sum_squares_of_product(z_a, z_b) / size**2
    invariance = ((1 - diagonal) ** 2).sum() / width
    redundancy = (total - (diagonal**2).sum()) / width
    loss = weight * (invariance + off_diagonal_weight * redundancy)
    return loss, {"invariance": invariance, "redundancy": redundancy}


def vicreg(
    p_a: jax.Array,
    p_b: jax.Array,
    *,
    weight: float,
    invariance_weight: float,
    variance_weight: float,
    covariance_weight: float,
) -> tuple[jax.Array, Metrics]:
    """Equal projections whose columns vary and do not covary.

    weight [invariance_weight MSE(p_a, p_b) + variance_weight (v(p_a) + v(p_b)) +
    covariance_weight (c(p_a) + c(p_b))], with v = mean_i relu(1 - sqrt(Var_i + 1e-4))
    and c = sum_{i != j} Cov_ij^2 / P, both of the sample (1 / (B - 1)).

    Args:
        p_a: projections of one view, float [B, P], B >= 2.
        p_b: those of the other, float [B, P].
        weight: factor of the whole.
        invariance_weight: of the mean squared difference.
        variance_weight: of the hinge on the standard deviations.
        covariance_weight: of the squared covariances.

    Returns:
        The loss, and `invariance`, `variance` and `covariance` before their weights.

    Raises:
        ValueError: shapes differ, or B < 2.
    """
    size, width = _check(p_a, p_b)

    def covariance_of(p):
        centred = p - p.mean(0, keepdims=True)
        return _off_diagonal(centred) / (size - 1) ** 2 / width

    terms = {
        "invariance": _invariance(p_a, p_b),
        "variance": _hinge(p_a) + _hinge(p_b),
        "covariance": covariance_of(p_a) + covariance_of(p_b),
    }
    weights = invariance_weight, variance_weight, covariance_weight
    return weight * _weighted(terms, weights), terms


def vibcreg(
    p_a: jax.Array,
    p_b: jax.Array,
    *,
    weight: float,
    invariance_weight: float,
    variance_weight: float,
    covariance_weight: float,
) -> tuple[jax.Array, Metrics]:
    """VICReg with correlations for covariances; the projector ends in `iter_norm`.

    As `vicreg`, with c = sum_{i != j} Corr_ij^2 / P^2, which is at most 1.

    Args:
        p_a: projections of one view, float [B, P], B >= 2.
        p_b: those of the other, float [B, P].
        weight: factor of the whole.
        invariance_weight: of the mean squared difference.
        variance_weight: of the hinge on the standard deviations.
        covariance_weight: of the squared correlations.

    Returns:
        The loss, and `invariance`, `variance` and `covariance` before their weights.

    Raises:
        ValueError: shapes differ, or B < 2.
    """
    size, width = _check(p_a, p_b)

    def covariance_of(p):  # Columns of length 1: their products are correlations.
        return _off_diagonal(_standardise(p)) / size**2 / width**2

    terms = {
        "invariance": _invariance(p_a, p_b),
        "variance": _hinge(p_a) + _hinge(p_b),
        "covariance": covariance_of(p_a) + covariance_of(p_b),
    }
    weights = invariance_weight, variance_weight, covariance_weight
    return weight * _weighted(terms, weights), terms


def byol(
    predicted_a: jax.Array,
    predicted_b: jax.Array,
    target_a: jax.Array,
    target_b: jax.Array,
    *,
    weight: float,
) -> tuple[jax.Array, Metrics]:
    """Each view's prediction towards the target network's output for the OTHER view.

    weight mean_B [2 - 2 cos(predicted_a, target_b) + 2 - 2 cos(predicted_b, target_a)];
    no gradient reaches the targets.

    Args:
        predicted_a: output of the online network's predictor, float [B, P], B >= 2.
        predicted_b: the same of the other view, float [B, P].
        target_a: output of the moving-average network, float [B, P].
        target_b: the same of the other view, float [B, P].
        weight: factor of the whole.

    Returns:
        The loss, and `similarity`, the mean cosine of the two pairings.

    Raises:
        ValueError: shapes differ, or B < 2.
    """
    for other in (predicted_b, target_a, target_b):
        _check(predicted_a, other)
    a_to_b = _cosine(predicted_a, jax.lax.stop_gradient(target_b))
    b_to_a = _cosine(predicted_b, jax.lax.stop_gradient(target_a))
    similarity = (a_to_b.mean() + b_to_a.mean()) / 2
    return weight * (4 - 4 * similarity), {"similarity": similarity}


class Method(NamedTuple):
    """A self-supervised loss and the head that it is computed behind.

    Attributes:
        loss: (p_a, p_b, *, weight, ...) -> (loss, metrics) of projections float [B, P];
            its keywords are the values in `config.ssl[name]`. With `slow_copy` it is
            also given the outputs of the slow copy: (p_a, p_b, target_a, target_b, ...).
        depth: hidden layers of the projector.
        whiten: whether the projector ends in `iter_norm` (`config.ssl.iter_norm`).
        predict: whether a predictor follows the projector; the last layers then have
            biases.
        slow_copy: whether a moving average of all weights encodes both views as well;
            `config.ssl[name].target_decay` is the weight of its past.
    """

    loss: Callable[..., tuple[jax.Array, Metrics]]
    depth: int = 2
    whiten: bool = False
    predict: bool = False
    slow_copy: bool = False


# Name, which `ssl.method` and `configs/ssl_vqvae.py:NAME` take -> its row.
METHODS: dict[str, Method] = {
    "barlow_twins": Method(barlow_twins),
    "vicreg": Method(vicreg),
    "vibcreg": Method(vibcreg, whiten=True),
    "byol": Method(byol, depth=1, predict=True, slow_copy=True),
}


def names() -> tuple[str, ...]:
    """Values of `ssl.method`: 'none', and the rows of `METHODS` at this moment."""
    return ("none", *METHODS)


def _check(p_a: jax.Array, p_b: jax.Array) -> tuple[int, int]:
    if p_a.ndim != 2 or p_a.shape != p_b.shape:
        raise ValueError(
            f"projections must be of one shape [B, P], got {p_a.shape} and {p_b.shape}."
        )
    if len(p_a) < 2:
        raise ValueError(
            f"statistics over a batch need B >= 2, got {p_a.shape}; "
            "make the batch larger or drop the last one."
        )
    return p_a.shape


def _standardise(p: jax.Array) -> jax.Array:
    centred = p - p.mean(0, keepdims=True)
    return centred * jax.lax.rsqrt((centred**2).mean(0, keepdims=True) + _EPS)


def _invariance(p_a: jax.Array, p_b: jax.Array) -> jax.Array:
    return ((p_a - p_b) ** 2).mean()


def _hinge(p: jax.Array) -> jax.Array:
    return jax.nn.relu(1 - jnp.sqrt(p.var(0, ddof=1) + _EPS_STD)).mean()


def _weighted(terms: Metrics, weights: tuple[float, ...]) -> jax.Array:
    return sum(w * term for w, term in zip(weights, terms.values(), strict=True))


def _cosine(a: jax.Array, b: jax.Array) -> jax.Array:
    squares = (a**2).sum(-1), (b**2).sum(-1)
    lengths = jax.lax.rsqrt(squares[0] + _EPS) * jax.lax.rsqrt(squares[1] + _EPS)
    return (a * b).sum(-1) * lengths


def _off_diagonal(z: jax.Array) -> jax.Array:
    """Sum over i != j of (z^T z)_ij^2, for `z` float [B, P]."""
    diagonal = (z**2).sum(0)
    return _sum_squares_of_product(z, z) - (diagonal**2).sum()


def _sum_squares_of_product(a: jax.Array, b: jax.Array) -> jax.Array:
    """||a^T b||_F^2 = <a a^T, b b^T>, for `a` and `b` float [B, P]."""
    size, width = a.shape
    if size < width:
        gram_a = jnp.matmul(a, a.T, precision=_EXACT)
        gram_b = jnp.matmul(b, b.T, precision=_EXACT)
        return (gram_a * gram_b).sum()
    return (jnp.matmul(a.T, b, precision=_EXACT) ** 2).sum()
