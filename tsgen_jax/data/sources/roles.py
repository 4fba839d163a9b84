"""What the columns of a table are for: as told, else by name, cells and order."""

import dataclasses
import difflib
import re

import numpy as np

from tsgen_jax.data.series import warning
from tsgen_jax.data.sources import time_columns
from tsgen_jax.data.sources.reading import NONE, Reading
from tsgen_jax.data.sources.table import Table

_IDS = ("id", "series", "series_id", "item_id", "unique_id", "case", "case_id")
_LABELS = ("label", "labels", "class", "class_name", "target", "y", "category")


@dataclasses.dataclass(frozen=True)
class Roles:
    """What each column is for; '' where there is none."""

    layout: str  # 'wide', 'long' or 'series'.
    label: str
    series: str
    time: str
    channels: tuple[str, ...]
    notes: tuple[str, ...]
    clock: str = ""  # Of times of day, where `time` has the day only.


def find_roles(table: Table, how: Reading) -> Roles:
    """Roles of the columns; those that `how` leaves open are guessed.

    Raises:
        ValueError: a column that is not there, or one that nothing can be made of.
    """
    names = [n for n in table.frame.columns if not _is_row_number(table, n)]
    for key in ("label_column", "id_column"):
        _check_known(key, getattr(how, key), table)
    both = "+" in how.time_column and how.time_column not in table.frame.columns
    for name in how.time_column.split("+") if both else [how.time_column]:
        _check_known("time_column", name, table)
    chosen = tuple(how.channels.split("+")) if how.channels else ()
    for name in chosen:
        _check_known("channels", name, table)
    free = [n for n in names if n not in chosen]

    def role(given: str, guess) -> str:
        found = given or next((n for n in free if guess and guess(n)), "")
        if found in free:
            free.remove(found)
        return "" if found == NONE else found

    time, clock = time_columns.find(table, free, how.time_column)
    series = role(how.id_column, lambda n: _looks_like_id(table, n, how.layout))
    times = [name for name in (time, clock) if name]
    if not series and not how.id_column and not how.layout:
        series = role(_id_by_time(table, free, times), None)
    label = role(how.label_column or _find_label(table, free, series), None)
    rows = [n for n in free if n.lower() in _IDS]  # Names of rows, by now.
    rows += [n for n in table.frame.columns if _is_row_number(table, n)]
    free = [n for n in free if n not in rows]
    words = [n for n in free if _is_words(table, n)]
    values = chosen or tuple(n for n in free if n not in set(words))
    if not chosen:
        _refuse_units(table, words)
    layout, said = how.layout, []
    if not layout:
        layout, said = _guess_layout(table, how, series, times, values)
    _check_applies(table, how, layout)
    if layout == "wide" and not chosen:
        label, values = _wide_label(table, how, label, words, values)
    elif label and not how.label_column and layout == "series":
        values, label = tuple(n for n in names if n in (label, *values)), ""
    if layout == "wide" and label and not how.label_column and _is_name(table, label):
        rows, label, said = [*rows, label], "", [*said, _say_names(label)]
    if not chosen:
        said += _check_words(table, [n for n in words if n not in (label, *rows)])
    if not values:
        raise ValueError(f"{table.where} has no column of values: {', '.join(names)}.")
    if layout == "long" and not series:
        raise ValueError(
            f"{table.where}: which column says what series a row belongs to? Name it by "
            f"data.id_column; there are {', '.join(names)}."
        )
    if layout == "series" and label:
        raise ValueError(
            f"{table.where}: data.label_column={label} of one long series. Labels need "
            "a row per series, or a column of series (data.id_column)."
        )
    if layout == "wide" and not how.id_column:
        series = rows[0] if rows else ""
    series = "" if layout == "series" else series
    time, clock = ("", "") if layout == "wide" else (time, clock)
    roles = Roles(layout, label, series, time, values, (), clock)
    return dataclasses.replace(roles, notes=(_say(table, how, roles), *said))


def _is_name(table: Table, label: str) -> bool:
    """Whether every row has a label of its own."""
    return len(set(table.words(label))) == len(table.frame) > 2


def _say_names(label: str) -> str:
    return warning(
        f"column {label!r} is another in every row: it is taken for names of series, not "
        f"for labels, as by --label=none; --label={label} (data.label_column) says that "
        "they are labels"
    )


def _id_by_time(table: Table, free: list[str], times: list[str]) -> str:
    """The one column of words in each of whose groups no time comes twice."""
    if not times or not table.frame.duplicated(times).any():
        return ""
    found = [
        n
        for n in free
        if _is_words(table, n) and not table.frame.duplicated([n, *times]).any()
    ]
    return found[0] if len(found) == 1 else ""


def _find_label(table: Table, free: list[str], series: str) -> str:
    """The column called 'label' or the like; of series in rows, one for each.

    Failing that, of series in rows the one column of words that are one for each.
    """

    def one_each(name):
        return table.frame.groupby(series)[name].nunique().max() <= 1

    usual = [n for word in _LABELS for n in free if n.lower() == word]
    named = [n for n in usual if not series or one_each(n)]
    if named or not series:
        return named[0] if named else ""
    words = [n for n in free if _is_words(table, n) and one_each(n)]
    count = table.frame[series].nunique()
    words = [n for n in words if table.frame[n].nunique() < count]
    return words[0] if len(words) == 1 else ""


def _refuse_units(table: Table, words: list[str]) -> None:
    """Raises ValueError for the first column of numbers with a unit."""
    for name in words:
        if table.unit(name):
            raise ValueError(table.no_number(name))


