"""Tables made into series.

wide: a row per series. long: columns of series, of time and of channels, a row per
time point. series: the same without a column of series, which is one long series.
"""

import numpy as np

from tsgen_jax.data.series import SeriesSet, without_end
from tsgen_jax.data.sources import time_grid
from tsgen_jax.data.sources.reading import Reading
from tsgen_jax.data.sources.roles import Roles, find_roles
from tsgen_jax.data.sources.tables import Table


def read(table: Table, name: str, how: Reading) -> SeriesSet:
    """The series of a table, by the arguments given and otherwise by guess.

    Raises:
        ValueError: columns that are not there, cells that do not fit, or times that
            do not ascend.
    """
    roles = find_roles(table, how)
    label, notes = None, [*roles.notes, *table.notes]
    if roles.layout == "wide":
        values = table.numbers(list(roles.channels))
        series = [without_end(row[:, None], how.trailing) for row in values]
        label = table.words(roles.label) if roles.label else None
        channels = ("value",)
    else:
        groups = _groups(table, roles)
        values = table.numbers(list(roles.channels))
        series = [values[rows] for rows in groups.values()]
        channels = roles.channels
        if roles.label:
            label = _labels(table, roles, groups)
        if roles.time:
            series, said = _on_grid(table, roles, groups, series)
            notes += said
    return SeriesSet(
        name, table.where, tuple(series), label, channels, None, tuple(notes)
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


def _on_grid(table, roles, groups, series):
    stamps = time_grid.read(table.frame[roles.time], table.where, table.first_row)
    times = [stamps.values[rows] for rows in groups.values()]
    for name, one in zip(groups, times, strict=True):
        where = f"{table.where}, series {name!r}" if name else table.where
        time_grid.check_order(one, where)
    series, said = time_grid.regular(times, series, stamps.are_dates, table.where)
    first, last = (f(t[k] for t in times) for f, k in ((min, 0), (max, -1)))
    shown = [f"{t:g}" for t in (first, last)]
    if stamps.are_dates:
        seconds = np.array([first, last]).astype("datetime64[s]")
        shown = [str(t).replace("T", " ") for t in seconds]
    return series, [f"time from {shown[0]} to {shown[1]}; {said}"]
