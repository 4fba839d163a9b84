"""Series with the stamps that were read beside them, brought to regular times."""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tsgen_jax.data.sources import time_grid, time_order
from tsgen_jax.data.sources.reading import Reading
from tsgen_jax.data.sources.time_stamps import Stamps
from tsgen_jax.data.sources.time_step import TimeStep


class Placed(NamedTuple):
    """Series at regular times.

    Attributes:
        series: float64 [L_i, C] each.
        times: stamps [L_i] each, as of `TimeStep`.
        step: between time points; 1 s or 1 where no series has two.
        as_told: how to read other files alike.
        span: from when to when, in words.
        notes: what was guessed and done.
        grid: what the step is, in words.
    """

    series: list[np.ndarray]
    times: list[np.ndarray]
    step: TimeStep
    as_told: Reading
    span: str
    notes: list[str]
    grid: str


def place(
    stamps: Stamps,
    rows: Sequence[np.ndarray],
    series: Sequence[np.ndarray],
    how: Reading,
    where: str,
    names: Sequence[str],
    learned: TimeStep | None = None,
) -> Placed:
    """Sorts, merges and fills time points as `how` says.

    Args:
        stamps: of all rows of a file.
        rows: int [L_i] each, the rows of every series.
        series: their values, float64 [L_i, C] each.
        how: of reading.
        where: the file, for messages.
        names: of the series, likewise.
        learned: the step of a file that this one is like.

    Raises:
        ValueError: times that do not ascend, or that make no series.
    """
    times, series, said = time_order.arrange(
        [stamps.values[one] for one in rows], series, how, where, list(names)
    )
    of = stamps.zone, stamps.time_format, learned
    found = time_grid.regular(times, series, stamps.are_dates, where, *of)
    unit = "second" if stamps.are_dates else "number"
    step = found.step or TimeStep(
        unit, 1.0, zone=stamps.zone, time_format=stamps.time_format
    )
    grids = [
        step.stamps(start, np.arange(len(x)))
        for start, x in zip(found.starts, found.series, strict=True)
    ]
    as_told = dataclasses.replace(
        how, time_format=stamps.as_told, time_zone=stamps.zone
    )
    first, last = (f(t[k] for t in times) for f, k in ((min, 0), (max, -1)))
    span = f"time from {stamps.show(first)} to {stamps.show(last)}"
    notes = [*stamps.notes, *said]
    return Placed(found.series, grids, step, as_told, span, notes, found.said)