def _check_applies(table: Table, how: Reading, layout: str) -> None:
    """Raises ValueError where a column is named that the layout has not."""
    for key, name, layouts in (
        ("id_column", how.id_column, ("long", "wide")),
        ("time_column", how.time_column, ("long", "series")),
    ):
        if name not in ("", NONE) and layout not in layouts:
            raise ValueError(
                f"{table.where}: data.{key}={name} does not go with data.layout="
                f"{layout}; it goes with {' and '.join(layouts)}."
            )


def _check_words(table: Table, words: list[str]) -> list[str]:
    """Words other than names of rows must be said to be something."""
    repeated = [n for n in words if len(set(table.words(n))) < len(table.frame)]
    if repeated:
        raise ValueError(
            f"{table.where}: column {', '.join(repeated)} holds words, such as "
            f"{table.sample_of_words(repeated[0])}. "
            "Say what it is by data.label_column or data.id_column, or name the "
            "columns of values by data.channels=A+B."
        )
    mixed = [n for n in words if table.share_of_numbers(n) > 0]
    return [
        warning(
            f"column {n!r} is not used: {table.share_of_numbers(n):.0%} of its cells are "
            f"numbers, others are {table.sample_of_words(n)}; cells that are missing "
            "values are named by --missing-values (data.missing_values)"
        )
        for n in mixed
    ]


def _say(table: Table, how: Reading, roles: Roles) -> str:
    rows = len(table.frame)
    kind = {
        "wide": f"wide, {rows} rows of {len(roles.channels)} values, a row per series",
        "long": f"long, a row per time point of the series in {roles.series!r}",
        "series": f"one long series of {rows} time points",
    }[roles.layout]
    said = f"layout: {kind}" + (" (guessed)" if not how.layout else "")
    for what, name in (("label", roles.label), ("time", roles.time)):
        said += f"; {what} in column {name!r}" if name else f"; no {what} column"
    if roles.clock:
        said += f"; time of day in column {roles.clock!r}"
    used = {roles.label, roles.series, roles.time, roles.clock, *roles.channels}
    left = [n for n in table.frame.columns if n not in used]
    if left:
        said += f"; not used: {', '.join(map(repr, left))}"
    return said + "; columns have no names" * (not table.has_header)


def _guess_layout(
    table: Table, how: Reading, series: str, times: list[str], values
) -> tuple[str, list[str]]:
    """The layout, and a warning where another is as likely."""
    if series:
        return "long", []
    if how.window and not table.has_header:
        return "series", []
    steps = _are_numbered(values) if table.has_header else len(values) > 1
    if not steps or how.time_column not in ("", NONE):
        return "series", []
    if not times or table.frame.duplicated(times).any():
        return "wide", []
    said = warning(
        f"the {len(values)} numbered columns beside the times in {times[0]!r} are read as "
        "channels of one long series; if every row is a series of its own, say "
        "--layout=wide (data.layout)"
    )
    return "series", [said]


def _are_numbered(names) -> bool:
    """'t0', 't1', ... or '0', '0.5', ...: time steps rather than channels."""
    found = [re.fullmatch(r"(.*?)(\d+(?:\.\d+)?)", name.strip()) for name in names]
    if len(names) < 2 or not all(found):
        return False
    counts = [float(m[2]) for m in found]
    ascending = all(a < b for a, b in zip(counts, counts[1:], strict=False))
    return ascending and len({m[1] for m in found}) == 1


def _wide_label(table, how, label, words, values) -> tuple[str, tuple[str, ...]]:
    """The label of a wide table: by name, in words, or first as in the archives."""
    if label or how.label_column == NONE:
        return label, values
    repeated = [n for n in words if len(set(table.words(n))) < len(table.frame)]
    if len(repeated) == 1:
        return repeated[0], values
    if table.has_header or words or len(values) < 3:
        return "", values
    first, *rest = values
    cells = table.numbers([first])[:, 0]
    whole = np.isfinite(cells).all() and (cells == np.round(cells)).all()
    few = len(set(cells)) <= max(len(cells) // 2, 1)
    others = table.numbers(rest)
    others = others[np.isfinite(others)]
    if whole and few and (others != np.round(others)).any():
        return first, tuple(rest)
    return "", values


def _is_words(table: Table, name: str) -> bool:
    """Whether less than half of the cells that are not empty are numbers."""
    return table.share_of_numbers(name) < 0.5


def _is_row_number(table: Table, name: str) -> bool:
    """The nameless first column that pandas writes: 0, 1, 2, ..., or some of them."""
    if name != "column 1" or not table.has_header:
        return False
    values, is_word = table.parsed(name)
    if is_word.any() or not np.isfinite(values).all():
        return False
    return (values == np.round(values)).all() and (np.diff(values) > 0).all()


def _looks_like_id(table: Table, name: str, layout: str) -> bool:
    if layout in ("wide", "series") or name.lower() not in _IDS:
        return False
    return len(set(table.words(name))) < len(table.frame)


def _check_known(key: str, name: str, table: Table) -> None:
    columns = list(table.frame.columns)
    if name in ("", NONE) or name in columns:
        return
    near = difflib.get_close_matches(name, columns, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    shown = ", ".join(columns[:20]) + (", ..." if len(columns) > 20 else "")
    raise ValueError(
        f"{table.where} has no column {name!r} (data.{key}).{hint} Columns: {shown}."
    )
