"""A causal transformer over time with a cache of keys and values.

Vaswani et al. 2017, https://arxiv.org/abs/1706.03762, with norms before attention and
MLP. Positions: 'sinusoidal' is added to the input (section 3.5), 'rotary' turns
queries and keys (Su et al. 2021, https://arxiv.org/abs/2104.09864, equation 15).
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from tsgen_jax.nn.dense import Dense
from tsgen_jax.nn.transformer import Dropout, gelu
from tsgen_jax.types import Array, PyTree

POSITIONS = ("sinusoidal", "rotary")
_BASE = 10_000.0


def angles(length: int, width: int) -> np.ndarray:
    """Position times base^(-2i / width), float32 [length, width / 2]."""
    rates = _BASE ** (-np.arange(0, width, 2) / width)
    return (np.arange(length)[:, None] * rates).astype(np.float32)


def sinusoidal(length: int, width: int) -> np.ndarray:
    """Sines, then cosines of `angles`, float32 [length, width]."""
    of = angles(length, width)
    return np.concatenate([np.sin(of), np.cos(of)], axis=1)


def rotate(x: Array, angle: Array) -> jax.Array:
    """Turns pairs (i, i + d / 2) of x [..., d] by `angle` [..., d / 2]."""
    a, b = jnp.split(x, 2, axis=-1)
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    return jnp.concatenate([a * cos - b * sin, a * sin + b * cos], axis=-1)


class Attention(nn.Module):
    """Multi-head attention of every time point to itself and those before."""

    num_heads: int
    head_width: int
    width: int
    length: int  # Of the cache, and of the longest series.
    rotary: bool

    def setup(self):
        """Layers."""
        inner = self.num_heads * self.head_width
        self.qkv = Dense(3 * inner, use_bias=False)
        self.out = Dense(self.width, use_bias=False)

    def start(self, batch: int) -> PyTree:
        """Empty keys and values."""
        shape = batch, self.num_heads, self.length, self.head_width
        return jnp.zeros(shape), jnp.zeros(shape)

    def __call__(self, x: Array) -> jax.Array:
        """[B, L, width] -> [B, L, width]."""
        length = x.shape[1]
        q, k, v = self._heads(x, jnp.asarray(self._angles()[:length]))
        past = np.tri(length, dtype=bool)
        return self._mix(q, k, v, past)

    def step(self, cache: PyTree, x: Array, t: Array) -> tuple[PyTree, jax.Array]:
        """The same of time point t alone: [B, width] -> [B, width]."""
        angle = jax.lax.dynamic_slice_in_dim(jnp.asarray(self._angles()), t, 1)
        q, *new = self._heads(x[:, None], angle)
        k, v = (
            jax.lax.dynamic_update_slice_in_dim(old, part, t, axis=2)
            for old, part in zip(cache, new, strict=True)
        )
        past = (jnp.arange(self.length) <= t)[None]
        return (k, v), self._mix(q, k, v, past)[:, 0]

    def _angles(self):
        return angles(self.length, self.head_width)

    def _heads(self, x, angle):
        """Queries, keys and values, each [B, H, L, d]."""
        shape = *x.shape[:2], 3, self.num_heads, self.head_width
        q, k, v = self.qkv(x).reshape(shape).transpose(2, 0, 3, 1, 4)
        if self.rotary:
            q, k = (rotate(part, angle[None, None]) for part in (q, k))
        return q, k, v

    def _mix(self, q, k, v, past):
        logits = jnp.einsum("bhqd,bhkd->bhqk", q, k) * self.head_width**-0.5
        weights = nn.softmax(jnp.where(past[None, None], logits, -1e30))
        self.sow("intermediates", "weights", weights)  # Kept where it is asked for.
        mixed = jnp.einsum("bhqk,bhkd->bqhd", weights, v)
        return self.out(mixed.reshape(*mixed.shape[:2], -1))


class Block(nn.Module):
    """Attention and MLP, each behind a norm and beside a skip."""

    num_heads: int
    head_width: int
    width: int
    mlp_ratio: int
    length: int
    rotary: bool
    dropout: float

    def setup(self):
        """Layers."""
        self.attention = Attention(
            self.num_heads, self.head_width, self.width, self.length, self.rotary
        )
        self.norm_1, self.norm_2 = nn.RMSNorm(), nn.RMSNorm()
        self.hidden = Dense(self.mlp_ratio * self.width)
        self.leave = Dense(self.width)
        self.drop = Dropout(self.dropout)

    def __call__(self, x: Array, train: bool) -> jax.Array:
        """[B, L, width] -> [B, L, width]."""
        x = x + self.drop(self.attention(self.norm_1(x)), train)
        return x + self.drop(self._mlp(x), train)

    def step(self, cache: PyTree, x: Array, t: Array) -> tuple[PyTree, jax.Array]:
        """The same of time point t alone."""
        cache, mixed = self.attention.step(cache, self.norm_1(x), t)
        x = x + mixed
        return cache, x + self._mlp(x)

    def _mlp(self, x):
        return self.leave(gelu(self.hidden(self.norm_2(x))))


class CausalTransformer(nn.Module):
    """Blocks and a norm; the trunk of an autoregressive network.

    Raises:
        ValueError: no such kind of positions.
    """

    width: int
    num_layers: int
    num_heads: int
    head_width: int
    mlp_ratio: int
    length: int
    positions: str
    dropout: float

    def setup(self):
        """Layers."""
        if self.positions not in POSITIONS:
            raise ValueError(
                f"positions={self.positions!r} is not known; known are "
                f"{', '.join(POSITIONS)}."
            )
        self.blocks = [
            Block(
                self.num_heads,
                self.head_width,
                self.width,
                self.mlp_ratio,
                self.length,
                self.positions == "rotary",
                self.dropout,
            )
            for _ in range(self.num_layers)
        ]
        self.norm = nn.RMSNorm()
        self.drop = Dropout(self.dropout)

    def start(self, batch: int) -> PyTree:
        """What `step` begins with."""
        return [block.attention.start(batch) for block in self.blocks]

    def __call__(self, e: Array, train: bool) -> jax.Array:
        """[B, L, width] -> [B, L, width]; time t sees times up to t."""
        x = self.drop(e + self._table()[None, : e.shape[1]], train)
        for block in self.blocks:
            x = block(x, train)
        return self.norm(x)

    def step(self, carry: PyTree, e: Array, t: Array) -> tuple[PyTree, jax.Array]:
        """The same, one time point after the other: [B, width] -> [B, width]."""
        x, caches = e + self._table()[t][None], []
        for block, cache in zip(self.blocks, carry, strict=True):
            cache, x = block.step(cache, x, t)
            caches.append(cache)
        return caches, self.norm(x)

    def _table(self):
        if self.positions == "rotary":
            return jnp.zeros((self.length, self.width))
        return jnp.asarray(sinusoidal(self.length, self.width))
