"""The step between time points, and time stamps that go on from one.

A stamp is a number where a file counts time by numbers. Else it is a date, as
datetime64[us]: in UTC where the zone is known, else as the file's own clock shows it.
"""

import contextlib
import dataclasses
import re

import numpy as np

UNITS = ("number", "second", "day", "weekday", "month")
EPOCHS = {"epoch-s": 1, "epoch-ms": 10**3, "epoch-us": 10**6, "epoch-ns": 10**9}
_SHOWN = (("day", 86400.0), ("hour", 3600.0), ("minute", 60.0), ("second", 1.0))
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = {1: "1 month", 3: "1 quarter", 12: "1 year"}


@dataclasses.dataclass(frozen=True)
class TimeStep:
    """How far two neighbouring time points are apart; plain values, fit for JSON.

    Attributes:
        unit: 'number' (time is counted by plain numbers), 'second' (a fixed span),
            'day' (a day of the zone, of 23 to 25 hours), 'weekday' (the days of
            `weekmask`), or 'month'.
        count: of units.
        day: of 'month': the day of the month, 31 for its last; 0: that of the stamp
            that is continued.
        weekmask: of 'weekday': '1' for every day of the week that has stamps, Monday
            first; business days are '1111100'. Of 'month': the stamp is the first
            (`day` 1) or last (`day` 31) of these days in a month.
        zone: such as 'Europe/Berlin' or '+01:00'; '': dates without a zone.
        time_format: how the file writes a stamp, as of `strftime`, with %:z (+01:00),
            %3f (milliseconds) and %q (quarter) besides; one of `EPOCHS`; or '' for ISO 8601.
    """

    unit: str
    count: float
    day: int = 0
    weekmask: str = ""
    zone: str = ""
    time_format: str = ""

    @property
    def is_calendar(self) -> bool:
        """Whether the step in seconds differs from one time point to the next."""
        return self.unit in ("weekday", "month")

    def continue_from(self, last, num: int) -> np.ndarray:
        """The `num` stamps that follow.

        Args:
            last: a stamp: number, datetime64, pandas Timestamp, or text as in the file.
            num: how many.

        Returns:
            float64 [num], or datetime64[us] [num], see the head of this module.
        """
        return self.stamps(last, np.arange(1, num + 1))

    def stamps(self, first, places: np.ndarray) -> np.ndarray:
        """Stamps that are `places`, int [k], steps after `first`; types as above."""
        places = np.asarray(places, dtype=np.int64)
        if self.unit == "number":
            return float(first) + self.count * places
        first = self.instant(first)
        if self.unit == "second":
            steps = np.round(self.count * 1e6 * places).astype("timedelta64[us]")
            return first + steps
        here = self.to_wall(np.array([first]))[0]
        date = here.astype("datetime64[D]")
        if self.unit == "day":
            dates = date + (places * round(self.count)).astype("timedelta64[D]")
        elif self.unit == "weekday":
            dates = np.busday_offset(
                date, places, roll="backward", weekmask=self.weekmask
            )
        else:
            dates = self._in_month(date, places)
        wall = dates.astype("datetime64[us]") + (here - date)
        return self._from_wall(wall)

    def _in_month(self, date: np.datetime64, places: np.ndarray) -> np.ndarray:
        month = date.astype("datetime64[M]")
        months = month + (places * round(self.count)).astype("timedelta64[M]")
        begin, end = (
            m.astype("datetime64[D]") for m in (months, months + np.timedelta64(1, "M"))
        )
        if self.weekmask and self.day == 1:
            return np.busday_offset(begin, 0, roll="forward", weekmask=self.weekmask)
        if self.weekmask:
            return np.busday_offset(end, -1, roll="forward", weekmask=self.weekmask)
        day = self.day or (date - month.astype("datetime64[D]")).astype(int) + 1
        return np.minimum(begin + np.timedelta64(int(day) - 1, "D"), end - 1)

    def instant(self, stamp) -> np.datetime64:
        """One stamp, of any type that `continue_from` takes, as datetime64[us]."""
        import pandas as pd  # Takes half a second to import.

        if isinstance(stamp, np.datetime64):
            return stamp.astype("datetime64[us]")
        if self.time_format in EPOCHS and not isinstance(stamp, pd.Timestamp):
            whole = round(float(stamp) * 1e6 / EPOCHS[self.time_format])
            return np.datetime64(whole, "us")
        if isinstance(stamp, str) and "%" in self.time_format:
            read = {"%-": "%", "%:z": "%z", "%3f": "%f"}
            form = re.sub("%-|%:z|%3f", lambda m: read[m[0]], self.time_format)
            with contextlib.suppress(ValueError):  # Else it is ISO 8601.
                stamp = pd.to_datetime(stamp, format=form)
        stamp = pd.Timestamp(stamp)
        if stamp.tzinfo is None and self.zone:
            stamp = stamp.tz_localize(self.zone, ambiguous=True, nonexistent="NaT")
        if stamp.tzinfo is not None:
            stamp = stamp.tz_convert("UTC").tz_localize(None)
        return stamp.to_datetime64().astype("datetime64[us]")

    def to_wall(self, instants: np.ndarray) -> np.ndarray:
        """Instants as the clock of the zone shows them, datetime64[us] [k]."""
        if not self.zone:
            return instants
        return self._aware(instants).tz_localize(None).to_numpy("datetime64[us]")

    def _from_wall(self, wall: np.ndarray) -> np.ndarray:
        if not self.zone:
            return wall
        import pandas as pd

        # Of an hour that comes twice the first; one that is skipped moves on.
        local = pd.DatetimeIndex(wall).tz_localize(
            self.zone,
            ambiguous=np.ones(len(wall), bool),
            nonexistent="shift_forward",
        )
        return local.tz_convert("UTC").tz_localize(None).to_numpy("datetime64[us]")

    def _aware(self, instants: np.ndarray):
        import pandas as pd

        return pd.DatetimeIndex(instants).tz_localize("UTC").tz_convert(self.zone)

    def text(self, stamps: np.ndarray) -> list[str]:
        """Stamps as the file writes them."""
        import pandas as pd

        if self.unit == "number":
            whole = (stamps == np.round(stamps)).all()
            return [f"{s:.0f}" if whole else f"{s:.15g}" for s in stamps]
        if self.time_format in EPOCHS:
            per_second = EPOCHS[self.time_format]
            micro = np.asarray(stamps, "datetime64[us]").astype(np.int64)
            if per_second >= 10**6:
                return [str(m * (per_second // 10**6)) for m in micro.tolist()]
            scale = 10**6 // per_second
            exact = (micro % scale == 0).all()
            return [str(m // scale if exact else m / scale) for m in micro.tolist()]
        index = self._aware(stamps) if self.zone else pd.DatetimeIndex(stamps)
        if not self.time_format:
            return [stamp.isoformat(sep=" ") for stamp in index]
        form = re.sub("%3f|%:z|%q", _marked, self.time_format)
        quarters = index.quarter if "%q" in self.time_format else [0] * len(index)
        made = zip(index.strftime(form), quarters, strict=True)
        return [_without_marks(text, str(quarter)) for text, quarter in made]

    def describe(self) -> str:
        """'15 minutes', '1 month', '1 business day', or a plain number."""
        if self.unit == "number":
            return f"{self.count:g}"
        if self.unit == "month":
            shown = _MONTHS.get(round(self.count), f"{self.count:g} months")
            day = {0: "", 1: " (first day)", 31: " (last day)"}
            said = day.get(self.day, f" (day {self.day})")
            return shown + (
                said.replace("day", "business day") if self.weekmask else said
            )
        if self.unit == "weekday":
            if self.weekmask == "1111100":
                return "1 business day (Monday to Friday)"
            on = [d for d, bit in zip(_DAYS, self.weekmask, strict=True) if bit == "1"]
            return f"1 day of the week's {len(on)} ({', '.join(on)})"
        seconds = self.count * 86400 if self.unit == "day" else self.count
        unit, per = next((u for u in _SHOWN if seconds >= u[1]), _SHOWN[-1])
        count = seconds / per
        return f"{count:g} {unit}" + ("" if count == 1 else "s")


def _marked(found: re.Match) -> str:
    return {"%3f": "\x01%f\x01", "%:z": "\x02%z\x02", "%q": "\x03"}[found[0]]


def _without_marks(text: str, quarter: str) -> str:
    text = re.sub("\x01(.*?)\x01", lambda m: m[1][:3], text)
    text = re.sub("\x02(.*?)\x02", lambda m: f"{m[1][:3]}:{m[1][3:]}", text)
    return text.replace("\x03", quarter)
