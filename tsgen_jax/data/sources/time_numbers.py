"""Numbers that are dates: YYYYMMDD, YYYYMM, and seconds since 1970."""

import numpy as np

from tsgen_jax.data.sources.time_step import EPOCHS

SHAPES = {"YYYYMMDD": "%Y%m%d", "YYYYMM": "%Y%m"}  # How they are written.
_SINCE, _UNTIL = 631_152_000, 4_102_444_800  # 1990 and 2100, in seconds.
_FIRST, _LAST = 1800, 2199  # Years.


def epoch(numbers: np.ndarray) -> str:
    """The one of `EPOCHS` that puts all `numbers` [n] into 1990 to 2099; '' if none."""
    for form, per_second in EPOCHS.items():
        low, high = _SINCE * per_second, _UNTIL * per_second
        if ((low <= numbers) & (numbers < high)).all():
            return form
    return ""


def whole_dates(numbers: np.ndarray, shape: str) -> np.ndarray | None:
    """`numbers` [n] as dates, datetime64[us] [n]; None where one is no date.

    Args:
        numbers: finite.
        shape: one of `SHAPES`.
    """
    low, high = 10 ** (len(shape) - 1), 10 ** len(shape)
    if not ((low <= numbers) & (numbers < high) & (numbers == np.round(numbers))).all():
        return None
    number = numbers.astype(np.int64)
    number = number if shape == "YYYYMMDD" else 100 * number + 1
    year, month, day = number // 10_000, number // 100 % 100, number % 100
    good = (
        (year >= _FIRST) & (year <= _LAST) & (month >= 1) & (month <= 12) & (day >= 1)
    )
    if not good.all():
        return None
    begin = (12 * (year - 1970) + month - 1).astype("datetime64[M]")
    dates = begin.astype("datetime64[D]") + (day - 1).astype("timedelta64[D]")
    if (dates.astype("datetime64[M]") != begin).any():
        return None
    return dates.astype("datetime64[us]")
