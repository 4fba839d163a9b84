"""Files like the one that a model learned from, read as that one was understood."""

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

from tsgen_jax.data.frames import LABEL, OBSERVED, OURS, SERIES, TIME
from tsgen_jax.data.series import SeriesSet
from tsgen_jax.data.sources import array_files, files, layouts, tables
from tsgen_jax.data.sources.description import Description
from tsgen_jax.data.sources.reading import MAY_DIFFER, Reading
from tsgen_jax.data.sources.roles import Roles, find_roles
from tsgen_jax.data.sources.table import Table

_ROLES = ("label_column", "id_column", "time_column", "channels")


def read(
    source,
    described: Description,
    trailing: str,
    differs: Mapping[str, Any] | None = None,
) -> SeriesSet:
    """Series of a file, or of a DataFrame, for a model to go on with.

    Columns that the model's own outputs add are no channels; columns of labels and of
    series may be absent. What does not fit the description is guessed, and said.

    Args:
        source: path of a file or directory, or a pandas DataFrame.
        described: the file that the model learned from.
        trailing: as of `Reading`.
        differs: values of `Reading`, by a name of `reading.MAY_DIFFER`, in which the
            source is not like that file.

    Raises:
        ValueError: no such file, or it cannot be read so.
    """
    differs = _check_differs(differs or {})
    # The first row is looked at anew: what the model writes has names always.
    how = dataclasses.replace(described.how, trailing=trailing, header="")
    how = dataclasses.replace(how, **differs)
    if isinstance(source, str | os.PathLike):
        path = os.path.expanduser(os.fspath(source))
        found = _read_path(path, described, how, differs)
    else:
        table = tables.from_frame(source, "the DataFrame", how)
        found = _read_table(table, "DataFrame", described, how, differs)
    if len(found.channels) != len(described.channels):
        raise ValueError(
            f"{found.source} has {len(found.channels)} channels "
            f"({', '.join(found.channels[:6])}), the model {len(described.channels)} "
            f"({', '.join(described.channels[:6])}). What was understood: "
            f"{'; '.join(found.notes)}."
        )
    return found


def _check_differs(differs: Mapping[str, Any]) -> dict[str, Any]:
    """Those that say something.

    Raises:
        ValueError: a name that is not of `MAY_DIFFER`.
    """
    unknown = [name for name in differs if name not in MAY_DIFFER]
    if unknown:
        raise ValueError(
            f"{unknown[0]!r} is nothing that a file may differ in: known are "
            f"{', '.join(MAY_DIFFER)}."
        )
    return {name: value for name, value in differs.items() if value}


def _read_path(
    path: str, described: Description, how: Reading, differs: dict[str, Any]
) -> SeriesSet:
    suffix = os.path.splitext(path)[1].lower()
    if os.path.isfile(path) and suffix in tables.SUFFIXES:
        table = tables.read(path, how)
        return _read_table(table, files.stem(path), described, how, differs)
    how = _with_no_roles(how)
    how = dataclasses.replace(how, time_zone="", sort_time=False, duplicates="")
    if suffix in array_files.SUFFIXES and len(described.channels) == 1:
        is_wide = not (described.layout == "series" and not described.is_table)
        how = dataclasses.replace(how, layout="wide" if is_wide else "")
    how = dataclasses.replace(how, **differs)
    found = files.find(path, how)
    if suffix in array_files.SUFFIXES and len(found.channels) < len(described.channels):
        # An array [L, C], which would be [n, L] by itself.
        other = files.find(path, dataclasses.replace(how, layout="series"))
        found = other if len(other.channels) == len(described.channels) else found
    return found


def _with_no_roles(how: Reading) -> Reading:
    """The same, with what its columns are left to be guessed."""
    none = dict.fromkeys(_ROLES, "")
    return dataclasses.replace(how, layout="", time_format="", **none)


