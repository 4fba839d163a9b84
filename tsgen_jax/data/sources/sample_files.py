"""Generated series from anywhere, as the set that they are judged on has them."""

import logging
import os

import numpy as np

from tsgen_jax.data.dataset import Dataset
from tsgen_jax.data.series import SeriesSet
from tsgen_jax.data.sources import similar
from tsgen_jax.data.sources.samples import load_samples

_LOG = logging.getLogger(__name__)
_ARRAYS = (".npz", ".npy")


def read(path: str, dataset: Dataset) -> tuple[np.ndarray, np.ndarray | None]:
    """Reads series and the classes that they were asked for.

    Args:
        path: .npz or .npy, see `load_samples`; else a table or .ts like the file of the
            data set, such as `tsgen sample` writes: its columns have the same names. A
            recording longer than the set's series is cut into windows that do not
            overlap.
        dataset: that they are like.

    Returns:
        x [n, L, C], with NaN after the end of shorter series; and label int [n], the
        numbers of the set's classes, -1 for none; None where there are no labels.

    Raises:
        ValueError: no such file, another length, or labels that are no classes.
    """
    if not os.path.isfile(path):
        raise ValueError(f"{path} is no file of samples.")
    if path.lower().endswith(_ARRAYS):
        x, label, names = load_samples(path)
        return x, _numbers(label, names, dataset.classes, path)
    trailing = "end" if dataset.has_ends else "missing"
    found = similar.read(path, dataset.described, trailing)
    _LOG.info("%s\n%s", found.source, "\n".join((*found.notes, *found.facts())))
    series, rows = _fitting(found, dataset)
    x = np.full((len(series), dataset.length, dataset.num_channels), np.nan)
    for row, one in enumerate(series):
        x[row, : len(one)] = one
    label = None if found.label is None else found.label[rows]
    if label is not None and not dataset.has_labels:
        label = None
    return x, _numbers(label, None, dataset.classes, path)


def _fitting(found: SeriesSet, dataset: Dataset) -> tuple[list[np.ndarray], list[int]]:
    """Series of the set's length, and which of those read each is from."""
    length, series, rows = dataset.length, [], []
    for row, x in enumerate(found.series):
        if len(x) < length and not dataset.has_ends:
            raise ValueError(
                f"{found.source}: series {row} (counting from 0) has {len(x)} time "
                f"points, those of {dataset.name} {length}. What was understood: "
                f"{'; '.join(found.notes)}."
            )
        windows = range(0, max(len(x) - length, 0) + 1, length)
        series += [x[start : start + length] for start in windows]
        rows += [row] * len(windows)
    if len(series) > len(found.series):
        _LOG.info("Cut into %d windows of %d time points.", len(series), length)
    return series, rows


def _numbers(
    label: np.ndarray | None,
    names: np.ndarray | None,
    classes: tuple[str, ...],
    path: str,
) -> np.ndarray | None:
    """Labels as numbers of `classes`, int [n].

    Args:
        label: names of classes; or places in `names`, -1 for none.
        names: classes as the file lists them; None: it does not, and whole numbers are
            names where all of them are, else places in `classes`.
        classes: of the data set.
        path: of the file.
    """
    if label is None or (names is not None and (np.asarray(label) == -1).all()):
        return None
    label = np.asarray(label)
    place = {name: i for i, name in enumerate(classes)}
    if names is not None and label.dtype.kind in "iu" and label.ndim == 1:
        if label.min() < -1 or label.max() >= len(names):
            raise ValueError(
                f"{path}: labels run from {label.min()} to {label.max()}; the file "
                f"lists {len(names)} classes."
            )
        words = np.where(label < 0, "", np.asarray(names, dtype=str)[label])
    elif label.dtype.kind in "iu" and not set(label.astype(str).tolist()) <= set(place):
        return label
    elif label.dtype.kind in "iufU" and label.ndim == 1:
        words = _as_words(label)
        _warn_of_places(label, place, classes, path)
    else:
        return label
    unknown = sorted(set(words.tolist()) - set(place) - {""})
    if unknown:
        raise ValueError(
            f"{path}: class {', '.join(map(repr, unknown[:5]))} is not among those of "
            f"the data: {', '.join(map(repr, classes[:20]))}."
        )
    return np.array([place.get(word, -1) for word in words.tolist()], dtype=np.int64)


def _as_words(label: np.ndarray) -> np.ndarray:
    """Labels as names: 1.0 is '1'."""
    if label.dtype.kind == "f":
        return np.array([f"{value:.15g}" for value in label], dtype=str)
    return label.astype(str)


def _warn_of_places(label, place: dict[str, int], classes, path: str) -> None:
    """Says that numbers were taken for names where they could be places as well."""
    if label.dtype.kind not in "iu" or label.min() < 0 or label.max() >= len(classes):
        return
    if any(place[str(k)] != k for k in set(label.tolist())):
        _LOG.warning(
            "%s: labels %d to %d are taken for the names of classes (%s), not for their "
            "places from 0. If they are places, list the names in an array 'classes' "
            "beside them.",
            os.path.basename(path),
            label.min(),
            label.max(),
            ", ".join(classes[:10]),
        )
