"""Dates and times of day as people and programs write them, taken apart.

Nothing is guessed here that cells do not say: where day and month cannot be told
apart, `orders` has both, and `time_stamps` chooses by all cells together.
"""

import dataclasses
import re

import numpy as np

DAY_FIRST, MONTH_FIRST, YEAR_FIRST = "day-first", "month-first", "year-first"
_DIRECTIVES = {"Y": "%Y", "y": "%y", "m": "%m", "d": "%d"}
_ORDERS = {DAY_FIRST: "dmy", MONTH_FIRST: "mdy", YEAR_FIRST: "ymd"}
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov")
_MONTHS = {name: i for i, name in enumerate((*_NAMES, "dec"), start=1)}

_WEEKDAY = r"(?:(?P<k>(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*)\.?,?\s+)?"
_NAMED = r"(?P<name>(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*)\.?"
_CLOCK = (
    r"(?P<H>\d{1,2})[:.h](?P<M>\d{2})(?:[:.](?P<S>\d{2})(?:[.,](?P<f>\d{1,9}))?)?"
    r"(?:\s*(?P<p>[ap]\.?m\b\.?))?"
)
_COMPACT_CLOCK = r"(?P<H>\d{2})(?P<M>\d{2})(?P<S>\d{2})?(?P<f>)(?P<p>)"
_ZONE = r"(?:\s*(?P<z>[a-z]{1,5}(?:[+-]\d{1,2}(?::?\d{2})?)?|[+-]\d{2}(?::?\d{2})?))?"
_DATES = (  # Groups a, b, c are numbers in an order that is still to be seen.
    r"(?P<a>\d{4}|\d{1,2})(?P<s>[-/. ])(?P<b>\d{1,2})(?P=s)(?P<c>\d{4}|\d{1,2})",
    r"(?P<d>\d{1,2})(?:st|nd|rd|th)?[-/. ]*" + _NAMED + r",?[-/. ]*(?P<Y>\d{4}|\d{2})",
    _NAMED + r"\s+(?P<d>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<Y>\d{4})",
    r"(?P<Y>\d{4})[-/. ]*" + _NAMED + r"(?:[-/. ]*(?P<d>\d{1,2}))?",
    r"(?P<Y>\d{4})[-/.](?P<m>\d{1,2})",
    r"(?P<m>\d{1,2})[-/.](?P<Y>\d{4})",
    _NAMED + r"[-/. ]*(?P<Y>\d{4}|\d{2})",
    r"(?P<Y>\d{4})[-/. ]?q(?P<q>[1-4])",
    r"q(?P<q>[1-4])[-/. ]?(?P<Y>\d{4})",
    r"(?P<Y>\d{4})-?w(?P<w>\d{2})(?:-?(?P<u>[1-7]))?",
)
_PATTERNS = (
    *(_WEEKDAY + d + rf"(?:(?:\s*[t,:]\s*|\s+){_CLOCK}{_ZONE})?" for d in _DATES),
    rf"(?P<Y>\d{{4}})(?P<m>\d{{2}})(?P<d>\d{{2}})(?:[t ]?{_COMPACT_CLOCK}{_ZONE})?",
    rf"(?P<Y>\d{{4}})(?P<m>\d{{2}})(?P<d>\d{{2}})(?:[t ]{_CLOCK}{_ZONE})?",
    r"(?P<Y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})t(?P<H>\d{2})" + _ZONE,
    rf"t?{_CLOCK}",
)
_COMPILED = tuple(re.compile(rf"\s*{p}\s*", re.IGNORECASE) for p in _PATTERNS)


