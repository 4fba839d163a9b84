"""The separator of a text file, and whether its first row names the columns."""

import csv
import re
from collections.abc import Iterable

from tsgen_jax.data.series import warning
from tsgen_jax.data.sources.number_format import MISSING_WORDS
from tsgen_jax.data.sources.reading import Reading

_WORDS = {"\t": "tab", " ": "blanks", ",": "comma", ";": "semicolon", "|": "|"}
_NUM_LINES, _NUM_CELLS, _NUM_LETTERS = 50, 200, 20_000  # Looked at.
_NUMBER = re.compile(
    r"[-+\u2212]?(\d[\d.,'\u2019 \u00a0\u202f]*|[.,]\d+)(e[-+]?\d+)?", re.I
)
_SINGLE = re.compile(r"[-+\u2212]?\d+([.,]\d+)?(e[-+]?\d+)?", re.I)
_DATE = re.compile(
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ][\d:.]+( ?[a-z]+|[-+][\d:]+)?)?"
    r"|\d{1,2}:\d\d(:[\d.]+)?( ?[ap]m)?",
    re.I,
)
_YEARS = range(1000, 3000)


def shown(separator: str) -> str:
    """A separator in a word."""
    return _WORDS.get(separator, repr(separator))


def find_separator(body: str, suffix: str, how: Reading) -> tuple[str, list[str]]:
    """The separator, and what is to be said about it.

    It is the sign that all lines have equally often and that leaves most cells numbers
    or dates; in '10,38;9,60' the semicolon.
    """
    lines = [
        line for line in body[:1_000_000].splitlines()[:_NUM_LINES] if line.strip()
    ]
    if suffix == ".tsv":
        return "\t", []
    candidates = [s for s in (",", ";", "\t", "|") if s in lines[0] or s in lines[-1]]
    if how.decimal == "," and not any('"' in line for line in lines):
        candidates = [s for s in candidates if s != ","]
    if suffix == ".txt" and (not candidates or candidates == [","]):
        candidates.append(" ")
    ranked = sorted(candidates, key=lambda s: _fit(lines, s), reverse=True)
    is_even = ranked and _fit(lines, ranked[0])[0]
    if not is_even and _share(lines[1:] or lines, _is_number) >= 0.5:  # One column.
        has_comma = any("," in line for line in lines[1:])
        return ";" if how.decimal == "," or has_comma else ",", []
    if not ranked:
        return ";" if how.decimal == "," else ",", []
    return ranked[0], _rival(lines) if ranked[0] == "," else []


def _rival(lines: list[str]) -> list[str]:
    """A warning where two columns may as well be one of decimal commas."""
    pairs = [re.fullmatch(r"\s*[-+]?\d+,(\d+)\s*", line) for line in lines]
    if not all(pairs) or len({len(pair[1]) for pair in pairs}) > 1:
        return []
    if len(pairs[0][1]) < 2 and len(pairs) > 1:
        return []
    return [
        warning(
            f"{lines[0].strip()!r} is read as two columns; if the comma is a decimal "
            "sign, say --decimal=, (data.decimal)"
        )
    ]


def _fit(lines: list[str], separator: str) -> tuple[bool, float, int]:
    """How well a separator fits: even, share of numbers and dates, number of cells."""
    rows = [_cells(line[:_NUM_LETTERS], separator) for line in lines]
    counts = [len(_cells(line, separator)) for line in lines]
    below = rows[1:] or rows
    cells = [cell for row in below for cell in row[:_NUM_CELLS]]
    is_even = len(set(counts)) == 1 and counts[0] > 1
    return is_even, round(_share(cells, _is_known), 2), counts[0]


def _share(cells: Iterable[str], is_one) -> float:
    cells = list(cells)
    return sum(map(is_one, cells)) / max(len(cells), 1)


def _is_number(cell: str) -> bool:
    return bool(_SINGLE.fullmatch(cell.strip()))


def _is_known(cell: str) -> bool:
    cell = cell.strip()
    is_missing = cell.lower() in MISSING_WORDS
    return is_missing or bool(_NUMBER.fullmatch(cell) or _DATE.fullmatch(cell))


def _cells(line: str, separator: str) -> list[str]:
    line = line.rstrip("\r\n")
    if separator == " ":
        return line.split()
    if '"' not in line:
        return line.split(separator)
    try:
        return next(
            csv.reader([line], delimiter=separator, skipinitialspace=True), [""]
        )
    except csv.Error:
        return [line]


def is_header(rows: list[list[str]]) -> bool:
    """Whether the first of the rows names columns, or numbers time steps.

    It does where it has words above numbers, words only, or numbers that count up by
    one step, unlike those below.
    """
    first, below = rows[0], rows[1:6]
    kinds = [_kind(cell) for cell in first]
    for column, kind in enumerate(kinds):
        under = {_kind(row[column]) for row in below} - {""}
        if kind == "word" and under and under <= {"number", "date"}:
            return True
        if kind == "date" and under == {"date"}:
            return False
    if "number" not in kinds:
        return "word" in kinds
    rows = [[_float(c) for c in row if _kind(c) == "number"] for row in (first, *below)]
    if len(rows[0]) == len(first) > 3:  # The first may stand above labels.
        rows = [row[1:] for row in rows]
    step, start = _step(rows[0]), rows[0][0]
    counts = start == 0 or (step == 1 and (start in (1, 2) or start in _YEARS))
    return step > 0 and counts and not (below and all(map(_step, rows[1:])))


def _step(numbers: list[float]) -> float:
    """The step of numbers that count up evenly; 0: they do not."""
    if len(numbers) < 3:
        return 0.0
    step = numbers[1] - numbers[0]
    even = all(
        abs(b - a - step) < 1e-6 * abs(step)
        for a, b in zip(numbers, numbers[1:], strict=False)
    )
    return step if even and step > 0 else 0.0


def _float(cell: str) -> float:
    try:
        return float(cell.strip().replace(",", "."))
    except ValueError:
        return float("nan")


def _kind(cell: str) -> str:
    """'number', 'date', 'word', or '' where it is missing."""
    cell = cell.strip()
    if cell.lower() in MISSING_WORDS:
        return ""
    if _NUMBER.fullmatch(cell) or cell.lower().lstrip("-+") in ("inf", "infinity"):
        return "number"
    return "date" if _DATE.fullmatch(cell) else "word"
