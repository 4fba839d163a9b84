"""Euclidean projections: the nearest point that satisfies a constraint.

Rows are independent; everything is float64. `m` values of a row are constrained
together. A value that is given, and must stay, has itself as both bounds.
"""

import numpy as np
import scipy.optimize

_NUM_HALVINGS = 200  # Until neighbouring float64 values; the loop ends before.


def onto_box(
    x: np.ndarray, low: np.ndarray, high: np.ndarray, whole: bool = False
) -> np.ndarray:
    """The nearest values in [low, high]; of integers where `whole`.

    The bounds of integers are integers, so that rounding and clipping commute. Halves
    go to the even integer.
    """
    return np.clip(np.rint(x) if whole else x, low, high)


def pool(x: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Isotonic regression of each stretch of free values; the others stay.

    Pool adjacent violators (Barlow and Brunk 1972). The nearest ascending stretch
    within bounds is this one, clipped; with a prescribed sum, it is this one plus a
    constant, clipped; the nearest of integers is this one, rounded (Goldstein and Kool
    2015 show it for any convex separable loss).

    Args:
        x: float [n, m].
        free: bool [n, m].

    Returns:
        float64 [n, m], ascending in every stretch of neighbouring free values.
    """
    x = np.array(x, np.float64)
    steps = np.diff(x, axis=1) < 0
    wrong = (steps & free[:, 1:] & free[:, :-1]).any(axis=1)
    for row in np.flatnonzero(wrong):
        edges = np.diff(np.concatenate([[0], free[row].astype(np.int8), [0]]))
        starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
        for start, end in zip(starts, ends, strict=True):
            fit = scipy.optimize.isotonic_regression(x[row, start:end])
            x[row, start:end] = fit.x
    return x


def onto_sum(
    x: np.ndarray,
    total: float,
    low: np.ndarray,
    high: np.ndarray,
    whole: bool = False,
) -> np.ndarray:
    """The nearest rows with a prescribed sum within bounds (a capped simplex).

    The Lagrange condition is x + s, clipped, with one shift s for the row, found by
    halving an interval. Of integers it is rint(x + s), clipped: every value steps at
    x + s = k + 1/2, and steps in order of s cost least (greedy allocation is optimal
    for separable convex costs, Federgruen and Groenevelt 1986). Where bounds leave no
    row with this sum, the nearest sum is taken.

    Args:
        x: float [n, m].
        total: of every row.
        low: float [n, m], may be -inf; an integer where `whole` and `low < high`.
        high: float [n, m], may be inf; as `low`.
        whole: whether values are integers.

    Returns:
        float64 [n, m].
    """
    x = np.asarray(x, np.float64)
    reach = _reach(x, total, low, high)
    low, high = np.maximum(low, -reach), np.minimum(high, reach)

    def at(shift, rows=slice(None)):
        moved = x[rows] + shift[:, None]
        moved = np.floor(moved + 0.5) if whole else moved
        return np.clip(moved, low[rows], high[rows])

    below, above = (low - x).min(1) - 1, (high - x).max(1) + 1
    for _ in range(_NUM_HALVINGS):
        middle = (below + above) / 2
        if ((middle <= below) | (middle >= above)).all():
            break
        less = at(middle).sum(1) <= total
        below, above = np.where(less, middle, below), np.where(less, above, middle)
    if whole:
        return _step(at(below), at(above), total)
    # With the values in between known, their shift follows without halving.
    found, shifted = at(below), x + below[:, None]
    inside = (shifted > low) & (shifted < high)
    rest = total - np.where(inside, 0, found).sum(1)
    count = inside.sum(1)
    shift = (rest - np.where(inside, x, 0).sum(1)) / np.maximum(count, 1)
    exact = np.clip(x + shift[:, None], low, high)
    return np.where(inside, exact, found)


def _reach(x, total, low, high) -> np.ndarray:
    """[n, 1] a bound that no value of the nearest row exceeds, for infinite bounds."""
    sizes = [np.where(np.isfinite(v), np.abs(v), 0) for v in (x, low, high)]
    return np.ceil(abs(total) + sum(s.sum(1, keepdims=True) for s in sizes) + 1)


def _step(few: np.ndarray, many: np.ndarray, total: float) -> np.ndarray:
    """Steps from `few` towards `many`, from the left, until the sum is reached."""
    steps = many - few
    before = np.cumsum(steps, axis=1) - steps
    left = np.floor(total - few.sum(1, keepdims=True) + 1e-9)
    return few + np.clip(left - before, 0, steps)