def _read_table(
    table: Table,
    name: str,
    described: Description,
    how: Reading,
    differs: dict[str, Any],
) -> SeriesSet:
    roles = _find_roles(table, described, how, differs)
    how = dataclasses.replace(how, array_layout="")
    if not roles.time:  # What is said of times is of no use.
        none = {"time_format": "", "time_zone": "", "sort_time": False}
        how = dataclasses.replace(how, **none, duplicates="")
    return layouts.make(table, name, how, roles, described.step)


def _find_roles(
    table: Table, described: Description, how: Reading, differs: dict[str, Any]
) -> Roles:
    """Roles by the names that the description has, else by guess."""
    if any(name in differs for name in _ROLES):
        return _named_roles(table, described, how, differs)
    ours = {*OURS, *(f"{name}_{OBSERVED}" for name in described.channels)}
    names = [n for n in table.frame.columns if n not in ours - {*described.channels}]
    by_name = set(described.channels) <= set(names)
    if by_name and (described.layout != "wide" or {SERIES, TIME} <= set(names)):
        return _long_roles(names, described)
    if described.is_table and described.layout == "wide":
        return _wide_roles(table, names, described)
    return _guessed_roles(table, described, _with_no_roles(how))


def _named_roles(
    table: Table, described: Description, how: Reading, differs: dict[str, Any]
) -> Roles:
    """Roles as they are said to differ, else by the names that the table has."""
    columns, roles = set(table.frame.columns), {}
    for name in ("label_column", "id_column", "time_column"):
        known = getattr(described.how, name)
        if set(known.split("+")) <= columns:
            roles[name] = known
    if set(described.channels) <= columns:
        roles["channels"] = "+".join(described.channels)
    roles |= {name: value for name, value in differs.items() if name in _ROLES}
    return _guessed_roles(
        table, described, dataclasses.replace(_with_no_roles(how), **roles)
    )


def _long_roles(names: list[str], described: Description) -> Roles:
    free = [n for n in names if n not in described.channels]
    series = _first(free, described.series, SERIES)
    label = _first(free, described.label, LABEL)
    day, _, clock = described.time.rpartition("+")
    if day and described.time not in free and {day, clock} <= set(free):
        time = day
    else:
        time, clock = _first(free, described.time, day, TIME), ""
    layout = "long" if series else "series"
    if layout == "series":
        label = ""
    return _roles(layout, label, series, time, described.channels, clock)


def _wide_roles(table: Table, names: list[str], described: Description) -> Roles:
    label, series = described.label, described.series
    if not described.header and not table.has_header:
        # Columns have numbers only: a label is there where it makes one column more.
        label = "" if len(names) == len(described.steps) else label
    else:
        label = _first(names, label if described.header else "", LABEL)
        series = _first(names, series, SERIES)
    nameless = table.has_header and names[0] == "column 1"
    series = series or ("column 1" if nameless else "")
    steps = tuple(n for n in names if n not in (label, series))
    return _roles("wide", label, series, "", steps)


def _guessed_roles(table: Table, described: Description, how: Reading) -> Roles:
    """By guess; so many columns of values as there are channels are one series."""
    roles = find_roles(table, how)
    count = len(described.channels)
    wanted = {"wide": count == 1, "series": len(roles.channels) == count}
    if not wanted.get(roles.layout, True):
        other = "series" if roles.layout == "wide" else "wide"
        roles = find_roles(table, dataclasses.replace(how, layout=other))
    return roles


def _roles(layout, label, series, time, channels, clock="") -> Roles:
    said = [f"{layout}, as the training file" if layout else ""]
    for what, name in (("series", series), ("time", time), ("label", label)):
        said += [f"{what} in column {name!r}"] if name else []
    note = f"layout: {'; '.join(said)}"
    # As `series` the names of rows in a wide table are kept as well.
    return Roles(layout, label, series, time, tuple(channels), (note,), clock)


def _first(names: list[str], *wanted: str) -> str:
    return next((w for w in wanted if w and w in names), "")
