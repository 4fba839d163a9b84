"""Draws from categorical distributions by one random number each."""

import jax
import jax.numpy as jnp

from tsgen_jax.types import Array


def draw(key: Array, logits: Array) -> jax.Array:
    """One class of each distribution, by the inverse of its distribution function.

    `jax.random.categorical` takes a random number for every class: on two CPU cores
    120 ms for 256 x 76 draws from 256 classes, this one 19 ms (32 classes, 45 tokens:
    4.7 and 0.9 ms). Probabilities are exact up to about 2^-23.

    Args:
        key: a key.
        logits: float [..., K], not normalised; -inf is not drawn but for that rounding.

    Returns:
        int32 [...], in [0, K).
    """
    weights = jnp.exp(logits - logits.max(-1, keepdims=True))
    below = jnp.cumsum(weights.astype(jnp.float32), -1)
    # At most (1 - 2^-23) of the total, so that some class lies above.
    level = jax.random.uniform(key, (*logits.shape[:-1], 1)) * below[..., -1:]
    return (below <= level).sum(-1).astype(jnp.int32)
