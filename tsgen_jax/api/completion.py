"""Series completed by drawing what is missing: forecasts, and series of any length."""

import jax
import numpy as np

from tsgen_jax.generators.constrained import Constrained
from tsgen_jax.types import Array


def forecast(
    generator: Constrained,
    key: Array,
    context: np.ndarray,
    horizon: int,
    label: np.ndarray,
    num: int,
    overlap: int,
) -> np.ndarray:
    """Draws how series go on.

    Where context and horizon fit in one window, the context is its beginning. Else the
    series is extended window by window, see `extend`.

    Args:
        generator: of windows of L time points.
        key: a key.
        context: series so far in original units, float [n, L0, C].
        horizon: time points to draw, at least 1.
        label: int [n] in [0, Y].
        num: draws of each series.
        overlap: see `extend`.

    Returns:
        float32 [num, n, horizon, C].
    """
    count, start, channels = context.shape
    paths = np.broadcast_to(context, (num, *context.shape))
    paths = paths.reshape(num * count, start, channels)
    labels = np.tile(label, num)
    paths = extend(generator, key, paths, start + horizon, labels, overlap)
    return paths[:, start:].reshape(num, count, horizon, channels)


def extend(
    generator: Constrained,
    key: Array,
    paths: np.ndarray,
    length: int,
    label: np.ndarray,
    overlap: int,
) -> np.ndarray:
    """Goes on with each series until it has `length` time points (outpainting).

    A window begins with the last `overlap` time points, or with all of a series that
    ends within the window, and draws the rest of it.

    Args:
        generator: of windows of L time points.
        key: a key; each window folds in its number.
        paths: float [n, L0, C] in original units, L0 at least 1.
        length: of the result, at least L0.
        label: int [n] in [0, Y].
        overlap: in [1, L - 1].

    Returns:
        float32 [n, length, C] that begins with `paths`.
    """
    window = generator.length
    number = 0
    while paths.shape[1] < length:
        done = paths.shape[1]
        kept = done if max(length, done + 1) <= window else min(done, overlap)
        dtype = np.result_type(paths, np.float32)
        x = np.full((len(paths), window, paths.shape[2]), np.nan, dtype)
        x[:, :kept] = paths[:, done - kept :]
        observed = np.zeros(x.shape, bool)
        observed[:, :kept] = True
        drawn = generator.inpaint(
            jax.random.fold_in(key, number), x, observed, label, 1
        )[0]
        paths = np.concatenate([paths, drawn[:, kept:]], axis=1)
        number += 1
    return paths[:, :length]
