"""Long series cut into windows, divided by time.

The beginning of a long series is for training, what follows for validation, its end
for test. Each stretch is cut on its own, so that no window of one part shares a time
point with a window of another.
"""

import dataclasses

import numpy as np

from tsgen_jax.data.series import SeriesSet

PARTS = ("TRAIN", "VALID", "TEST")


def cut(
    found: SeriesSet,
    window: int,
    stride: int,
    test_fraction: float,
    validation_fraction: float,
) -> SeriesSet:
    """A set of windows, each with the label of its series and a part.

    Series that come with a part keep to it: of TRAIN only the end becomes VALID.

    Args:
        found: long series.
        window: time points of a window.
        stride: time points between the beginnings of two windows; -1: a quarter of
            the window.
        test_fraction: share of every series for test.
        validation_fraction: share of what is left for validation; 0: none.

    Raises:
        ValueError: a series, or what it leaves for a part, is shorter than the window.
    """
    stride = max(window // 4, 1) if stride == -1 else stride
    short = int(found.lengths.min())
    if short < window:
        which = int(found.lengths.argmin()) + 1
        raise ValueError(
            f"{found.source}: data.window={window} is longer than series {which} "
            f"({short} time points). Use a smaller window."
        )
    series, rows, places, num_bare, num_missing = [], [], [], 0, 0
    for row, x in enumerate(found.series):
        covered = np.zeros(len(x), dtype=bool)
        given = "" if found.part is None else str(found.part[row])
        bounds = _bounds(len(x), given, test_fraction, validation_fraction)
        for part, (start, stop) in zip(PARTS, bounds, strict=True):
            for first in range(start, stop - window + 1, stride):
                one = x[first : first + window]
                if np.isnan(one).all(axis=0).any():
                    num_bare += 1
                    continue
                covered[first : first + window] = True
                series.append(one)
                rows.append(row)
                places.append(part)
        num_missing += int(np.isnan(x[covered]).sum())
    counts = {part: places.count(part) for part in PARTS}
    needed = PARTS if validation_fraction > 0 else ("TRAIN", "TEST")
    bare = [part for part in needed if counts[part] == 0]
    if bare:
        raise ValueError(
            f"{found.source}: no window of {window} time points fits into the stretch "
            f"for {bare[0]}; the longest series has {found.lengths.max()}. Use a "
            "smaller data.window, or a larger data.test_fraction or "
            "data.validation_fraction."
        )
    notes = [
        *found.notes,
        f"windows of {window} time points every {stride}, divided by time: "
        + ", ".join(f"{counts[part]} {part}" for part in PARTS),
    ]
    if num_bare:
        notes.append(f"{num_bare} windows without a value in some channel left out")
    return dataclasses.replace(
        found,
        series=tuple(series),
        label=None if found.label is None else found.label[rows],
        part=np.array(places),
        notes=tuple(notes),
        ids=None,
        times=None,
        num_missing=num_missing,
    )


def _bounds(
    length: int, given: str, test_fraction: float, validation_fraction: float
) -> list[tuple[int, int]]:
    """Where the stretches of TRAIN, VALID and TEST begin and end."""
    if given == "TEST":
        return [(0, 0), (0, 0), (0, length)]
    test = 0 if given == "TRAIN" else round(test_fraction * length)
    valid = round(validation_fraction * (length - test))
    first, second = length - test - valid, length - test
    return [(0, first), (first, second), (second, length)]
