"""What values of a config may be: said by whoever reads them, checked by `checks`."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from ml_collections import ConfigDict

from tsgen_jax.data.dataset import Dataset
from tsgen_jax.data.info import DataInfo
from tsgen_jax.suggest import did_you_mean

INFINITY = float("inf")
WIDEST = 2**16  # Channels of a layer: more is a mistake, and would fill any memory.


def _none(config: ConfigDict) -> list[str]:
    del config
    return []


def _fits(config: ConfigDict, what: Any) -> None:
    del config, what


class Limits(NamedTuple):
    """What a part of the code accepts.

    Attributes:
        choices: dotted key -> known values.
        ranges: dotted key -> lowest and highest value; infinity itself is none.
        faults: whole config -> sentences about values that are each fine and together
            not, or that need more than a range.
        training_faults: the same of what matters before training only.
        check_info: (config, DataInfo): ValueError for series that it cannot model.
        check_data: (config, Dataset): ValueError for data that it cannot learn from.
        needed: sections of the config that a trained model is built from.
        depth: whole config -> layers that are traced one by one; an array of weights
            each at least, so that a file cannot ask for more than it holds.
    """

    choices: Mapping[str, tuple] = MappingProxyType({})
    ranges: Mapping[str, tuple[float, float]] = MappingProxyType({})
    faults: Callable[[ConfigDict], list[str]] = _none
    training_faults: Callable[[ConfigDict], list[str]] = _none
    check_info: Callable[[ConfigDict, DataInfo], None] = _fits
    check_data: Callable[[ConfigDict, Dataset], None] = _fits
    needed: tuple[str, ...] = ()
    depth: Callable[[ConfigDict], int] = lambda config: 0


def faults(config: ConfigDict, limits: Limits) -> list[str]:
    """A sentence for every value that is out of range or not among the known.

    Raises:
        ValueError: the config lacks a key.
    """
    found = []
    for key, known in limits.choices.items():
        value = value_of(config, key)
        if value not in known:
            shown = ", ".join(name or "''" for name in known)
            hint = did_you_mean(value, known)
            found.append(f"{key}={value!r}: known are {shown}.{hint}")
    for key, (low, high) in limits.ranges.items():
        value = value_of(config, key)
        # NaN fails as well, and so does infinity.
        if not low <= value <= high or value == INFINITY:
            bound = f"at least {low}" if high == INFINITY else f"in [{low}, {high}]"
            found.append(f"{key}={value!r}: must be {bound}")
    return found + limits.faults(config)


def value_of(config: ConfigDict, key: str) -> Any:
    """The value of a dotted key; ValueError where the config lacks it."""
    for part in key.split("."):
        if part not in config:
            raise ValueError(
                f"The config lacks {key}: it is of an older version. Add it to "
                "config.json as in configs/, or begin a new run."
            )
        config = config[part]
    return config
