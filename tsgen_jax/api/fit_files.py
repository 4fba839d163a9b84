"""A file, directory or long table as a data set: what `fit` reads as the command does."""

from __future__ import annotations

import dataclasses
import os
from typing import Any

import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data import windows
from tsgen_jax.data.dataset import Dataset, from_series, load_dataset, rescaled
from tsgen_jax.data.sources import files, layouts, tables
from tsgen_jax.data.sources.reading import LAYOUTS, Reading

_KEYS = {"id": "id_column", "time": "time_column", "label": "label_column"}
_FIELDS = tuple(f.name for f in dataclasses.fields(Reading))


def is_source(x: Any, how: dict[str, Any]) -> bool:
    """Whether `fit` has to read `x` as a file is read: a path, or a table with columns.

    A pandas table is one where an option says how to read it, or where it is long.

    Args:
        x: what `fit` was given.
        how: its options of reading, those that were given.
    """
    if isinstance(x, str | os.PathLike):
        return True
    if not _is_frame(x):
        return False
    if how:
        return True
    if x.index.nlevels > 1 or any(map(_nested, (cells for _, cells in x.items()))):
        return False  # Tables of sktime, which `series_like` knows.
    try:
        found = layouts.read(
            tables.from_frame(x, "x", Reading.plain()), "x", Reading.plain()
        )
    except ValueError:
        return False
    return found.described.layout == "long"


def make_dataset(
    x: Any, config: ConfigDict, how: dict[str, Any], layout: str
) -> Dataset:
    """The data set that the command makes of a file; `config.data` is set to it.

    Args:
        x: path, or pandas DataFrame.
        config: changed to what was asked for.
        how: options of `fit`: window, stride, id, time, label, channels.
        layout: of a table, '' to guess.

    Raises:
        ValueError: as of `load_dataset`.
    """
    data = config.data
    if layout not in LAYOUTS:
        raise ValueError(
            f"layout={layout!r} of a file or table: known are wide, long and series."
        )
    data.layout = layout or data.layout
    for name, value in how.items():
        if not isinstance(value, int):
            value = value if isinstance(value, str) else "+".join(map(str, value))
        data[_KEYS.get(name, name)] = value
    data.missing = "interpolate"  # As of the command: it is masked, and printed.
    if not _is_frame(x):
        data.path = os.path.abspath(os.path.expanduser(os.fspath(x)))
        return load_dataset(**data)
    reading = Reading(**{name: data[name] for name in _FIELDS})
    table = tables.from_frame(x, "the DataFrame", reading)
    found = files.learnable(layouts.read(table, data.name, reading), reading)
    options = (data.test_fraction, data.validation_fraction)
    if reading.window:
        found = windows.cut(found, reading.window, reading.stride, *options)
    made = from_series(found, data.split, *options, data.split_seed, data.missing)
    return rescaled(made, data.scaling)


def _is_frame(x: Any) -> bool:
    return type(x).__module__.startswith("pandas") and hasattr(x, "columns")


def _nested(cells) -> bool:
    """Whether cells hold series themselves, as in sktime's tables."""
    first = cells.iloc[0] if len(cells) else ""
    return hasattr(first, "__len__") and not isinstance(first, str)


def given(**options: Any) -> dict[str, Any]:
    """Those options that are not at their default, which is None."""
    return {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in options.items()
        if value is not None
    }
