"""Batch normalisation and the (leaky) ReLU after it, as one function with one gradient.

Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167. Left to itself, automatic
differentiation keeps the centred, the normalised and the activated map for the
gradient; here the input is kept, and the rest computed again on the way through it.
"""

import functools

import flax.linen as nn
import jax
import jax.numpy as jnp

from tsgen_jax.types import Array, DType

_EPS = 1e-5
_MOMENTUM = 0.9
LEAKY = 0.01  # The usual slope of a leaky ReLU below 0.


def leaky(x: Array, slope: float = LEAKY) -> jax.Array:
    """Leaky ReLU.

    Not max(x, slope x): the derivative of a maximum asks which side equals it, and in a
    fused program that computes x twice, with other rounding, neither does.
    """
    return jnp.where(x >= 0, x, slope * x)


class BatchNorm(nn.Module):
    """Batch normalisation over the global batch, its statistics in float32.

    Running means and variances (of the sample, 1 / n) move by a tenth a step.
    """

    slope: float  # Below 0, of the ReLU that follows; 1: none does.
    dtype: DType  # Of the output.

    @nn.compact
    def __call__(self, x: Array, train: bool) -> jax.Array:
        """[..., C] -> [..., C]."""
        shape = x.shape[-1:]
        scale = self.param("scale", nn.initializers.ones, shape)
        bias = self.param("bias", nn.initializers.zeros, shape)
        mean = self.variable("batch_stats", "mean", jnp.zeros, shape)
        var = self.variable("batch_stats", "var", jnp.ones, shape)
        if not train:
            y = _apply(x, *_affine(mean.value, var.value, scale, bias), self.slope)
            return y.astype(self.dtype)
        y, *batch = _normalise(x, scale, bias, self.slope, self.dtype)
        if not self.is_initializing():
            for running, now in zip((mean, var), batch, strict=True):
                now = jax.lax.stop_gradient(now)
                running.value = _MOMENTUM * running.value + (1 - _MOMENTUM) * now
        return y


def _affine(mean, var, scale, bias) -> tuple[jax.Array, jax.Array]:
    """Factor and offset [C] that normalise, scale and shift."""
    factor = jax.lax.rsqrt(var + _EPS) * scale
    return factor, bias - mean * factor


def _apply(x, factor, offset, slope: float) -> jax.Array:
    lead = (1,) * (x.ndim - 1)  # Ranks are written out: promotion is an error in tests.
    y = x.astype(jnp.float32) * factor.reshape(*lead, -1) + offset.reshape(*lead, -1)
    return y if slope == 1 else leaky(y, slope)


def _sum(x: Array) -> jax.Array:
    return x.sum(tuple(range(x.ndim - 1)))


@functools.partial(jax.custom_vjp, nondiff_argnums=(3, 4))
def _normalise(x, scale, bias, slope, dtype):
    """Normalised [..., C], and mean and variance [C], which carry no gradient."""
    return _forward(x, scale, bias, slope, dtype)[0]


def _forward(x, scale, bias, slope, dtype):
    wide = x.astype(jnp.float32)
    count = x.size // x.shape[-1]
    mean = _sum(wide) / count
    var = jnp.maximum(_sum(wide * wide) / count - mean * mean, 0)
    affine = _affine(mean, var, scale, bias)
    y = _apply(x, *affine, slope).astype(dtype)
    return (y, mean, var), (x, mean, var, *affine)


def _backward(slope, dtype, saved, cotangents):
    del dtype
    x, mean, var, factor, offset = saved
    g = cotangents[0].astype(jnp.float32)
    wide = x.astype(jnp.float32)
    if slope != 1:
        g = jnp.where(_apply(x, factor, offset, 1.0) >= 0, g, slope * g)
    count = x.size // x.shape[-1]
    scaled = jax.lax.rsqrt(var + _EPS)
    d_bias = _sum(g)
    d_scale = (_sum(g * wide) - mean * d_bias) * scaled
    # dx = factor (g - mean of g - normalised x times the mean of their product).
    tilt = factor * scaled * d_scale / count
    level = factor * d_bias / count - tilt * mean
    lead = (1,) * (x.ndim - 1)
    factor, tilt, level = (a.reshape(*lead, -1) for a in (factor, tilt, level))
    dx = factor * g - tilt * wide - level
    return dx.astype(x.dtype), d_scale, d_bias


_normalise.defvjp(_forward, _backward)
