"""How many tokens are masked at which progress.

MaskGIT, https://arxiv.org/abs/2202.04200, section 3.3.
"""

import jax
import jax.numpy as jnp

from tsgen_jax.types import Array

SCHEDULES = ("cosine", "inverted")


def mask_ratio(progress: Array, schedule: str) -> jax.Array:
    """Share of tokens masked at `progress` r in [0, 1], same shape.

    'cosine' masks cos(pi r / 2): all at r = 0, none at r = 1. 'inverted' *keeps*
    that share, as the published code trains its plain prior by mistake.

    Raises:
        ValueError: unknown schedule.
    """
    if schedule not in SCHEDULES:
        raise ValueError(
            f"Unknown masking.schedule {schedule!r}; known: {', '.join(SCHEDULES)}."
        )
    share = jnp.clip(jnp.cos(jnp.pi / 2 * progress), 0, 1)
    return share if schedule == "cosine" else 1 - share


def random_mask(key: Array, num_masked: Array, num_tokens: int) -> jax.Array:
    """Masks exactly num_masked [B] of `num_tokens` positions: bool [B, N]."""
    noise = jax.random.uniform(key, (len(num_masked), num_tokens))
    rank = noise.argsort(-1).argsort(-1)
    return rank < num_masked[:, None]


def training_mask(
    key: Array, batch_size: int, num_tokens: int, schedule: str, per_sample: bool
) -> jax.Array:
    """Draws r ~ U(0, 1) and masks that many tokens of each series.

    Args:
        key: a key.
        batch_size: B.
        num_tokens: N.
        schedule: 'cosine' (at least one token is masked) or 'inverted'.
        per_sample: an r for each series, or one for the batch.

    Returns:
        bool [B, N], True where masked.
    """
    key_progress, key_mask = jax.random.split(key)
    shape = (batch_size if per_sample else 1,)
    progress = jax.random.uniform(key_progress, shape)
    if schedule == "inverted":
        kept = mask_ratio(progress, "cosine")
        count = num_tokens - jnp.floor(kept * num_tokens).astype(int)
    else:
        count = jnp.floor(mask_ratio(progress, schedule) * num_tokens).astype(int)
    # A series without a masked token would teach nothing; r = 1 has measure zero.
    count = jnp.broadcast_to(jnp.maximum(count, 1), (batch_size,))
    return random_mask(key_mask, count, num_tokens)
