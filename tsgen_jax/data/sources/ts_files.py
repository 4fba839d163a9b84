"""Series from .ts files, the format of the archives (aeon, sktime).

Read here and not by aeon: aeon's reader lowers labels, takes no unequal channels and
drops signs from series with time stamps.
"""

import dataclasses
import os
import re

import numpy as np

from tsgen_jax.data.series import SeriesSet, without_end
from tsgen_jax.data.sources import on_grid, sentinels, time_stamps
from tsgen_jax.data.sources.description import describe_arrays
from tsgen_jax.data.sources.reading import NONE, Reading

_PAIR = re.compile(r"\(([^()]*),([^(),]*)\)")
_BETWEEN = re.compile(r":(?![^(]*\))")  # A colon outside of brackets.


def read(path: str, name: str, how: Reading) -> SeriesSet:
    """Reads one file, also with time stamps, unequal lengths and comments.

    Raises:
        ValueError: it cannot be read, or an option is about something that .ts files
            do not have; names the file, the row and what to do.
    """
    source = os.path.basename(path)
    lines, start, header = _header(path)
    has_target = header.get("@targetlabel") == "true"
    has_label = has_target or not header.get("@classlabel", "true").startswith("false")
    rows = [
        (row, line.strip())
        for row, line in enumerate(lines[start:], start + 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    said = ["layout: .ts" + "; target numbers not used" * has_target]
    if "@classlabel" not in header and not any(":" in line for _, line in rows):
        has_label = False
        said.append("no line '@classLabel', and no labels")
    stamped = header.get("@timestamps") == "true"
    series, labels, times, uneven = [], [], [], 0
    for row, line in rows:
        where = f"{path}, row {row}"
        *cells, label = (
            _BETWEEN.split(line) if has_label else [*_BETWEEN.split(line), ""]
        )
        if not cells:
            raise ValueError(f"{where} is not 'values:label': {line[:40]!r}.")
        if stamped:
            cells, own = _without_stamps(cells, where)
            times.append(own)
        x, is_uneven = _channels(cells, where)
        uneven += is_uneven
        series.append(x)
        labels.append(label.strip())
        if x.shape[1] != series[0].shape[1]:
            raise ValueError(
                f"{where} has {x.shape[1]} channels, the first series "
                f"{series[0].shape[1]}."
            )
    if not series:
        raise ValueError(f"{path}: no series after '@data'.")
    if uneven:
        said.append(
            f"{uneven} series have channels of unequal lengths: the shorter end in "
            "missing values"
        )
    _check_options(how, source, stamped)
    series = [sentinels.without_listed(x, how) for x in series]
    placed = _on_grid(times, series, how, source) if stamped else None
    if placed:
        series = placed.series
        said += [*placed.notes, placed.span, f"time stamps: {placed.grid}"]
    series = tuple(without_end(x, how.trailing) for x in series)
    no_label = has_target or not has_label or how.label_column == NONE
    label = None if no_label else np.array(labels, dtype=str)
    as_told, own = placed.as_told if placed else how, None
    described = describe_arrays(as_told, "wide", series)
    if placed:
        own = tuple(t[: len(x)] for t, x in zip(placed.times, series, strict=True))
        step, start = placed.step, placed.step.text(own[0][:1])[0]
        described = dataclasses.replace(described, step=step, start=start)
    names, notes = described.channels, tuple(said)
    return SeriesSet(
        name, source, series, label, names, None, notes, described, times=own
    )


def _header(path: str) -> tuple[list[str], int, dict[str, str]]:
    """All lines, the first after '@data', and what the lines before it say."""
    with open(path, encoding="utf-8-sig", errors="backslashreplace") as file:
        lines = file.read().splitlines()
    tags = [" ".join(line.lower().split()) for line in lines]
    if "@data" not in tags:
        raise ValueError(f"{path}: no line '@data' before the series.")
    start = tags.index("@data") + 1
    return lines, start, {t.split(" ")[0]: t.partition(" ")[2] for t in tags[:start]}


def _without_stamps(cells: list[str], where: str) -> tuple[list[str], list[str]]:
    """'(time,value),...' for every channel: values as '1,2', and the times."""
    values, times = [], []
    for cell in cells:
        pairs = _PAIR.findall(cell)
        if not pairs or _PAIR.sub("", cell).strip(" ,"):
            raise ValueError(
                f"{where}: the header says '@timeStamps true', and {cell[:40]!r} is not "
                "'(time,value),(time,value)'."
            )
        values.append(",".join(value for _, value in pairs))
        times.append([time.strip() for time, _ in pairs])
    if any(time != times[0] for time in times):
        raise ValueError(
            f"{where}: its channels have values at different times; write ? where a "
            "channel has none."
        )
    return values, times[0]


def _channels(cells: list[str], where: str) -> tuple[np.ndarray, bool]:
    """'1,2,?' for every channel, to float64 [L, C]; whether lengths differ."""
    rows = []
    for cell in cells:
        text = cell.strip()
        if text.endswith(","):
            raise ValueError(
                f"{where}: a comma stands behind the last value of a channel: remove it, "
                "or write ? behind it if a value is missing."
            )
        if " " in text and "," not in text:
            raise ValueError(
                f"{where}: blanks stand between values ({text[:30]!r}); .ts files have "
                "commas there. Write them, or save the file as .txt, label first."
            )
        try:
            rows.append([float(v) for v in text.replace("?", "nan").split(",")])
        except ValueError as error:
            raise ValueError(
                f"{where}: {error}. Write ? where one is missing."
            ) from None
    made = np.full((max(map(len, rows)), len(rows)), np.nan)
    for channel, row in enumerate(rows):
        made[: len(row), channel] = row
    return made, len(set(map(len, rows))) > 1


def _check_options(how: Reading, source: str, stamped: bool) -> None:
    """Raises ValueError where an option is about what a .ts file does not have."""
    unused = ("id_column", "time_column", "header", "separator", "decimal", "thousands")
    times = ("time_format", "time_zone", "sort_time", "duplicates")
    keys = (*unused, "channels", "array_layout", *(() if stamped else times))
    given = [key for key in keys if getattr(how, key) not in ("", NONE, False)]
    given += ["label_column"] * (how.label_column not in ("", NONE))
    if given:
        raise ValueError(
            f"{source}: data.{given[0]}={getattr(how, given[0])} does not go with .ts "
            "files, whose labels stand behind their values."
        )


def _on_grid(times, series, how: Reading, source: str) -> on_grid.Placed:
    """Series at regular times."""
    import pandas as pd  # Takes half a second to import.

    ends = np.cumsum([len(t) for t in times])
    groups = np.split(np.arange(ends[-1]), ends[:-1])
    column = pd.Series([time for own in times for time in own])
    stamps = time_stamps.read(column, f"{source}, time stamps", 1, groups, how)
    names = [str(i) for i in range(1, len(times) + 1)]
    return on_grid.place(stamps, groups, series, how, source, names)
