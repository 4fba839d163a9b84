"""Cross entropy of predicted tokens."""

import jax
import jax.numpy as jnp

from tsgen_jax.types import Array


def token_nll(logits: Array, tokens: Array) -> jax.Array:
    """-log p of each token, in nats: [B, N, K] and int [B, N] -> float [B, N]."""
    log_p = jax.nn.log_softmax(logits)
    return -jnp.take_along_axis(log_p, tokens[..., None], -1)[..., 0]


def cross_entropy(
    logits: Array, tokens: Array, counted: Array, smoothing: float = 0.0
) -> jax.Array:
    """Mean nats over the counted tokens of the batch; scalar.

    Args:
        logits: float [B, N, K].
        tokens: the true tokens, int [B, N].
        counted: bool [B, N], at least one True (masked ones, or all).
        smoothing: share of the target that is spread evenly over all K codes (label
            smoothing, Szegedy et al. 2016, https://arxiv.org/abs/1512.00567).
    """
    nll = token_nll(logits, tokens)
    if smoothing > 0:
        even = -jax.nn.log_softmax(logits).mean(-1)
        nll = (1 - smoothing) * nll + smoothing * even
    return jnp.where(counted, nll, 0).sum() / counted.sum()
