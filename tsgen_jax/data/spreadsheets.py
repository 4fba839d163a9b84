"""Words in .csv files that no spreadsheet takes for formulas.

A spreadsheet executes a cell that begins with = + - @ or a tab. Such a word is written
with an apostrophe before it, which `unguard` takes away again; so is one that would
look like a guarded one. Plain numbers, such as the class -1, are left as they are.
"""

import re

_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\Z")


def guard(cell):
    """A cell as it is written: a word with an apostrophe where it needs one."""
    if not isinstance(cell, str) or not _FORMULA.match(cell) or _NUMBER.match(cell):
        return cell
    return "'" + cell


def unguard(cell: str) -> str:
    """The word that `guard` was given."""
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell) else cell


def guard_frame(frame):
    """A pandas DataFrame with guarded words and names of columns."""
    frame = frame.rename(columns=guard)
    for name in frame.columns:
        if frame[name].dtype.kind not in "fiubMm":
            words = {word: guard(word) for word in frame[name].unique()}
            if any(word is not guarded for word, guarded in words.items()):
                frame[name] = frame[name].map(words)
    return frame


def unguard_rows(rows: list[list[str]]) -> list[list[str]]:
    """Cells of a table as they were before `guard`; the same list where none was."""
    if not any(cell[:1] == "'" for row in rows for cell in row):
        return rows
    return [[unguard(cell) for cell in row] for row in rows]
