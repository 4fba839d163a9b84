"""How tokens are decoded from masks, by name: `config.sample.sampler`."""

import jax
import jax.numpy as jnp
from ml_collections import ConfigDict

from tsgen_jax.sampling import decode, order, remask
from tsgen_jax.types import Array

NAMES = ("confidence", "halton", "remdm")
_ORDER = 2**32 - 1  # No round has this number.


def sample(
    key: Array,
    logits_fn: decode.LogitsFn,
    tokens: Array,
    *,
    mask_token: int,
    map_shape: tuple[int, int],
    settings: ConfigDict,
    first_logits: Array | None = None,
) -> tuple[jax.Array, jax.Array]:
    """Fills masked tokens as `settings.sampler` says.

    'confidence': the surest first (MaskGIT); 'halton': far from each other; 'remdm': by
    chance, and some again.

    Args:
        key: a key.
        logits_fn: int [B, N] -> logits float [B, N, K].
        tokens: int [B, N]; `mask_token` where to be filled.
        mask_token: K.
        map_shape: F and T with F T = N.
        settings: config.sample.
        first_logits: what `logits_fn(tokens)` would be, where that is known.

    Returns:
        tokens: int32 [B, N] without masks.
        history: int32 [S + 1, B, N], from the input to the result.
    """
    of = settings
    common = {
        "mask_token": mask_token,
        "num_decode_steps": of.num_decode_steps,
        "token_temperature": of.token_temperature,
        "schedule": of.schedule,
        "first_logits": first_logits,
    }
    if of.sampler == "remdm":
        rate = of.remask_rate
        return remask.decode(key, logits_fn, tokens, remask_rate=rate, **common)
    priority = None
    if of.sampler == "halton":
        key_order = jax.random.fold_in(key, _ORDER)
        place = jnp.asarray(order.halton(map_shape))
        priority = order.shifted(key_order, place, map_shape, tokens.shape[0])
    return decode.decode(
        key,
        logits_fn,
        tokens,
        choice_temperature=of.choice_temperature,
        priority=priority,
        **common,
    )
