"""Time stamps: read, checked, and brought to a regular grid where they are not."""

from typing import NamedTuple

import numpy as np

_SLACK = 0.01  # Of the step: stamps nearer to the grid than this are on it.
_MAX_GROWTH = 10  # Grid points per stamp; more, and a stamp is likely wrong.
_UNITS = (("day", 86400.0), ("hour", 3600.0), ("minute", 60.0), ("second", 1.0))


class Stamps(NamedTuple):
    """A column of times as numbers."""

    values: np.ndarray  # float64 [n]; seconds since 1970 where they are dates.
    are_dates: bool


def read(column, where: str, first_row: int) -> Stamps:
    """Reads numbers, or dates as ISO 8601 and pandas know them.

    Args:
        column: pandas Series.
        where: names the file.
        first_row: number of the first cell's row in it.

    Raises:
        ValueError: an empty cell, or one that is neither; names file and row.
    """
    import pandas as pd  # Takes half a second to import.

    def check(bad, said):
        rows = np.flatnonzero(bad)
        if len(rows):
            cell = column.iloc[rows[0]]
            raise ValueError(f"{where}, row {rows[0] + first_row}: {said(cell)}")

    def no_time(cell):
        return f"{cell!r} is no time. Write numbers, or dates such as 2024-01-31 23:00."

    check(column.isna(), lambda _: "the time is missing.")
    if not pd.api.types.is_datetime64_any_dtype(column):
        numbers = pd.to_numeric(column, errors="coerce").to_numpy(np.float64)
        if np.isfinite(numbers).mean() > 0.5:
            check(~np.isfinite(numbers), no_time)
            return Stamps(numbers, False)
    dates = to_dates(column)
    check(dates.isna(), no_time)
    microseconds = dates.astype("datetime64[us, UTC]").astype("int64")
    return Stamps(microseconds.to_numpy() / 1e6, True)


def to_dates(column):
    """A pandas column as dates in UTC, NaT where a cell is none."""
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column):
        return pd.to_datetime(column, utc=True)
    dates = pd.to_datetime(column, format="ISO8601", utc=True, errors="coerce")
    if dates.isna().any():
        dates = pd.to_datetime(column, format="mixed", utc=True, errors="coerce")
    return dates


def check_order(times: np.ndarray, where: str) -> None:
    """Raises ValueError where times [n] do not ascend; names what and where."""
    steps = np.diff(times)
    for fault, bad in (("the same time as", steps == 0), ("earlier than", steps < 0)):
        rows = np.flatnonzero(bad)
        if len(rows):
            row = rows[0] + 2
            fix = "keep one of them" if fault.startswith("the same") else "sort them"
            raise ValueError(
                f"{where}: time point {row} is {fault} time point {row - 1} "
                f"({len(rows)} such in all): {fix}; or name the column of series, by "
                "data.id_column, if there are several."
            )


def regular(
    times: list[np.ndarray], series: list[np.ndarray], are_dates: bool, where: str
) -> tuple[list[np.ndarray], str]:
    """Brings series to one grid: the median step, from each series' first time on.

    A grid point that has a sample within a hundredth of the step takes it. Between
    two samples of a channel less than two steps apart it is interpolated; where they
    are farther apart, it is missing (NaN).

    Args:
        times: ascending, float64 [L_i] each.
        series: float64 [L_i, C] each, NaN where missing.
        are_dates: whether times are seconds since 1970.
        where: names the file.

    Returns:
        The series, float64 [L'_i, C] each, and a phrase that says what was done.

    Raises:
        ValueError: the grid would be mostly empty.
    """
    steps = np.concatenate([np.diff(t) for t in times])
    if len(steps) == 0:
        return series, "time step unknown: one time point per series"
    step = float(np.median(steps))
    shown = describe_step(step, are_dates)
    if (np.abs(steps - step) <= _SLACK * step).all():
        return series, f"regular time step of {shown}"
    made = [_resample(t, x, step, where) for t, x in zip(times, series, strict=True)]
    lost = sum(np.isnan(x).sum() for x in made) - sum(np.isnan(x).sum() for x in series)
    on_grid = np.abs(steps / step - np.round(steps / step)) <= _SLACK
    how = "time stamps with gaps" if on_grid.all() else "irregular time stamps"
    low, high = (describe_step(s, are_dates) for s in (steps.min(), steps.max()))
    return made, (
        f"{how} ({low} to {high}): resampled to the median step of {shown}; "
        f"{max(lost, 0)} values without a near neighbour count as missing"
    )


def _resample(times, x, step, where):
    count = int(np.floor((times[-1] - times[0]) / step + _SLACK)) + 1
    if count > _MAX_GROWTH * len(times):
        raise ValueError(
            f"{where}: {len(times)} time stamps from {times[0]:g} to {times[-1]:g} would "
            f"make {count} steps of {step:g} (the median), nearly all of them empty. "
            "Correct the stamps, or leave the time column out by data.time_column=none."
        )
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
    if not are_dates:
        return f"{step:g}"
    unit, seconds = next((u for u in _UNITS if step >= u[1]), _UNITS[-1])
    count = step / seconds
    return f"{count:g} {unit}" + ("" if count == 1 else "s")
