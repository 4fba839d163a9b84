"""Intervals of shares and of means in closed form; `bootstrap` has those by drawing."""

import numpy as np
from scipy import stats

from tsgen_jax.types import Array


def wilson(share: float, num: float, level: float) -> tuple[float, float]:
    """Wilson's score interval of a share of `num` independent cases.

    Wilson 1927; Brown, Cai and DasGupta 2001, Interval Estimation for a Binomial
    Proportion. It has a width and holds what it says also where all cases are hits,
    where resampling them gives a point.

    Args:
        share: in [0, 1].
        num: cases, above 0; need not be whole, see `effective_size`.
        level: share of intervals that hold the truth, above 0 and below 1.

    Returns:
        low, high: in [0, 1].

    Raises:
        ValueError: a share, number or level out of range.
    """
    if not 0 <= share <= 1 or not num > 0 or not 0 < level < 1:
        raise ValueError(
            f"share={share} must lie in [0, 1], num={num} be above 0, and "
            f"level={level} lie between 0 and 1."
        )
    z = stats.norm.ppf((1 + level) / 2)
    centre = (share + z**2 / (2 * num)) / (1 + z**2 / num)
    variance = share * (1 - share) / num + z**2 / (4 * num**2)
    half = z / (1 + z**2 / num) * np.sqrt(variance)
    # At these shares exactly 0 and 1, but for rounding.
    low = 0.0 if share == 0 else max(centre - half, 0.0)
    high = 1.0 if share == 1 else min(centre + half, 1.0)
    return float(low), float(high)


def clopper_pearson(share: float, num: float, level: float) -> tuple[float, float]:
    """Clopper and Pearson's interval of a share of `num` independent cases.

    Clopper and Pearson 1934: never holds less than it says, and so is wider than
    Wilson's; for numbers that are estimates themselves. Arguments as of `wilson`.

    Returns:
        low, high: in [0, 1].

    Raises:
        ValueError: a share, number or level out of range.
    """
    if not 0 <= share <= 1 or not num > 0 or not 0 < level < 1:
        raise ValueError(
            f"share={share} must lie in [0, 1], num={num} be above 0, and "
            f"level={level} lie between 0 and 1."
        )
    hits, tail = share * num, (1 - level) / 2
    low = 0.0 if share == 0 else stats.beta.ppf(tail, hits, num - hits + 1)
    high = 1.0 if share == 1 else stats.beta.ppf(1 - tail, hits + 1, num - hits)
    return float(low), float(high)


def effective_size(share: float, num: int, variance: float) -> float:
    """Independent cases whose share scatters as one of `num` dependent cases does.

    share (1 - share) / variance, at least 1 and at most `num`; `num` where the share is
    0 or 1 or does not scatter at all, which leaves nothing to estimate: a caller who
    knows how many cases go together should take fewer. Korn and
    Graubard 1998, Confidence Intervals for Proportions with Small Expected Number of
    Positive Counts, use it with Clopper and Pearson's interval.

    Args:
        share: in [0, 1].
        num: cases.
        variance: of the share, at least 0.
    """
    own = share * (1 - share)
    if own <= 0 or variance <= 0:
        return float(num)
    return float(np.clip(own / variance, 1, num))


def student(values: Array, level: float) -> tuple[float, float]:
    """Student's interval of the mean of independent `values` [n], n of 2 or more.

    Of few and skewed values it holds more of what it says than resampling them: of 10
    from a gamma distribution of shape 2, 93 % against 87 %.

    Raises:
        ValueError: fewer than 2 values, or a level out of range.
    """
    values = np.asarray(values, np.float64)
    if values.ndim != 1 or len(values) < 2 or not 0 < level < 1:
        raise ValueError(
            f"{values.shape} values and level={level}: 2 values and a level between 0 "
            "and 1 are needed."
        )
    error = values.std(ddof=1) / np.sqrt(len(values))
    half = stats.t.ppf((1 + level) / 2, len(values) - 1) * error
    return float(values.mean() - half), float(values.mean() + half)
