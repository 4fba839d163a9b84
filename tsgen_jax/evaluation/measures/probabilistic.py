"""How good draws of unknown values are: CRPS, errors, intervals; arrays in, arrays out.

`draws` are [m, ...], the truth [...]; every score keeps the shape of the truth, so that
the caller chooses what to average. Gneiting and Raftery 2007, doi
10.1198/016214506000001437.
"""

import functools

import numpy as np
from scipy import special, stats

from tsgen_jax.types import Array


def crps(draws: Array, truth: Array) -> np.ndarray:
    """Continuous ranked probability score of the draws' empirical distribution.

    E|X - y| - E|X - X'| / 2, equation 21 there, with all m^2 pairs; in the units of the
    data, lower is better. Of one draw it is the absolute error.

    Args:
        draws: float [m, ...].
        truth: float [...].

    Returns:
        float64 [...], at least 0.

    Raises:
        ValueError: shapes that do not belong together, or values that are not finite.
    """
    draws, truth = _checked(draws, truth)
    num = len(draws)
    ordered = np.sort(draws, axis=0)
    # sum_ij |x_i - x_j| = 2 sum_i (2 i - m - 1) x_(i), with i from 1.
    rank = np.arange(1, num + 1).reshape(-1, *[1] * truth.ndim)
    spread = ((2 * rank - num - 1) * ordered).sum(0) / num**2
    return np.maximum(np.abs(draws - truth).mean(0) - spread, 0)


def absolute_error(draws: Array, truth: Array) -> np.ndarray:
    """Distance of the draws' median from the truth, float64 [...]; errors as `crps`."""
    draws, truth = _checked(draws, truth)
    return np.abs(np.median(draws, axis=0) - truth)


def pinball(draws: Array, truth: Array, level: float) -> np.ndarray:
    """Pinball loss of the draws' quantile at `level`, in (0, 1); float64 [...].

    max(level (y - q), (level - 1) (y - q)): at 0.5, half the absolute error.

    Raises:
        ValueError: as `crps`, or another level.
    """
    _check_level(level)
    draws, truth = _checked(draws, truth)
    above = truth - np.quantile(draws, level, axis=0)
    return np.where(above >= 0, level * above, (level - 1) * above)


def interval(draws: Array, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the draws' central interval that holds the share `level`, [...] each.

    Raises:
        ValueError: a level outside (0, 1).
    """
    _check_level(level)
    tail = (1 - level) / 2
    low, high = np.quantile(np.asarray(draws, np.float64), [tail, 1 - tail], axis=0)
    return low, high


def coverage(draws: Array, truth: Array, level: float) -> np.ndarray:
    """Whether the truth is in the central interval, float64 [...] of 0 and 1.

    Its mean is ideally `level`, of few draws less: compare it with `perfect_coverage`.
    Errors as `crps` and `interval`.
    """
    draws, truth = _checked(draws, truth)
    low, high = interval(draws, level)
    return ((low <= truth) & (truth <= high)).astype(np.float64)


@functools.cache
def perfect_coverage(num: int, level: float) -> float:
    """The mean of `coverage` where the truth is one more draw of the same distribution.

    The interval of few draws is too narrow, whoever draws: that of 30 normal draws
    holds 46.8 % in place of 50, and 84.7 in place of 90. Between the order statistics
    that a quantile lies between, a normal distribution is assumed; for a uniform one
    it is level (num - 1) / (num + 1), which is at most 0.01 less from 10 draws on.

    Args:
        num: draws m, at least 1.
        level: of the interval, in (0, 1).

    Raises:
        ValueError: no draws, or another level.
    """
    _check_level(level)
    if num < 1:
        raise ValueError(f"num={num} draws: at least 1 is needed.")
    # As np.quantile: between the k-th least draw and the next one, from 0.
    k, weight = divmod(round((num - 1) * (1 - level) / 2, 9), 1)
    share = (np.arange(300) + 0.5) / 300
    first = stats.beta.ppf(share, k + 1, num - k)[:, None]
    if weight > 0:  # The next one's share of what lies above the first.
        rest = 1 - (1 - share) ** (1 / (num - k - 1))
        second = first + (1 - first) * rest
        low = (1 - weight) * special.ndtri(first) + weight * special.ndtri(second)
        below = special.ndtr(low).mean()
    else:
        below = (k + 1) / (num + 1)
    return float(1 - 2 * below)


def scores(draws: Array, truth: Array, counted: Array) -> dict[str, float]:
    """All of the above as means over where `counted`, bool [...], is true.

    Returns:
        crps, mae, rmse of the mean, pinball_10 and pinball_90, and coverage and width
        of the central 50 and 90 % intervals; beside each coverage `perfect_coverage`,
        which is what to compare it with.

    Raises:
        ValueError: as `crps`, or nothing is counted.
    """
    draws, truth = _checked(draws, truth)
    counted = np.broadcast_to(np.asarray(counted, bool), truth.shape)
    if not counted.any():
        raise ValueError("No value is counted: nothing is missing.")
    draws, truth = draws[:, counted], truth[counted]
    found = {
        "crps": crps(draws, truth).mean(),
        "mae": absolute_error(draws, truth).mean(),
        "rmse": np.sqrt(((draws.mean(0) - truth) ** 2).mean()),
        "pinball_10": pinball(draws, truth, 0.1).mean(),
        "pinball_90": pinball(draws, truth, 0.9).mean(),
    }
    for level in (0.5, 0.9):
        low, high = interval(draws, level)
        percent = round(100 * level)
        found[f"coverage_{percent}"] = coverage(draws, truth, level).mean()
        found[f"perfect_coverage_{percent}"] = perfect_coverage(len(draws), level)
        found[f"width_{percent}"] = (high - low).mean()
    return {name: float(value) for name, value in found.items()}


def _checked(draws: Array, truth: Array) -> tuple[np.ndarray, np.ndarray]:
    draws, truth = np.asarray(draws, np.float64), np.asarray(truth, np.float64)
    if draws.ndim < 1 or len(draws) == 0 or draws.shape[1:] != truth.shape:
        raise ValueError(
            f"draws are {draws.shape}, the truth {truth.shape}: draws must be [m, ...] "
            "for a truth [...], with at least one."
        )
    if not (np.isfinite(draws).all() and np.isfinite(truth).all()):
        raise ValueError("Draws and truth must be finite; leave out what is not known.")
    return draws, truth


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(f"level={level} must be between 0 and 1.")
