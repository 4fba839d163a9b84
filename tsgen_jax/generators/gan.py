"""A generative adversarial network on scaled series, by class.

WGAN-GP (Gulrajani et al. 2017, https://arxiv.org/abs/1704.00028) or the non-saturating
game (Goodfellow et al. 2014, https://arxiv.org/abs/1406.2661) with a penalty on slopes;
InfoGAN (https://arxiv.org/abs/1606.03657) where there are codes. Kept is the average of
the generator's weights. One stage: 'gan'. What a GAN leaves out shows in `recall` and
`coverage`.
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
from tsgen_jax.stages import adversarial

GENERATOR = Drawn


def _faults(config: ConfigDict) -> list[str]:
    """Classes never seen, or always; a kernel without a middle."""
    found = free_running.label_faults("gan", config)
    if config.gan.taps % 2 == 0:
        found.append(f"gan.taps={config.gan.taps}: must be odd")
    if config.gan.num_categories == 1:
        found.append("gan.num_categories=1: one category says nothing; take 0 or 2")
    return found


LIMITS = (
    adversarial.optimizer_limits(adversarial.NAME),
    Limits(
        choices={"gan.loss": tuple(GAMES)},
        ranges={
            "gan.num_latents": (1, WIDEST),
            "gan.width": (1, WIDEST),
            "gan.taps": (1, 1001),
            "gan.penalty_weight": (0, INFINITY),
            "gan.label_drop_rate": (0, 1),
            "gan.num_categories": (0, WIDEST),
            "gan.num_numbers": (0, WIDEST),
            "gan.code_weight": (0, INFINITY),
        },
        faults=_faults,
        needed=("sample", "gan"),
    ),
)


def make_recipe(config: ConfigDict, info: DataInfo) -> Recipe:
    """The recipe of `config` for series like these."""
    networks = adversarial.make_networks(config.gan, info)

    @jax.jit
    def draw(key, weights, label):
        latent = networks.latent(key, label.shape[0])
        of = {"params": weights[adversarial.NAME]}
        return networks.generator.apply(of, latent, label)

    rate = config.gan.label_drop_rate
    label_use = label_use_of(rate)
    assemble = functools.partial(
        Drawn,
        Batched(info, config.sample.batch_size),
        draw,
        label_use=label_use,
        remarks="A GAN may leave out kinds of series: see its recall and coverage.",
    )
    kind = {"wgan_gp": "Wasserstein GAN with a gradient penalty"}
    return Recipe(
        stages=(adversarial.make_stage(config, networks, info),),
        assemble=assemble,
        settings=("sample",),
        about=f"A convolutional {kind.get(config.gan.loss, 'non-saturating GAN')}, "
        "by class.",
    )
