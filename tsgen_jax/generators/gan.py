"""A generative adversarial network on scaled series, by class.

WGAN-GP (Gulrajani et al. 2017, https://arxiv.org/abs/1704.00028) or the non-saturating
game (Goodfellow et al. 2014, https://arxiv.org/abs/1406.2661) with a penalty on slopes;
InfoGAN (https://arxiv.org/abs/1606.03657) where there are codes. Kept is the average of
the generator's weights. One stage: 'gan'. What a GAN leaves out shows in `recall` and
`coverage`.
"""

import functools

import jax
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators import games, traversal
from tsgen_jax.generators.traversal import traverse
from tsgen_jax.recipe import Recipe
from tsgen_jax.runs.limits import INFINITY, WIDEST
from tsgen_jax.stages import adversarial

GENERATOR = games.Game
_STAYS = "All else stays as it was drawn."
_CODES = (-1.0, -0.5, 0.0, 0.5, 1.0)  # Values of a code in [-1, 1] that are shown.


def _faults(config: ConfigDict) -> list[str]:
    """Those of any game with filters; a code that says nothing."""
    found = games.faults("gan", config)
    if config.gan.num_categories == 1:
        found.append("gan.num_categories=1: one category says nothing; take 0 or 2")
    return found


LIMITS = (
    adversarial.optimizer_limits(adversarial.NAME),
    games.make_limits(
        "gan",
        {
            "taps": (1, 1001),
            "num_categories": (0, WIDEST),
            "num_numbers": (0, WIDEST),
            "code_weight": (0, INFINITY),
        },
        faults=_faults,
    ),
)


def make_recipe(config: ConfigDict, info: DataInfo) -> Recipe:
    """The recipe of `config` for series like these."""
    networks = adversarial.make_networks(config.gan, info)

    stages = (adversarial.make_stage(config, networks, info),)
    kind = {"wgan_gp": "Wasserstein GAN with a gradient penalty"}
    kind = kind.get(config.gan.loss, "non-saturating GAN")
    return games.make_recipe(
        config,
        "gan",
        info,
        stages,
        networks.draw,
        f"A convolutional {kind}, by class.",
        functools.partial(_views, networks),
    )


def _views(networks: adversarial.Networks, of: games.Game, key, x, label):
    """Filters of the critic, and what latents and codes do; see `shown.Shows`."""
    del x
    first, categories = networks.num_latents, networks.num_categories
    begun = np.array(networks.latent(key, 1)[0])
    begun[first:] = 0
    begun[first : first + bool(categories)] = 1  # The first category.
    weights = of.weights[adversarial.NAME]
    decode = jax.jit(functools.partial(networks.decode, weights))
    found = games.views(of, weights, decode, begun, first, label)
    if categories:
        latents = np.tile(begun, (1, categories, 1))
        latents[..., first : first + categories] = np.eye(categories)
        names = tuple(f"category {i + 1}" for i in range(categories))
        rest = ("the code",), names, _STAYS
        made = traverse(of.info, decode, latents, label[0], *rest)
        found["categories"] = made._replace(title="Categorical code")
    if networks.num_numbers:
        at = np.tile(_CODES, (networks.num_numbers, 1))
        places = first + categories + np.arange(networks.num_numbers)
        latents = traversal.moved(begun, places, at)
        names = tuple(f"code {i + 1}" for i in range(networks.num_numbers))
        rest = names, traversal.names_of(_CODES), _STAYS
        made = traverse(of.info, decode, latents, label[0], *rest)
        found["codes"] = made._replace(title="Codes in [-1, 1]")
    return found
