"""Bidirectional pre-norm transformer trunk.

`dtype` below is that of products and activations; weights are float32, and norms and
the softmax compute in float32.
"""

import functools
import math

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from tsgen_jax.nn.dense import Dense, product
from tsgen_jax.types import Array, DType


def gelu(x: Array) -> jax.Array:
    """x times the normal distribution's share below x, exact.

    By the error function, as PyTorch has it, and not by its complement: on the CPU
    half the time.
    """
    return 0.5 * x * (1 + jax.lax.erf(x * 2**-0.5))


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


class _Product(nn.Module):
    """`nn.DenseGeneral` without a bias, on flat axes: see nn/dense.py."""

    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    dtype: DType

    @nn.compact
    def __call__(self, x: Array) -> jax.Array:
        """[n, inputs multiplied] -> [n, outputs multiplied]."""
        shape = math.prod(self.inputs), math.prod(self.outputs)

        def init(key):
            kernel = nn.linear.default_kernel_init(key, shape, jnp.float32)
            return kernel.reshape(*self.inputs, *self.outputs)

        kernel = self.param("kernel", init).astype(self.dtype)
        return product(x.astype(self.dtype), kernel.reshape(shape))


class SelfAttention(nn.Module):
    """Multi-head attention of every position to every position, or to those before."""

    num_heads: int
    head_width: int
    dtype: DType
    causal: bool = False  # To itself and those before.

    @nn.compact
    def __call__(self, x: Array) -> jax.Array:
        """[B, N, width] -> [B, N, width]."""
        batch, length, width = x.shape
        heads = self.num_heads, self.head_width
        qkv = _Product((width,), (3, *heads), self.dtype, name="qkv")
        qkv = qkv(x.reshape(-1, width)).reshape(batch, length, 3, *heads)
        # Heads in front: the CPU is a third faster at products of whole matrices.
        q, k, v = jnp.split(qkv.transpose(2, 0, 3, 1, 4), 3)  # Each [1, B, H, N, d].
        logits = jnp.einsum(
            "sbhqd,sbhkd->sbhqk", q, k, preferred_element_type=jnp.float32
        )
        logits = logits * self.head_width**-0.5
        if self.causal:
            past = np.tri(length, dtype=bool)[None, None, None]
            logits = jnp.where(past, logits, -1e30)
        weights = nn.softmax(logits).astype(self.dtype)
        self.sow("intermediates", "weights", weights[0])  # Kept where it is asked for.
        mixed = jnp.einsum(
            "sbhqk,sbhkd->sbhqd", weights, v, preferred_element_type=jnp.float32
        )
        mixed = mixed[0].transpose(0, 2, 1, 3).reshape(-1, math.prod(heads))
        out = _Product(heads, (width,), self.dtype, name="DenseGeneral_0")
        return out(mixed).reshape(x.shape)


class Block(nn.Module):
    """Attention and MLP, each behind an RMSNorm and beside a skip."""

    num_heads: int
    head_width: int
    mlp_ratio: int
    dropout: float
    dtype: DType
    causal: bool = False

    @nn.compact
    def __call__(self, x: Array, train: bool) -> jax.Array:
        """[B, N, width] -> [B, N, width]."""
        width = x.shape[-1]
        drop = Dropout(self.dropout)
        attend = SelfAttention(self.num_heads, self.head_width, self.dtype, self.causal)
        norm = functools.partial(nn.RMSNorm, epsilon=1e-12, dtype=self.dtype)
        dense = functools.partial(Dense, dtype=self.dtype)
        x = x + drop(attend(norm()(x)), train)
        hidden = dense(self.mlp_ratio * width)(norm()(x))
        hidden = gelu(hidden)
        return x + drop(dense(width)(hidden), train)


class Trunk(nn.Module):
    """Linear to `width`, blocks, norm, linear back to the input's width."""

    width: int
    num_layers: int
    num_heads: int
    head_width: int
    mlp_ratio: int
    dropout: float
    positions: bool  # A position table of its own, which the reference adds.
    dtype: DType
    remat: bool  # Compute blocks again for the gradient, instead of storing them.
    causal: bool = False  # Every position sees itself and those before.

    @nn.compact
    def __call__(self, x: Array, train: bool) -> jax.Array:
        """[B, N, D] -> [B, N, D]."""
        inputs = x.shape[-1]
        x = Dense(self.width, use_bias=False, dtype=self.dtype)(x)
        if self.positions:
            init = nn.initializers.normal(1.0)
            table = self.param("positions", init, (x.shape[1], self.width))
            x = x + (table[None] * self.width**-0.5).astype(self.dtype)
        block = nn.remat(Block, static_argnums=(2,)) if self.remat else Block
        for i in range(self.num_layers):
            x = block(
                self.num_heads,
                self.head_width,
                self.mlp_ratio,
                self.dropout,
                self.dtype,
                self.causal,
                name=f"Block_{i}",
            )(x, train)
        x = nn.RMSNorm(epsilon=1e-12, dtype=self.dtype)(x)
        return Dense(inputs, use_bias=False, dtype=self.dtype)(x)
