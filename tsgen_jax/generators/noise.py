"""Training series with white noise: the simplest augmentation."""

import jax
import jax.numpy as jnp
from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators import drawn, floors
from tsgen_jax.recipe import Recipe
from tsgen_jax.runs.limits import INFINITY, Limits

GENERATOR = drawn.Drawn
LIMITS = (Limits(ranges={"noise.scale": (0, INFINITY)}, needed=("noise",)),)


def make_recipe(config: ConfigDict, info: DataInfo) -> Recipe:
    """The recipe of `config` for series like these."""
    scale = config.noise.scale * floors.channels_of_values(info).astype("float32")

    def draw(key, x, rows, label):
        key_rows, key_noise = jax.random.split(key)
        drawn = x[rows.draw(key_rows, label, 1)[:, 0]]
        noise = jax.random.normal(key_noise, drawn.shape)
        return drawn + jnp.asarray(scale)[None, None] * noise

    about = (
        f"Training series with white noise of {config.noise.scale:g} deviations of a "
        "channel."
    )
    return floors.make_recipe(config, info, draw, about)
