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
from tsgen_jax.generators import noise_scale, traversal
from tsgen_jax.generators.batched import Batched, check_label, label_use_of
from tsgen_jax.generators.drawn import Unfolding, programs_of
from tsgen_jax.models import first_layer
from tsgen_jax.recipe import Recipe
from tsgen_jax.sampling import residual
from tsgen_jax.shown import Filters, Showing, View
from tsgen_jax.stages import aggregate, elbo
from tsgen_jax.types import Array


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class LatentGenerator(Unfolding, Showing):
    """Draws series, and bounds how probable they are.

    `Rates`, `Unfolds`, `Traceable`, `Shows`.

    `unfold` shows parts added up; the last step has the observation noise, if any.
    Log-likelihoods have that noise whole, whatever `noise_scale` samples have.

    Attributes:
        name: of the stage.
        network: of the recipe.
        bound: jitted, of the recipe: see `elbo.make_elbo`.
    """

    name: str
    network: elbo.Network
    bound: jax.stages.Wrapped
    rates: str = "series; a lower bound (ELBO)"

    def log_likelihood(
        self, key: Array, x: Array, label: Array, num_draws: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """The ELBO of scaled series, mean over draws of z."""
        draws = np.arange(num_draws)
        rows = {
            "x": self.info.scaler.transform(x),
            "label": check_label(label, self.info.num_classes),
        }
        found = self.batched.map(
            lambda _, batch: self.bound(
                key, self.weights[self.name], batch["x"], batch["label"], draws
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
    config: ConfigDict,
    name: str,
    info: DataInfo,
    network: elbo.Network,
    about: str,
    first: str,
    moved: str = "latent",
    source: str = "prior",
) -> Recipe:
    """The recipe of a network whose settings are `config[name]`.

    Args:
        config: of the run.
        name: of the stage.
        info: of the data.
        network: as `elbo.Network`; with `encode` where `source` is 'posterior'.
        about: a sentence for the model card.
        first: name of the encoder's first convolution.
        moved: what the first `network.latent` numbers of the noise are called.
        source: of latents, one of `aggregate.SOURCES`.
    """
    noise, size = config[name].observation_noise, network.noise_size

    def states(key, weights, label):
        """Scaled series part by part, [S + 1, B, L, C']; the last has all."""
        key_latent, key_noise = jax.random.split(key)
        latent = jax.random.normal(key_latent, (label.shape[0], size))
        if source == "posterior":
            latent = aggregate.draw(weights[aggregate.NAME], latent, label)
        variables = {"params": weights[name]}
        parts, std = network.apply(variables, latent, label, method="decode")
        seen = jnp.cumsum(parts, axis=0)
        if noise == "none":
            return seen
        if noise == "correlated":
            drawn = residual.draw(key_noise, weights[elbo.RESIDUAL], label)
        else:
            drawn = std * jax.random.normal(key_noise, std.shape)
        drawn = weights[noise_scale.NAME]["scale"] * drawn
        return jnp.concatenate([seen, seen[-1:] + drawn[None]])

    rate = config[name].label_drop_rate
    stages = (elbo.make_stage(config, name, network),)
    if source == "posterior":
        batch_size = config.evaluation.batch_size
        stages += (aggregate.make_fitted(name, network, batch_size),)
    if noise == "correlated":
        stages += (elbo.make_residual(config, name, network),)
    make = functools.partial(
        LatentGenerator,
        Batched(info, config.sample.batch_size),
        label_use=label_use_of(rate),
        name=name,
        network=network,
        bound=elbo.make_elbo(network),
        views=functools.partial(_views, first, moved, source),
        **programs_of(states),
    )
    if noise != "none":
        scales = config[name].noise_scales
        stages += (noise_scale.make_fitted(config, scales, stages, make),)
    return Recipe(
        stages=stages,
        assemble=lambda weights: make(weights=weights),
        settings=("sample",),
        about=about,
    )


def _views(first: str, moved: str, source: str, of: LatentGenerator, key, x, label):
    """Filters of the encoder, and what latents do; see `shown.Shows`."""
    del key, x
    network, label = of.network, np.asarray(label[:1])
    variables, size = {"params": of.weights[of.name]}, network.latent
    layer = functools.partial(
        first_layer.output,
        network,
        variables,
        ("encoder", first),
        label=label,
        method="reconstruct",
    )
    found: dict[str, View] = {
        "filters": Filters(
            "the encoder's first convolution",
            first_layer.filters(layer, network.length, network.channels),
        )
    }
    middle, deviation = np.zeros(network.noise_size), np.ones(size)
    where = "deviations of the prior; all others are 0"
    if source == "posterior":
        fitted = of.weights[aggregate.NAME]
        middle = np.asarray(fitted["mean"][label[0]])
        deviation = np.sqrt(np.square(fitted["root"][label[0]]).sum(0))
        where = (
            "deviations of where the encoder puts the class; all others are at its mean"
        )
    values = traversal.DEVIATIONS
    at = middle[:size, None] + deviation[:, None] * np.array(values)

    @jax.jit
    def decode(latents, label):
        return network.apply(variables, latents, label, method="decode")[0].sum(0)

    found["latents"] = traversal.traverse(
        of.info,
        decode,
        traversal.moved(middle, np.arange(size), at),
        label[0],
        tuple(f"{moved} {i + 1}" for i in range(size)),
        traversal.names_of(values, "sd"),
        f"One by one, in {where}.",
    )
    return found
