"""Sequential VAE: a latent state that moves by piecewise-smooth dynamics with noise.

    z_1 = m_y + s_y e_1,    z_t = A z_{t-1} + W phi(z_{t-1}) + h_y + s e_t,   phi = tanh
    x_t = B z_t + b + r n_t

with A diagonal, W without a diagonal (Durstewitz 2017, doi 10.1371/journal.pcbi.1005542,
where phi is a ReLU: tanh with |A| < 1 keeps every state bounded), h_y and m_y of the
class. The posterior is Gaussian about the dynamics, q(z_t | z_{t-1}, x): a convolutional
encoder gives mean and deviation of every e_t, so the KL term is exact. With `bayesian`,
A, W and h have a Gaussian posterior too, and each series draws its own.
Shapes: B batch, L time points, C channels, D latent width, Y classes.
"""

import math

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from tsgen_jax.models.vae import kl_to_normal, log_normal
from tsgen_jax.nn.dense import Dense
from tsgen_jax.types import Array

_KERNEL = 5  # Of the encoder's convolutions.
_LEAST_STD = 1e-3
_START_STD = 0.3  # Of the process; 1 of the observation, as scaled series have.
_RATE = 10.0  # Noise learns so many times faster than weights do.
_START_LOG_STD = -4.0  # Of the posterior over A, W and h.
_MAX_LOG_STD = 7.0


def _constant(value):
    return nn.initializers.constant(value)


def _dilated(layer: nn.Module, x: Array, dilation: int) -> jax.Array:
    """A convolution with dilation: a layer of values that are so far apart.

    As a product, because XLA on the CPU is slow at gradients of dilated convolutions.
    """
    half, length = _KERNEL // 2, x.shape[1]
    padded = jnp.pad(x, ((0, 0), (half * dilation, half * dilation), (0, 0)))
    taps = [padded[:, i * dilation : i * dilation + length] for i in range(_KERNEL)]
    return layer(jnp.concatenate(taps, axis=-1))


class Encoder(nn.Module):
    """Series and class -> mean and log-deviation of the noise of every step."""

    width: int
    num_layers: int  # Dilations 1, 2, 4, ...: both past and future are seen.
    latent: int  # D

    @nn.compact
    def __call__(self, x: Array, context: Array) -> tuple[jax.Array, jax.Array]:
        """Float [B, L, C] and [B, E] -> two of float [B, L, D]."""
        time = jnp.linspace(-1.0, 1.0, x.shape[1])[None, :, None]
        time = jnp.broadcast_to(time, (*x.shape[:2], 1))
        context = jnp.broadcast_to(context[:, None], (*x.shape[:2], context.shape[-1]))
        y = Dense(self.width)(jnp.concatenate([x, time, context], axis=-1))
        for i in range(self.num_layers):
            y = y + nn.silu(_dilated(Dense(self.width), y, 2**i))
        mean, log_std = jnp.split(Dense(2 * self.latent)(y), 2, axis=-1)
        return mean, _MAX_LOG_STD * jnp.tanh(log_std / _MAX_LOG_STD)


