"""What generates series: a file per generator, see NAMES.

Each has `make_recipe(config, info) -> Recipe`; `config.generator` names it.
"""

import importlib

from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.recipe import Recipe

NAMES = ("ssl_vqvae",)


def make_recipe(config: ConfigDict, info: DataInfo) -> Recipe:
    """The recipe of `config.generator` for such series.

    Raises:
        ValueError: no generator has that name; lists the known ones.
    """
    if config.generator not in NAMES:
        raise ValueError(
            f"generator={config.generator!r} is not known; known are "
            f"{', '.join(NAMES)}."
        )
    module = importlib.import_module(f"tsgen_jax.generators.{config.generator}")
    return module.make_recipe(config, info)
