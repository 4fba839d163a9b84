"""TimeGAN: a game of recurrent networks in a space of features, by class.

Yoon et al. 2019, "Time-series Generative Adversarial Networks", NeurIPS. Stages: features
that series are recovered from ('embedding'), the next frame's features from those before
('supervisor'), then all networks ('joint'), see `stages/timegan.py`. A frame is
`timegan.patch` time points; 1 is the paper's, whose series had 24 time points.
"""

import functools

from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators import free_running, games
from tsgen_jax.generators.drawn import Drawn
from tsgen_jax.models import cells
from tsgen_jax.recipe import Recipe
from tsgen_jax.runs.limits import INFINITY, WIDEST
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
    games.make_limits(
        "timegan",
        {
            "patch": (1, WIDEST),
            "features": (1, WIDEST),
            "num_layers": (1, 100),
            "num_static": (0, WIDEST),
            "supervised_weight": (0, INFINITY),
            "moment_weight": (0, INFINITY),
        },
        {"cell": cells.KINDS},
        faults=functools.partial(free_running.label_faults, "timegan"),
        check_info=_check_info,
        depth=lambda config: config.timegan.num_layers,
    ),
)


def make_recipe(config: ConfigDict, info: DataInfo) -> Recipe:
    """The recipe of `config` for series like these."""
    networks = timegan.make_networks(config.timegan, info)
    stages = timegan.make_stages(config, networks, info)
    about = "TimeGAN: recurrent networks play a game in a space of features, by class."
    return games.make_recipe(config, "timegan", info, stages, networks.draw, about)
