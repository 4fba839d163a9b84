"""Numbers that stand for a missing value, such as -9999: honoured, or warned of."""

import numpy as np

from tsgen_jax.data.series import SeriesSet, warning
from tsgen_jax.data.sources.number_format import missing_numbers
from tsgen_jax.data.sources.reading import Reading

_NINES = {float("9" * k) for k in range(2, 10)} | {99.9, 999.9, 9999.9, 99.99, 999.99}
_OTHERS = {-32768.0, 32767.0, 65535.0, -2147483648.0, 1e20, 1e30, 1e36}
_FAR = 1.0  # Ranges of all other values that a usual sentinel is away from them.
_VERY_FAR = 10.0  # The same of any other number that comes again and again.
_FEW = 3  # Times that such a number comes at least.
_MAX_CHANNELS = 1000  # Looked at.


def without_listed(x: np.ndarray, how: Reading) -> np.ndarray:
    """`x`, of any shape, NaN where it equals a number of `data.missing_values`."""
    numbers = missing_numbers(how.missing_words)
    if not numbers or x.dtype.kind not in "fiu":
        return x
    x = x.astype(np.float64)
    return np.where(np.isin(x, list(numbers)), np.nan, x)


def suspicions(found: SeriesSet) -> list[str]:
    """A warning for every channel with a number that looks like a missing value."""
    notes = []
    for channel, name in enumerate(found.channels[:_MAX_CHANNELS]):
        values = np.concatenate([x[:, channel] for x in found.series])
        values = values[np.isfinite(values)]
        for number in _suspects(values):
            count = int((values == number).sum())
            notes.append(
                warning(
                    f"{number:.10g} stands {count} times in channel {name}, far from all "
                    "other values: if it stands for missing values, say "
                    f"--missing-values={number:.10g} (data.missing_values)"
                )
            )
    return notes


def _suspects(values: np.ndarray) -> list[float]:
    """Numbers of `values` that look like no values."""
    size = np.abs(values)
    usual = np.isin(size, list(_NINES)) | np.isin(values, list(_OTHERS)) | (size > 1e29)
    others = values[~usual]
    found = [
        float(n)
        for n in np.unique(values[usual])
        if _gap(others, n) > _FAR * _span(others)
    ]
    rest = values[~np.isin(values, found)]
    for number in set(_ends(rest)):
        others = rest[rest != number]
        is_far = _span(others) > 0 and _gap(others, number) > _VERY_FAR * _span(others)
        if is_far and len(rest) - len(others) >= _FEW:
            found.append(float(number))
    return sorted(found)


def _ends(values: np.ndarray) -> list[float]:
    return [values.min(), values.max()] if len(values) else []


def _span(values: np.ndarray) -> float:
    return float(np.ptp(values)) if len(values) else np.inf


def _gap(values: np.ndarray, number: float) -> float:
    """From a number to the nearest of values that it is below or above."""
    return max(values.min() - number, number - values.max()) if len(values) else 0.0
