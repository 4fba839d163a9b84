"""Series as a table in the layout, and under the names, of the file learned from.

`n` series of `L_i` time points and `C` channels, float [L_i, C] each.
"""

import dataclasses
import re
from collections.abc import Sequence

import numpy as np

from tsgen_jax.data.missing import lengths
from tsgen_jax.data.sources.description import Description

LAYOUTS = ("wide", "long")
OBSERVED, QUANTILE, DRAW = "observed", "quantile", "draw"
OURS = (OBSERVED, QUANTILE, DRAW)  # Columns that are added to those of a file.
SERIES, TIME, LABEL = "series", "time", "label"  # Where the file has no names.
_INTEGERS = 2.0**53  # Below it float64 holds every whole number.


@dataclasses.dataclass(frozen=True, eq=False)
class Series:
    """Series to write.

    Attributes:
        values: float [L_i, C] each; NaN after a series' end.
        ids: name of each series; None: they are numbered from 0.
        label: name of each series' class; None: there are none.
        times: stamps [L_i] each, as of `TimeStep`; None: 0, 1, ...
        first: number of the first time point, for names of columns and plain times.
        bands: suffix of a channel's name -> float [L_i, C] each: columns of a long table
            in place of the values.
        observed: bool [L_i, C] each, which values were given; None: not written.
        more: name of a further column -> its value for each series.
        bounds: lowest and highest value of each channel, which rounding to whole
            numbers must not cross; NaN: a channel that must not be rounded. None: there
            are none.
    """

    values: Sequence[np.ndarray]
    ids: Sequence[str] | None = None
    label: Sequence[str] | None = None
    times: Sequence[np.ndarray] | None = None
    first: Sequence[int] | None = None
    bands: dict[str, Sequence[np.ndarray]] = dataclasses.field(default_factory=dict)
    observed: Sequence[np.ndarray] | None = None
    more: dict[str, Sequence] = dataclasses.field(default_factory=dict)
    bounds: Sequence[tuple[float, float]] | None = None

    def __len__(self):
        return len(self.values)


def make(series: Series, described: Description, layout: str = ""):
    """A pandas DataFrame.

    Args:
        series: what to write.
        described: the file that the model learned from.
        layout: one of `LAYOUTS`; '': that of the file, long for arrays.

    Raises:
        ValueError: another layout, or several channels in a wide table.
    """
    layout = choose_layout(described, layout)
    return (_wide if layout == "wide" else _long)(series, described)


def choose_layout(described: Description, layout: str) -> str:
    """'wide' or 'long'; errors as of `make`, with words for the command line."""
    if layout not in ("", *LAYOUTS):
        raise ValueError(f"layout={layout}: known are {', '.join(LAYOUTS)}.")
    count = len(described.channels)
    if layout == "wide" and count > 1:
        raise ValueError(
            f"layout=wide is of one channel, a row per series; these are of {count} "
            "channels. Use layout=long."
        )
    if layout:
        return layout
    return "wide" if described.is_table and described.layout == "wide" else "long"


def _long(series: Series, described: Description):
    import pandas as pd

    count = np.array([len(x) for x in series.values])
    ends = [lengths(x) if np.isnan(x).any() else len(x) for x in series.values]
    kept = np.concatenate(
        [np.arange(n) < end for n, end in zip(count, ends, strict=True)]
    )
    columns = {}
    alone = described.is_table and described.layout == "series"
    if not (alone and len(series) == 1):
        columns[_written_name(described.series) or SERIES] = np.repeat(
            _ids(series), count
        )
    columns |= {name: np.repeat(v, count) for name, v in series.more.items()}
    time = described.time if described.is_table and described.layout != "wide" else TIME
    if time:
        columns |= _time_columns(time, _times(series, described))
    for c, name in enumerate(described.channels):
        for suffix, values in (series.bands or {"": series.values}).items():
            x = np.concatenate([one[:, c] for one in values])
            column = f"{name}_{suffix}" if suffix else name
            columns[column] = _numbers(series, described, c, x)
    if series.label is not None:
        columns[(described.header and described.label) or LABEL] = np.repeat(
            series.label, count
        )
    if series.observed is not None:
        seen = np.concatenate(series.observed).astype(np.int8)
        for c, name in enumerate(described.channels):
            one = len(described.channels) == 1
            columns[OBSERVED if one else f"{name}_{OBSERVED}"] = seen[:, c]
    return pd.DataFrame(columns)[kept].reset_index(drop=True)


