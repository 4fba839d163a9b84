"""Constraints resolved for the channels of a data set, and checked for sense.

Values are float32, and tables are read as decimals: bounds are tightened to the next
float32 whose shortest decimal is within them, so that neither rounding breaks a bound.
"""

import dataclasses
from typing import Protocol

import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.constraints import terms


class Info(Protocol):
    """What has to be known of a data set, see `data.info.DataInfo`."""

    channel_names: tuple[str, ...]  # C.
    length: int  # L.
    has_ends: bool  # Whether series are of unequal lengths.


@dataclasses.dataclass(frozen=True)
class Sum:
    """A prescribed sum: of channels at each time point, or of one over time."""

    channels: tuple[int, ...]
    total: float
    over_time: bool


@dataclasses.dataclass(frozen=True, eq=False)
class Rules:
    """What every series [L, C] has to satisfy.

    Attributes:
        channels: a name for each of the C channels.
        low: float64 [C], float32 numbers or -inf; integers for integer channels.
        high: as `low`, or inf.
        integer: bool [C].
        direction: int [C]; 1 increasing, -1 decreasing, 0 neither. Equal neighbours
            are allowed.
        sums: each channel is in one at most.
        num_redraws: how many times tokens of a violating series are drawn again.
        redraw_above: violations up to this are projected without drawing again, in
            units of scaled series.
    """

    channels: tuple[str, ...]
    low: np.ndarray
    high: np.ndarray
    integer: np.ndarray
    direction: np.ndarray
    sums: tuple[Sum, ...]
    num_redraws: int
    redraw_above: float

    def __bool__(self) -> bool:
        """Whether there is any constraint."""
        bounded = np.isfinite(self.low).any() or np.isfinite(self.high).any()
        rest = self.integer.any() or self.direction.any() or bool(self.sums)
        return bool(bounded or rest)

    def without_integers(self) -> "Rules":
        """The same, but any value between the integers is allowed."""
        return dataclasses.replace(self, integer=np.zeros_like(self.integer))

    def bounds_of_rounding(self) -> list[tuple[float, float]]:
        """For each channel, between what values may be rounded; NaN: they may not.

        Rounding keeps order, but not the sum of what it rounds.
        """
        summed = {c for each in self.sums for c in each.channels}
        bounds = zip(self.low.tolist(), self.high.tolist(), strict=True)
        return [
            (np.nan, np.nan) if c in summed and not self.integer[c] else pair
            for c, pair in enumerate(bounds)
        ]

    def of_single_values(self) -> "Rules":
        """Bounds and integers alone: what every value satisfies by itself."""
        return dataclasses.replace(
            self, direction=np.zeros_like(self.direction), sums=()
        )


def make(config: ConfigDict, info: Info) -> Rules:
    """Resolves `config.constraints`.

    Args:
        config: section `constraints`.
        info: of the data set; a channel is called by its name or its number from 0.

    Raises:
        ValueError: an unknown channel, or constraints that no series satisfies or that
            are not supported together; it names the values.
    """
    faults = terms.faults(config)
    if faults:
        raise ValueError(" ".join(faults))
    channels = info.channel_names
    count = len(channels)

    def by_channel(key, default):
        values, asked = np.full(count, default), terms.parse(key, config[key])
        for name, value in asked.items():
            values[_numbers(key, name, channels)] = value
        return values

    low, high = by_channel("min", -np.inf), by_channel("max", np.inf)
    low = np.where(by_channel("nonnegative", False), np.maximum(low, 0), low)
    integer = by_channel("integer", False)
    words = terms.parse("monotone", config.monotone)
    direction = np.zeros(count, int)
    for name, word in words.items():
        at = _numbers("monotone", name, channels)
        direction[at] = 1 if word == "increasing" else -1
    low, high = _tightened(channels, low, high, integer)
    rules = Rules(
        channels=tuple(channels),
        low=low,
        high=high,
        integer=integer,
        direction=direction,
        sums=_sums(config.sum_to, channels),
        num_redraws=config.num_redraws,
        redraw_above=config.redraw_above,
    )
    for each in rules.sums:
        _check_sum(rules, each, info.length, info.has_ends)
    _check_sums_apart(rules)
    return rules


