"""How many tokens are masked at which progress.

MaskGIT, https://arxiv.org/abs/2202.04200, section 3.3.
"""

import re

import jax
import jax.numpy as jnp
import numpy as np

from tsgen_jax.types import Array

NAMES = ("cosine", "inverted")
_POWER = re.compile(r"power:(\d+(\.\d+)?)")


def power(schedule: str) -> float | None:
    """P of 'power:P'; None for the schedules with a name of their own.

    Raises:
        ValueError: no schedule at all.
    """
    if schedule in NAMES:
        return None
    found = _POWER.fullmatch(str(schedule))
    if not found or float(found[1]) == 0:
        raise ValueError(
            f"no schedule {schedule!r}; known are {', '.join(NAMES)}, and power:P with "
            "a number P above 0, such as power:2.5"
        )
    return float(found[1])


def mask_ratio(progress: Array, schedule: str) -> jax.Array:
    """Share of tokens masked at `progress` r in [0, 1], same shape.

    'cosine' masks cos(pi r / 2): all at r = 0, none at r = 1. 'power:P' masks
    1 - r^P: 'power:2' and 'power:3' are the square and cubic one of the paper, and
    the larger P, the longer nearly all stay masked. 'inverted' *keeps* the share
    that 'cosine' masks, as the published code trains its plain prior by mistake.

    Raises:
        ValueError: unknown schedule.
    """
    exponent = power(schedule)
    if exponent is not None:
        return 1 - jnp.asarray(progress, float) ** exponent
    share = jnp.clip(jnp.cos(jnp.pi / 2 * progress), 0, 1)
    return share if schedule == "cosine" else 1 - share


def num_left(schedule: str, num_decode_steps: int, num_tokens: int) -> np.ndarray:
    """Tokens that stay masked after each round of decoding, without rounding errors.

    floor(n `mask_ratio`(s / S)) for round s = 1, ..., S, and 0 after the last. In
    float32 the product falls below a whole number that it should be, such as
    30 cos(pi / 3): so this is computed on the host, in whole numbers or float64.

    Args:
        schedule: see `mask_ratio`.
        num_decode_steps: rounds S.
        num_tokens: N.

    Returns:
        int32 [S, N + 1], by round and by the number n of tokens masked at first.
    """
    exponent, total = power(schedule), np.arange(num_tokens + 1)
    is_whole = exponent is not None and exponent.is_integer() and exponent <= 32
    rows = []
    for step in range(1, num_decode_steps + 1):
        if is_whole:
            whole = num_decode_steps ** int(exponent)
            left = whole - step ** int(exponent)
            rows.append([n * left // whole for n in range(num_tokens + 1)])
            continue
        progress = step / num_decode_steps
        if exponent is not None:
            share = 1 - progress**exponent
        else:
            share = np.cos(np.pi / 2 * progress)
            share = share if schedule == "cosine" else 1 - share
        # Whole products lie up to 1e-13 below themselves, no other one within 1e-9.
        rows.append(np.floor(total * share + 1e-9))
    rows[-1] = 0 * total
    return np.array(rows, np.int32)


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
        schedule: see `mask_ratio`; at least one token is masked.
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


def faults(key: str, schedule: str, decoding: bool) -> list[str]:
    """What is wrong with a schedule, the value of a key of the config, in sentences."""
    try:
        power(schedule)
    except ValueError as error:
        return [f"{key}: {error}"]
    if decoding and schedule == "inverted":
        return [f"{key}='inverted' is for training only: decoding masks less and less"]
    return []
