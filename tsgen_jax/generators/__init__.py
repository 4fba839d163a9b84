"""What generates series: a file per generator, see NAMES.

Each has `make_recipe(config, info) -> Recipe`; says by `GENERATOR`, the class that it
assembles, what it can do, and by `LIMITS` which values of its config are right.
`config.generator` names it; `configs/NAME.py` has its values.
"""

import importlib
from types import ModuleType
from typing import Any

from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.recipe import CAPABILITIES, Recipe, can
from tsgen_jax.runs import limits
from tsgen_jax.suggest import did_you_mean

NAMES = (
    "ssl_vqvae",
    "timevqvae",
    "ddpm",
    "resample",
    "noise",
    "warp",
    "block_bootstrap",
    "gaussian",
    "ar",
    "recurrent",
    "wavenet",
    "transformer",
    "lstnet",
    "seq2seq",
    "gan",
    "timegan",
    "vae_gan",
    "cycle_gan",
    "flow",
    "vae",
    "sequential_vae",
)


def make_recipe(config: ConfigDict, info: DataInfo) -> Recipe:
    """The recipe of `config.generator` for such series.

    Raises:
        ValueError: no generator has that name; lists the known ones.
    """
    return module_of(config).make_recipe(config, info)


def module_of(config: ConfigDict) -> ModuleType:
    """The file of `config.generator`; errors as of `make_recipe`."""
    name = limits.value_of(config, "generator")
    if name not in NAMES:
        raise ValueError(
            f"generator={name!r} is not known; known are {', '.join(NAMES)}."
            f"{did_you_mean(name, NAMES)}"
        )
    return _module(config.generator)


def default_config(config: ConfigDict) -> ConfigDict:
    """What configs/NAME.py gives for `config.generator`: all keys that it can have."""
    module_of(config)  # A name from a file is known before it is imported.
    module = importlib.import_module(f"tsgen_jax.configs.{config.generator}")
    return module.get_config()


def that_can(capability: type) -> list[str]:
    """Names of the generators that have a capability."""
    return [name for name in NAMES if can(_module(name).GENERATOR, capability)]


def check_can(generator: Any, capability: type, name: str) -> None:
    """Raises ValueError where a generator called `name` lacks a capability."""
    if not can(generator, capability):
        others = ", ".join(that_can(capability)) or "none"
        raise ValueError(
            f"This {name} cannot {CAPABILITIES[capability][1]}; generators that can: "
            f"{others}."
        )


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"tsgen_jax.generators.{name}")
