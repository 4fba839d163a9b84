"""From a set as published, or a file of one's own, to its parts.

Fills what is missing inside series, remembers where, then divides; nothing is scaled
here.
"""

import dataclasses
from typing import NamedTuple

import numpy as np

from tsgen_jax.data import missing, parts
from tsgen_jax.data.series import UNLABELLED, SeriesSet
from tsgen_jax.data.sources.archive import RawSet

_MIN_SERIES = 2  # Of TRAIN and of TEST: scores compare series with each other.


class Part(NamedTuple):
    """Series of one part."""

    x: np.ndarray  # float64 [n, L, C], filled inside, NaN after the end.
    y: np.ndarray  # str [n].
    observed: np.ndarray  # bool [n, L, C]; False also after the end.

    def rows(self, rows: np.ndarray) -> "Part":
        """Some of the series, by number or by bool [n]."""
        return Part(*(a[rows] for a in self))


@dataclasses.dataclass(frozen=True, eq=False)
class Division:
    """A set in parts.

    Attributes:
        train: with the validation part where `valid` is None.
        valid: a part cut by time; None: still to be chosen from `train`.
        test: series that training never sees.
        num_filled: values that were missing inside series, each counted once.
        ends: whether series are of unequal lengths.
        source: a short phrase, also on how the parts were made.
        notes: what is to be said about the parts, as `SeriesSet.notes`.
    """

    train: Part
    valid: Part | None
    test: Part
    num_filled: int
    ends: bool
    source: str
    notes: tuple[str, ...] = ()


def of_raw(
    raw: RawSet, split: str, test_fraction: float, split_seed: int, choice: str
) -> Division:
    """Parts of a set of the archives; arguments as of `dataset.from_raw`."""
    x = {"TRAIN": raw.x_train, "TEST": raw.x_test}
    gaps = {part: np.isnan(a) for part, a in x.items()}
    num_filled = sum(int(g.sum()) for g in gaps.values())
    if num_filled and choice == "error":
        raise ValueError(missing.where_missing(raw.name, gaps, num_filled))
    y = {"TRAIN": raw.y_train, "TEST": raw.y_test}
    train, test = (
        Part(missing.fill(x[part], f"{raw.name} {part}"), y[part], ~gaps[part])
        for part in x
    )
    source, notes = raw.source, []
    if split == "resplit":
        pool = Part(*map(np.concatenate, zip(train, test, strict=True)))
        *rows, notes = parts.resplit(pool.y, test_fraction, split_seed)
        train, test = map(pool.rows, rows)
        source = f"{source}, resplit with seed {split_seed}"
    return Division(train, None, test, num_filled, False, source, tuple(notes))


def of_series(
    found: SeriesSet, split: str, test_fraction: float, split_seed: int, choice: str
) -> Division:
    """Parts of a file of one's own, by its own division, else as 'resplit' does.

    Series shorter than the longest get NaN after their end.

    Raises:
        ValueError: missing values that may not or cannot be filled, windows that are
            to be divided at random, or too few series.
    """
    place = found.part
    if split == "resplit" and place is not None and "VALID" in place:
        raise ValueError(
            "data.split=resplit would put windows that overlap on both sides: windows "
            "are divided by time. Leave data.split=archive."
        )
    pool, num_filled = _pad(found, choice)
    source, notes = found.source, []
    if split == "resplit" or place is None:
        _check_enough(found, {"the file": len(pool.y)}, 2 * _MIN_SERIES)
        *rows, notes = parts.resplit(pool.y, test_fraction, split_seed)
        train, valid, test = pool.rows(rows[0]), None, pool.rows(rows[1])
        source = f"{source}, split with seed {split_seed}"
    else:
        train, valid, test = (
            pool.rows(place == name) for name in ("TRAIN", "VALID", "TEST")
        )
        valid = valid if "VALID" in place else None
    counts = {"TRAIN": len(train.y), "TEST": len(test.y)}
    _check_enough(found, counts, _MIN_SERIES)
    ends = bool(found.lengths.min() < found.lengths.max())
    return Division(train, valid, test, num_filled, ends, source, tuple(notes))


def _pad(found: SeriesSet, choice: str) -> tuple[Part, int]:
    """All series at one length, gaps filled, and how many values that were."""
    length, count = found.lengths.max(), len(found.series)
    x = np.full((count, length, len(found.channels)), np.nan)
    for row, series in enumerate(found.series):
        x[row, : len(series)] = series
    after = np.arange(length) >= found.lengths[:, None]
    observed = ~np.isnan(x)
    gaps = ~observed & ~after[..., None]
    if gaps.any() and choice == "error":
        raise ValueError(missing.where_missing(found.name, {"": gaps}, int(gaps.sum())))
    x = missing.fill(x, found.name)
    x[after] = np.nan
    num_filled = int(gaps.sum()) if found.num_missing is None else found.num_missing
    label = np.full(count, UNLABELLED) if found.label is None else found.label
    return Part(x, label, observed), num_filled


def _check_enough(found: SeriesSet, counts: dict[str, int], least: int) -> None:
    for part, count in counts.items():
        if count < least:
            raise ValueError(
                f"{found.source}: {count} series in {part}, at least {least} are "
                "needed. Give more series; or cut long ones into windows by "
                "data.window, shorter ones by data.stride; or change "
                "data.test_fraction."
            )
