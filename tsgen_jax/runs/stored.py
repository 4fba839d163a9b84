"""The config that a run or a model file keeps."""

from typing import Any

from ml_collections import ConfigDict

from tsgen_jax.runs import directory


def as_config(values: dict[str, Any], where: str) -> ConfigDict:
    """A locked config from what was stored.

    Raises:
        ValueError: it is no config, or of format 1, which this version does not read;
            names `where`.
    """
    if not isinstance(values, dict):
        raise ValueError(f"{where}: config.json is damaged: it holds no sections.")
    if "generator" not in values:
        raise ValueError(
            f"{where} has format 1, of an earlier version of tsgen_jax; this version "
            "reads format 2. Train the model anew, or use the version that made it."
        )
    try:
        return ConfigDict(values).lock()
    except Exception as error:  # Of any type: nothing in it is sure.
        raise ValueError(
            f"{where}: config.json is damaged ({error!r:.300})."
        ) from error


def read_config(workdir: str) -> ConfigDict:
    """The config of a run; errors as of `directory.read_config` and `as_config`."""
    return as_config(directory.read_config(workdir), workdir)
