"""Time stamps in order, and series on a regular grid: of fixed steps or a calendar."""

import dataclasses
from typing import NamedTuple

import numpy as np

from tsgen_jax.data.sources.time_step import TimeStep

_SLACK = 0.01  # Of the step: stamps nearer to the grid than this are on it.
_MAX_GROWTH = 10  # Grid points per stamp; more, and a stamp is likely wrong.
_DAY = 86400.0
_BUSINESS = "1111100"
_MIN_WEEKS = 2  # Of stamps; fewer do not show which days of the week have none.
_MIN_SHARE = 0.8  # Of the days that have stamps in a week, that are there.


class Calendar(NamedTuple):
    """Stamps as whole steps of a calendar."""

    unit: str
    count: int
    day: int
    weekmask: str
    places: list[np.ndarray]  # int [L_i]; 0 is each series' first stamp.


class Regular(NamedTuple):
    """Series on a grid.

    Attributes:
        series: float64 [L_i, C] each.
        starts: each series' first stamp, datetime64[us] [n] or float64 [n], as
            `time_step` has them.
        step: between time points; None where no series has two.
        said: what was done, a phrase.
    """

    series: list[np.ndarray]
    starts: np.ndarray
    step: TimeStep | None
    said: str


def seconds(stamps: np.ndarray) -> np.ndarray:
    """Datetime64 as seconds since 1970, float64."""
    return stamps.astype("datetime64[us]").astype(np.int64) / 1e6


def instants(times: np.ndarray) -> np.ndarray:
    """Seconds since 1970 as datetime64[us]."""
    return np.round(times * 1e6).astype(np.int64).astype("datetime64[us]")


def find_step(
    times: list[np.ndarray],
    are_dates: bool,
    zone: str,
    time_format: str,
    learned: TimeStep | None = None,
) -> tuple[TimeStep | None, list[np.ndarray] | None]:
    """The step between stamps; and, where stamps are steps of it, their places.

    Args:
        times: ascending, float64 [L_i] each.
        are_dates: whether times are seconds since 1970.
        zone: of the dates.
        time_format: of the dates, for the step that is made.
        learned: the step of a file that this one is like. A calendar is taken from
            there where the stamps are on it: few stamps do not show one.

    Returns:
        The step, None where there is none; and places, int [L_i] each from 0, where
        these follow a calendar with or without gaps, or a fixed step without any;
        else None.
    """
    if are_dates and learned is not None and learned.is_calendar:
        known = dataclasses.replace(learned, zone=zone, time_format=time_format)
        places = [_places_on(known, instants(t)) for t in times]
        if all(p is not None for p in places):
            return known, places
    steps = np.concatenate([np.diff(t) for t in times])
    if len(steps) == 0:
        return None, None
    step = float(np.median(steps))
    even = [np.arange(len(t)) for t in times]
    is_even = bool((np.abs(steps - step) <= _SLACK * abs(step)).all())
    if not are_dates:
        return TimeStep("number", step), even if is_even else None
    clock = TimeStep("second", step, zone=zone, time_format=time_format)
    walls = [clock.to_wall(instants(t)) for t in times]
    found = _months(walls) if step >= 27 * _DAY else None
    found = found or (_weekdays(walls) if not is_even else None)
    if found:
        unit, count, day, weekmask, places = found
        return TimeStep(unit, count, day, weekmask, zone, time_format), places
    days = np.round(step / _DAY)
    if days >= 1 and abs(step - days * _DAY) <= _SLACK * _DAY:
        clock = TimeStep("day", days, zone=zone, time_format=time_format)
        walled = np.concatenate([np.diff(w) for w in walls]) / np.timedelta64(1, "D")
        is_even = is_even or bool((walled == days).all())
    return clock, even if is_even else None


def _places_on(step: TimeStep, stamps: np.ndarray) -> np.ndarray | None:
    """How many steps of a calendar stamps are after the first; None: they are not."""
    dates = step.to_wall(stamps).astype("datetime64[D]")
    if step.unit == "weekday":
        places = np.busday_count(dates[0], dates, weekmask=step.weekmask)
    else:
        months = dates.astype("datetime64[M]").astype(np.int64)
        places = (months - months[0]) // round(step.count)
    fits = step.stamps(stamps[0], places) == stamps
    return places if fits.all() and (np.diff(places) > 0).all() else None