class SequentialVAE(nn.Module):
    """Encoder, dynamics and a linear observation."""

    length: int  # L
    channels: int  # C
    num_classes: int  # Y; label Y is no class.
    latent: int  # D
    width: int  # Of the encoder.
    num_layers: int
    embed_width: int
    bayesian: bool
    prior_std: float  # Of A (before tanh), W and h about 0, where Bayesian.
    num_series: int  # That share one posterior over A, W and h.

    def setup(self):
        """Weights of all parts."""
        dim, own, normal = self.latent, self.num_classes + 1, nn.initializers.normal
        raw, unit = (math.log(math.expm1(s)) / _RATE for s in (_START_STD, 1.0))
        self.embed = nn.Embed(own, self.embed_width)
        self.encoder = Encoder(self.width, self.num_layers, dim)
        shapes = {"A": (dim,), "W": (dim, dim), "h": (own, dim)}
        starts = {"A": _constant(2.0), "W": normal(dim**-0.5), "h": normal(0.1)}
        self.theta = {k: self.param(k, starts[k], s) for k, s in shapes.items()}
        if self.bayesian:
            self.theta_log_std = {
                k: self.param(f"{k}_log_std", _constant(_START_LOG_STD), s)
                for k, s in shapes.items()
            }
        self.first = self.param("first", normal(0.5), (own, dim))
        self.raw_first = self.param("raw_first", _constant(raw), (own, dim))
        self.raw_process = self.param("raw_process", _constant(raw), (dim,))
        self.observe = Dense(self.channels)
        shape = 1, 1, self.channels
        self.raw_std = self.param("raw_std", _constant(unit), shape)

    @property
    def noise_size(self) -> int:
        """Standard normal numbers that a series takes."""
        dim = self.latent
        return self.length * dim + (dim + dim**2 + dim if self.bayesian else 0)

    def _split(self, noise: Array, label: Array):
        """Noise of the steps [B, L, D], and each series' own A, W and h."""
        dim, size = self.latent, self.length * self.latent
        steps = noise[:, :size].reshape(-1, self.length, dim)
        theta = dict(self.theta)
        theta = {
            "A": jnp.broadcast_to(theta["A"][None], (label.shape[0], dim)),
            "W": theta["W"][None],
            "h": theta["h"][label],
        }
        if self.bayesian:
            a, w, h = jnp.split(noise[:, size:], [dim, dim + dim**2], axis=1)
            std = {k: jnp.exp(v) for k, v in self.theta_log_std.items()}
            theta["A"] = theta["A"] + std["A"][None] * a
            theta["W"] = theta["W"] + std["W"][None] * w.reshape(-1, dim, dim)
            theta["h"] = theta["h"] + std["h"][label] * h
        return steps, theta

    def _roll(self, e: Array, theta, label: Array) -> jax.Array:
        """States float [B, L, D] of the noise e [B, L, D]."""
        a, off = jnp.tanh(theta["A"]), 1 - jnp.eye(self.latent)
        w = theta["W"] * off[None]
        std = (jax.nn.softplus(_RATE * self.raw_process) + _LEAST_STD)[None]
        first = self.first[label] + e[:, 0] * (
            jax.nn.softplus(_RATE * self.raw_first[label]) + _LEAST_STD
        )

        def step(z, e):
            phi = jnp.tanh(z)
            if not self.bayesian:  # One W for all series.
                moved = phi @ w[0].T
            else:
                moved = jnp.einsum("bij,bj->bi", w, phi)
            z = a * z + moved + theta["h"] + std * e
            return z, z

        _, rest = jax.lax.scan(step, first, e[:, 1:].swapaxes(0, 1))
        return jnp.concatenate([first[:, None], rest.swapaxes(0, 1)], axis=1)

    def _std(self, label):
        std = jax.nn.softplus(_RATE * self.raw_std) + _LEAST_STD
        return jnp.broadcast_to(std, (label.shape[0], self.length, self.channels))

    def decode(self, noise: Array, label: Array) -> tuple[jax.Array, jax.Array]:
        """Rolls the dynamics out.

        Args:
            noise: float [B, noise_size].
            label: int [B] in [0, Y].

        Returns:
            float [2, B, L, C]: series of dynamics without noise after the first state,
            and what that noise adds; and the observation's deviation, [B, L, C].
        """
        steps, theta = self._split(noise, label)
        quiet = jnp.concatenate([steps[:, :1], jnp.zeros_like(steps[:, 1:])], axis=1)
        plain = self.observe(self._roll(quiet, theta, label))
        whole = self.observe(self._roll(steps, theta, label))
        return jnp.stack([plain, whole - plain]), self._std(label)

    def reconstruct(self, x: Array, label: Array) -> jax.Array:
        """The mean of series at the posterior's mean, float [B, L, C]."""
        _, theta = self._split(jnp.zeros((x.shape[0], self.noise_size)), label)
        mean, _ = self.encoder(x, self.embed(label))
        return self.observe(self._roll(mean, theta, label))

    def __call__(
        self, x: Array, label: Array, noise: Array, observed: Array | None = None
    ) -> tuple[jax.Array, jax.Array]:
        """The two terms of the ELBO; arguments as of `VAE.__call__`."""
        steps, theta = self._split(noise, label)
        mean, log_std = self.encoder(x, self.embed(label))
        z = self._roll(mean + jnp.exp(log_std) * steps, theta, label)
        std = self._std(label)
        each = log_normal((x - self.observe(z)) / std) - jnp.log(std)
        if observed is not None:
            each = jnp.where(observed, each, 0.0)
        kl = kl_to_normal(mean, log_std).sum(1)
        if self.bayesian:
            kl = kl + self._kl_of_theta() / self.num_series
        return each.sum((1, 2)), kl

    def _kl_of_theta(self) -> jax.Array:
        """KL of the posterior over A, W and h to normals about 0; nats."""
        kl, scale = jnp.zeros(()), np.float32(self.prior_std)
        for name, mean in self.theta.items():
            log_std = self.theta_log_std[name] - math.log(self.prior_std)
            kl = kl + kl_to_normal(mean.ravel() / scale, log_std.ravel())
        return kl