@dataclasses.dataclass(frozen=True, eq=False)
class Cells:
    """Cells of a column of times, taken apart.

    Attributes:
        fields: letter of `strftime` ('Y', 'm', 'd', 'H', ...; 'a', 'b', 'c': not yet
            told apart) -> text, '' where a cell lacks it.
        zones: text after the time, '' where there is none.
        matched: bool [n], False where a cell is written in another way.
        pattern: that all matched cells follow.
        example: a cell, the longest.
    """

    fields: dict[str, np.ndarray]
    zones: np.ndarray
    matched: np.ndarray
    pattern: re.Pattern
    example: str

    @property
    def has_date(self) -> bool:
        """Whether cells name a day, or at least a month."""
        return bool({"Y", "a"} & set(self.fields))

    @property
    def orders(self) -> tuple[str, ...]:
        """The orders of day, month and year that cells may be in; () if it is clear."""
        if "a" not in self.fields:
            return ()
        a, c = (np.char.str_len(self.fields[k][self.matched]) for k in "ac")
        if (a == 4).all():
            return (YEAR_FIRST,)
        if (c == 4).all():
            return (DAY_FIRST, MONTH_FIRST)
        return (DAY_FIRST, MONTH_FIRST, YEAR_FIRST)

    @property
    def makes_sense(self) -> bool:
        """Whether all matched cells are dates in some order, or times of day."""
        if not self.has_date:
            return bool(clocks(self.fields, len(self.zones))[1][self.matched].all())
        walls = (self.walls(order)[self.matched] for order in self.orders or ("",))
        return any(not np.isnat(wall).any() for wall in walls)

    def walls(self, order: str) -> np.ndarray:
        """What the clock showed, datetime64[us] [n]; NaT where there is no such date.

        Args:
            order: one of `orders`, or ''.
        """
        fields = dict(self.fields)
        if "a" in fields:
            found = {
                k: fields[part] for k, part in zip(_ORDERS[order], "abc", strict=True)
            }
            fields |= {"Y": found["y"], "m": found["m"], "d": found["d"]}
        n = len(self.zones)
        good = self.matched.copy()
        year, day = _numbers(fields["Y"], 1970), _numbers(fields.get("d"), 1, n)
        short = np.char.str_len(fields["Y"]) == 2
        year = np.where(short, year + np.where(year < 70, 2000, 1900), year)
        month = _months(fields, n)
        good &= (1 <= month) & (month <= 12) & (1 <= year) & (year < 9999) & (day >= 1)
        month, year = np.where(good, month, 1), np.where(good, year, 1970)
        begin = (12 * (year - 1970) + month - 1).astype("datetime64[M]")
        dates = begin.astype("datetime64[D]") + (day - 1).astype("timedelta64[D]")
        good &= dates.astype("datetime64[M]") == begin
        if "w" in fields:
            dates = _week_days(year, _numbers(fields["w"], 1), fields["u"])
        clock, in_day = clocks(fields, n)
        made = dates.astype("datetime64[us]") + clock
        made[~(good & in_day)] = np.datetime64("NaT")
        return made

    def time_format(self, order: str) -> str:
        """The `strftime` format of the cells, see `time_step.TimeStep`."""
        found = self.pattern.fullmatch(self.example)
        names = dict(zip("abc", _ORDERS[order], strict=True)) if order else {}
        made, end = self.example, len(self.example)
        spans = sorted(((found.span(k), k) for k in found.groupdict()), reverse=True)
        for (start, stop), key in spans:
            if start >= 0 and stop > start and stop <= end and key != "s":
                said = self._directive(key, names.get(key, key), found[key])
                made, end = made[:start] + said + made[stop:], start
        return made.strip()

    def _directive(self, key: str, meaning: str, text: str) -> str:
        if meaning in "Yy":
            year = "%G" if "w" in self.fields else "%Y"  # Of ISO weeks.
            return year if len(text) == 4 else "%y"
        if meaning == "k":
            return "%A" if len(text) > 3 else "%a"
        if meaning == "name":
            names = self.fields["name"][self.matched]
            return "%B" if np.char.str_len(names).max() > 3 else "%b"
        if meaning == "f":
            return "%3f" if len(text) == 3 else "%f"
        if meaning == "z":
            signed = text[0] in "+-"
            offset = "%:z" if ":" in text else "%z"
            return offset if signed else text if text.upper() in UTC else "%Z"
        if meaning == "w":
            return "%V"
        if meaning in "qpu":
            return f"%{meaning}"
        hours = "%I" if (self.fields["p"][self.matched] != "").any() else "%H"
        said = {"H": hours}.get(meaning, f"%{meaning}")
        given = self.fields[key][self.matched]
        short = (np.char.str_len(given[given != ""]) == 1).any()
        return said.replace("%", "%-") if short else said


