"""Configs by name or file: 'smoke', 'ssl_vqvae:barlow_twins', 'mine.py'."""

import importlib
import importlib.util
import os
import pkgutil
import types

from ml_collections import ConfigDict

from tsgen_jax import configs
from tsgen_jax.suggest import did_you_mean


def names() -> list[str]:
    """Configs that come with the package."""
    found = (module.name for module in pkgutil.iter_modules(configs.__path__))
    return sorted(name for name in found if not name.startswith("_"))


def load(text: str) -> ConfigDict:
    """The config NAME or FILE, with what comes after ':' as its argument.

    Raises:
        ValueError: no such config, or an argument that it does not know.
    """
    name, colon, argument = text.partition(":")
    if name.endswith(".py"):
        path = os.path.expanduser(name)
        if not os.path.isfile(path):
            raise ValueError(f"--config={text}: there is no file {path}.")
        module = _run_file(path)
    elif name in names():
        module = importlib.import_module(f"tsgen_jax.configs.{name}")
    else:
        raise ValueError(
            f"--config={text}: known are {', '.join(names())}, and files that end in "
            f".py.{did_you_mean(name, names())}"
        )
    if not hasattr(module, "get_config"):
        raise ValueError(f"--config={text}: {name} has no function get_config.")
    return module.get_config(argument) if colon else module.get_config()


def _run_file(path: str) -> types.ModuleType:
    spec = importlib.util.spec_from_file_location("config_file", path)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ValueError(f"{path} did not load: {error!r}") from error
    return module
