"""TimeVAE: a convolutional VAE whose decoder adds level, trend, seasons and the rest.

Desai et al. 2021, https://arxiv.org/abs/2111.08095, here conditional on the class and
with an observation noise that is learned for every time and channel (sigma-VAE, Rybkin
et al. 2021, https://arxiv.org/abs/2006.13202), without which samples are means: smoother
than series. Shapes: B batch, L time points, C channels, D latent width, Y classes.
"""

import math

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from tsgen_jax.nn import conv
from tsgen_jax.nn.dense import Dense
from tsgen_jax.types import Array

_KERNEL = 3  # Of convolutions, of pairs of time points.
_LEAST_STD = 1e-3  # Of the observation noise, in scaled units.
_START_STD = 1.0  # That of scaled series.
_RATE = 10.0  # The noise learns so many times faster than weights do.
_MAX_LOG_STD = 7.0  # Of the posterior, either way.


class Conv(nn.Module):
    """A convolution over time, [B, L, C] -> [B, L, width], as `nn/conv.py` does it."""

    width: int

    @nn.compact
    def __call__(self, x: Array) -> jax.Array:
        """Zeros before and after the ends."""
        shape = 1, _KERNEL, x.shape[-1], self.width
        kernel = self.param("kernel", nn.initializers.lecun_normal((0, 1, 2)), shape)
        bias = self.param("bias", nn.initializers.zeros, (self.width,))
        half = _KERNEL // 2
        y = conv.conv(x[:, None], kernel, ((0, 0), (half, half)))[:, 0]
        return y + bias[None, None]


class Encoder(nn.Module):
    """Strided convolutions: series and class -> mean and log-deviation of z."""

    widths: tuple[int, ...]  # Each halves the time points.
    latent: int  # D

    @nn.compact
    def __call__(self, x: Array, context: Array) -> tuple[jax.Array, jax.Array]:
        """Float [B, L, C] and [B, E] -> two of float [B, D]."""
        context = jnp.broadcast_to(context[:, None], (*x.shape[:2], context.shape[-1]))
        y = jnp.concatenate([x, context], axis=-1)
        for width in self.widths:
            y = nn.silu(Conv(width)(_halve(y)))
        y = Dense(2 * self.latent)(y.reshape(y.shape[0], -1))
        mean, log_std = jnp.split(y, 2, axis=-1)
        return mean, _MAX_LOG_STD * jnp.tanh(log_std / _MAX_LOG_STD)