UTC = ("Z", "UTC", "GMT", "UT")


def take_apart(column) -> Cells | None:
    """Cells of a pandas column of text; None where no known pattern fits its first."""
    words = column.astype("string").fillna("")
    filled = words[words.str.strip() != ""]
    if len(filled) == 0:
        return None
    best, most = None, -1
    for pattern in _COMPILED:
        if not pattern.fullmatch(filled.iloc[0]):
            continue
        found = Cells(*_extract(words, pattern), pattern, _longest(filled, pattern))
        # 22.00.00 looks like a date with a year of two digits, and is none.
        score = 2 * found.matched.sum() + found.makes_sense
        if score > most:
            best, most = found, score
        if found.matched.all() and found.makes_sense:
            break
    return best


def _longest(words, pattern: re.Pattern) -> str:
    few = words.head(1000)
    few = [w for w in few if pattern.fullmatch(w)]
    return max(few, key=len)


def _extract(words, pattern: re.Pattern):
    """Fields, zones, and which cells match; each text is looked at once."""
    codes, distinct = words.factorize()
    matches = [pattern.fullmatch(w) for w in distinct]
    matched = np.array([m is not None for m in matches])
    names = [k for k in pattern.groupindex if k != "s"]

    def one(key):
        return np.array([(m[key] or "") if m else "" for m in matches], dtype=str)[
            codes
        ]

    fields = {k: one(k) for k in names}
    zones = fields.pop("z", np.full(len(codes), "", dtype=str))
    for key in ("H", "M", "S", "f", "p"):
        fields.setdefault(key, np.full(len(codes), "", dtype=str))
    return fields, zones, matched[codes]


def clocks(fields: dict[str, np.ndarray], n: int) -> tuple[np.ndarray, np.ndarray]:
    """Times of day, timedelta64[us] [n], and whether they are within a day."""
    hour, minute, second = (_numbers(fields[k], 0, n) for k in "HMS")
    good = (hour <= 24) & (minute < 60) & (second < 60)
    half = np.char.lower(fields["p"])
    if (half != "").any():
        good &= (half == "") | ((1 <= hour) & (hour <= 12))
        after = np.char.startswith(half, "p")
        hour = np.where(half == "", hour, hour % 12 + 12 * after)
    micro = _numbers(np.char.ljust(fields["f"], 6, "0").astype("U6"), 0, n)
    whole = (hour * 3600 + minute * 60 + second) * 10**6 + micro
    good &= whole <= 86400 * 10**6
    return whole.astype("timedelta64[us]"), good


def _numbers(text: np.ndarray | None, missing: int, n: int = 0) -> np.ndarray:
    """Digits as int64; `missing` where there are none."""
    if text is None:
        return np.full(n, missing, dtype=np.int64)
    return np.where(text == "", str(missing), text).astype(np.int64)


def _months(fields: dict[str, np.ndarray], n: int) -> np.ndarray:
    if "name" in fields:
        short = np.char.lower(fields["name"].astype("U3"))
        return np.array([_MONTHS.get(s, 0) for s in short.tolist()], dtype=np.int64)
    if "q" in fields:
        return 3 * _numbers(fields["q"], 1) - 2
    return _numbers(fields.get("m"), 1, n)


def _week_days(year: np.ndarray, week: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Days of ISO weeks; the week of January 4 is the first."""
    fourth = (year - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    fourth = fourth + np.timedelta64(3, "D")
    since_monday = (fourth.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday.
    shift = 7 * (week - 1) + _numbers(day, 1) - 1 - since_monday
    return fourth + shift.astype("timedelta64[D]")
