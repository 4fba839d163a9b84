"""TimeGAN: a game of recurrent networks in a space of features, by class.

Yoon et al. 2019, "Time-series Generative Adversarial Networks", NeurIPS. Stages: features
that series are recovered from ('embedding'), the next frame's features from those before
('supervisor'), then all networks ('joint'), see `stages/timegan.py`. A frame is
`timegan.patch` time points; 1 is the paper's, whose series had 24 time points.
"""

import functools

import jax
from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators import free_running
from tsgen_jax.generators.batched import Batched, label_use_of
from tsgen_jax.generators.drawn import Drawn
from tsgen_jax.losses.adversarial import GAMES
from tsgen_jax.models import cells
from tsgen_jax.recipe import Recipe
from tsgen_jax.runs.limits import INFINITY, WIDEST, Limits
from tsgen_jax.stages import adversarial, timegan

GENERATOR = Drawn


def _check_info(config: ConfigDict, info: DataInfo) -> None:
    """Two frames at least, or nothing comes next."""
    if config.timegan.patch >= info.length:
        raise ValueError(
            f"timegan.patch={config.timegan.patch} makes one frame of series of "
            f"{info.length} time points: set it to {max(info.length // 8, 1)} or less."
        )


LIMITS = (
    adversarial.optimizer_limits(timegan.JOINT),
    Limits(
        choices={"timegan.loss": tuple(GAMES), "timegan.cell": cells.KINDS},
        ranges={
            "timegan.patch": (1, WIDEST),
            "timegan.width": (1, WIDEST),
            "timegan.features": (1, WIDEST),
            "timegan.num_layers": (1, 100),
            "timegan.num_latents": (1, WIDEST),
            "timegan.num_static": (0, WIDEST),
            "timegan.penalty_weight": (0, INFINITY),
            "timegan.supervised_weight": (0, INFINITY),
            "timegan.moment_weight": (0, INFINITY),
            "timegan.label_drop_rate": (0, 1),
        },
        faults=functools.partial(free_running.label_faults, "timegan"),
        check_info=_check_info,
        needed=("sample", "timegan"),
        depth=lambda config: config.timegan.num_layers,
    ),
)


def make_recipe(config: ConfigDict, info: DataInfo) -> Recipe:
    """The recipe of `config` for series like these."""
    networks = timegan.make_networks(config.timegan, info)

    @jax.jit
    def draw(key, weights, label):
        of = weights[timegan.JOINT]
        first = networks.generate(of, networks.latent(key, label.shape[0]), label)
        return networks.recover(of, networks.supervise(of, first, label), label)

    rate = config.timegan.label_drop_rate
    label_use = label_use_of(rate)
    return Recipe(
        stages=timegan.make_stages(config, networks, info),
        assemble=functools.partial(
            Drawn,
            Batched(info, config.sample.batch_size),
            draw,
            label_use=label_use,
            remarks="A GAN may leave out kinds of series: see its recall and coverage.",
        ),
        settings=("sample",),
        about="TimeGAN: recurrent networks play a game in a space of features, by class.",
    )
