"""Whether token sequences were copied from those of TRAIN.

Tokens are int [n, T, F]: T time frames of F tokens. A stretch is some frames that follow
each other, with all their tokens. No value alone says that a model memorises: with few
codes TEST repeats TRAIN as well, and is the yardstick. All functions raise ValueError
for other shapes, other widths and empty sets.
"""

import numpy as np

from tsgen_jax.types import Array

# Name: (better, ideal: only TEST can tell, meaning).
MEASURES: dict[str, tuple[str, float | None, str]] = {
    "copied_sequences": (
        "lower",
        None,
        "Share of generated token sequences that stand verbatim in TRAIN. Ideal: that "
        "of TEST.",
    ),
    "copied_stretch_mean": (
        "lower",
        None,
        "Longest stretch of a generated series' tokens that stands in a TRAIN series, "
        "at any time, mean over series. Ideal: that of TEST.",
    ),
    "copied_stretch_max": (
        "lower",
        None,
        "The longest of all these stretches. Ideal: that of TEST.",
    ),
}


def frames(tokens: Array, map_shape: tuple[int, int]) -> np.ndarray:
    """Token maps that were flattened row by row, [n, F T], as time frames [n, T, F]."""
    tokens = np.asarray(tokens)
    return tokens.reshape(len(tokens), *map_shape).transpose(0, 2, 1)


def copied_sequences(tokens: Array, train: Array) -> np.ndarray:
    """Which sequences stand in `train` from the first frame to the last, bool [n]."""
    tokens, train = _checked(tokens, train)
    known = {row.tobytes() for row in train}
    return np.array([row.tobytes() in known for row in tokens])


def longest_stretches(tokens: Array, train: Array) -> np.ndarray:
    """Frames of the longest stretch of each sequence that one of `train` has, int [n].

    Both have it, at the same time or another. Stretches grow by a frame at a time; those
    that the other side lacks are dropped, so that little is left soon where little was
    copied.

    Args:
        tokens: int [n, T, F].
        train: int [m, T, F].
    """
    tokens, train = _checked(tokens, train)
    (n, length, _), m = tokens.shape, len(train)
    _, symbols = np.unique(
        np.concatenate([tokens, train]).reshape((n + m) * length, -1),
        axis=0,
        return_inverse=True,
    )
    symbols = symbols.reshape(n + m, length)
    # Where stretches begin, and what they are: equal numbers, equal stretches.
    row, begin = (at.reshape(-1) for at in np.indices(symbols.shape))
    stretch, longest = symbols.reshape(-1), np.zeros(n, int)
    for size in range(1, length + 1):
        own = row < n
        shared = np.intersect1d(stretch[own], stretch[~own])
        kept = np.isin(stretch, shared)
        longest[row[kept & own]] = size
        kept &= begin + size < length
        if not kept.any():
            break
        row, begin, stretch = row[kept], begin[kept], stretch[kept]
        grown = np.stack([stretch, symbols[row, begin + size]], 1)
        _, stretch = np.unique(grown, axis=0, return_inverse=True)
        stretch = stretch.reshape(-1)
    return longest


def _checked(tokens: Array, train: Array) -> tuple[np.ndarray, np.ndarray]:
    tokens, train = np.asarray(tokens), np.asarray(train)
    for name, x in (("tokens", tokens), ("train", train)):
        if x.ndim != 3 or not x.size or x.dtype.kind not in "iu":
            raise ValueError(
                f"{name} must be integers [n, T, F], not empty; got {x.dtype} {x.shape}."
            )
    if tokens.shape[1:] != train.shape[1:]:
        raise ValueError(
            f"tokens {tokens.shape} and train {train.shape} differ in frames or tokens."
        )
    return tuple(np.ascontiguousarray(x, np.int64) for x in (tokens, train))
