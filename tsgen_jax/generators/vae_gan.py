"""VAE/GAN: a variational autoencoder that is judged by what a critic sees, by class.

Larsen et al. 2016, "Autoencoding beyond pixels using a learned similarity metric",
https://arxiv.org/abs/1512.09300. One stage: 'vae_gan'. The networks are those of `gan`.
"""

import functools

import jax
from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators import free_running
from tsgen_jax.generators.batched import Batched, label_use_of
from tsgen_jax.generators.drawn import Drawn
from tsgen_jax.losses.adversarial import GAMES
from tsgen_jax.recipe import Recipe
from tsgen_jax.runs.limits import INFINITY, WIDEST, Limits
from tsgen_jax.stages import adversarial, vae_gan

GENERATOR = Drawn


def _faults(config: ConfigDict) -> list[str]:
    """Classes never seen, or always; a kernel without a middle."""
    found = free_running.label_faults("vae_gan", config)
    if config.vae_gan.taps % 2 == 0:
        found.append(f"vae_gan.taps={config.vae_gan.taps}: must be odd")
    return found


LIMITS = (
    adversarial.optimizer_limits(vae_gan.NAME),
    Limits(
        choices={"vae_gan.loss": tuple(GAMES)},
        ranges={
            "vae_gan.num_latents": (1, WIDEST),
            "vae_gan.width": (1, WIDEST),
            "vae_gan.taps": (1, 1001),
            "vae_gan.beta": (0, INFINITY),
            "vae_gan.similarity_weight": (0, INFINITY),
            "vae_gan.penalty_weight": (0, INFINITY),
            "vae_gan.label_drop_rate": (0, 1),
        },
        faults=_faults,
        needed=("sample", "vae_gan"),
    ),
)


def make_recipe(config: ConfigDict, info: DataInfo) -> Recipe:
    """The recipe of `config` for series like these."""
    networks, num = (
        vae_gan.make_networks(config.vae_gan, info),
        config.vae_gan.num_latents,
    )

    @jax.jit
    def draw(key, weights, label):
        latent = jax.random.normal(key, (label.shape[0], num))
        of = {"params": weights[vae_gan.NAME]}
        return networks.generator.apply(of, latent, label)

    rate = config.vae_gan.label_drop_rate
    label_use = label_use_of(rate)
    return Recipe(
        stages=(vae_gan.make_stage(config, networks, info),),
        assemble=functools.partial(
            Drawn,
            Batched(info, config.sample.batch_size),
            draw,
            label_use=label_use,
            remarks="A GAN may leave out kinds of series: see its recall and coverage.",
        ),
        settings=("sample",),
        about="A convolutional VAE/GAN, by class.",
    )
