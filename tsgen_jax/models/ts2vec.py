"""The encoder of TS2Vec: dilated convolutions over time.

Yue et al. 2022, https://arxiv.org/abs/2106.10466, section 3.2, with the sizes of the
authors' code: an input projection, masking of time points behind it, residual blocks
of two convolutions of kernel 3 and dilation 2^i, and dropout on what comes out.
"""

import math

import flax.linen as nn
import jax
import jax.numpy as jnp

from tsgen_jax.nn.resnet import uniform
from tsgen_jax.types import Array

_TAPS = 3


class Dilated(nn.Module):
    """Convolution over time of kernel 3 with zeros around, as one product."""

    features: int
    dilation: int

    @nn.compact
    def __call__(self, x: Array) -> jax.Array:
        """[B, L, C] -> [B, L, features]."""
        length, inputs = x.shape[1:]
        bound = 1 / math.sqrt(_TAPS * inputs)  # PyTorch's, as all below.
        shape = (_TAPS, inputs, self.features)
        kernel = self.param("kernel", uniform(bound), shape)
        bias = self.param("bias", uniform(bound), (self.features,))
        if self.dilation >= length:  # The outer taps see nothing but zeros.
            return x @ kernel[1] + bias[None, None]
        around = jnp.pad(x, ((0, 0), (self.dilation, self.dilation), (0, 0)))
        starts = (0, self.dilation, 2 * self.dilation)
        shifted = [around[:, start : start + length] for start in starts]
        stacked = jnp.concatenate(shifted, axis=-1)
        return stacked @ kernel.reshape(-1, self.features) + bias[None, None]


class Block(nn.Module):
    """GELU, convolution, GELU, convolution, and the input added."""

    features: int
    dilation: int
    project: bool  # The added input, by a product of its own.

    @nn.compact
    def __call__(self, x: Array, inside: Array) -> jax.Array:
        """[B, L, C] -> [B, L, features]; `inside` [B, L, 1] as of `Encoder`."""
        skip = _linear(self.features, x.shape[-1], "skip")(x) if self.project else x
        for i in range(2):
            x = jnp.where(inside, jax.nn.gelu(x, approximate=False), 0.0)
            x = Dilated(self.features, self.dilation, name=f"conv_{i}")(x)
        return x + skip


class Encoder(nn.Module):
    """Series to a vector of `features` per time point."""

    width: int
    num_blocks: int  # Of `width`; one more leads to `features`.
    features: int
    dropout: float

    @nn.compact
    def __call__(self, x: Array, kept: Array, inside: Array, train: bool) -> jax.Array:
        """Encodes series, or views of them.

        Args:
            x: scaled series, float [B, L, C].
            kept: bool [B, L]; other time points are zeros behind the projection.
            inside: bool [B, L]; what lies outside of a view is as if it did not exist:
                convolutions see zeros there, as around a series that ends. Outputs
                outside of it mean nothing.
            train: drops out, with the key 'dropout'.

        Returns:
            float [B, L, features].
        """
        z = _linear(self.width, x.shape[-1], "input")(x)
        z, inside = jnp.where(kept[..., None], z, 0.0), inside[..., None]
        for i in range(self.num_blocks):
            z = Block(self.width, 2**i, False, name=f"block_{i}")(z, inside)
        last = Block(self.features, 2**self.num_blocks, True, name="last")
        return nn.Dropout(self.dropout, deterministic=not train)(last(z, inside))


def _linear(features: int, inputs: int, name: str) -> nn.Dense:
    init = uniform(1 / math.sqrt(inputs))
    return nn.Dense(features, kernel_init=init, bias_init=init, name=name)


def encode(model: Encoder, params: dict, x: Array) -> jax.Array:
    """Scaled series [B, L, C] -> maximum over time of their vectors, [B, features]."""
    every = jnp.ones(x.shape[:2], bool)
    return model.apply({"params": params}, x, every, every, train=False).max(1)
