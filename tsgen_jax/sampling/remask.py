"""Decoding that takes tokens back: what was drawn early may be masked and drawn again.

ReMDM, Wang et al. 2025, https://arxiv.org/abs/2503.00307, equations 5 and 7, with the
capped schedule of section 4.1.
"""

import jax
import jax.numpy as jnp

from tsgen_jax.sampling import categorical, mask_schedule
from tsgen_jax.sampling.decode import LogitsFn, rounds
from tsgen_jax.types import Array


def rates(
    known: Array, known_then: Array, remask_rate: float
) -> tuple[jax.Array, jax.Array]:
    """Chances of a masked token to be filled, and of a filled one to be masked.

    Args:
        known: expected share of filled tokens before the round, alpha_t.
        known_then: after it, alpha_s.
        remask_rate: at most this share of the filled ones is masked again, eta.
    """
    most = (1 - known_then) / jnp.maximum(known, 1e-6)
    remask = jnp.minimum(remask_rate, most)
    fill = (known_then - (1 - remask) * known) / jnp.maximum(1 - known, 1e-6)
    return jnp.clip(fill, 0, 1), remask


def decode(
    key: Array,
    logits_fn: LogitsFn,
    tokens: Array,
    *,
    mask_token: int,
    num_decode_steps: int,
    token_temperature: float,
    schedule: str,
    remask_rate: float,
    first_logits: Array | None = None,
) -> tuple[jax.Array, jax.Array]:
    """Fills masked tokens by chance, and masks filled ones again.

    Arguments and results as of `decode.decode`; given tokens are never changed. With
    `remask_rate` 0 it is the ancestral sampler of a masked diffusion (Sahoo et al.
    2024, arXiv 2406.07524).
    """
    tokens = tokens.astype(jnp.int32)
    given = tokens != mask_token
    steps = jnp.arange(num_decode_steps + 1) / num_decode_steps
    known = 1 - mask_schedule.mask_ratio(steps, schedule)
    known = known.at[0].set(0.0).at[-1].set(1.0)  # Without rounding errors.

    def draw(tokens, step, logits):
        keys = jax.random.split(jax.random.fold_in(key, step), 3)
        fill, remask = rates(known[step], known[step + 1], remask_rate)
        masked = tokens == mask_token
        drawn = categorical.draw(keys[0], logits / token_temperature)
        filled = jax.random.uniform(keys[1], tokens.shape) < fill
        again = jax.random.uniform(keys[2], tokens.shape) < remask
        back = jnp.where(again & ~given, mask_token, tokens)
        return jnp.where(masked, jnp.where(filled, drawn, mask_token), back)

    return rounds(draw, logits_fn, tokens, num_decode_steps, first_logits)
