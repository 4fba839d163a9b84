"""What the floors share; no config of its own. They train nothing."""

from ml_collections import ConfigDict

from tsgen_jax.configs import _common


def make_config(name: str, arg: str) -> ConfigDict:
    """The config of the floor `name`, not locked yet; it takes no argument."""
    if arg:
        raise ValueError(f"configs/{name}.py takes no argument, got {arg!r}.")
    config = _common.make_config()
    config.name = config.generator = name
    return config
