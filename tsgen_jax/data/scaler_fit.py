"""Scalers fitted to series, or to those values of them that were given.

`L` time points, `C` channels.
"""

import numpy as np

from tsgen_jax.data.scaling import (
    QuantileScaler,
    Scaler,
    are_constant,
    levels,
    needed_dtype,
    scales,
)

KINDS = ("standard", "robust", "quantile")
_MAX_QUANTILES = 1000


def fit_scaler(x: np.ndarray) -> Scaler:
    """Fits mean and standard deviation to a whole part, [n, L, C]; constant: std 1.

    What differs by rounding alone counts as constant.
    """
    x = np.asarray(x, dtype=np.float64)
    constant = are_constant(np.moveaxis(x, -1, 0))
    return Scaler(x.mean(axis=(0, 1)), np.where(constant, 1.0, x.std(axis=(0, 1))))


def choose_dtype(x: np.ndarray, observed: np.ndarray | None) -> type[np.floating]:
    """Of series [n, L, C] in original units: float32, or float64 if that blurs them.

    Float32 has 7 digits: of 1.7e9 + 20 sin(t) it keeps nothing.

    Args:
        x: float64.
        observed: as of `fit`.
    """
    known = _known(np.asarray(x, dtype=np.float64), observed)
    if any(v.size == 0 for v in known):
        return np.float32
    centre = np.array([v.mean() for v in known])
    return needed_dtype(centre, scales(known))


def _known(x: np.ndarray, observed: np.ndarray | None) -> list[np.ndarray]:
    """The given values of each channel."""
    channels = range(x.shape[-1])
    return [x[..., c] if observed is None else x[observed[..., c], c] for c in channels]


def fit(
    kind: str, x: np.ndarray, observed: np.ndarray | None
) -> Scaler | QuantileScaler:
    """Fits a scaler to the given values of a part.

    Args:
        kind: 'standard' (mean, population standard deviation), 'robust' (median,
            interquartile range) or 'quantile' (to a normal distribution).
        x: series [n, L, C], any value where nothing was observed.
        observed: bool [n, L, C]; None: everything was.

    Raises:
        ValueError: an unknown kind, a channel without values, or one whose
            interquartile range is 0 though it is not constant.
    """
    check_kind(kind)
    if kind == "standard" and observed is None:
        return fit_scaler(x)
    known = _known(np.asarray(x, dtype=np.float64), observed)
    empty = [c for c, values in enumerate(known) if values.size == 0]
    if empty:
        raise ValueError(f"Channel {empty[0]} (counting from 0) has no value in TRAIN.")
    if kind == "quantile":
        count = max(min(_MAX_QUANTILES, *(v.size for v in known)), 2)
        return QuantileScaler(np.stack([_quantiles(v, count) for v in known], axis=1))
    if kind == "standard":
        centre, scale = ([f(v) for v in known] for f in (np.mean, np.std))
    else:
        low, centre, high = np.transpose(
            [np.quantile(v, [0.25, 0.5, 0.75]) for v in known]
        )
        scale = high - low
    scale = np.where(are_constant(known), 1.0, scale)
    if (scale == 0).any():
        raise ValueError(
            f"data.scaling={kind}: half the values or more of channel "
            f"{np.flatnonzero(scale == 0)[0]} (counting from 0) are equal, so its "
            "interquartile range is 0. Use data.scaling=standard."
        )
    return Scaler(np.asarray(centre), scale)


def check_kind(kind: str) -> None:
    """Raises ValueError where `kind` is not among `KINDS`."""
    if kind not in KINDS:
        raise ValueError(f"data.scaling={kind!r}: known are {', '.join(KINDS)}.")


def _quantiles(values: np.ndarray, count: int) -> np.ndarray:
    """Quantiles at `count` levels; equal values stay equal, unlike NumPy's."""
    ordered = np.sort(values, axis=None)
    place = np.round(levels(count) * (len(ordered) - 1), 9)
    below = np.floor(place).astype(int)
    above = np.ceil(place).astype(int)
    step = ordered[above] - ordered[below]
    return ordered[below] + (place - below) * step
