"""The number format of a table, seen from the forms of its cells.

'1,234.5' and '12,5' can be read one way only, '1,234' two ways: then the neighbours
of the cell decide, and the guess is a warning.
"""

import re
from collections.abc import Iterable

from tsgen_jax.data.series import warning
from tsgen_jax.data.sources.number_format import GROUPED, NumberFormat
from tsgen_jax.data.sources.reading import Reading
from tsgen_jax.data.sources.table import Table

_SPACED = f"(?:{GROUPED[' ']}|{GROUPED[chr(39)]})"
_OTHER = {",": ".", ".": ","}


def _forms() -> dict[str, re.Pattern]:
    forms = {" ": GROUPED[" "] + r"(?:[.,]\d*)?", "'": GROUPED["'"] + r"(?:[.,]\d*)?"}
    for sign, other in _OTHER.items():
        s = re.escape(sign)  # Cells of 'decimal' and 'thousands' can mean one thing.
        forms[f"decimal {sign}"] = (
            rf"(?!(?:{GROUPED[sign]})$)(?:\d+{s}\d*|{s}\d+)(?:[eE][-+]?\d+)?"
            rf"|{_SPACED}{s}\d*"
        )
        forms[f"thousands {sign}"] = (
            rf"(?:{GROUPED[sign]}){re.escape(other)}\d*|[1-9]\d{{0,2}}(?:{s}\d{{3}}){{2,}}"
        )
        forms[f"either {sign}"] = rf"[1-9]\d{{0,2}}{s}\d{{3}}"
    forms["thousands ,"] += r"|[1-9]\d?(?:,\d\d)+,\d{3}"  # Indian: 12,34,567.
    return {
        name: re.compile(rf"^[ \t]*[-+\u2212]?(?:{form})[ \t]*$", re.M)
        for name, form in forms.items()
    }


_FORMS = _forms()
_DATED = re.compile(r"(\d{1,2}\.){1,2}\d{4}|\d{4}\.\d{1,2}(\.\d{1,2})?")


def guess(table: Table, how: Reading) -> tuple[NumberFormat, list[str]]:
    """The format, and what is to be said about it.

    Args:
        table: of a text file, its numbers read as Python reads them.
        how: its decimal and thousands signs hold where they are given.

    Raises:
        ValueError: cells that contradict each other.
    """
    seen = _examples(table)
    decimal, notes = how.decimal, []
    if not decimal and how.thousands in _OTHER:
        decimal = _OTHER[how.thousands]
    if not decimal:
        decimal, notes = _decimal(seen, table)
    thousands = how.thousands or _thousands(seen, decimal)
    made = NumberFormat(decimal, thousands, how.missing_words)
    if made.describe():
        example = _example(seen, made)
        notes.insert(0, f"numbers: {made.describe()}{example}{_guessed(made, how)}")
    return made, notes


def _guessed(form: NumberFormat, how: Reading) -> str:
    """Which of the signs that are said were guessed; '' where all were given."""
    signs = [("decimal comma", how.decimal)] * (form.decimal == ",")
    signs += [("thousands separator", how.thousands)] * (form.thousands != "none")
    guessed = [sign for sign, given in signs if not given]
    which = "" if len(guessed) == len(signs) else f"{' and '.join(guessed)} "
    return f" ({which}guessed)" if guessed else ""


def _example(seen, form: NumberFormat) -> str:
    signs = {form.decimal if form.decimal == "," else "", form.thousands} - {"", "none"}
    cells = [c.strip() for _, c in seen.values() if any(sign in c for sign in signs)]
    return f", as in {cells[0]!r}" if cells else ""


def _examples(table: Table) -> dict[str, tuple[str, str]]:
    """The first cell of every form, with its column."""
    seen = {}
    for name in table.frame.columns:
        forms = _FORMS
        if table.is_numeric(name):
            # Nothing but points, which are decimal if one of them is.
            forms = () if "decimal ." in seen else ("decimal .", "either .")
        if not forms:
            continue
        cells = [cell for cell in table.cells(name) if cell is not None]
        text = "\n".join(cells)
        for form in forms:
            sign = form[-1]
            if form not in seen and (sign in text or sign in " '"):
                found = _FORMS[form].search(text)
                if found and not _is_dated(form, cells):
                    seen[form] = (name, found[0])
    return seen


def _is_dated(form: str, cells: Iterable[str]) -> bool:
    """Whether cells with points are dates, such as 01.2024."""
    return form.endswith(".") and all(_DATED.fullmatch(c.strip()) for c in cells)


def _decimal(seen, table: Table) -> tuple[str, list[str]]:
    point = seen.get("decimal .") or seen.get("thousands ,")
    comma = seen.get("decimal ,") or seen.get("thousands .")
    if point and comma:
        raise ValueError(
            f"{table.where}: {point[1].strip()!r} (column {point[0]!r}) has a decimal point, "
            f"{comma[1].strip()!r} (column {comma[0]!r}) a decimal comma. Write all "
            "numbers alike, or say which holds by --decimal=. or --decimal=, "
            "(data.decimal)."
        )
    if point or comma:
        return ("." if point else ","), []
    if "either ," in seen:
        name, cell = seen["either ,"]
        is_grouped = table.separator == "," or _small_only(table.cells(name), ",")
        value = cell.strip().replace(",", "")
        read, rival = (value, cell.strip().replace(",", "."))[
            :: 1 if is_grouped else -1
        ]
        sign = "," if is_grouped else "."
        said = warning(
            f"{cell.strip()!r} (column {name!r}) is read as {read}; if it is {rival}, "
            f"say --decimal={sign} (data.decimal)"
        )
        return _OTHER[sign], [said]
    if "either ." in seen and table.separator != ",":
        name, cell = seen["either ."]
        if _small_only(table.cells(name), "."):
            said = warning(
                f"{cell.strip()!r} (column {name!r}) is read with a decimal point; if "
                f"it is {cell.strip().replace('.', '')}, say --thousands=. "
                "(data.thousands)"
            )
            return ".", [said]
    return ".", []


def _small_only(cells: Iterable[str], sign: str) -> bool:
    """Whether cells without the sign are whole numbers below 1000, and there are some.

    So it is where the sign separates thousands.
    """
    bare = [c.strip().lstrip("-+\u2212") for c in cells if c and sign not in c]
    bare = [c for c in bare if c.isdigit()]
    return bool(bare) and all(len(c) <= 3 for c in bare)


def _thousands(seen, decimal: str) -> str:
    sign = _OTHER[decimal]
    if f"thousands {sign}" in seen or f"either {sign}" in seen:
        return sign
    return next((s for s in (" ", "'") if s in seen), "none")
