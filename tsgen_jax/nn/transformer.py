"""Bidirectional pre-norm transformer trunk."""

import flax.linen as nn
import jax
import jax.numpy as jnp

from tsgen_jax.types import Array


class Dropout(nn.Module):
    """Dropout at a rate rounded to 1/256: one random byte an element, not a word."""

    rate: float

    @nn.compact
    def __call__(self, x: Array, train: bool) -> jax.Array:
        """[..., width] -> [..., width], scaled to keep the mean."""
        dropped = round(256 * self.rate)
        if not train or dropped == 0:
            return x
        words = (*x.shape[:-1], -(-x.shape[-1] // 4))
        bits = jax.random.bits(self.make_rng("dropout"), words, jnp.uint32)
        noise = jax.lax.bitcast_convert_type(bits, jnp.uint8)
        noise = noise.reshape(*x.shape[:-1], -1)[..., : x.shape[-1]]
        return jnp.where(noise < dropped, 0, x * (256 / (256 - dropped)))


class SelfAttention(nn.Module):
    """Multi-head attention of every position to every position."""

    num_heads: int
    head_width: int

    @nn.compact
    def __call__(self, x: Array) -> jax.Array:
        """[B, N, width] -> [B, N, width]."""
        heads = (self.num_heads, self.head_width)
        dense = nn.DenseGeneral((3, *heads), use_bias=False, name="qkv")
        q, k, v = jnp.moveaxis(dense(x), 2, 0)
        logits = jnp.einsum("bqhd,bkhd->bhqk", q, k) * self.head_width**-0.5
        mixed = jnp.einsum("bhqk,bkhd->bqhd", nn.softmax(logits), v)
        return nn.DenseGeneral(x.shape[-1], axis=(-2, -1), use_bias=False)(mixed)


class Block(nn.Module):
    """Attention and MLP, each behind an RMSNorm and beside a skip."""

    num_heads: int
    head_width: int
    mlp_ratio: int
    dropout: float

    @nn.compact
    def __call__(self, x: Array, train: bool) -> jax.Array:
        """[B, N, width] -> [B, N, width]."""
        width = x.shape[-1]
        drop = Dropout(self.dropout)
        attend = SelfAttention(self.num_heads, self.head_width)
        x = x + drop(attend(nn.RMSNorm(epsilon=1e-12)(x)), train)
        hidden = nn.Dense(self.mlp_ratio * width)(nn.RMSNorm(epsilon=1e-12)(x))
        hidden = nn.gelu(hidden, approximate=False)
        return x + drop(nn.Dense(width)(hidden), train)


class Trunk(nn.Module):
    """Linear to `width`, blocks, norm, linear back to the input's width."""

    width: int
    num_layers: int
    num_heads: int
    head_width: int
    mlp_ratio: int
    dropout: float
    positions: bool  # A position table of its own, which the reference adds.

    @nn.compact
    def __call__(self, x: Array, train: bool) -> jax.Array:
        """[B, N, D] -> [B, N, D]."""
        inputs = x.shape[-1]
        x = nn.Dense(self.width, use_bias=False)(x)
        if self.positions:
            init = nn.initializers.normal(1.0)
            table = self.param("positions", init, (x.shape[1], self.width))
            x = x + table[None] * self.width**-0.5
        for _ in range(self.num_layers):
            x = Block(self.num_heads, self.head_width, self.mlp_ratio, self.dropout)(
                x, train
            )
        return nn.Dense(inputs, use_bias=False)(nn.RMSNorm(epsilon=1e-12)(x))
