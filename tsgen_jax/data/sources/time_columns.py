"""Which columns of a table hold the time: one, or a date and a time of day."""

import numpy as np

from tsgen_jax.data.sources import time_numbers, time_text
from tsgen_jax.data.sources.reading import NONE
from tsgen_jax.data.sources.table import Table

_TIMES = ("time", "date", "datetime", "timestamp", "ds", "date_time", "time_idx")
_HOURS = ("hour", "hours", "hr", "hh", "hour_of_day", "time")
_SAMPLE = 20  # Cells looked at to tell dates from other words.


def find(table: Table, free: list[str], given: str) -> tuple[str, str]:
    """The column of times, and of times of day where the first has only days.

    Args:
        table: with the columns.
        free: names of columns that may be it; what is found is taken out of it.
        given: data.time_column; '' to guess.

    Returns:
        Two names, '' where there is none.
    """
    if given == NONE:
        return "", ""
    if given:
        names = given.split("+") if given not in table.frame.columns else [given]
        time, clock = names if len(names) == 2 else (given, "")
        if clock and (_is_clock(table, time) or _is_hour(table, time)):
            time, clock = clock, time
    else:
        found = [n for n in free if looks_like_time(table, n)]
        dated = [n for n in found if not _is_clock(table, n)]
        time = (dated or found or [""])[0]
        bare = time in dated and _names_days(table, time)
        others = [n for n in free if n != time] if bare else []
        clocks = (n for n in others if _is_clock(table, n) or _is_hour(table, n))
        clock = next(clocks, "")
    free[:] = [n for n in free if n not in (time, clock)]
    return time, clock


def cells(table: Table, time: str, clock: str):
    """The times of a table as one pandas column."""
    import pandas as pd  # Takes half a second to import.

    days = table.frame[time]
    if not clock and days.dtype.kind != "M" and table.is_numeric(time):
        return pd.Series(table.parsed(time)[0])  # However numbers are written.
    if not clock:
        return days
    if days.dtype.kind == "M":
        days = days.dt.strftime("%Y-%m-%d")
    elif _numbers(days) is not None:
        days = days.astype(float).map("{:.0f}".format, na_action="ignore")
    hours = table.frame[clock]
    if _is_hour(table, clock):
        hours = hours.astype(float).map("{:02.0f}:00".format, na_action="ignore")
    return days.astype("string").str.strip() + " " + hours.astype("string").str.strip()


def looks_like_time(table: Table, name: str) -> bool:
    """Whether a column holds times, by its name or its first cells."""
    is_numeric, is_named = table.is_numeric(name), name.lower() in _TIMES
    if is_numeric or is_named:
        return is_named and (table.has_header or not is_numeric)
    if table.frame[name].dtype.kind == "M":
        return True
    found = _sample(table, name)
    if found is None or not found.matched.all():
        return False
    return found.makes_sense


def _sample(table: Table, name: str) -> time_text.Cells | None:
    """The first cells of a column of words."""
    column = table.frame[name].dropna().head(_SAMPLE)
    if column.dtype.kind in "fiubM":
        return None
    words = column.astype("string").str.strip()
    if len(words) == 0 or not words.str.contains(r"\d", regex=True).all():
        return None
    if words.str.fullmatch(r"[+-]?\d*[.,]?\d+").any():
        return None  # A number: 12.30 could be a time of day.
    return time_text.take_apart(words)


def _is_clock(table: Table, name: str) -> bool:
    """Whether cells are times of day without a date."""
    if table.is_numeric(name) or table.frame[name].dtype.kind == "M":
        return False
    found = _sample(table, name)
    return found is not None and not found.has_date


def _names_days(table: Table, time: str) -> bool:
    """Whether column `time` has days without a time of day, and one more than once."""
    if not table.frame[time].duplicated().any():
        return False
    days = table.frame[time]
    if days.dtype.kind == "M":
        return bool((days.dropna() == days.dropna().dt.normalize()).all())
    numbers = _numbers(days)
    if numbers is not None:
        return time_numbers.whole_dates(numbers, "YYYYMMDD") is not None
    found = _sample(table, time)
    return found is not None and found.has_date and (found.fields["H"] == "").all()


def _is_hour(table: Table, name: str) -> bool:
    """A column called 'hour' or the like, of whole numbers from 0 to 24."""
    hours = _numbers(table.frame[name]) if name.lower() in _HOURS else None
    if hours is None:
        return False
    return bool(((hours == np.round(hours)) & (hours >= 0) & (hours <= 24)).all())


def _numbers(column) -> np.ndarray | None:
    """The cells that are not empty, float64; None where one is no number."""
    import pandas as pd  # Takes half a second to import.

    if column.dtype.kind == "M":
        return None
    numbers = pd.to_numeric(column.dropna(), errors="coerce").to_numpy(np.float64)
    return None if np.isnan(numbers).any() or len(numbers) == 0 else numbers
