"""A column of times, as numbers or dates; what had to be guessed is said."""

import re
from typing import NamedTuple

import numpy as np

from tsgen_jax.data.series import warning
from tsgen_jax.data.sources import (
    clock_changes,
    day_month_order,
    time_grid,
    time_numbers,
    time_order,
    time_step,
    time_text,
)
from tsgen_jax.data.sources.reading import NUMBER, Reading
from tsgen_jax.data.sources.time_grid import seconds
from tsgen_jax.data.sources.time_source import Source, no_time


class Stamps(NamedTuple):
    """A column of times as numbers.

    Attributes:
        values: float64 [n]; of dates seconds since 1970, in UTC where the zone is
            known, else as the file's own clock shows them.
        are_dates: whether they are dates.
        zone: of the dates; '' where it is not known.
        time_format: as of `time_step.TimeStep`.
        notes: what was guessed.
        as_told: data.time_format by which other files are read alike.
    """

    values: np.ndarray
    are_dates: bool
    zone: str = ""
    time_format: str = ""
    notes: tuple[str, ...] = ()
    as_told: str = ""

    def show(self, value: float) -> str:
        """One of `values` for people."""
        if not self.are_dates:
            return f"{value:g}"
        stamp = time_grid.instants(np.array([value]))
        if self.time_format and not re.search("%[yYGs]|epoch", self.time_format):
            days, clock = 1 + int(value // 86400), str(stamp[0])[11:19]
            return f"day {days}, {clock}"  # Times of day alone.
        zone = f" ({self.zone})" * bool(self.zone)
        wall = time_step.TimeStep("second", 0.0, zone=self.zone).to_wall(stamp)
        return str(wall.astype("datetime64[s]")[0]).replace("T", " ") + zone


def read(column, where: str, first_row: int, groups, how: Reading) -> Stamps:
    """Reads numbers or dates.

    Args:
        column: pandas Series.
        where: names the file.
        first_row: number of the first cell's row in it.
        groups: rows of every series, int [L_i] each.
        how: time_format and time_zone of it, and whether rows are still to be sorted.

    Raises:
        ValueError: an empty cell, one that is no time, dates whose day and month cannot
            be told apart, or zones that are not known; names file, row and option.
    """
    if how.time_zone:
        clock_changes.check_zone(how.time_zone)
    source = Source(column, where, first_row, groups, how)
    source.check(column.isna().to_numpy(), lambda _: "the time is missing.")
    found = _read(source)
    if how.time_zone and not found.are_dates:
        raise ValueError(
            f"{where}: data.time_zone={how.time_zone} is of dates; the times are plain "
            "numbers. Seconds since 1970 are read by data.time_format=epoch-s."
        )
    told = how.time_format or found.as_told
    if not told and found.time_format in time_step.EPOCHS:
        told = found.time_format
    return found._replace(as_told=told if found.are_dates else NUMBER)


def _read(source: Source) -> Stamps:
    import pandas as pd

    column, how = source.column, source.how
    if pd.api.types.is_datetime64_any_dtype(column):
        return _of_dates(source)
    form = how.time_format
    if "%" in form:
        return _by_format(source)
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(np.float64)
    are_numbers = np.isfinite(numbers).mean() > 0.5
    if are_numbers or form == NUMBER or form in time_step.EPOCHS:
        source.check(~np.isfinite(numbers), no_time)
        return _of_numbers(source, numbers)
    cells = time_text.take_apart(column)
    if cells is None:
        source.check(np.ones(len(column), dtype=bool), no_time)
    source.check(~cells.matched, no_time)
    return _of_text(source, cells) if cells.has_date else _of_clock(source, cells)


def _of_dates(source: Source) -> Stamps:
    dates = source.column
    if dates.dt.tz is None:
        return _naive(source, dates.to_numpy("datetime64[us]"), "", ())
    zone = source.how.time_zone or str(dates.dt.tz)
    utc = dates.dt.tz_convert("UTC").dt.tz_localize(None)
    return Stamps(seconds(utc.to_numpy("datetime64[us]")), True, zone)


def _by_format(source: Source) -> Stamps:
    import pandas as pd

    form = source.how.time_format
    words = source.column.astype("string").str.strip()
    aware = "%z" in form
    try:
        dates = pd.to_datetime(words, format=form, errors="coerce", utc=aware)
    except ValueError as error:
        raise ValueError(f"data.time_format={form}: {error}") from error
    source.check(
        dates.isna().to_numpy(),
        lambda cell: f"{cell!r} is not written as data.time_format={form} says.",
    )
    if aware:
        zone = source.how.time_zone or "UTC"
        dates = dates.dt.tz_localize(None).to_numpy("datetime64[us]")
        return Stamps(seconds(dates), True, zone, form)
    return _naive(source, dates.to_numpy("datetime64[us]"), form, ())


def _of_numbers(source: Source, numbers: np.ndarray) -> Stamps:
    form, zone = source.how.time_format, source.how.time_zone or "UTC"
    if form == NUMBER:
        return Stamps(numbers, False)
    guess = ""
    if not form:
        form = time_numbers.epoch(numbers)
        guess = f" (guessed; data.time_format={NUMBER}: plain numbers)"
    if form in time_step.EPOCHS:
        said = f"times are {form[6:]} since 1970" + guess
        return Stamps(
            numbers / time_step.EPOCHS[form], True, zone, form, (said,) * bool(guess)
        )
    for shape, written in time_numbers.SHAPES.items():
        wall = time_numbers.whole_dates(numbers, shape)
        if wall is not None:
            said = f"times such as {numbers[0]:.0f} are dates {shape}{guess}"
            return _naive(source, wall, written, (said,))
    if form:
        source.check(np.ones(len(numbers), bool), no_time)
    return Stamps(numbers, False)


def _of_clock(source: Source, cells: time_text.Cells) -> Stamps:
    """Times of day without a date: a new day begins where the clock goes back."""
    clock, good = time_text.clocks(cells.fields, len(cells.zones))
    source.check(~good, no_time)
    values = clock.astype(np.int64) / 1e6
    days = 0
    for rows in source.groups:
        later = np.concatenate([[0], np.cumsum(np.diff(values[rows]) < 0)])
        days = max(days, int(later[-1]) + 1)
        values[rows] += 86400.0 * later
    said = warning(
        f"times of day without a date: read as {days} days that follow each "
        "other, a new one wherever the clock goes back. If days are missing, add dates, "
        "in this column or in one of their own"
    )
    return Stamps(values, True, "", cells.time_format(""), (said,))


def _of_text(source: Source, cells: time_text.Cells) -> Stamps:
    order, notes = day_month_order.choose(source, cells)
    wall, form = cells.walls(order), cells.time_format(order)
    source.check(np.isnat(wall), no_time)
    zones = np.char.upper(cells.zones)
    told = order if len(cells.orders) > 1 else ""
    return _placed(source, wall, zones, form, notes)._replace(as_told=told)


def _placed(source: Source, wall, zones, form: str, notes) -> Stamps:
    """Times of which each names its zone, or none does."""
    if (zones == "").all():
        return _naive(source, wall, form, notes)
    source.check(zones == "", lambda c: f"{c!r} lacks the zone that other times have.")
    distinct = {zone: _minutes(zone) for zone in np.unique(zones).tolist()}
    unknown = sorted(zone for zone, offset in distinct.items() if offset is None)
    if unknown:
        return _by_name(source, wall, zones, form, notes)
    minutes = np.array([distinct[zone] for zone in zones.tolist()])
    utc = wall - minutes.astype("timedelta64[m]")
    zone = source.how.time_zone
    if not zone and len(set(minutes.tolist())) == 1:
        hours, rest = divmod(abs(int(minutes[0])), 60)
        zone = f"{'-' if minutes[0] < 0 else '+'}{hours:02d}:{rest:02d}"
        zone = "UTC" if minutes[0] == 0 else zone
    zone = zone or clock_changes.zone_of(utc, minutes)
    return Stamps(seconds(utc), True, zone, form, notes)


def _minutes(zone: str) -> int | None:
    """East of UTC; None where the zone is an abbreviation that several share."""
    if zone in time_text.UTC:
        return 0
    found = re.fullmatch(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?", zone)
    if not found:
        return None
    return int(f"{found[1]}1") * (60 * int(found[2]) + int(found[3] or 0))


def _by_name(source: Source, wall, zones, form: str, notes) -> Stamps:
    """Times with abbreviations such as CET, by the zone that the user names."""
    zone = source.how.time_zone
    names = ", ".join(sorted(set(zones.tolist()))[:4])
    if not zone:
        raise ValueError(
            f"{source.where}: the times end in {names}. Such abbreviations are shared "
            "by several zones: name the zone by data.time_zone, as by "
            "data.time_zone=Europe/Berlin, or write offsets such as +01:00."
        )
    utc = clock_changes.to_utc(wall, zone, zones)
    source.check(
        np.isnat(utc),
        lambda c: f"{c!r} is not what clocks of data.time_zone={zone} show.",
    )
    return Stamps(seconds(utc), True, zone, form, notes)


def _naive(source: Source, wall: np.ndarray, form: str, notes) -> Stamps:
    """Dates without a zone: of the zone that is named, or that clock changes show."""
    zone, groups = source.how.time_zone, source.groups
    if source.how.sort_time:
        groups = [rows[time_order.ascending(wall[rows])] for rows in groups]
    walls = [wall[rows] for rows in groups]
    if not zone:
        zone = clock_changes.guess_zone(walls)
        notes = (*notes, *([clock_changes.describe(walls, zone)] if zone else []))
    if not zone:
        return Stamps(seconds(wall), True, "", form, notes)
    utc = wall.copy()
    for rows in groups:
        utc[rows] = clock_changes.to_utc(wall[rows], zone)
    source.check(
        np.isnat(utc),
        lambda c: f"{str(c)!r} is skipped by clocks of data.time_zone={zone}.",
    )
    return Stamps(seconds(utc), True, zone, form, notes)
