"""Intervals of any statistic of sets by resampling their rows."""

from collections.abc import Callable

import numpy as np

from tsgen_jax.types import Array


def interval(
    statistic: Callable[..., float],
    arrays: tuple[Array, ...],
    seed: int,
    num_draws: int,
    level: float,
) -> tuple[float, float]:
    """Percentile bootstrap: quantiles of the statistic over resampled sets.

    Efron and Tibshirani 1993, chapter 13. Each draw takes as many rows of each array
    as it has, with replacement and independently of the other arrays. Rows that belong
    together, such as features and labels, have to be one array: pass `np.arange(n)`
    and index inside `statistic`.

    The interval holds the scatter of the statistic, not its bias. A resample repeats
    rows and so has fewer different ones: what depends on n or on neighbours grows or
    falls by it, and the interval can miss the value of the sets themselves (two sets
    of 60 rows from one Gaussian in 16 columns: FID 3.7, interval 5.1 to 7.6; `mmd`
    and coverage likewise). Means over rows are safe: accuracy, precision against fixed
    neighbourhoods, distances to a fixed set. For the others report the spread over
    independently generated sets.

    Args:
        statistic: from arrays shaped like `arrays` to a finite number.
        arrays: one or more, each [n, ...] with its own n.
        seed: the same seed gives the same interval, bit for bit.
        num_draws: resamples; 1000 or more settle the ends of a 0.95 interval.
        level: share of draws inside, above 0 and below 1.

    Returns:
        low, high: the (1 - level) / 2 and (1 + level) / 2 quantiles of the draws.

    Raises:
        ValueError: `arrays` is no tuple of arrays with rows, `num_draws` or `level`
            is out of range, or `statistic` is not finite for some draws.
    """
    if not isinstance(arrays, tuple) or not arrays:
        raise ValueError("arrays must be a tuple of one array or more: (x,) for one.")
    arrays = tuple(np.asarray(x) for x in arrays)
    for i, x in enumerate(arrays):
        if not x.ndim or not len(x):
            raise ValueError(f"arrays[{i}] has no rows; its shape is {x.shape}.")
    if num_draws < 2:
        raise ValueError(f"num_draws={num_draws}: an interval needs 2 or more.")
    if not 0 < level < 1:
        raise ValueError(f"level={level} must lie between 0 and 1, such as 0.95.")
    rng = np.random.default_rng(seed)
    draws = np.empty(num_draws)
    for i in range(num_draws):
        draws[i] = statistic(*(x[rng.integers(len(x), size=len(x))] for x in arrays))
    bad = (~np.isfinite(draws)).sum()
    if bad:
        raise ValueError(f"The statistic is not finite in {bad} of {num_draws} draws.")
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
