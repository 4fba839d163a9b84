"""Finite scalar quantisation: each number of a latent is rounded to one of few levels.

Mentzer et al. 2023, https://arxiv.org/abs/2309.15505, section 3.1 and appendix A.1.
The codebook is implied, the grid of all levels: nothing is learnt or moved, no code can
die, and there is no commitment. Latents are as wide as there are levels; linear maps of
the tokenizer lead there and back.
Shapes: `...` any leading axes, K = prod(levels) codes, D = len(levels).
"""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.nn.quantizers import base
from tsgen_jax.nn.quantizers.base import Quantizer
from tsgen_jax.types import Array

_EPS = 1e-3  # Of the bound, so that its ends are reached.
_MAX_LEVELS = 16  # Numbers of a latent: more is a mistake.
Levels = tuple[int, ...]


def make(settings: ConfigDict, width: int) -> Quantizer:
    """The quantiser of `config.quantizer`; `width` of the latents does not matter."""
    del width
    levels = tuple(settings.levels)
    of = functools.partial
    return Quantizer(
        num_codes=math.prod(levels),
        width=len(levels),
        depth=1,
        bound=of(bound, levels=levels),
        init=_init,
        quantize=of(_quantize, levels=levels, gradient=settings.gradient),
        commitment=None,
        update=_update,
        nearest=of(_nearest, levels=levels),
        look_up=of(_look_up, levels=levels),
        codes=of(_codes, levels=levels),
    )


def faults(config: ConfigDict) -> list[str]:
    """What is wrong with the levels, and values that do not go with them."""
    settings = config.quantizer
    levels, found = tuple(settings.levels), []
    whole = all(type(n) is int and n >= 2 for n in levels)
    if not whole or not 1 <= len(levels) <= _MAX_LEVELS:
        return [
            f"quantizer.levels={levels}: must be 1 to {_MAX_LEVELS} whole numbers, each "
            "at least 2, such as (8, 4)"
        ]
    if math.prod(levels) != settings.num_codes:
        found.append(
            f"quantizer.levels={levels} make {math.prod(levels)} codes, "
            f"quantizer.num_codes={settings.num_codes} asks for {settings.num_codes}: "
            "they must be equal"
        )
    if settings.gradient != "straight_through":
        found.append(
            f"quantizer.gradient={settings.gradient!r} is for quantisers with a "
            "codebook: quantizer.kind='fsq' rounds, use 'straight_through'"
        )
    return found


def _row(values, z: Array) -> np.ndarray:
    """A value for each level, to go with `z` [..., D]."""
    return np.asarray(values, np.float32).reshape((1,) * (z.ndim - 1) + (-1,))


def _half_width(levels: Levels, z: Array) -> np.ndarray:
    """What levels are divided by, to lie in [-1, 1]."""
    return _row(np.asarray(levels) // 2, z)


def bound(z: Array, levels: Levels) -> jax.Array:
    """Numbers [..., D] from the lowest to the highest level, which lie in [-1, 1]."""
    count = np.asarray(levels)
    half = (count - 1) * (1 - _EPS) / 2
    offset = np.where(count % 2 == 1, 0.0, 0.5)  # Of an even number none is in between.
    shift = np.tan(offset / half)
    y = jnp.tanh(z + _row(shift, z)) * _row(half, z) - _row(offset, z)
    return y / _half_width(levels, z)


def to_tokens(codes: Array, levels: Levels) -> jax.Array:
    """Codes [..., D] of the grid -> indices int32 [...]; the first level counts ones."""
    half = _half_width(levels, codes)
    digits = jnp.round(codes * half) + half
    basis = np.cumprod((1, *levels[:-1]))
    return (digits * _row(basis, codes)).sum(-1).astype(jnp.int32)


def to_codes(tokens: Array, levels: Levels) -> jax.Array:
    """Indices int [...] -> codes float32 [..., D] on the grid, in [-1, 1]."""
    basis = np.cumprod((1, *levels[:-1]))
    digits = [(tokens // int(b)) % n for b, n in zip(basis, levels, strict=True)]
    scaled = [(d - n // 2) / (n // 2) for d, n in zip(digits, levels, strict=True)]
    return jnp.stack(scaled, -1).astype(jnp.float32)


def _round(z: Array, levels: Levels) -> jax.Array:
    half = _half_width(levels, z)
    return jnp.round(z * half) / half


def _quantize(
    state, z: Array, levels: Levels, gradient: str
) -> tuple[jax.Array, jax.Array]:
    del state
    z_q = jax.lax.stop_gradient(_round(z, levels))
    return base.pass_gradient(gradient, z, z_q), to_tokens(z_q, levels)


def _nearest(state, z: Array, levels: Levels) -> jax.Array:
    del state
    return to_tokens(_round(z, levels), levels)


def _look_up(state, tokens: Array, levels: Levels) -> jax.Array:
    del state
    return to_codes(tokens, levels)


def _codes(state, levels: Levels) -> jax.Array:
    del state
    return to_codes(jnp.arange(math.prod(levels)), levels)


def _init(key: Array, z: Array) -> dict:
    """No state."""
    del key, z
    return {}


def _update(key: Array, state: dict, z: Array, tokens: Array) -> dict:
    del key, z, tokens
    return state
