"""Convolutional networks of games: generator, critic, encoder, translator, by class.

Layers halve or double the time points (1-D forms of the residual networks of Gulrajani
et al. 2017, https://arxiv.org/abs/1704.00028). The generator's layers are scaled and
shifted by latents and class (self-modulation, Chen et al. 2019,
https://arxiv.org/abs/1810.01365); the critic has no normalisation and meets the class
in a product (Miyato and Koyama 2018, https://arxiv.org/abs/1802.05637). No layer mixes
series of a batch: the penalty on slopes needs that.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from tsgen_jax.nn.conv import conv
from tsgen_jax.nn.dense import Dense
from tsgen_jax.nn.norm import leaky
from tsgen_jax.types import Array

_SHORTEST = 8  # Time points of the innermost layer, at most.
_SLOPE = 0.2  # Of the leaky ReLUs.
_MOST = 7.0  # Of a latent's log-deviation, either way.


def lengths_of(length: int) -> list[int]:
    """L, half of it, ..., at most 8 time points; halves are rounded up."""
    lengths = [length]
    while lengths[-1] > _SHORTEST:
        lengths.append(-(-lengths[-1] // 2))
    return lengths


class _Conv(nn.Module):
    """A convolution over time, zeros at both ends: [B, L, C] -> [B, L, features]."""

    features: int
    taps: int  # Odd.

    @nn.compact
    def __call__(self, x: Array) -> jax.Array:
        shape = 1, self.taps, x.shape[-1], self.features
        init = nn.initializers.lecun_normal(in_axis=(0, 1, 2))
        kernel = self.param("kernel", init, shape)
        bias = self.param("bias", nn.initializers.zeros, (self.features,))
        half = self.taps // 2
        y = conv(x[:, None], kernel, ((0, 0), (half, half)))[:, 0]
        return y + bias[None, None]


def _halve(h: Array) -> jax.Array:
    """Pairs of time points to their mean."""
    h = jnp.pad(h, ((0, 0), (0, h.shape[1] % 2), (0, 0)), mode="edge")
    return h.reshape(h.shape[0], -1, 2, h.shape[-1]).mean(2)


def _modulate(h: Array, condition: Array) -> jax.Array:
    """Every time point to root mean square 1, then scaled, shifted, bent.

    A layer of the module that calls it.
    """
    size = jnp.square(h).mean(-1, keepdims=True)
    scale, shift = jnp.split(Dense(2 * h.shape[-1])(condition)[:, None], 2, -1)
    return leaky(h * jax.lax.rsqrt(size + 1e-6) * (1 + scale) + shift, _SLOPE)


class Generator(nn.Module):
    """(latents, class) -> scaled series."""

    num_classes: int  # Y; label Y stands for no class.
    length: int
    channels: int
    width: int
    taps: int

    @nn.compact
    def __call__(self, latent: Array, label: Array) -> jax.Array:
        """Maps [B, Z] and int [B] in [0, Y] to [B, L, C']."""
        of_class = nn.Embed(self.num_classes + 1, self.width)(label)
        both = jnp.concatenate([latent, of_class], -1)
        condition = leaky(Dense(self.width)(both), _SLOPE)
        lengths = lengths_of(self.length)[::-1]
        h = Dense(lengths[0] * self.width)(both)
        h = h.reshape(latent.shape[0], lengths[0], self.width)
        for length in lengths:
            if h.shape[1] != length:
                h = jnp.repeat(h, 2, axis=1)[:, :length]
            h = h + _Conv(self.width, self.taps)(_modulate(h, condition))
        return _Conv(self.channels, self.taps)(_modulate(h, condition))


class Critic(nn.Module):
    """(scaled series, class) -> a score, what it says of codes, and what it looked at."""

    num_classes: int
    width: int
    taps: int
    num_codes: int  # Numbers said of the codes of an InfoGAN; 0: none.

    @nn.compact
    def __call__(
        self, x: Array, label: Array
    ) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Maps [B, L, C'] and int [B] in [0, Y] to scores [B], codes [B, Q], features.

        Features float [B, N] are those of its last convolution.
        """
        h = _Conv(self.width, self.taps)(x)
        for length in lengths_of(x.shape[1]):
            if h.shape[1] != length:
                h = _halve(h)
            h = h + _Conv(self.width, self.taps)(leaky(h, _SLOPE))
        features = h.reshape(h.shape[0], -1)
        h = leaky(features, _SLOPE)
        h = leaky(Dense(self.width)(h), _SLOPE)
        of_class = nn.Embed(self.num_classes + 1, self.width)(label)
        score = Dense(1, use_bias=False)(h)[:, 0] + (of_class * h).sum(-1)
        codes = Dense(self.num_codes)(h) if self.num_codes else h[:, :0]
        return score, codes, features


class Encoder(nn.Module):
    """(scaled series, class) -> mean and log-deviation of its latents."""

    num_classes: int
    num_latents: int
    width: int
    taps: int

    @nn.compact
    def __call__(self, x: Array, label: Array) -> tuple[jax.Array, jax.Array]:
        """Maps [B, L, C'] and int [B] in [0, Y] to two of [B, Z]."""
        critic = Critic(self.num_classes, self.width, self.taps, 2 * self.num_latents)
        mean, log_std = jnp.split(critic(x, label)[1], 2, -1)
        return mean, _MOST * jnp.tanh(log_std / _MOST)


class Translator(nn.Module):
    """(scaled series, class to translate it into) -> scaled series of that class.

    Layers halve the time points and double them again; each is scaled and shifted by
    the class, and hands what it saw to the layer of as many time points behind it.
    What comes out is added to the series.
    """

    num_classes: int
    width: int
    taps: int

    @nn.compact
    def __call__(self, x: Array, label: Array) -> jax.Array:
        """Maps [B, L, C'] and int [B] in [0, Y] to [B, L, C']."""
        condition = nn.Embed(self.num_classes + 1, self.width)(label)
        condition = leaky(Dense(self.width)(condition), _SLOPE)
        h, kept = _Conv(self.width, self.taps)(x), []
        for length in lengths_of(x.shape[1]):
            if h.shape[1] != length:
                h = _halve(h)
            h = h + _Conv(self.width, self.taps)(_modulate(h, condition))
            kept.append(h)
        for seen in kept[-2::-1]:
            h = jnp.repeat(h, 2, axis=1)[:, : seen.shape[1]] + seen
            h = h + _Conv(self.width, self.taps)(_modulate(h, condition))
        h = _modulate(h, condition)
        return x + _Conv(x.shape[-1], self.taps)(h)
