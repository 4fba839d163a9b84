"""Checks of what a stored model says about itself, before any of it is built.

Its config passes the checks of a run's, and nothing in it or in the facts of the data
asks for more than the networks of a real model need.
"""

import math
from typing import Any

from flax.traverse_util import flatten_dict, unflatten_dict
from ml_collections import ConfigDict

from tsgen_jax import checks, generators
from tsgen_jax.constraints import rules as constraints
from tsgen_jax.data.info import DataInfo

_MAX_VALUES = 2**24  # Of a series, L x C.
_MAX_CLASSES = 100_000


def check(config: ConfigDict, info: DataInfo, where: str) -> None:
    """Raises ValueError, which says `where`, for a model that cannot be."""
    try:
        own = generators.module_of(config).LIMITS
    except Exception as error:  # Of any type: nothing in it is sure.
        raise ValueError(f"{where}: config.json: {error}") from error
    of_model = {"precision", *(name for each in own for name in each.needed)}
    known = flatten_dict(
        generators.default_config(config).to_dict(), keep_empty_nodes=True, sep="."
    )
    flat = flatten_dict(config.to_dict(), keep_empty_nodes=True, sep=".")
    lacks = [k for k in known if k not in flat and k.split(".")[0] in of_model]
    if lacks:
        raise ValueError(
            f"The config of {where} is of another version of tsgen_jax: it lacks "
            f"{', '.join(lacks[:3])}. Train it anew with this version, or load it with "
            "the one that made it."
        )
    wrong = [k for k, v in known.items() if k in flat and not _fits(v, flat[k])]
    if wrong:
        shown = ", ".join(f"{k}={flat[k]!r:.80}" for k in wrong[:3])
        raise ValueError(f"{where}: config.json was changed: {shown}: of another type.")
    whole = ConfigDict(unflatten_dict(known | flat | {"num_devices": 0}, sep="."))
    try:
        checks.check_config(whole, training=False)
        check_info(info)
        for each in own:
            each.check_info(whole, info)
        constraints.make(whole.constraints, info)
    except Exception as error:  # Of any type: nothing in it is sure.
        said = str(error) or type(error).__name__
        raise ValueError(f"{where}: config.json or facts.json: {said}") from error


def check_depth(config: ConfigDict, num_weights: int, where: str) -> None:
    """Raises ValueError for more layers than a file has weights: they are not traced."""
    depth = sum(each.depth(config) for each in generators.module_of(config).LIMITS)
    if depth > num_weights:
        raise ValueError(
            f"{where} holds {num_weights} arrays of weights, too few for the {depth} "
            "layers that its config.json asks for."
        )


def check_info(info: DataInfo) -> None:
    """Raises ValueError for facts of series that cannot be."""
    counts = info.length, info.num_channels, *info.class_counts
    if any(type(n) is not int or n < 0 for n in counts):
        raise ValueError(f"lengths and counts must be whole numbers, not {counts[:5]}")
    if min(counts[:2]) < 1 or counts[0] * counts[1] > _MAX_VALUES:
        raise ValueError(
            f"series of {counts[0]} time points and {counts[1]} channels: there must be "
            f"1 or more of each, at most {_MAX_VALUES:,} values"
        )
    if len(info.classes) > _MAX_CLASSES:
        raise ValueError(f"{len(info.classes)} classes: at most {_MAX_CLASSES:,}")
    if not info.classes or len(info.classes) != len(info.class_counts):
        raise ValueError(
            f"{len(info.classes)} classes with {len(info.class_counts)} counts"
        )


def check_metrics(metrics: Any, where: str) -> dict[str, float | None]:
    """Scores by name, which is all that a model keeps of them; else ValueError."""
    numbers = int | float | None
    if not isinstance(metrics, dict) or not all(
        isinstance(v, numbers) for v in metrics.values()
    ):
        raise ValueError(f"{where}: metrics.json holds other things than numbers.")
    return metrics


def _fits(known: Any, value: Any) -> bool:
    """Whether a stored value has the type of the default one."""
    if isinstance(known, bool) or isinstance(value, bool):
        return type(known) is type(value)
    if isinstance(known, int):
        return isinstance(value, int)
    if isinstance(known, float):
        return isinstance(value, int | float) and math.isfinite(value)
    if isinstance(known, tuple | list):
        each = known or (0,)
        return isinstance(value, tuple | list) and all(_fits(each[0], v) for v in value)
    return isinstance(value, type(known))
