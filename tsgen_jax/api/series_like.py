"""Series as other libraries hold them, brought to one array [n, L, C].

NumPy arrays and masked arrays, lists of arrays of unequal lengths (aeon, tslearn),
pandas' tables with a series in each row, and sktime's: a list of tables, a table with
rows (series, time), a table with a series in each cell.
"""

import sys
from typing import Any

import numpy as np
from numpy.typing import ArrayLike


def as_array(x: ArrayLike, layout: str, name: str) -> np.ndarray:
    """Numbers [n, L], or [n, L, C] in the layout 'nlc', [n, C, L] in 'ncl'.

    Series of unequal lengths get NaN after their end; masked values, pandas' NA and
    None in tables become NaN.

    Args:
        x: an array, or one of the things that the module names. Each item of a list is
            a series: [L], [L, C] in the layout 'nlc', [C, L] in 'ncl', or a table with
            a row for each time point.
        layout: 'nlc' or 'ncl'; of arrays and of the arrays in a list.
        name: of the argument, for messages.

    Raises:
        ValueError: neither numbers nor series of numbers; names series or column.
    """
    if isinstance(x, np.ma.MaskedArray):
        return _numbers(x, name)
    if _is(x, "DataFrame"):
        return _of_table(x, layout, name)
    if _is(x, "Series"):
        return _of_list(x.tolist(), layout, name)
    if isinstance(x, np.ndarray) and x.dtype == object:
        return _of_list(list(x), layout, name)
    if isinstance(x, list | tuple):
        return _of_list(x, layout, name)
    return _numbers(x, name)


def _is(x: Any, kind: str) -> bool:
    """Whether `x` is pandas' `kind`; pandas is not imported for that."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(x, getattr(pandas, kind))


def _numbers(x: Any, name: str) -> np.ndarray:
    """`x` as an array of numbers, masked values as NaN."""
    if isinstance(x, np.ma.MaskedArray):
        x = x.astype(np.float64).filled(np.nan) if np.ma.is_masked(x) else x.data
    if _is(x, "DataFrame") or _is(x, "Series"):
        x = _of_columns(x, name)
    try:
        x = np.asarray(x)
        x = x.astype(np.float64) if x.dtype == object else x
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must hold numbers: {error}.") from None
    if x.dtype.kind not in "fiu":
        raise ValueError(f"{name} must hold numbers, not {x.dtype}.")
    return x


def _of_columns(x: Any, name: str) -> np.ndarray:
    """A table's or a column's numbers, float64; NA becomes NaN."""
    columns = x.items() if _is(x, "DataFrame") else [(x.name, x)]
    for column, values in columns:
        if values.dtype.kind not in "fiub" or values.dtype == bool:
            raise ValueError(
                f"{name}: column {column!r} holds {values.dtype}, no numbers: leave "
                "it out, for instance by x.drop(columns=...); classes go into y."
            )
    return x.to_numpy(np.float64, na_value=np.nan)


def _of_list(items: Any, layout: str, name: str) -> np.ndarray:
    """Series of equal or unequal lengths in one array of the same layout."""
    series = []
    for row, item in enumerate(items):
        table = _is(item, "DataFrame") or _is(item, "Series")
        one = _numbers(item, f"{name}, series {row}")
        if one.ndim == 1:
            one = one[:, None]
        elif one.ndim == 2 and layout == "ncl" and not table:
            one = one.T
        if one.ndim != 2:
            raise ValueError(
                f"{name}, series {row} has the shape {np.shape(item)}; each must be "
                "[L], or [L, C] (layout 'nlc'), [C, L] (layout 'ncl')."
            )
        series.append(one)
    if not series:
        raise ValueError(f"{name} has no series.")
    channels = series[0].shape[1]
    for row, one in enumerate(series):
        if one.shape[1] != channels:
            hint = ""
            if len({s.shape[0] for s in series}) == 1:
                other = "ncl" if layout == "nlc" else "nlc"
                hint = f"; is it layout={other!r}?"
            raise ValueError(
                f"{name}, series {row} has {one.shape[1]} channels, series 0 "
                f"{channels}{hint or '.'}"
            )
    padded = np.full((len(series), max(map(len, series)), channels), np.nan)
    for row, one in enumerate(series):
        padded[row, : len(one)] = one
    return padded.swapaxes(1, 2) if layout == "ncl" else padded


def _of_table(x: Any, layout: str, name: str) -> np.ndarray:
    """A pandas table: rows (series, time), series in cells, or a series in each row."""
    if x.shape[0] == 0 or x.shape[1] == 0:
        raise ValueError(f"{name} is an empty table {x.shape}.")
    if x.index.nlevels > 1:
        levels = list(range(x.index.nlevels - 1))
        items = [part for _, part in x.groupby(level=levels, sort=False)]
        return (
            _of_list(items, "nlc", name)
            if layout == "nlc"
            else _of_list(items, "ncl", name)
        )
    if _is(x.iloc[0, 0], "Series") or isinstance(x.iloc[0, 0], np.ndarray):
        return _of_cells(x, layout, name)
    return _of_columns(x, name)


def _of_cells(x: Any, layout: str, name: str) -> np.ndarray:
    """sktime's table with a row for each series and a whole channel in each cell."""
    items = []
    for row, cells in enumerate(x.itertuples(index=False)):
        lengths = {len(cell) for cell in cells}
        if len(lengths) > 1:
            raise ValueError(
                f"{name}, series {row} has channels of {sorted(lengths)} time points: "
                "they must be equally long."
            )
        columns = [_numbers(cell, f"{name}, series {row}") for cell in cells]
        stacked = np.stack(columns, axis=1)
        items.append(stacked.T if layout == "ncl" else stacked)
    return _of_list(items, layout, name)
