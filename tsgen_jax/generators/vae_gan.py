"""VAE/GAN: a variational autoencoder that is judged by what a critic sees, by class.

Larsen et al. 2016, "Autoencoding beyond pixels using a learned similarity metric",
https://arxiv.org/abs/1512.09300. One stage: 'vae_gan'. The networks are those of `gan`.
"""

import functools

import jax
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators import games
from tsgen_jax.recipe import Recipe
from tsgen_jax.runs.limits import INFINITY
from tsgen_jax.stages import adversarial, vae_gan

GENERATOR = games.Game
LIMITS = (
    adversarial.optimizer_limits(vae_gan.NAME),
    games.make_limits(
        "vae_gan",
        {"taps": (1, 1001), "beta": (0, INFINITY), "similarity_weight": (0, INFINITY)},
        faults=functools.partial(games.faults, "vae_gan"),
    ),
)


def make_recipe(config: ConfigDict, info: DataInfo) -> Recipe:
    """The recipe of `config` for series like these."""
    networks = vae_gan.make_networks(config.vae_gan, info)
    num = config.vae_gan.num_latents

    def views(of, key, x, label):
        del x
        weights = of.weights[vae_gan.NAME]
        decode = jax.jit(functools.partial(networks.decode, weights))
        begun = np.array(jax.random.normal(key, num))
        return games.views(of, weights, decode, begun, num, label)

    stages = (vae_gan.make_stage(config, networks, info),)
    about = "A convolutional VAE/GAN, by class."
    return games.make_recipe(
        config, "vae_gan", info, stages, networks.draw, about, views
    )
