"""Convolutional encoder and decoder over the time-frequency plane.

The networks of NC-VQVAE (arXiv 2408.16613) and TimeVQVAE (arXiv 2303.04743),
with PyTorch's initial weights; a bias in front of a norm does nothing and is left out.

`dtype` below is that of products and activations; weights and statistics are float32,
and a norm computes in float32.
"""

import math
from collections.abc import Callable

import flax.linen as nn
import jax
import jax.numpy as jnp

from tsgen_jax.nn import conv
from tsgen_jax.nn.dense import Dense
from tsgen_jax.nn.norm import LEAKY, BatchNorm, leaky
from tsgen_jax.types import Array, DType

_SAME = ((1, 1), (1, 1))


def uniform(bound: float) -> Callable:
    """Initial weights from -`bound` to `bound`, PyTorch's choice."""

    def init(key, shape, dtype=jnp.float32):
        return jax.random.uniform(key, shape, dtype, -bound, bound)

    return init


def num_halvings(length: int, window_size: int, target_width: int) -> int:
    """How often the encoder halves the columns, so that about `target_width` stay.

    REFERENCE: rate = round(L / (log2(window_size) - 1) / target_width), of which
    floor(log2) halvings, at least one.
    """
    rate = round(length / (math.log2(window_size) - 1) / target_width)
    return max(1, int(math.log2(max(rate, 1))))


class Norm(nn.Module):
    """Batch normalisation over the global batch, and the ReLU behind it."""

    slope: float  # Below 0; 1: no ReLU.
    dtype: DType

    @nn.compact
    def __call__(self, x: Array, train: bool) -> jax.Array:
        """[..., C] -> [..., C]."""
        return BatchNorm(self.slope, self.dtype)(x, train)


class Conv(nn.Module):
    """3 x 3 (`kind='same'`), halving ('down') or doubling ('up') convolution."""

    features: int
    kind: str
    use_bias: bool
    dtype: DType

    @nn.compact
    def __call__(self, x: Array) -> jax.Array:
        """[B, F, T, C] -> [B, F, T | T // 2 | 2 T, features]."""
        columns = 3 if self.kind == "same" else 4
        # PyTorch counts a transposed kernel's fan over its outputs.
        fan_channels = self.features if self.kind == "up" else x.shape[-1]
        init = uniform(1 / math.sqrt(3 * columns * fan_channels))
        shape = (3, columns, x.shape[-1], self.features)
        kernel = self.param("kernel", init, shape).astype(self.dtype)
        x = jnp.asarray(x, self.dtype)
        if self.kind == "same":
            x = conv.conv(x, kernel, _SAME)
        else:
            x = (conv.conv_down if self.kind == "down" else conv.conv_up)(x, kernel)
        if self.use_bias:
            bias = self.param("bias", init, (self.features,))
            x = x + bias.astype(self.dtype)[None, None, None]
        return x


class ResBlock(nn.Module):
    """x + branch(x), then a norm; `inner_norm` in the encoder only."""

    inner_norm: bool
    dtype: DType

    @nn.compact
    def __call__(self, x: Array, train: bool) -> jax.Array:
        """[B, F, T, C] -> [B, F, T, C]."""
        width = x.shape[-1]
        x = jnp.asarray(x, self.dtype)
        convolve = Conv(width, "same", use_bias=not self.inner_norm, dtype=self.dtype)
        branch = convolve(leaky(x))
        if self.inner_norm:
            branch = Norm(LEAKY, self.dtype)(branch, train)
        else:
            branch = leaky(branch)
        init = uniform(1 / math.sqrt(width))
        mix = Dense(width, use_bias=False, kernel_init=init, dtype=self.dtype)
        return Norm(1.0, self.dtype)(x + mix(branch), train)


def _stored_or_not(remat: bool) -> type[nn.Module]:
    """The residual block, or one that keeps nothing but its input for the gradient."""
    return nn.remat(ResBlock, static_argnums=(2,)) if remat else ResBlock


class Encoder(nn.Module):
    """Time-frequency map to latent map."""

    width: int
    num_res_blocks: int
    num_halvings: int
    dtype: DType
    remat: bool  # Compute blocks again for the gradient, instead of storing them.

    @nn.compact
    def __call__(self, u: Array, train: bool) -> jax.Array:
        """[B, F, T, 2C] -> z [B, F, W, width]; W is T halved `num_halvings` times.

        z is float32, whatever `dtype`: what follows is distances to codes.
        """
        x = u
        for _ in range(self.num_halvings):
            x = Conv(self.width, "down", use_bias=False, dtype=self.dtype)(x)
            x = Norm(LEAKY, self.dtype)(x, train)
        block = _stored_or_not(self.remat)
        for i in range(self.num_res_blocks):
            x = block(True, self.dtype, name=f"ResBlock_{i}")(x, train)
        return x.astype(jnp.float32)


class Decoder(nn.Module):
    """Latent map to time-frequency map."""

    width: int
    num_res_blocks: int
    num_doublings: int  # One more doubling follows, then a linear resize.
    features: int  # 2C.
    dtype: DType
    remat: bool  # As of the encoder.

    @nn.compact
    def __call__(self, z: Array, num_frames: int, train: bool) -> jax.Array:
        """[B, F, W, width] -> u_hat [B, F, num_frames, features], float32."""
        x = z
        block = _stored_or_not(self.remat)
        for i in range(self.num_res_blocks):
            x = block(False, self.dtype, name=f"ResBlock_{i}")(x, train)
        for _ in range(self.num_doublings - 1):
            x = Conv(self.width, "up", use_bias=False, dtype=self.dtype)(x)
            x = Norm(LEAKY, self.dtype)(x, train)
        x = Conv(self.features, "up", use_bias=True, dtype=self.dtype)(x)
        x = Conv(self.features, "up", use_bias=True, dtype=self.dtype)(x)
        return conv.resize(x.astype(jnp.float32), num_frames)
