"""Training series with a window stretched or squeezed in time.

Window warping of Le Guennec, Malinowski and Tavenard 2016, "Data Augmentation for Time
Series Classification using Convolutional Neural Networks".
"""

import jax
from ml_collections import ConfigDict

from tsgen_jax.data.augment import time
from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators import drawn, floors
from tsgen_jax.recipe import Recipe
from tsgen_jax.runs.limits import Limits

GENERATOR = drawn.Drawn


def _faults(config: ConfigDict) -> list[str]:
    low, high = config.warp.min_scale, config.warp.max_scale
    return [f"warp.min_scale={low} is above warp.max_scale={high}"] * (low > high)


LIMITS = (
    Limits(
        ranges={
            "warp.window_ratio": (1e-6, 1),
            "warp.min_scale": (1e-6, 100),
            "warp.max_scale": (1e-6, 100),
        },
        faults=_faults,
        needed=("warp",),
    ),
)


def make_recipe(config: ConfigDict, info: DataInfo) -> Recipe:
    """The recipe of `config` for series like these."""

    def draw(key, x, rows, label):
        key_rows, key_warp = jax.random.split(key)
        drawn = x[rows.draw(key_rows, label, 1)[:, 0]]
        # A key by place: the first series of many are those of few.
        place = jax.numpy.arange(label.shape[0])
        keys = jax.vmap(jax.random.fold_in, (None, 0))(key_warp, place)
        return jax.vmap(lambda k, one: time.window_warp(k, one, **config.warp))(
            keys, drawn
        )

    about = "Training series with a window stretched or squeezed in time."
    return floors.make_recipe(config, info, draw, about)
