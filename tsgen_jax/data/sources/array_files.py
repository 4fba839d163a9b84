"""Series from .npz, .npy and .ts files."""

import os
import zipfile
import zlib

import numpy as np

from tsgen_jax.data.series import SeriesSet, without_end
from tsgen_jax.data.sources import sentinels
from tsgen_jax.data.sources.description import describe_arrays
from tsgen_jax.data.sources.reading import NONE, Reading

SUFFIXES = (".npz", ".npy", ".ts")
_LABELS = ("label", "y")


def read(path: str, name: str, how: Reading) -> SeriesSet:
    """Reads one file.

    .npz holds `x` [n, L, C] or [n, L], and may hold `label` or `y` [n]; .npy is `x`.
    Where series are to be cut into windows, `x` [L, C] with L > C, or [L], is one long
    series. .ts is the format of the archives, also with unequal lengths, here with
    labels as they are written.

    Raises:
        ValueError: it cannot be read, or holds something else; never runs code that
            a file may hold.
    """
    if path.lower().endswith(".ts"):
        return _read_ts(path, name, how)
    x, label = _load(path)
    if how.label_column == NONE:
        label = None
    source = os.path.basename(path)
    series, said = from_array(sentinels.without_listed(x, how), how, source)
    if label is not None:
        label = _words(label, source)
    layout = "series" if len(series) == 1 and x.ndim < 3 else "wide"
    described = describe_arrays(how, layout, series)
    return SeriesSet(
        name, source, series, label, described.channels, None, (said,), described
    )


def from_array(
    x: np.ndarray, how: Reading, source: str
) -> tuple[tuple[np.ndarray, ...], str]:
    """Series of an array, float64 [L_i, C] each, and how it was understood."""
    if x.dtype.kind not in "fiub":
        raise ValueError(f"{source}: x is {x.dtype}, it must be numbers.")
    if x.ndim not in (1, 2, 3) or 0 in x.shape:
        raise ValueError(
            f"{source}: x is {x.shape}; it must be [n, L, C] or [n, L] (series, time "
            "points, channels), or one long series [L, C] or [L]; none empty."
        )
    if how.layout == "long" or (how.layout == "series" and x.ndim == 3):
        raise ValueError(
            f"{source}: data.layout={how.layout} does not go with x {x.shape}: 'wide' is "
            "[n, L, C] or [n, L], 'series' is [L, C] or [L]."
        )
    guessed = "" if how.layout else " (guessed)"
    is_long = x.ndim == 2 and how.window > 0 and x.shape[0] > x.shape[1]
    if x.ndim == 1 or how.layout == "series" or (is_long and not how.layout):
        one = x.astype(np.float64).reshape(len(x), -1)
        shape = f"{one.shape[0]} time points, {one.shape[1]} channels"
        return (one,), f"layout: x {x.shape}, one long series of {shape}{guessed}"
    if x.ndim == 2:
        x = x[:, :, None]
    n, length, channels = x.shape
    said = f"{n} series, {length} time points, {channels} channels{guessed}"
    series = tuple(without_end(s.astype(np.float64), how.trailing) for s in x)
    return series, f"layout: x {x.shape}, {said}"


def _load(path: str) -> tuple[np.ndarray, np.ndarray | None]:
    try:
        stored = np.load(path, allow_pickle=False)
        if isinstance(stored, np.ndarray):
            return stored, None
        with stored:
            names = sorted(stored)
            label = next((name for name in _LABELS if name in stored), None)
            if "x" in stored:
                return stored["x"], None if label is None else stored[label]
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError) as error:
        raise ValueError(
            f"{path} cannot be read ({error}). Write numbers by numpy.savez(path, x=x, "
            "label=label); arrays of objects are never read."
        ) from error
    raise ValueError(
        f"{path} holds {', '.join(names) or 'nothing'}; it needs x [n, L, C] or [n, L], "
        "and may have label [n]."
    )


def _words(label: np.ndarray, source: str) -> np.ndarray:
    if label.ndim != 1 or label.dtype.kind not in "fiubU":
        raise ValueError(
            f"{source}: label is {label.dtype} {label.shape}; it must be numbers or words "
            "[n], one per series."
        )
    if label.dtype.kind == "f":
        return np.array([f"{v:.15g}" for v in label], dtype=str)
    return label.astype(str)


def _read_ts(path: str, name: str, how: Reading) -> SeriesSet:
    source = os.path.basename(path)
    with open(path, encoding="utf-8-sig", errors="backslashreplace") as file:
        lines = file.read().splitlines()
    tags = [" ".join(line.lower().split()) for line in lines]
    if "@data" not in tags:
        raise ValueError(f"{path}: no line '@data' before the series.")
    start = tags.index("@data") + 1
    header = {t.split(" ")[0]: t.partition(" ")[2] for t in tags[: start - 1]}
    if header.get("@timestamps") == "true":
        raise ValueError(f"{path} has time stamps: write the values alone.")
    has_target = header.get("@targetlabel") == "true"
    has_label = has_target or not header.get("@classlabel", "true").startswith("false")
    series, labels = [], []
    for row, line in enumerate(lines[start:], start + 1):
        if not line.strip():
            continue
        *cells, label = line.split(":") if has_label else [*line.split(":"), ""]
        if not cells:
            raise ValueError(f"{path}, row {row} is not 'values:label': {line[:40]!r}.")
        series.append(_channels(cells, f"{path}, row {row}"))
        labels.append(label.strip())
        if series[-1].shape[1] != series[0].shape[1]:
            raise ValueError(
                f"{path}, row {row} has {series[-1].shape[1]} channels, the first "
                f"series {series[0].shape[1]}."
            )
    if not series:
        raise ValueError(f"{path}: no series after '@data'.")
    label = np.array(labels, dtype=str) if has_label and not has_target else None
    said = "layout: .ts" + "; target numbers not used" * has_target
    series = [sentinels.without_listed(x, how) for x in series]
    series = tuple(without_end(x, how.trailing) for x in series)
    label = None if how.label_column == NONE else label
    described = describe_arrays(how, "wide", series)
    return SeriesSet(
        name, source, series, label, described.channels, None, (said,), described
    )


def _channels(cells: list[str], where: str) -> np.ndarray:
    """'1,2,?' for every channel, to float64 [L, C]."""
    rows = []
    for cell in cells:
        try:
            values = cell.replace("?", "nan").split(",")
            rows.append([float(value) for value in values])
        except ValueError as error:
            raise ValueError(
                f"{where}: {error}. Write ? where one is missing."
            ) from None
    if len({len(row) for row in rows}) > 1:
        raise ValueError(
            f"{where}: channels of {', '.join(str(len(r)) for r in rows)} values; all "
            "channels of a series need the same."
        )
    return np.array(rows, dtype=np.float64).T
