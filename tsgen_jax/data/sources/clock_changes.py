"""Clocks that are put forward and back: from what a clock showed to UTC.

In spring an hour is skipped, in autumn one comes twice. Rules are those of the time
zone database (pandas, zoneinfo).
"""

import numpy as np

# One zone for each rule that is common; others with the same rule give the same times.
_ZONES = (
    *("Europe/Berlin", "Europe/London", "Europe/Athens", "America/New_York"),
    *("Australia/Sydney", "Pacific/Auckland", "America/Santiago", "Asia/Jerusalem"),
    *("America/Sao_Paulo", "Africa/Cairo"),
)
_HOUR = 3600.0


def check_zone(zone: str) -> None:
    """Raises ValueError where there is no such zone."""
    import pandas as pd  # Takes half a second to import.

    try:
        pd.Timestamp("2024-01-01").tz_localize(zone)
    except (KeyError, ValueError, OSError, TypeError) as error:
        raise ValueError(
            f"data.time_zone={zone} is no zone that is known: write one "
            "such as Europe/Berlin, America/New_York, UTC or +01:00."
        ) from error


def to_utc(wall: np.ndarray, zone: str, names: np.ndarray | None = None) -> np.ndarray:
    """Times of one series in UTC, datetime64[us] [n]; NaT where there is none such.

    Args:
        wall: what the clock showed, datetime64[us] [n], in order of time. Of an hour
            that comes twice, times are of its second pass from where they go back.
        zone: such as 'Europe/Berlin'.
        names: abbreviations beside the times, such as 'CEST', which decide in place of
            the order; a time that the zone calls otherwise is NaT. None: there are
            none.
    """
    first, second = (_localized(wall, zone, is_first) for is_first in (True, False))
    if names is not None:
        called = [_names(utc, zone) for utc in (first, second)]
        made = np.where(called[1] == names, second, np.datetime64("NaT"))
        return np.where(called[0] == names, first, made)
    twice = first != second  # NaT differs from NaT: skipped hours are NaT anyway.
    again = np.zeros(len(wall), dtype=bool)
    for row in np.flatnonzero(twice[1:] & twice[:-1] & (np.diff(wall) <= _ZERO)) + 1:
        after = np.flatnonzero(~twice[row:])
        again[row : row + after[0] if len(after) else len(wall)] = True
    return np.where(again, second, first)


_ZERO = np.timedelta64(0, "us")


def guess_zone(walls: list[np.ndarray]) -> str:
    """The zone whose clock changes make these times regular; '' where none does.

    Args:
        walls: what clocks without a zone showed, one array for every series.
    """
    steps = _steps(walls)
    if len(steps) == 0:
        return ""
    step = float(np.median(steps))
    back, skipped = steps <= 0, np.isclose(steps, step + _HOUR)
    if not 0 < step <= _HOUR or not (back | skipped).any():
        return ""
    best, least = "", (~np.isclose(steps, step)).sum()
    for zone in _ZONES:
        utc = [to_utc(wall, zone) for wall in walls]
        if any(np.isnat(one).any() for one in utc):
            continue
        odd = (~np.isclose(_steps(utc), step)).sum()
        if odd < least:
            best, least = zone, odd
    return best


def describe(walls: list[np.ndarray], zone: str) -> str:
    """Where clocks were changed, in a phrase."""
    steps = _steps(walls)
    step = float(np.median(steps))
    back = int((steps <= 0).sum())
    skipped = int(np.isclose(steps, step + _HOUR).sum())
    said = [f"{back} hour(s) come twice"] * (back > 0)
    said += [f"{skipped} hour(s) are skipped"] * (skipped > 0)
    return (
        f"clock changes: {' and '.join(said)}, as in {zone} (guessed; data.time_zone names "
        "the zone, data.time_zone=UTC says that there are no such changes)"
    )


def zone_of(utc: np.ndarray, minutes: np.ndarray) -> str:
    """A zone that has these offsets, in minutes, at these times; else 'UTC'."""
    for zone in _ZONES:
        import pandas as pd

        index = pd.DatetimeIndex(utc).tz_localize("UTC")
        here = index.tz_convert(zone).tz_localize(None).to_numpy("datetime64[us]")
        if ((here - utc) == minutes.astype("timedelta64[m]")).all():
            return zone
    return "UTC"


def _steps(walls: list[np.ndarray]) -> np.ndarray:
    """Seconds between neighbours, of all series."""
    steps = [np.diff(wall) / np.timedelta64(1, "s") for wall in walls]
    return np.concatenate(steps) if steps else np.zeros(0)


def _localized(wall: np.ndarray, zone: str, is_first: bool) -> np.ndarray:
    import pandas as pd

    local = pd.DatetimeIndex(wall).tz_localize(
        zone, ambiguous=np.full(len(wall), is_first), nonexistent="NaT"
    )
    return local.tz_convert("UTC").tz_localize(None).to_numpy("datetime64[us]")


def _names(utc: np.ndarray, zone: str) -> np.ndarray:
    import pandas as pd

    local = pd.DatetimeIndex(utc).tz_localize("UTC").tz_convert(zone)
    return local.strftime("%Z").to_numpy(dtype=str, na_value="")
