"""The config that a run or a model file keeps, also of an older version.

A key that came later is filled in where it is known what versions before it did: those
of what samples are made of with the values that change nothing, those of judges, which
no network depends on, with the defaults.
"""

import os
from typing import Any

from flax.traverse_util import flatten_dict, unflatten_dict
from ml_collections import ConfigDict

from tsgen_jax.configs import default
from tsgen_jax.runs import directory, files

_BEFORE = {
    "inpaint.residual_scale": 0.0,
    "inpaint.schedule": "cosine",
    "sample.residual_scales": (0.0,),
    "sample.schedule": "cosine",
}
_SECTIONS_SINCE = ("constraints", "tracking")  # Their defaults change nothing.
_OF_JUDGES = (
    *("judge.", "evaluation.", "train.judge."),
    *("train.discriminator.", "train.predictor.", "train.ts2vec."),
)


def filled(values: dict[str, Any]) -> ConfigDict:
    """A locked config from what was stored, with the keys that came later."""
    flat = _flat(values)
    for key, value in _flat(default.get_config().to_dict()).items():
        section = key.partition(".")[0]
        if section in _SECTIONS_SINCE:
            flat.setdefault(key, value)
        elif section not in values:
            continue  # A whole section: of another version altogether.
        elif key in _BEFORE:
            flat.setdefault(key, _BEFORE[key])
        elif key.startswith(_OF_JUDGES):
            flat.setdefault(key, value)
    return ConfigDict(unflatten_dict(flat, sep=".")).lock()


def read(workdir: str) -> ConfigDict:
    """The config of a run, filled; errors as of `run_dir.read_config`."""
    return filled(directory.read_config(workdir))


def absent(workdir: str) -> dict[str, Any]:
    """Keys that the run in `workdir` lacks, if there is one: what it was made with."""
    stored = files.read_json(os.path.join(workdir, "config.json"))
    if not isinstance(stored, dict):
        return {}
    there, known = _flat(filled(stored).to_dict()), _flat(stored)
    return {key: there[key] for key in sorted(there.keys() - known.keys())}


def unchanged(workdir: str, config: ConfigDict) -> tuple[str, ...]:
    """Keys of `absent` that change nothing: `config` has the same values."""
    now = _flat(config.to_dict())
    return tuple(k for k, value in absent(workdir).items() if now.get(k) == value)


def _flat(values: dict[str, Any]) -> dict[str, Any]:
    """Dotted key -> value."""
    return flatten_dict(values, keep_empty_nodes=True, sep=".")