def _halve(x: Array) -> jax.Array:
    """Pairs of time points as channels: [B, L, C] -> [B, ceil(L / 2), 2 C].

    A convolution of these is one of stride 2, which XLA on the CPU is slow at.
    """
    x = jnp.pad(x, ((0, 0), (0, x.shape[1] % 2), (0, 0)))
    return x.reshape(x.shape[0], x.shape[1] // 2, -1)


class Decoder(nn.Module):
    """z and class -> the parts whose sum is the series' mean."""

    length: int  # L
    channels: int  # C
    widths: tuple[int, ...]  # As of the encoder.
    degree: int  # Of the trend's polynomial; 0: no trend.
    seasons: tuple[int, ...]  # Time points of a season, each a block; (): none.
    hidden: int

    @nn.compact
    def __call__(self, z: Array) -> jax.Array:
        """Float [B, D] -> float [4, B, L, C]: level, trend, seasons, the rest."""
        shape = z.shape[0], self.length, self.channels
        level = jnp.broadcast_to(self._of(z, "level", 1), shape)
        trend, season = jnp.zeros(shape), jnp.zeros(shape)
        if self.degree:
            coefficients = self._of(z, "trend", self.degree)  # [B, degree, C]
            powers = np.arange(1, self.degree + 1)
            time = np.arange(self.length) / max(self.length, 1)
            basis = (time[:, None] ** powers).astype(np.float32)
            trend = jnp.einsum("lp,bpc->blc", basis, coefficients)
        for period in self.seasons:
            values = self._of(z, f"season_{period}", period)
            season = season + values[:, np.arange(self.length) % period]
        return jnp.stack([level, trend, season, self._rest(z)])

    def _of(self, z, name, num):
        """A network of z: float [B, num, C]."""
        y = nn.silu(Dense(self.hidden, name=f"{name}_hidden")(z))
        y = Dense(num * self.channels, name=name)(y)
        return y.reshape(z.shape[0], num, self.channels)

    def _rest(self, z):
        """Convolutions that double the time points."""
        columns = self.length
        for _ in self.widths:
            columns = -(-columns // 2)
        y = nn.silu(Dense(columns * self.widths[-1], name="rest_hidden")(z))
        y = y.reshape(z.shape[0], columns, self.widths[-1])
        for i, width in enumerate((*self.widths[-2::-1], self.widths[0])):
            y = nn.silu(Conv(2 * width, name=f"rest_{i}")(y))
            y = y.reshape(
                y.shape[0], 2 * y.shape[1], width
            )  # The transpose of `_halve`.
        return Conv(self.channels, name="rest")(y)[:, : self.length]


class VAE(nn.Module):
    """Encoder, decoder and observation noise, with the class in all of them."""

    length: int
    channels: int
    num_classes: int  # Y; label Y is no class.
    latent: int
    widths: tuple[int, ...]
    degree: int
    seasons: tuple[int, ...]
    hidden: int
    embed_width: int

    def setup(self):
        """Networks, and the deviation of the noise."""
        self.embed = nn.Embed(self.num_classes + 1, self.embed_width)
        self.encoder = Encoder(self.widths, self.latent)
        self.decoder = Decoder(
            self.length,
            self.channels,
            self.widths,
            self.degree,
            self.seasons,
            self.hidden,
        )
        raw = math.log(math.expm1(_START_STD)) / _RATE
        # Of all classes together: that of a class with few series would be too small.
        shape = 1, self.length, self.channels
        self.raw_std = self.param("raw_std", nn.initializers.constant(raw), shape)

    @property
    def noise_size(self) -> int:
        """Standard normal numbers that a series takes."""
        return self.latent

    def encode(self, x: Array, label: Array) -> tuple[jax.Array, jax.Array]:
        """Mean and log-deviation of z, float [B, D], of series [B, L, C]."""
        return self.encoder(x, self.embed(label))

    def decode(self, z: Array, label: Array) -> tuple[jax.Array, jax.Array]:
        """Latents to what series are made of.

        Args:
            z: float [B, D].
            label: int [B] in [0, Y].

        Returns:
            parts: float [4, B, L, C], whose sum is the mean of the series.
            std: of the observation noise, float [B, L, C].
        """
        given = jnp.concatenate([z, self.embed(label)], axis=-1)
        std = jax.nn.softplus(_RATE * self.raw_std) + _LEAST_STD
        std = jnp.broadcast_to(std, (z.shape[0], self.length, self.channels))
        return self.decoder(given), std

    def reconstruct(self, x: Array, label: Array) -> jax.Array:
        """The mean of series at the posterior's mean, float [B, L, C]."""
        parts, _ = self.decode(self.encode(x, label)[0], label)
        return parts.sum(0)

    def __call__(
        self, x: Array, label: Array, noise: Array, observed: Array | None = None
    ) -> tuple[jax.Array, jax.Array]:
        """The two terms of the ELBO.

        Args:
            x: scaled series, float [B, L, C].
            label: int [B] in [0, Y].
            noise: standard normal, float [B, D].
            observed: bool [B, L, C], False where missing; None: all given.

        Returns:
            log p(x | z) and KL(q(z | x) || p(z)), nats, float [B] each.
        """
        mean, log_std = self.encode(x, label)
        parts, std = self.decode(mean + jnp.exp(log_std) * noise, label)
        each = log_normal((x - parts.sum(0)) / std) - jnp.log(std)
        if observed is not None:
            each = jnp.where(observed, each, 0.0)
        return each.sum((1, 2)), kl_to_normal(mean, log_std)


def log_normal(z: Array) -> jax.Array:
    """Log-density of standard normal numbers, each."""
    return -0.5 * (z**2 + math.log(2 * math.pi))


def kl_to_normal(mean: Array, log_std: Array) -> jax.Array:
    """KL(N(mean, exp(log_std)^2) || N(0, 1)) over the last axis, nats."""
    each = jnp.exp(2 * log_std) + mean**2 - 1 - 2 * log_std
    return 0.5 * each.sum(-1)
