"""A transformer over patches of a noisy series that says what noise is in it.

DiT, Peebles and Xie 2023, https://arxiv.org/abs/2212.09748: time and class shift and
scale what norms give and gate what blocks add; gates begin at 0, so that every block
begins as the identity. Overlapping patches in, overlapping patches out: no seams.
"""

import math

import flax.linen as nn
import jax
import jax.numpy as jnp

from tsgen_jax.nn.dense import Dense
from tsgen_jax.nn.transformer import Dropout, SelfAttention, gelu
from tsgen_jax.types import Array, DType

_FREQUENCIES = 32  # Of the embedding of time, as many sines as cosines.
_FASTEST = 1000.0  # Their highest frequency.


class Denoiser(nn.Module):
    """(noisy series, time, class) -> what a diffusion is trained to say of it."""

    num_classes: int  # Y; label Y stands for no class.
    patch: int  # Time points of a patch.
    width: int
    num_layers: int
    num_heads: int
    dropout: float
    dtype: DType

    @nn.compact
    def __call__(self, x: Array, time: Array, label: Array, train: bool) -> jax.Array:
        """Maps [B, L, C], [B] in [0, 1] and int [B] in [0, Y] to [B, L, C]."""
        length, channels = x.shape[1:]
        tokens = -(-length // self.patch)
        padding = (0, 0), (self.patch, (tokens + 1) * self.patch - length), (0, 0)
        padded = jnp.pad(x, padding, mode="edge")
        u = _patches(padded, tokens, self.patch)
        h = Dense(self.width, dtype=self.dtype)(u)
        init = nn.initializers.normal(0.02)
        h += self.param("positions", init, (tokens, self.width))[None].astype(h.dtype)
        condition = self._condition(time, label)
        for _ in range(self.num_layers):
            h = self._block(h, condition, train)
        shift, scale = self._modulation(condition, 2)
        h = _norm(h) * (1 + scale) + shift
        # Each token gives its own patch and one on either side, which are added.
        zeros = nn.initializers.zeros
        out = Dense(3 * self.patch * channels, kernel_init=zeros, dtype=self.dtype)(h)
        out = out.reshape(x.shape[0], tokens, 3, self.patch, channels)
        ahead = [(0, 0)] * 4
        parts = [
            jnp.pad(out[:, :, i], [(0, 0), (i, 2 - i), *ahead[:2]]) for i in range(3)
        ]
        whole = sum(parts).reshape(x.shape[0], -1, channels)
        return whole[:, self.patch :][:, :length].astype(jnp.float32)

    def _condition(self, time, label):
        """[B, width] of time and class."""
        rates = jnp.exp(jnp.linspace(0.0, math.log(_FASTEST), _FREQUENCIES))
        angles = time[:, None] * rates[None]
        waves = jnp.concatenate([jnp.sin(angles), jnp.cos(angles)], -1)
        of_time = Dense(self.width)(nn.silu(Dense(self.width)(waves)))
        init = nn.initializers.normal(0.02)
        of_class = nn.Embed(self.num_classes + 1, self.width, embedding_init=init)
        return nn.silu(of_time + of_class(label))

    def _modulation(self, condition, num):
        """`num` arrays [B, 1, width], 0 at first."""
        made = Dense(num * self.width, kernel_init=nn.initializers.zeros)(condition)
        return [a[:, None] for a in jnp.split(made.astype(self.dtype), num, -1)]

    def _block(self, h, condition, train):
        shift, scale, gate, shift_2, scale_2, gate_2 = self._modulation(condition, 6)
        drop = Dropout(self.dropout)
        attend = SelfAttention(self.num_heads, self.width // self.num_heads, self.dtype)
        h = h + gate * drop(attend(_norm(h) * (1 + scale) + shift), train)
        hidden = Dense(4 * self.width, dtype=self.dtype)(
            _norm(h) * (1 + scale_2) + shift_2
        )
        hidden = Dense(self.width, dtype=self.dtype)(gelu(hidden))
        return h + gate_2 * drop(hidden, train)


def _patches(padded: Array, tokens: int, patch: int) -> jax.Array:
    """Each patch with one on either side: [B, (N + 2) P, C] -> [B, N, 3 P C]."""
    parts = padded.reshape(padded.shape[0], tokens + 2, -1)
    return jnp.concatenate([parts[:, i : i + tokens] for i in range(3)], -1)


def _norm(h: Array) -> jax.Array:
    """Mean 0 and deviation 1 along the last axis."""
    wide = h.astype(jnp.float32)
    mean = wide.mean(-1, keepdims=True)
    variance = jnp.square(wide - mean).mean(-1, keepdims=True)
    return ((wide - mean) * jax.lax.rsqrt(variance + 1e-6)).astype(h.dtype)
