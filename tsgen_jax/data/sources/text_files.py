"""Text files of rows and cells: encoding, what stands before the rows, separator.

What is found is told in notes; nothing is said here about what cells mean.
"""

import csv
import io
import os
import re
from typing import NamedTuple

from tsgen_jax.data.sources.number_format import MISSING_WORDS
from tsgen_jax.data.sources.reading import Reading
from tsgen_jax.data.sources.separators import find_separator, shown

_BOMS = (  # UTF-32 first: its mark begins with that of UTF-16.
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)
_LOOKED_AT = 4096  # Bytes, to tell text from other files.
_MAX_CELL = 100_000  # Characters.


class Cells(NamedTuple):
    """Rows of a text file, all of the same number of cells."""

    rows: list[list[str]]
    first_row: int  # Number of the line of the first row.
    separator: str
    names: list[str] | None  # Of a comment line that names the columns.
    notes: list[str]


def read_cells(path: str, how: Reading) -> Cells:
    """Reads all cells.

    Raises:
        ValueError: no text, no rows, or rows of unequal numbers of cells.
    """
    with open(path, "rb") as file:
        raw = file.read()
    text, notes = _decode(raw, path)
    body, number, told, comments = _without_preamble(text)
    if not body.strip():
        raise ValueError(f"{path} is empty.")
    separator = how.separator or told
    if not separator:
        separator, said = find_separator(body, os.path.splitext(path)[1].lower(), how)
        notes += said
    rows, first_row = _split(body, separator, number, path)
    names = _commented_names(comments, separator, rows)
    if comments:
        used = ", the last of which names the columns" if names else ""
        notes.append(f"comment lines at the beginning: {len(comments)}{used}")
    if separator not in (",", how.separator):
        notes.insert(0, f"separator: {shown(separator)}")
    return Cells(rows, first_row, separator, names, notes)


def _decode(raw: bytes, path: str) -> tuple[str, list[str]]:
    encoding = next((name for mark, name in _BOMS if raw.startswith(mark)), "")
    start = raw[:_LOOKED_AT]
    if not encoding and b"\0" in start:
        nulls = [start[k::2].count(0) / max(len(start[k::2]), 1) for k in (0, 1)]
        if min(nulls) > 0.02 or max(nulls) < 0.8:
            raise ValueError(f"{path} is no text but binary: is its suffix right?")
        encoding = "utf-16-be" if nulls[0] > nulls[1] else "utf-16-le"
    try:
        text = raw.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        if encoding:
            raise ValueError(
                f"{path} is no valid {encoding.upper()}: {error}"
            ) from None
        text, encoding = (
            raw.decode("cp1252", errors="replace"),
            "Windows-1252 (guessed)",
        )
    if "\0" in text[:_LOOKED_AT]:
        raise ValueError(f"{path} is no text but binary: is its suffix right?")
    usual = encoding in ("", "utf-8-sig")
    return text, [] if usual else [f"encoding: {encoding.replace('utf', 'UTF')}"]


def _without_preamble(text: str) -> tuple[str, int, str, list[str]]:
    """Rows, number of their first line, the separator that Excel tells, comments."""
    start, number, separator, comments = 0, 1, "", []
    while start < len(text):
        stop = text.find("\n", start) + 1 or len(text)
        line = text[start:stop].strip()
        told = re.fullmatch(r'"?sep=(.)"?', text[start:stop].strip("\r\n"), re.I)
        if told and not separator:
            separator = told[1]
        elif line.startswith(("#", "%")) and not _is_missing(line):
            comments.append(line)
        elif line:
            break
        start, number = stop, number + 1
    return text[start:], number, separator, comments


def _is_missing(line: str) -> bool:
    """Whether a line begins with a word such as #N/A, and not with a comment."""
    return re.split(r"[,;\t|]", line)[0].strip(' "').lower() in MISSING_WORDS


def _commented_names(comments, separator, rows) -> list[str] | None:
    """The cells of the last comment, where there is one for each column."""
    if not comments:
        return None
    line = comments[-1].lstrip("#% ")
    cells = line.split() if separator == " " else line.split(separator)
    names = [cell.strip(' "') for cell in cells]
    return names if len(names) == len(rows[0]) > 1 and all(names) else None


def _split(body: str, separator: str, number: int, path: str):
    """Rows of cells, and the line of the first."""
    rows, lines = [], []
    if separator == " ":
        reader = map(str.split, body.splitlines())
    else:
        reader = csv.reader(
            io.StringIO(body, newline=""), delimiter=separator, skipinitialspace=True
        )
    old = csv.field_size_limit(_MAX_CELL)
    try:
        for line, row in enumerate(reader):
            if row and (len(row) > 1 or row[0].strip()):
                rows.append(row)
                lines.append(line)
    except csv.Error as error:
        raise ValueError(
            f"{path}, row {number + len(rows)} cannot be read as cells separated by "
            f"{shown(separator)}: {error}."
        ) from None
    finally:
        csv.field_size_limit(old)
    _check_widths(rows, [number + line for line in lines], path)
    while len(rows) > 1 and not any(map(str.strip, rows[-1])):
        rows.pop()
    return rows, number + lines[0]


def _check_widths(rows: list[list[str]], numbers: list[int], path: str) -> None:
    """Raises ValueError where rows have unequal numbers of cells.

    A row below a header may end in one separator more.
    """
    width = len(rows[0])
    if {len(row) for row in rows[1:]} == {width + 1}:
        if not any(row[-1].strip() for row in rows[1:]):
            rows[0] = [*rows[0], ""]
            return
    for number, row in zip(numbers, rows, strict=True):
        if len(row) != width:
            raise ValueError(
                f"{path}, row {number} has {len(row)} cells, row {numbers[0]} has "
                f"{width}: all rows need the same. Where values are missing, or a series "
                "ends early, leave empty cells between separators."
            )
