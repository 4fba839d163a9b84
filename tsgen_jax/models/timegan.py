"""Recurrent networks of TimeGAN: embedder, recovery, supervisor, generator, critic.

Yoon et al. 2019, "Time-series Generative Adversarial Networks", section 4. Series of T
frames (a frame: neighbouring time points of all channels) and their features, D numbers
in (0, 1) a frame, go into each other. All networks are told the class. The generator has
noise of its own for every frame, and noise that is the same for all (the paper's static
features).
"""

from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from tsgen_jax.models.cells import Cells
from tsgen_jax.nn.dense import Dense
from tsgen_jax.types import Array


class Recurrent(nn.Module):
    """Layers that see the past and the class, with a linear output at every frame."""

    cell: str
    width: int
    num_layers: int
    num_classes: int  # Y; label Y stands for no class.
    features: int

    @nn.compact
    def __call__(self, x: Array, label: Array) -> jax.Array:
        """Maps [B, T, I] and int [B] in [0, Y] to [B, T, features]."""
        of_class = nn.Embed(self.num_classes + 1, self.width)(label)
        e = Dense(self.width)(x) + of_class[:, None]
        h = Cells(self.cell, self.width, self.num_layers, 0.0)(e, train=False)
        return Dense(self.features)(h)


class Critic(nn.Module):
    """A layer in each direction, and a score at every frame of both."""

    cell: str
    width: int
    num_classes: int

    @nn.compact
    def __call__(self, features: Array, label: Array) -> jax.Array:
        """Maps [B, T, D] and int [B] in [0, Y] to scores [B, T]."""
        sizes = self.cell, self.width, 1, self.num_classes
        ahead, back = (
            Recurrent(*sizes, self.width, name=name)
            for name in ("forwards", "backwards")
        )
        h = ahead(features, label), back(features[:, ::-1], label)[:, ::-1]
        return Dense(1)(nn.silu(jnp.concatenate(h, axis=-1)))[..., 0]


class Networks(NamedTuple):
    """All five, and the noise; arguments named `weights` hold the weights by name."""

    embedder: Recurrent
    recovery: Recurrent
    supervisor: Recurrent
    generator: Recurrent
    critic: Critic
    shape: tuple[int, int]  # (L, C') of series.
    patch: int  # Time points of a frame.
    num_latents: int  # Normal numbers for each frame.
    num_static: int  # Normal numbers for all frames of a series.

    @property
    def num_frames(self) -> int:
        """T; the last frame is filled up."""
        return -(-self.shape[0] // self.patch)

    def latent(self, key: Array, num: int) -> jax.Array:
        """Noise [num, T, Z]."""
        keys, frames = jax.random.split(key), self.num_frames
        own = jax.random.normal(keys[0], (num, frames, self.num_latents))
        static = jax.random.normal(keys[1], (num, 1, self.num_static))
        static = jnp.broadcast_to(static, (num, frames, self.num_static))
        return jnp.concatenate([own, static], axis=-1)

    def draw(self, key: Array, weights, label: Array) -> jax.Array:
        """Scaled series [B, L, C'] of classes int [B] in [0, Y]."""
        first = self.generate(weights, self.latent(key, label.shape[0]), label)
        return self.recover(weights, self.supervise(weights, first, label), label)

    def embed(self, weights, x: Array, label: Array) -> jax.Array:
        """Series [B, L, C'] -> features [B, T, D]."""
        more = self.num_frames * self.patch - x.shape[1]
        x = jnp.pad(x, ((0, 0), (0, more), (0, 0)), mode="edge")
        x = x.reshape(x.shape[0], self.num_frames, -1)
        return self._bounded("embedder", weights, x, label)

    def recover(self, weights, features: Array, label: Array) -> jax.Array:
        """Features [B, T, D] -> series [B, L, C']."""
        x = self.recovery.apply({"params": weights["recovery"]}, features, label)
        return x.reshape(x.shape[0], -1, self.shape[1])[:, : self.shape[0]]

    def supervise(self, weights, features: Array, label: Array) -> jax.Array:
        """Features [B, T, D] -> at each frame, those of the next."""
        return self._bounded("supervisor", weights, features, label)

    def generate(self, weights, latent: Array, label: Array) -> jax.Array:
        """Noise [B, T, Z] -> features [B, T, D], not yet seen by the supervisor."""
        return self._bounded("generator", weights, latent, label)

    def _bounded(self, name, weights, x, label):
        network = getattr(self, name)
        return jax.nn.sigmoid(network.apply({"params": weights[name]}, x, label))

    def loss_supervised(self, weights, features: Array, label: Array) -> jax.Array:
        """Mean squared error of the next frame's features."""
        said = self.supervise(weights, features, label)[:, :-1]
        return jnp.square(features[:, 1:] - said).mean()

    def loss_reconstruction(
        self, weights, features: Array, batch: dict[str, Array]
    ) -> jax.Array:
        """Mean squared error of series, where they were observed."""
        error = self.recover(weights, features, batch["label"]) - batch["x"]
        if "observed" not in batch:
            return jnp.square(error).mean()
        seen = batch["observed"]
        squares = jnp.where(seen, jnp.square(error), 0).sum()
        return squares / jnp.maximum(seen.sum(), 1)


def loss_moments(drawn: Array, given: Array) -> jax.Array:
    """How far means and deviations over a batch, at each time and channel, are apart.

    Mean absolute difference of both, over [B, L, C] each, as in the authors' code.
    """
    deviations = [jnp.sqrt(x.var(0) + 1e-6) for x in (drawn, given)]
    means = drawn.mean(0) - given.mean(0)
    return jnp.abs(means).mean() + jnp.abs(deviations[0] - deviations[1]).mean()
