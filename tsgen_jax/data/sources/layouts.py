"""Tables made into series.

wide: a row per series. long: columns of series, of time and of channels, a row per
time point. series: the same without a column of series, which is one long series.
"""

import dataclasses

import numpy as np

from tsgen_jax.data.series import SeriesSet, without_end
from tsgen_jax.data.sources import on_grid, time_columns, time_stamps
from tsgen_jax.data.sources.alike import alike
from tsgen_jax.data.sources.description import Description, are_whole
from tsgen_jax.data.sources.reading import NONE, Reading
from tsgen_jax.data.sources.roles import Roles, find_roles
from tsgen_jax.data.sources.table import Table
from tsgen_jax.data.sources.time_step import TimeStep


def read(table: Table, name: str, how: Reading) -> SeriesSet:
    """The series of a table, by the arguments given and otherwise by guess.

    Raises:
        ValueError: columns that are not there, cells that do not fit, or times that
            do not ascend.
    """
    return make(table, name, how, find_roles(table, how))


def make(
    table: Table,
    name: str,
    how: Reading,
    roles: Roles,
    learned: TimeStep | None = None,
) -> SeriesSet:
    """`read` with roles that are known, and the step of a file that this one is like."""
    _check_options(table, roles, how)
    label, notes, ids, times, step = (
        None,
        [*roles.notes, *table.notes],
        None,
        None,
        None,
    )
    as_told = how
    if roles.layout == "wide":
        values = table.numbers(list(roles.channels))
        series = [without_end(row[:, None], how.trailing) for row in values]
        label = table.words(roles.label) if roles.label else None
        ids = tuple(table.words(roles.series)) if roles.series else None
        channels = ("value",)
        whole = are_whole(series, 1)
    else:
        groups = _groups(table, roles)
        values = table.numbers(list(roles.channels))
        series = [values[rows] for rows in groups.values()]
        channels = roles.channels
        whole = are_whole(series, len(channels))
        ids = tuple(groups) if roles.series else None
        notes += alike(ids or (), "names of series")
        if roles.label:
            label = _labels(table, roles, groups)
        if roles.time:
            series, times, step, as_told, said = _on_grid(
                table, roles, how, groups, series, learned
            )
            notes += said
        if roles.layout == "long":
            series, times, said = _without_ends(series, times, how.trailing)
            notes += said
    notes += _missing_words(table, roles)
    if label is not None:
        notes += alike(label, "labels")
    described = Description(
        how=dataclasses.replace(
            as_told,
            layout=roles.layout,
            label_column=roles.label or NONE,
            id_column=roles.series or NONE,
            time_column="+".join(filter(None, (roles.time, roles.clock))) or NONE,
        ),
        is_table=True,
        header=table.has_header,
        columns=_columns(table, roles) if roles.layout == "wide" else (),
        channels=channels,
        integer=whole,
        step=step,
        start="" if step is None else step.text(times[0][:1])[0],
    )
    return SeriesSet(
        name,
        table.where,
        tuple(series),
        label,
        channels,
        None,
        tuple(notes),
        described,
        ids,
        None if times is None else tuple(times),
    )


def _missing_words(table: Table, roles: Roles) -> list[str]:
    counts = table.missing_words(list(roles.channels))
    shown = [f"{word!r} ({count})" for word, count in list(counts.items())[:5]]
    more = ", ..." if len(counts) > len(shown) else ""
    return [f"missing values are written {', '.join(shown)}{more}"] if counts else []


def _without_ends(series, times, trailing: str):
    """Series of long tables up to their last value, unless it is only missing."""
    cut = [without_end(x, trailing) for x in series]
    count = sum(len(a) < len(b) for a, b in zip(cut, series, strict=True))
    if times is not None:
        times = [t[: len(x)] for t, x in zip(times, cut, strict=True)]
    said = (
        f"{count} series end in empty cells, taken for their end; missing values by "
        "--trailing=missing (data.trailing)"
    )
    return cut, times, [said] if count else []


def _columns(table: Table, roles: Roles) -> tuple[str, ...]:
    """Columns of a wide table that are used, in order."""
    used = {roles.label, roles.series, *roles.channels}
    return tuple(n for n in table.frame.columns if n in used)


def _check_options(table: Table, roles: Roles, how: Reading) -> None:
    """Raises ValueError where an option is about something that is not there."""
    if how.array_layout:
        raise ValueError(
            f"{table.where}: data.array_layout={how.array_layout} is of .npy and .npz "
            "files; this is a table."
        )
    for key in ("time_format", "time_zone", "sort_time", "duplicates"):
        if getattr(how, key) and not roles.time:
            raise ValueError(
                f"{table.where}: data.{key}={getattr(how, key)} is about times, and no "
                "column of them is used: name it by data.time_column."
            )


def _groups(table: Table, roles: Roles) -> dict[str, np.ndarray]:
    """Rows of every series, in order of their first appearance."""
    if roles.layout == "series":
        return {"": np.arange(len(table.frame))}
    ids = table.words(roles.series)
    empty = np.flatnonzero(ids == "")
    if len(empty):
        raise ValueError(
            f"{table.where}, row {empty[0] + table.first_row}: column "
            f"{roles.series!r} does not say which series this is."
        )
    names, first, inverse = np.unique(ids, return_index=True, return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    rows = np.split(order, np.cumsum(np.bincount(inverse))[:-1])
    return {str(names[k]): rows[k] for k in np.argsort(first)}


def _labels(table: Table, roles: Roles, groups) -> np.ndarray:
    words, label = table.words(roles.label), []
    for name, rows in groups.items():
        found = sorted(set(words[rows]) - {""})
        if len(found) > 1:
            raise ValueError(
                f"{table.where}: series {name!r} has {len(found)} labels in column "
                f"{roles.label!r} ({', '.join(found[:3])}): a series needs one."
            )
        label.append(found[0] if found else "")
    return np.array(label, dtype=str)


def _on_grid(table, roles, how, groups, series, learned):
    """Series on a grid, its stamps and step, how to read on alike, and what to say."""
    rows = list(groups.values())
    column = time_columns.cells(table, roles.time, roles.clock)
    stamps = time_stamps.read(column, table.where, table.first_row, rows, how)
    names = list(groups)
    found = on_grid.place(stamps, rows, series, how, table.where, names, learned)
    said = [*found.notes, f"{found.span}; {found.grid}"]
    return found.series, found.times, found.step, found.as_told, said