def _months(walls: list[np.ndarray]) -> Calendar | None:
    """Stamps of one day and time of the month each, or of its first or last days."""
    dates = [w.astype("datetime64[D]") for w in walls]
    if any((w - d != w[0] - d[0]).any() for w, d in zip(walls, dates, strict=True)):
        return None
    months = [d.astype("datetime64[M]") for d in dates]
    jumps = np.concatenate([np.diff(m).astype(np.int64) for m in months])
    if (jumps < 1).any():
        return None
    count = int(np.gcd.reduce(jumps))
    places = [(m - m[0]).astype(np.int64) // count for m in months]
    begins = [m.astype("datetime64[D]") for m in months]
    ends = [(m + 1).astype("datetime64[D]") - 1 for m in months]
    if all((d == e).all() for d, e in zip(dates, ends, strict=True)):
        return Calendar("month", count, 31, "", places)
    days = []
    for d, begin, end in zip(dates, begins, ends, strict=True):
        day = (d - begin).max()
        days.append(int(day.astype(np.int64)) + 1)
        if (d != np.minimum(begin + day, end)).any():
            return _business_months(dates, begins, ends, count, places)
    return Calendar("month", count, days[0] if len(set(days)) == 1 else 0, "", places)


def _business_months(dates, begins, ends, count, places) -> Calendar | None:
    for day, edges, offset, roll in (
        (1, begins, 0, "forward"),
        (31, ends, 0, "backward"),
    ):
        expected = [np.busday_offset(e, offset, roll, _BUSINESS) for e in edges]
        if all((d == e).all() for d, e in zip(dates, expected, strict=True)):
            return Calendar("month", count, day, _BUSINESS, places)
    return None


def _weekdays(walls: list[np.ndarray]) -> Calendar | None:
    """Stamps of single days, none on some days of the week."""
    dates = [w.astype("datetime64[D]") for w in walls]
    if any((w - d != w[0] - d[0]).any() for w, d in zip(walls, dates, strict=True)):
        return None
    whole = np.concatenate(dates)
    on = np.bincount((whole.astype(np.int64) + 3) % 7, minlength=7) > 0  # From Monday.
    mask = "".join("1" if bit else "0" for bit in on)
    if on.all() or on.sum() < 2:
        return None
    places = [np.busday_count(d[0], d, weekmask=mask) for d in dates]
    if any((np.diff(p) < 1).any() for p in places):
        return None
    span = max((d[-1] - d[0]).astype(int) for d in dates)
    share = len(whole) / sum(int(p[-1]) + 1 for p in places)
    if span < 7 * _MIN_WEEKS or share < _MIN_SHARE:
        return None
    return Calendar("weekday", 1, 0, mask, places)


def regular(
    times: list[np.ndarray],
    series: list[np.ndarray],
    are_dates: bool,
    where: str,
    zone: str = "",
    time_format: str = "",
    learned: TimeStep | None = None,
) -> Regular:
    """Brings series to one grid from each series' first time on.

    Steps of a calendar (months, quarters, years, business days) are regular as they
    are; a step that is left out is missing (NaN). Else the grid has the median step. A
    grid point that has a sample within a hundredth of the step takes it. Between two
    samples of a channel less than two steps apart it is interpolated; where they are
    farther apart, it is missing.

    Args:
        times: ascending, float64 [L_i] each.
        series: float64 [L_i, C] each, NaN where missing.
        are_dates: whether times are seconds since 1970.
        where: names the file.
        zone: of the dates, see `time_stamps.Stamps`.
        time_format: as `zone`.
        learned: see `find_step`.

    Raises:
        ValueError: the grid would be mostly empty.
    """
    starts = np.array([t[0] for t in times])
    starts = instants(starts) if are_dates else starts
    step, places = find_step(times, are_dates, zone, time_format, learned)
    if step is None:
        said = "time step unknown: one time point per series"
        return Regular(series, starts, None, said)
    shown = step.describe()
    if places is not None:
        made = [
            _place(t, x, p, where)
            for t, x, p in zip(times, series, places, strict=True)
        ]
        gaps = sum(map(len, made)) - sum(map(len, series))
        said = f"regular time step of {shown}"
        said += f"; {gaps} time points left out are missing" if gaps else ""
        return Regular(made, starts, step, said)
    if step.unit == "day" and zone:  # Days of 23 to 25 hours, with gaps.
        times = [seconds(step.to_wall(instants(t))) for t in times]
    steps = np.concatenate([np.diff(t) for t in times])
    width = step.count * (_DAY if step.unit == "day" else 1)
    made = [_resample(t, x, width, where) for t, x in zip(times, series, strict=True)]
    lost = sum(np.isnan(x).sum() for x in made) - sum(np.isnan(x).sum() for x in series)
    on_grid = np.abs(steps / width - np.round(steps / width)) <= _SLACK
    how = "time stamps with gaps" if on_grid.all() else "irregular time stamps"
    low, high = (describe_step(s, are_dates) for s in (steps.min(), steps.max()))
    said = (
        f"{how} ({low} to {high}): resampled to the median step of {shown}; "
        f"{max(lost, 0)} values without a near neighbour count as missing"
    )
    return Regular(made, starts, step, said)


def _place(times, x, places, where) -> np.ndarray:
    """Values at their places, NaN between."""
    count = int(places[-1]) + 1
    if count == len(x):
        return x
    if count > _MAX_GROWTH * len(x):
        raise ValueError(_mostly_empty(times, count, "the calendar", where))
    made = np.full((count, x.shape[1]), np.nan)
    made[places] = x
    return made


def _mostly_empty(times, count: int, step: str, where: str) -> str:
    return (
        f"{where}: {len(times)} time stamps from {times[0]:g} to {times[-1]:g} would "
        f"make {count} steps of {step}, nearly all of them empty. Correct the stamps, "
        "or leave the time column out by data.time_column=none."
    )


def _resample(times, x, step, where):
    count = int(np.floor((times[-1] - times[0]) / step + _SLACK)) + 1
    if count > _MAX_GROWTH * len(times):
        raise ValueError(_mostly_empty(times, count, f"{step:g} (the median)", where))
    grid = times[0] + step * np.arange(count)
    made = np.full((count, x.shape[1]), np.nan)
    for channel in range(x.shape[1]):
        given = ~np.isnan(x[:, channel])
        if not given.any():
            continue
        at, values = times[given], x[given, channel]
        after = np.searchsorted(at, grid - _SLACK * step)  # First not before the point.
        before = np.clip(after - 1, 0, len(at) - 1)
        after = np.clip(after, 0, len(at) - 1)
        exact = np.abs(at[after] - grid) <= _SLACK * step
        between = (at[before] < grid) & (grid < at[after])
        near = between & (at[after] - at[before] < (2 - _SLACK) * step)
        made[near, channel] = np.interp(grid[near], at, values)
        made[exact, channel] = values[after[exact]]
    return made


def describe_step(step: float, are_dates: bool) -> str:
    """'15 minutes', '1 hour', or a plain number where times are no dates."""
    return TimeStep("second" if are_dates else "number", step).describe()