def _wide(series: Series, described: Description):
    import pandas as pd

    firsts = series.first or [0] * len(series)
    begin = min(firsts)
    end = max(f + len(x) for f, x in zip(firsts, series.values, strict=True))
    x = np.full((len(series), end - begin), np.nan)
    seen = np.ones(x.shape, dtype=bool)
    for row, (one, first) in enumerate(zip(series.values, firsts, strict=True)):
        x[row, first - begin : first - begin + len(one)] = as_float64(one[:, 0])
        if series.observed is not None:
            seen[row, first - begin : first - begin + len(one)] = series.observed[row][
                :, 0
            ]
    steps = step_names(described, end)[begin:]
    columns = {}
    if series.ids is not None or described.series:
        columns[_written_name(described.series or SERIES)] = _ids(series)
    columns |= {k: np.asarray(v) for k, v in series.more.items()}
    label = None if series.label is None else np.asarray(series.label)
    name = described.label if described.header and described.label else LABEL
    last = not described.columns or described.columns[-1] == described.label
    if label is not None and not last:
        columns[name] = label
    for column, values in zip(steps, x.T, strict=True):
        columns[column] = _numbers(series, described, 0, values)
    if label is not None and last:
        columns[name] = label
    if series.observed is not None:
        ends = [f - begin + len(v) for f, v in zip(firsts, series.values, strict=True)]
        columns[OBSERVED] = [
            _stretches(row[:end], steps) for row, end in zip(seen, ends, strict=True)
        ]
    return pd.DataFrame(columns)


def step_names(described: Description, num: int) -> list[str]:
    """Names of `num` time points, those of the file as far as it has them."""
    known = list(described.steps[:num]) if described.header else []
    if not known or not described.is_table:
        return [f"t{k}" for k in range(num)]
    found = [re.fullmatch(r"(.*?)(\d+)", name.strip()) for name in known]
    counted = [int(m[2]) - i for i, m in enumerate(found) if m]
    if all(found) and len({m[1] for m in found}) == len(set(counted)) == 1:
        prefix, first, width = found[0][1], counted[0], len(found[0][2])
        width = width if len({len(m[2]) for m in found}) == 1 else 0
        return [f"{prefix}{first + k:0{width}d}" for k in range(num)]
    return [*known, *(f"t{k}" for k in range(len(known), num))]


def _stretches(seen: np.ndarray, names: list[str]) -> str:
    """The observed time points of a row: 't0:t59 t80:t149', or ''."""
    edges = np.flatnonzero(np.diff(np.pad(seen.astype(np.int8), 1)))
    pairs = edges.reshape(-1, 2)
    return " ".join(f"{names[a]}:{names[b - 1]}" for a, b in pairs)


def _ids(series: Series) -> np.ndarray:
    return np.arange(len(series)) if series.ids is None else np.asarray(series.ids)


def _times(series: Series, described: Description) -> np.ndarray:
    if series.times is not None and described.step is not None:
        stamps, step = np.concatenate(series.times), described.step
        if step.unit == "number":
            whole = (stamps == np.round(stamps)).all()
            return stamps.astype(np.int64) if whole else stamps
        return np.array(step.text(stamps), dtype=object)
    firsts = series.first or [0] * len(series)
    each = zip(firsts, series.values, strict=True)
    return np.concatenate([first + np.arange(len(x)) for first, x in each])


def _time_columns(name: str, times: np.ndarray) -> dict[str, np.ndarray]:
    """Times under the name of their column; 'date+clock' are two."""
    day, _, clock = name.rpartition("+")
    if day and times.dtype == object and all(" " in text for text in times):
        halves = [text.split(" ", 1) for text in times]
        return {day: [a for a, _ in halves], clock: [b for _, b in halves]}
    return {day or name: times}


def _numbers(series: Series, described: Description, c: int, values: np.ndarray):
    """A column: whole numbers where the file has those, float32 at its own digits."""
    import pandas as pd

    known = values[np.isfinite(values)]
    if not described.integer[c] or (len(known) and np.abs(known).max() >= _INTEGERS):
        return values
    low, high = series.bounds[c] if series.bounds else (-np.inf, np.inf)
    if not np.ceil(low) <= np.floor(high):  # No whole number is allowed; NaN as well.
        return values
    whole = np.round(values)
    # Values that were read may be out of bounds, and stay.
    whole = np.where((values <= high) & (whole > high), np.floor(high), whole)
    whole = np.where((values >= low) & (whole < low), np.ceil(low), whole)
    return pd.array(whole, dtype="Int64")


def _written_name(column: str) -> str:
    """The nameless first column that pandas writes is nameless again."""
    return "" if column == "column 1" else column


def as_float64(x: np.ndarray) -> np.ndarray:
    """Float32 as the float64 of the same shortest digits: 0.1 stays 0.1."""
    if x.dtype != np.float32:
        return np.asarray(x, np.float64)
    return x.astype(np.str_).astype(np.float64)
