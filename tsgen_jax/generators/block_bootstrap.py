"""Blocks of training series of a class, one after the other.

Künsch 1989, "The jackknife and the bootstrap for general stationary observations".
There the blocks come from anywhere (`aligned` False), which suits series that are
windows of a recording. Series of archives begin at an event: their blocks keep their
places, and each comes from another series of the class.
"""

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators import drawn, floors
from tsgen_jax.recipe import Recipe
from tsgen_jax.runs.limits import WIDEST, Limits

GENERATOR = drawn.Drawn
LIMITS = (
    Limits(
        ranges={"block_bootstrap.num_blocks": (1, WIDEST)}, needed=("block_bootstrap",)
    ),
)


def block_length(length: int, num_blocks: int) -> int:
    """Time points of a block where a series of L is cut into `num_blocks`."""
    return max(1, -(-length // num_blocks))


def make_recipe(config: ConfigDict, info: DataInfo) -> Recipe:
    """The recipe of `config` for series like these."""
    settings = config.block_bootstrap
    block = block_length(info.length, settings.num_blocks)
    number, place = np.divmod(np.arange(info.length), block)
    num = int(number[-1]) + 1

    def draw(key, x, rows, label):
        key_rows, key_start = jax.random.split(key)
        of = rows.draw(key_rows, label, num)[:, number]  # [B, L]
        if settings.aligned:
            return x[of, np.arange(info.length)[None]]
        level = jax.random.uniform(key_start, (label.shape[0], num))
        start = jnp.floor(level * (info.length - block + 1)).astype(jnp.int32)
        return x[of, start[:, number] + place[None]]

    kind = "at their places" if settings.aligned else "from anywhere"
    about = f"Blocks of {block} time points of training series of a class, {kind}."
    return floors.make_recipe(config, info, draw, about)
