"""How a table writes numbers: decimal sign, thousands separators, missing values.

A format is seen from the cells of the whole table, so that '1,234' in one column is
read as its neighbours are.
"""

import dataclasses
import functools
import re
from collections.abc import Iterable

import numpy as np

MISSING_WORDS = frozenset(
    "|?|nan|-nan|na|n/a|n.a.|<na>|#n/a|#na|#n/a n/a|null|none|nil|nat|missing|-|--|---"
    "|–|—|.|1.#qnan|-1.#ind|1.#ind|#div/0!|#value!|#ref!|#num!|#name?|#null!".split("|")
)
_BLANKS = " \u00a0\u202f\u2009"  # Also those that do not break.
_APOSTROPHES = "'\u2019"
_MINUS = str.maketrans("\u2212\u2013\uff0d", "---")  # Minus, en dash, full width.
GROUPED = {  # Thousands separator: what numbers with it look like, before decimals.
    ",": r"[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d?(?:,\d\d)+,\d{3}",  # Indian: 12,34,567.
    ".": r"[1-9]\d{0,2}(?:\.\d{3})+",
    " ": rf"[1-9]\d{{0,2}}(?:[{_BLANKS}]\d{{3}})+",
    "'": rf"[1-9]\d{{0,2}}(?:[{_APOSTROPHES}]\d{{3}})+",
}
_UNIT = re.compile(
    r"([$€£¥]?)\s*([-+−]?[\d.,' ]*\d(?:e[-+]?\d+)?)\s*([^\d\s.,:;/-][^\d\s]{0,9}|)",
    re.I,
)


@dataclasses.dataclass(frozen=True)
class NumberFormat:
    """Signs that numbers are written with.

    Attributes:
        decimal: '.' or ','.
        thousands: ',', '.', ' ', "'" or 'none'. A blank stands for blanks of all kinds,
            an apostrophe for the typographic one as well.
        missing: words and numbers, in lower case, that stand for a missing value
            besides `MISSING_WORDS`.
    """

    decimal: str = "."
    thousands: str = "none"
    missing: tuple[str, ...] = ()

    @functools.cached_property
    def is_plain(self) -> bool:
        """Whether numbers are written as Python writes them."""
        return self.decimal == "." and self.thousands == "none"

    @functools.cached_property
    def _grouped(self) -> re.Pattern:
        decimals = re.escape(self.decimal)
        grouped = GROUPED.get(self.thousands, r"(?!)")
        return re.compile(rf"[-+]?(?:{grouped})(?:{decimals}\d*)?")

    @functools.cached_property
    def missing_numbers(self) -> frozenset[float]:
        """Numbers that stand for a missing value."""
        return missing_numbers(self.missing)

    def is_missing(self, cell: str) -> bool:
        """Whether a cell stands for a value that is not there."""
        word = cell.strip().lower()
        if word in MISSING_WORDS or word in self.missing:
            return True
        return bool(self.missing) and self._number(cell) in self.missing_numbers

    def number(self, cell: str) -> float | None:
        """The number in a cell; NaN where it is missing, None where it is no number."""
        return np.nan if self.is_missing(cell) else self._number(cell)

    def _number(self, cell: str) -> float | None:
        text = cell.strip().translate(_MINUS)
        if self._grouped.fullmatch(text):
            signs = {" ": _BLANKS, "'": _APOSTROPHES}.get(
                self.thousands, self.thousands
            )
            text = re.sub(f"[{re.escape(signs)}]", "", text)
        elif self.decimal == "," and "." in text:
            return None
        if self.decimal == ",":
            text = text.replace(",", ".")
        try:
            return None if "_" in text else float(text)
        except ValueError:
            return None

    def describe(self) -> str:
        """What differs from 1234.5, in a phrase; '' if nothing does."""
        said = ["decimal comma"] * (self.decimal == ",")
        if self.thousands != "none":
            said.append(f"thousands separator {self.thousands!r}")
        return " and ".join(said)


def missing_numbers(words: Iterable[str]) -> frozenset[float]:
    """Those of the words that are numbers."""
    numbers = set()
    for word in words:
        try:
            numbers.add(float(word.translate(_MINUS)))
        except ValueError:
            continue
    return frozenset(numbers)


def unit_of(cells: Iterable[str]) -> str:
    """The unit, such as 'kW', '%' or '€', that all cells have; '' if there is none."""
    units, numbers, is_measure = set(), set(), False
    for cell in cells:
        match = _UNIT.fullmatch(cell.strip())
        if not match or not (match[1] or match[3]):
            return ""
        units.add(match[1] or match[3])
        numbers.add(match[2])
        # 12A may be a name; 12 A, 1.2A and 12% are measured.
        bare = match[0].isalnum()
        is_measure = is_measure or not bare
    few = len(units) <= 3 and len(numbers) > max(2, len(units))
    return ", ".join(sorted(units)) if few and is_measure else ""
