"""Generators that are trained by the ELBO: noise through a decoder, by class."""

import dataclasses
import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.evaluation.measures import density
from tsgen_jax.generators.batched import Batched, check_label
from tsgen_jax.recipe import Recipe, Weights
from tsgen_jax.sampling import residual
from tsgen_jax.stages import elbo
from tsgen_jax.types import Array


class Programs:
    """A network and its compiled programs, of a recipe; they take weights."""

    def __init__(
        self, config: ConfigDict, name: str, info: DataInfo, network: elbo.Network
    ):
        """Compiles nothing; `name` is that of the section and of the stage."""
        self.name, self.info, self.network = name, info, network
        self.noise = config[name].observation_noise
        self.batched = Batched(info, config.sample.batch_size)

    def __getstate__(self):
        """Without what was compiled."""
        compiled = ("draw", "unfolded", "elbo")
        return {k: v for k, v in vars(self).items() if k not in compiled}

    @functools.cached_property
    def draw(self):
        """Jitted (key, weights, label [B]) -> scaled series [B, L, C']."""
        return jax.jit(lambda *a: self._states(*a)[-1])

    @functools.cached_property
    def unfolded(self):
        """Jitted (key, weights, label [B]) -> scaled series [B, S + 1, L, C']."""
        return jax.jit(lambda *a: self._states(*a).swapaxes(0, 1))

    @functools.cached_property
    def elbo(self):
        """See `elbo.make_elbo`."""
        return elbo.make_elbo(self.network)

    def _states(self, key: Array, weights: Weights, label: Array) -> jax.Array:
        """Scaled series part by part, [S + 1, B, L, C']; the last has all."""
        key_latent, key_noise = jax.random.split(key)
        noise = jax.random.normal(key_latent, (len(label), self.network.noise_size))
        variables = {"params": weights[self.name]}
        parts, std = self.network.apply(variables, noise, label, method="decode")
        states = jnp.cumsum(parts, axis=0)
        if self.noise == "none":
            return states
        if self.noise == "correlated":
            drawn = residual.draw(key_noise, weights[elbo.RESIDUAL], len(label))
        else:
            drawn = std * jax.random.normal(key_noise, std.shape)
        return jnp.concatenate([states, states[-1:] + drawn[None]])


@dataclasses.dataclass(frozen=True, eq=False)
class LatentGenerator:
    """Draws series, and bounds how probable series are."""

    programs: Programs
    weights: Weights
    label_use: str
    rates: str = "series; a lower bound (ELBO)"

    remarks = ""

    @property
    def info(self) -> DataInfo:
        """Shape, classes and units of the training data."""
        return self.programs.info

    def sample(self, key: Array, label: Array) -> dict[str, np.ndarray]:
        """Series 'x' of latents from the prior, with noise where the config says so."""
        draw = functools.partial(self._with_weights, self.programs.draw)
        return {"x": self.programs.batched.sample(key, label, draw)}

    def _with_weights(self, fn, key, label):
        return fn(key, self.weights, label)

    def unfold(self, key: Array, label: Array) -> dict[str, np.ndarray]:
        """Part by part; the last has the observation noise, where there is any."""
        states = self.programs.batched.map(
            lambda number, batch: self._with_weights(
                self.programs.unfolded, jax.random.fold_in(key, number), batch["label"]
            ),
            {"label": check_label(label, self.info.num_classes)},
            "unfolding",
        )
        return {"x": self.info.scaler.inverse(states.swapaxes(0, 1))}

    def program(self, key: Array, label: Array) -> jax.Array:
        """Traced: the scaled series of the first batch of `sample`."""
        return self._with_weights(self.programs.draw, jax.random.fold_in(key, 0), label)

    def log_likelihood(
        self, key: Array, x: Array, label: Array, num_draws: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """The ELBO of scaled series, mean over draws of z."""
        draws = np.arange(num_draws)
        rows = {
            "x": self.info.scaler.transform(x),
            "label": check_label(label, self.info.num_classes),
        }
        found = self.programs.batched.map(
            lambda _, batch: self.programs.elbo(
                key, self.weights[self.programs.name], batch["x"], batch["label"], draws
            ),
            rows,
            "log-likelihood",
        ).astype(np.float64)
        if num_draws == 1:
            return found[:, 0], np.full(len(found), np.nan)
        error = found.std(1, ddof=1) / math.sqrt(num_draws)
        return found.mean(1), error

    def log_density(
        self, key: Array, x: Array, label: Array, num_draws: int
    ) -> np.ndarray:
        """The ELBO in original units.

        Raises:
            ValueError: series of unequal lengths, or data.scaling='quantile'.
        """
        lost = density.log_volume(self.info.scaler, self.info.length)
        return self.log_likelihood(key, x, label, num_draws)[0] - lost


def make_recipe(
    config: ConfigDict, name: str, info: DataInfo, network: elbo.Network, about: str
) -> Recipe:
    """The recipe of a network whose settings are `config[name]`."""
    programs = Programs(config, name, info, network)
    rate = config[name].label_drop_rate
    use = "always" if rate == 0 else "never" if rate == 1 else "optional"
    stages = (elbo.make_stage(config, name, network),)
    if programs.noise == "correlated":
        stages += (elbo.make_residual(config, name, network),)
    return Recipe(
        stages=stages,
        assemble=lambda weights: LatentGenerator(programs, weights, use),
        settings=("sample",),
        about=about,
    )
