"""Series from .npz and .npy files."""

import os
from typing import NamedTuple

import numpy as np

from tsgen_jax.data import bounded
from tsgen_jax.data.series import SeriesSet, warning, without_end
from tsgen_jax.data.sources import sentinels
from tsgen_jax.data.sources.description import describe_arrays
from tsgen_jax.data.sources.reading import NONE, Reading

SUFFIXES = (".npz", ".npy")
_VALUES = ("x", "X", "data")
_LABELS = ("label", "labels", "y", "Y")
_UNPACKED = 64 * 2**20  # Bytes that any file may unpack to.
# More than these in a row of a table of numbers, and it is hardly one time point's.
_MANY_CHANNELS, _FEW_POINTS = 16, 12
_UNUSED = (
    *("id_column", "time_column", "time_format", "time_zone", "sort_time"),
    *("duplicates", "header", "separator", "decimal", "thousands"),
)


class Arrays(NamedTuple):
    """What a file holds.

    Attributes:
        x: numbers.
        label: as stored; None: there is none.
        said: which arrays were taken, and which were not used; '' of an .npy.
    """

    x: np.ndarray
    label: np.ndarray | None
    said: str


def read(path: str, name: str, how: Reading) -> SeriesSet:
    """Reads one file.

    .npz holds `x` [n, L, C] or [n, L] (or `X`, or `data`, or one array of any name),
    and may hold `label` [n] (or `labels`, or `y`, or as data.label_column says); .npy
    is `x`. Where series are to be cut into windows, `x` [L, C] with L > C, or [L], is
    one long series.

    Raises:
        ValueError: it cannot be read, holds something else, or an option is about
            something that arrays do not have; never runs code that a file may hold.
    """
    source = os.path.basename(path)
    for key in _UNUSED:
        value = getattr(how, key)
        if value not in ("", NONE, False):
            raise ValueError(
                f"{source}: data.{key}={value} does not go with .npz and .npy files: it "
                "is about tables."
            )
    x, label, taken = load(path, how.label_column)
    series, said = from_array(sentinels.without_listed(x, how), how, source)
    layout = "series" if len(series) == 1 and x.ndim < 3 else "wide"
    described = describe_arrays(how, layout, series)
    if how.channels:
        chosen = _chosen(how.channels, described.channels, source)
        series = tuple(one[:, chosen] for one in series)
        described = describe_arrays(how, layout, series)
    if label is not None:
        label = _words(label, source)
    notes = (said[0], *([taken] if taken else []), *said[1:])
    return SeriesSet(
        name, source, series, label, described.channels, None, notes, described
    )


def _chosen(channels: str, known: tuple[str, ...], source: str) -> list[int]:
    """Places of the channels that are named, or numbered from 1."""
    numbered = {str(place): place - 1 for place in range(1, len(known) + 1)}
    places = numbered | {name: place for place, name in enumerate(known)}
    wrong = [name for name in channels.split("+") if name not in places]
    if wrong:
        raise ValueError(
            f"{source} has no channel {wrong[0]!r} (data.channels): there are 1 to "
            f"{len(known)}, as in data.channels=1+2."
        )
    return [places[name] for name in channels.split("+")]


def from_array(
    x: np.ndarray, how: Reading, source: str
) -> tuple[tuple[np.ndarray, ...], list[str]]:
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
    guessed, shape = "" if how.layout else " (guessed)", x.shape
    swapped = how.array_layout == "ncl"
    if swapped and x.ndim < 3 and how.layout != "series":
        raise ValueError(
            f"{source}: data.array_layout=ncl does not go with x {shape}: it is about "
            "[n, C, L], or with data.layout=series about [C, L]."
        )
    x = np.swapaxes(x, -1, -2) if swapped and x.ndim > 1 else x
    is_long = x.ndim == 2 and how.window > 0 and x.shape[0] > x.shape[1]
    if x.ndim == 1 or how.layout == "series" or (is_long and not how.layout):
        one = x.astype(np.float64).reshape(len(x), -1)
        said = f"{one.shape[0]} time points, {one.shape[1]} channels"
        notes = [f"layout: x {shape}, one long series of {said}{guessed}"]
        if guessed and one.shape[1] > _MANY_CHANNELS:
            notes.append(
                warning(
                    f"x {shape} is taken for one long series of {said}; if it is "
                    f"{shape[0]} series, give data.layout=wide"
                )
            )
        return (one,), notes
    is_flat = x.ndim == 2
    x = x[:, :, None] if is_flat else x
    n, length, channels = x.shape
    said = f"{n} series, {length} time points, {channels} channels"
    notes = [f"layout: x {shape}, {said}{guessed}"]
    if not how.array_layout and channels > length:
        notes.append(
            warning(
                f"x {shape} is taken for {said}, more channels than time points; if "
                f"there are {length} channels, give data.array_layout=ncl, else "
                "data.array_layout=nlc"
            )
        )
    if guessed and is_flat and length <= _FEW_POINTS and n >= 5 * length:
        notes.append(
            warning(
                f"x {shape} is taken for {said}; if it is one long series of {n} time "
                f"points and {length} channels, give data.window=96 or the like"
            )
        )
    series = tuple(without_end(s.astype(np.float64), how.trailing) for s in x)
    return series, notes


def load(path: str, label: str = "") -> Arrays:
    """Values and labels as they are in an .npz or .npy file.

    Args:
        path: of the file.
        label: name of the array of labels; '' for the usual names, 'none' for none.

    Raises:
        ValueError: it cannot be read, or does not hold these arrays.
    """
    if path.lower().endswith(".npy"):
        if label not in ("", NONE):
            raise ValueError(
                f"{path}: data.label_column={label} does not go with .npy files, which "
                "hold values alone; put both into one .npz, as x and label."
            )
        return Arrays(bounded.read_npy(path), None, "")
    with bounded.Zip(path, free=_UNPACKED) as archive:
        names = [n.removesuffix(".npy") for n in archive.sizes if n.endswith(".npy")]
        key = next((name for name in _VALUES if name in names), "")
        if not key and len(names) == 1:
            key = names[0]
        if not key:
            raise ValueError(
                f"{path} holds {', '.join(sorted(names)) or 'nothing'}; it needs x "
                "[n, L, C] or [n, L], and may have label [n]."
            )
        if label not in ("", NONE) and label not in names:
            raise ValueError(
                f"{path} has no array {label!r} (data.label_column); it holds "
                f"{', '.join(sorted(names))}."
            )
        usual = next((name for name in _LABELS if name in names), "")
        chosen = "" if label == NONE else label or usual
        wanted = [key, chosen] if chosen else [key]
        found = [
            bounded.as_array(archive.read(f"{name}.npy"), f"{path}: {name}")
            for name in wanted
        ]
    said = f"values in {key!r}" + (
        f", labels in {chosen!r}" if chosen else ", no labels"
    )
    left = sorted(set(names) - set(wanted))
    if left:
        said += f"; not used: {', '.join(map(repr, left))}"
    return Arrays(found[0], found[1] if chosen else None, said)


def _words(label: np.ndarray, source: str) -> np.ndarray:
    if label.ndim == 2 and label.shape[1] == 1:
        label = label[:, 0]
    if label.ndim != 1 or label.dtype.kind not in "fiubUS":
        raise ValueError(
            f"{source}: label is {label.dtype} {label.shape}; it must be numbers or words "
            "[n], one per series."
        )
    if label.dtype.kind == "S":
        return np.char.decode(label, "utf-8", "backslashreplace")
    if label.dtype.kind == "f":
        return np.array([f"{v:.15g}" for v in label], dtype=str)
    return label.astype(str)