def _numbers(key: str, name: str, channels: tuple[str, ...]) -> list[int]:
    """Numbers of the channel called `name`, or of all."""
    if name in channels:
        return [channels.index(name)]
    if name == terms.ALL:
        return list(range(len(channels)))
    if name.isdecimal() and int(name) < len(channels):
        return [int(name)]
    raise ValueError(
        f"constraints.{key} names the channel {name!r}; channels are "
        f"{', '.join(channels)}, or numbers from 0 to {len(channels) - 1}."
    )


def _sums(text: str, channels: tuple[str, ...]) -> tuple[Sum, ...]:
    found = []
    for term, total in terms.parse("sum_to", text).items():
        over_time = term.startswith(terms.OVER_TIME)
        name = term.removeprefix(terms.OVER_TIME)
        names = [name] if name in channels else name.split("+")
        numbers = [c for n in names for c in _numbers("sum_to", n.strip(), channels)]
        if over_time:
            found += [Sum((c,), total, True) for c in numbers]
        else:
            found.append(Sum(tuple(numbers), total, False))
    return tuple(found)


def _tightened(channels, low, high, integer) -> tuple[np.ndarray, np.ndarray]:
    """Bounds as float32 numbers, within which there is something."""
    inner = np.array([_inner(v, np.inf) for v in low])
    outer = np.array([_inner(v, -np.inf) for v in high])
    inner = np.where(integer, np.ceil(low), inner)
    outer = np.where(integer, np.floor(high), outer)
    for name, a, b, c, d, whole in zip(
        channels, low, high, inner, outer, integer, strict=True
    ):
        if a > b:
            raise ValueError(
                f"constraints: min={a:g} is above max={b:g} of channel {name}."
            )
        if c > d:
            what = "integer" if whole else "float32 number"
            raise ValueError(
                f"constraints: there is no {what} from min={a:g} to max={b:g} of "
                f"channel {name}."
            )
    return inner, outer


def _inner(bound: float, towards: float) -> float:
    """The first float32 on this side of a bound, as number and as decimal."""
    if np.isinf(bound):
        return float(bound)
    if abs(bound) > np.finfo(np.float32).max:
        raise ValueError(f"constraints: {bound:g} is no float32 number.")
    found = np.float32(bound)

    def inside(value):
        return value >= bound if towards > 0 else value <= bound

    while not (inside(float(found)) and inside(float(str(found)))):
        found = np.nextafter(found, np.float32(towards))
    return float(found)


def _check_sum(rules: Rules, asked: Sum, length: int, has_ends: bool) -> None:
    """ValueError where no series has this sum, or it is not supported."""
    numbers, total = list(asked.channels), asked.total
    names = ", ".join(rules.channels[c] for c in numbers)
    what = f"constraints.sum_to={total:g}"
    if len(set(numbers)) < len(numbers):
        raise ValueError(f"{what} names a channel twice: {names}.")
    if not asked.over_time and len(numbers) == 1:
        raise ValueError(
            f"{what} is of channel {names} alone at each time point, which would make "
            f"it constant. For its sum over time write time:{names}={total:g}."
        )
    if asked.over_time and has_ends:
        raise ValueError(f"{what} over time: series of {names} have unequal lengths.")
    times = length if asked.over_time else 1
    low, high = (times * bound[numbers].sum() for bound in (rules.low, rules.high))
    room = 1e-6 * max(abs(total), 1.0)
    if not low - room <= total <= high + room:
        where = f"over {length} time points" if asked.over_time else "at a time point"
        raise ValueError(
            f"{what}: the bounds of {names} allow sums from {low:g} to {high:g} {where}."
        )
    whole, monotone = rules.integer[numbers], rules.direction[numbers] != 0
    if whole.any() and not whole.all():
        raise ValueError(
            f"{what}: of {names} some are integers and some are not, which is not "
            "supported. Make all of them integers, or none."
        )
    if whole.any() and not total.is_integer():
        raise ValueError(f"{what} is no sum of integers, which {names} must be.")
    if monotone.any() and not asked.over_time:
        raise ValueError(
            f"{what} of {names} at each time point together with monotone is not "
            "supported: leave one of them out."
        )
    if monotone.any() and whole.any():
        raise ValueError(
            f"{what} over time together with monotone and integer is not supported for "
            f"{names}: leave one of the three out."
        )


def _check_sums_apart(rules: Rules) -> None:
    numbers = [c for each in rules.sums for c in each.channels]
    twice = {c for c in numbers if numbers.count(c) > 1}
    if twice:
        names = ", ".join(rules.channels[c] for c in sorted(twice))
        raise ValueError(
            f"constraints.sum_to: {names} in two sums, which is not supported."
        )
