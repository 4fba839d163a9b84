"""Training series themselves, drawn with replacement within the class.

The floor of fidelity (no generator is nearer to TRAIN) and the ceiling of copying.
"""

from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators import drawn, floors
from tsgen_jax.recipe import Recipe

GENERATOR = drawn.Drawn
LIMITS = ()


def make_recipe(config: ConfigDict, info: DataInfo) -> Recipe:
    """The recipe of `config` for series like these."""

    def draw(key, x, rows, label):
        return x[rows.draw(key, label, 1)[:, 0]]

    about = "Training series drawn with replacement: every sample is a copy."
    return floors.make_recipe(config, info, draw, about)
