"""Hierarchical contrastive loss of TS2Vec: two views of the same time points.

Yue et al. 2022, https://arxiv.org/abs/2106.10466, section 3.3 (equations 1 and 2,
algorithm 1). A time point should be like itself in the other view: unlike the other
time points of its series (temporal), and unlike the same time point of other series
(instance-wise); then again after pooling pairs of time points, until one is left.

Views have a static length L of which the first `num` points count, so that crops of
any length go through one compiled program: the sums are those of the cropped views.
"""

import jax
import jax.numpy as jnp

from tsgen_jax.types import Array

_NEVER = -1e30  # Finite: a row of these alone still has a softmax and a gradient.
_EXACT = jax.lax.Precision.HIGHEST  # TF32 similarities would blur the softmax.


def hierarchical(
    z_a: Array, z_b: Array, num: Array, instance_weight: float
) -> jax.Array:
    """Mean over levels of the weighted instance-wise and temporal losses.

    Args:
        z_a: a view, float [B, L, D].
        z_b: the same time points in the other view.
        num: how many leading time points count, int in [1, L]; may be traced.
        instance_weight: alpha, weight of the instance-wise loss; that of the temporal
            one is 1 - alpha. The last level, one time point, has no temporal loss.

    Raises:
        ValueError: views of different shapes.
    """
    if z_a.shape != z_b.shape or z_a.ndim != 3:
        raise ValueError(f"Views must be [B, L, D] both: {z_a.shape}, {z_b.shape}.")
    num, total, levels = jnp.asarray(num), 0.0, 0.0
    for level in range(z_a.shape[1].bit_length()):
        left = num >> level
        loss = instance_weight * instance(z_a, z_b, left)
        if z_a.shape[1] > 1:
            along = (1 - instance_weight) * temporal(z_a, z_b, left)
            loss += jnp.where(left > 1, along, 0.0)
        total += jnp.where(left > 0, loss, 0.0)
        levels += jnp.where(left > 0, 1.0, 0.0)
        if z_a.shape[1] > 1:
            z_a, z_b = _pool(z_a), _pool(z_b)
    return total / levels


def instance(z_a: Array, z_b: Array, num: Array) -> jax.Array:
    """Equation 2: each of B series against all others at the same time point."""
    z = jnp.concatenate([z_a, z_b]).swapaxes(0, 1)  # [L, 2B, D]
    losses = _of_partners(z, jnp.ones(z.shape[1], bool)).mean(1)
    counts = jnp.arange(z.shape[0]) < num
    return jnp.where(counts, losses, 0.0).sum() / jnp.maximum(num, 1)


def temporal(z_a: Array, z_b: Array, num: Array) -> jax.Array:
    """Equation 1: each time point against all others of the same series."""
    counts = jnp.tile(jnp.arange(z_a.shape[1]) < num, 2)  # [2L]
    losses = _of_partners(jnp.concatenate([z_a, z_b], axis=1), counts).mean(0)
    return jnp.where(counts, losses, 0.0).sum() / jnp.maximum(2 * num, 1)


def _of_partners(z: Array, counts: Array) -> jax.Array:
    """-log softmax of row i's partner among all rows but i; [..., 2M].

    Args:
        z: float [..., 2M, D]; row i's partner is row i + M, modulo 2M.
        counts: bool [2M], rows that are compared with.
    """
    num = z.shape[-2]
    similarity = jnp.einsum("...id,...jd->...ij", z, z, precision=_EXACT)
    others = counts[None, :] & ~jnp.eye(num, dtype=bool)
    others = jnp.broadcast_to(others, similarity.shape)
    logits = jnp.where(others, similarity, _NEVER)
    rows = jnp.arange(num)
    partner = logits[..., rows, (rows + num // 2) % num]
    return jax.nn.logsumexp(logits, axis=-1) - partner


def _pool(z: Array) -> jax.Array:
    """Larger of each pair of time points; an odd last one is dropped."""
    half = z.shape[1] // 2
    a, b = jnp.split(z[:, : 2 * half].reshape(len(z), half, 2, -1), 2, axis=2)
    return jnp.where(a >= b, a, b)[:, :, 0]
