"""Tables made into series.

wide: a row per series. long: columns of series, of time and of channels, a row per
time point. series: the same without a column of series, which is one long series.
"""

import dataclasses

import numpy as np

from tsgen_jax.data.series import SeriesSet, without_end
from tsgen_jax.data.sources import time_grid
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


def make(table: Table, name: str, how: Reading, roles: Roles) -> SeriesSet:
    """`read` with roles that are known."""
    label, notes, ids, times, step = (
        None,
        [*roles.notes, *table.notes],
        None,
        None,
        None,
    )
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
            series, times, step, said = _on_grid(table, roles, groups, series)
            notes += said
        if roles.layout == "long":
            series, times, said = _without_ends(series, times, how.trailing)
            notes += said
    notes += _missing_words(table, roles)
    if label is not None:
        notes += alike(label, "labels")
    described = Description(
        how=dataclasses.replace(
            how,
            layout=roles.layout,
            label_column=roles.label or NONE,
            id_column=roles.series or NONE,
            time_column=roles.time or NONE,
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


def _on_grid(table, roles, groups, series):
    stamps = time_grid.read(table.frame[roles.time], table.where, table.first_row)
    times = [stamps.values[rows] for rows in groups.values()]
    for name, one in zip(groups, times, strict=True):
        where = f"{table.where}, series {name!r}" if name else table.where
        time_grid.check_order(one, where)
    series, said = time_grid.regular(times, series, stamps.are_dates, table.where)
    steps = np.concatenate([np.diff(t) for t in times])
    count = float(np.median(steps)) if len(steps) else 1.0
    step = TimeStep("second" if stamps.are_dates else "number", count)
    starts = [t[0] for t in times]
    if stamps.are_dates:
        starts = [np.datetime64(round(t * 1e6), "us") for t in starts]
    grids = [
        step.stamps(t, np.arange(len(x))) for t, x in zip(starts, series, strict=True)
    ]
    first, last = (f(t[k] for t in times) for f, k in ((min, 0), (max, -1)))
    shown = [f"{t:g}" for t in (first, last)]
    if stamps.are_dates:
        seconds = np.array([first, last]).astype("datetime64[s]")
        shown = [str(t).replace("T", " ") for t in seconds]
    return series, grids, step, [f"time from {shown[0]} to {shown[1]}; {said}"]
