"""Series of any length completed by windows: gaps filled, and continued past gaps.

`n` series of `L_i` time points, windows of `L`, `C` channels; NaN is missing.
"""

import jax
import numpy as np

from tsgen_jax.api import completion
from tsgen_jax.generators.constrained import Constrained
from tsgen_jax.types import Array

_WAVES = 2**32 - 3  # No batch of windows has this number.


def fill(
    generator: Constrained,
    key: Array,
    series: list[np.ndarray],
    label: np.ndarray,
    num: int,
) -> list[np.ndarray]:
    """Draws what is missing, several times.

    A series no longer than a window is the beginning of one. A longer one is gone
    through in windows half a window apart. Each keeps what it draws up to a quarter of
    a window before its end, so that a value is drawn with a quarter of a window known
    or drawn on either side, and every draw goes on with what it drew before. Windows
    with nothing to draw between them do not wait for each other.

    Args:
        generator: of windows of L time points.
        key: a key.
        series: float [L_i, C] each, in original units.
        label: int [n] in [0, Y].
        num: draws.

    Returns:
        float [num, L_i, C] each, exactly the series where it is not missing.
    """
    paths = [np.repeat(_floats(x)[None], num, axis=0) for x in series]
    waves = _waves([np.isnan(x).any(axis=-1) for x in series], generator.length)
    for number, jobs in enumerate(waves):
        of = key
        if number:
            of = jax.random.fold_in(jax.random.fold_in(key, _WAVES), number)
        _draw(generator, of, paths, jobs, label, number == 0)
    return paths


def _floats(x: np.ndarray) -> np.ndarray:
    """`x` as float32, or float64 where it is that: some series need it."""
    return np.asarray(x, np.result_type(x, np.float32))


def _waves(
    missing: list[np.ndarray], window: int
) -> list[list[tuple[int, int, int, int]]]:
    """Windows that can be drawn together: (series, start, from where, to where kept).

    Args:
        missing: bool [L_i] each.
        window: L.
    """
    waves = []
    for row, gaps in enumerate(missing):
        done, wave = 0, 0
        for start, stop in _windows(len(gaps), window):
            if gaps[done:stop].any():
                waves += [[]] if wave == len(waves) else []
                waves[wave].append((row, start, done, stop))
                wave += 1
            else:
                wave = 0
            done = stop
    return waves


def _windows(length: int, window: int) -> list[tuple[int, int]]:
    """Where windows start, and up to where what they draw is kept."""
    if length <= window:
        return [(0, length)]
    hop, margin = max(window // 2, 1), window // 4
    starts = [*range(0, length - window, hop), length - window]
    return [(s, s + window - margin) for s in starts[:-1]] + [(starts[-1], length)]


def _draw(generator, key, paths, jobs, label, alike: bool) -> None:
    """Draws one wave into `paths`; `alike`: all draws still have the same past."""
    window, num = generator.length, len(paths[0])
    shape = num, len(jobs), window, paths[0].shape[-1]
    x = np.full(shape, np.nan, paths[0].dtype)
    for j, (row, start, _, _) in enumerate(jobs):
        one = paths[row][:, start : start + window]
        x[:, j, : one.shape[1]] = one
    labels = label[[row for row, *_ in jobs]]
    if alike:
        drawn = generator.inpaint(key, x[0], ~np.isnan(x[0]), labels, num)
    else:
        flat = x.reshape(num * len(jobs), *x.shape[2:])
        drawn = generator.inpaint(key, flat, ~np.isnan(flat), np.tile(labels, num), 1)
        drawn = drawn[0].reshape(x.shape)
    for j, (row, start, begin, stop) in enumerate(jobs):
        part = paths[row][:, begin:stop]
        new = drawn[:, j, begin - start : stop - start]
        part[...] = np.where(np.isnan(part), new, part)


def go_on(
    generator: Constrained,
    key: Array,
    series: list[np.ndarray],
    horizon: int,
    label: np.ndarray,
    num: int,
    overlap: int,
) -> list[np.ndarray]:
    """Draws how series go on; their pasts may be of unequal lengths and have gaps.

    Where past and horizon fit in one window, gaps and future are drawn together. Else
    the gaps of the last L time points are filled first, and each draw goes on from its
    own past.

    Args:
        generator: of windows of L time points.
        key: a key; each length folds in its number, but the first.
        series: float [L_i, C] each, in original units.
        horizon: time points to draw, at least 1.
        label: int [n] in [0, Y].
        num: draws.
        overlap: see `completion.extend`.

    Returns:
        float [num, horizon, C] each.

    Raises:
        ValueError: a series has no value in its last L time points.
    """
    window = generator.length
    for row, x in enumerate(series):
        if np.isnan(x[-window:]).all():
            raise ValueError(
                f"Series {row} (counting from 0) has no value in its last "
                f"{min(len(x), window)} time points: there is nothing to go on from."
            )
    count = np.array([len(x) for x in series])
    found = [np.empty(0)] * len(series)
    for number, length in enumerate(dict.fromkeys(count.tolist())):
        rows = np.flatnonzero(count == length)
        of = jax.random.fold_in(key, _WAVES - number) if number else key
        past = _floats(np.stack([series[r] for r in rows]))
        drawn = _go_on(generator, of, past, horizon, label[rows], num, overlap)
        for place, row in enumerate(rows):
            found[row] = drawn[:, place]
    return found


def _go_on(generator, key, past, horizon, label, num, overlap):
    """`go_on` for series of one length; [num, n, horizon, C]."""
    window, length = generator.length, past.shape[1]
    if not np.isnan(past[:, -window:]).any():
        return completion.forecast(generator, key, past, horizon, label, num, overlap)
    if length + horizon <= window:
        x = np.full((len(past), window, past.shape[2]), np.nan, past.dtype)
        x[:, :length] = past
        drawn = generator.inpaint(key, x, ~np.isnan(x), label, num)
        return drawn[:, :, length : length + horizon]
    tails = fill(generator, key, list(past[:, -window:]), label, num)
    paths = np.stack(tails, axis=1).reshape(-1, *tails[0].shape[1:])
    start = paths.shape[1]
    key = jax.random.fold_in(key, _WAVES)
    labels = np.tile(label, num)
    paths = completion.extend(generator, key, paths, start + horizon, labels, overlap)
    return paths[:, start:].reshape(num, len(past), horizon, -1)
