"""Whitening of a batch by Newton's method, without an eigendecomposition.

IterNorm: Huang et al. 2019, https://arxiv.org/abs/1904.03441, algorithm 1. The last
layer of VIbCReg's projector, https://arxiv.org/abs/2109.00783. Batch statistics only:
the projector is used in training and nowhere else, so nothing runs along.
"""

import jax
import jax.numpy as jnp

_EPS = 1e-5  # Added to the covariance, the paper's epsilon.
_EXACT = jax.lax.Precision.HIGHEST  # Errors of a step feed the next one.


def iter_norm(
    x: jax.Array, scale: jax.Array, bias: jax.Array, *, group_size: int, num_steps: int
) -> jax.Array:
    """Whitens each group of neighbouring columns over the batch, then scales.

    With Sigma = 1e-5 I + X^T X / B of a group's centred columns X and S = Sigma /
    tr(Sigma): W_0 = I, W_{k+1} = 1.5 W_k - 0.5 W_k^3 S, which tends to S^(-1/2); the
    group becomes X W / sqrt(tr(Sigma)).

    A group of more columns than the batch has series less one has a covariance
    without full rank: the directions that nothing spans stay at zero, and the columns
    are not decorrelated. `largest_group` finds a size that avoids it.

    Args:
        x: float [B, P]; the global batch, also when sharded.
        scale: float [P], applied to the whitened columns; 1 at first.
        bias: float [P], added to them; 0 at first.
        group_size: columns that are decorrelated from each other; divides P.
        num_steps: Newton steps. Directions of little variance need more: about
            log(tr(Sigma) / variance) / log(2.25) to come near 1.

    Returns:
        Float [B, P].

    Raises:
        ValueError: `group_size` does not divide P, or `scale` or `bias` is not [P].
    """
    size, width = x.shape
    if group_size < 1 or width % group_size:
        raise ValueError(
            f"group_size {group_size} does not divide the {width} columns of x; "
            "`largest_group` finds one that does."
        )
    if scale.shape != (width,) or bias.shape != (width,):
        raise ValueError(
            f"scale {scale.shape} and bias {bias.shape} must both be ({width},)."
        )
    groups = x.reshape(size, -1, group_size)
    centred = groups - groups.mean(0, keepdims=True)
    eye = jnp.eye(group_size, dtype=x.dtype)[None]
    sigma = _EPS * eye + _einsum("bgi,bgj->gij", centred, centred) / size
    trace = jnp.trace(sigma, axis1=1, axis2=2)[:, None, None]
    # Coupled form: the same W_k, with Y_k = S W_k carried along. The plain one
    # multiplies rounding errors and, in float32, diverges after some ten steps.
    root, product = jnp.broadcast_to(eye, sigma.shape), sigma / trace  # W_k, Y_k.
    for _ in range(num_steps):
        factor = 1.5 * eye - 0.5 * _matmul(root, product)
        root, product = _matmul(factor, root), _matmul(product, factor)
    whitened = _einsum("bgi,gij->bgj", centred, root * jax.lax.rsqrt(trace))
    return whitened.reshape(size, width) * scale[None] + bias[None]


def largest_group(group_size: int, batch_size: int, width: int) -> int:
    """Largest power of two that is at most group_size and batch_size / 2.

    It divides `width` as well; 1, columns on their own, if no other does.
    """
    bound, group = min(group_size, batch_size // 2), 1
    while 2 * group <= bound and width % (2 * group) == 0:
        group *= 2
    return group


def _einsum(formula: str, *arrays: jax.Array) -> jax.Array:
    return jnp.einsum(formula, *arrays, precision=_EXACT)


def _matmul(a: jax.Array, b: jax.Array) -> jax.Array:
    return jnp.matmul(a, b, precision=_EXACT)
