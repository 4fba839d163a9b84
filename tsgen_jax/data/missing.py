"""Values that are not there: gaps within a series, and what is after its end.

Series [..., L, C]: `L` time points, `C` channels. NaN stands for both.
"""

import numpy as np

CHOICES = ("error", "interpolate")


def lengths(x: np.ndarray) -> np.ndarray:
    """Time points up to the last with a value in any channel, int [...]; 0: none."""
    given = np.isfinite(x).any(axis=-1)
    return np.where(given.any(-1), given.shape[-1] - given[..., ::-1].argmax(-1), 0)


def hold_ends(x: np.ndarray) -> np.ndarray:
    """`x` [..., L, C] with the last value of every series held after its end."""
    if not np.isnan(x).any():
        return x
    last = np.maximum(lengths(x) - 1, 0)
    time = np.minimum(np.arange(np.shape(x)[-2]), last[..., None])
    return np.take_along_axis(x, time[..., None], axis=-2)


def fill(x: np.ndarray, where: str) -> np.ndarray:
    """A copy of `x` [n, L, C] with NaN interpolated along L, edges held.

    Raises:
        ValueError: a channel of a series has no value at all; `where` names the part.
    """
    x, time = x.copy(), np.arange(x.shape[1])
    for series, channel in np.argwhere(np.isnan(x).any(axis=1)):
        values = x[series, :, channel]  # A view: filled in place.
        known = ~np.isnan(values)
        if not known.any():
            raise ValueError(
                f"{where} series {series}, channel {channel} (counting from 0) is all "
                "NaN: nothing to interpolate; remove it."
            )
        values[~known] = np.interp(time[~known], time[known], values[known])
    return x


def where_missing(name: str, parts: dict[str, np.ndarray], num_missing: int) -> str:
    """The sentence that says where values are missing, and what to do about it.

    Args:
        name: of the set.
        parts: bool [n, L, C], True where a value is missing, by part.
        num_missing: in all of them.
    """
    places = [
        f"{part} series {series}, time {time}, channel {channel}".strip()
        for part, x in parts.items()
        for series, time, channel in np.argwhere(x)[:3]
    ]
    num_values = sum(x.size for x in parts.values())
    return (
        f"{name}: {num_missing} of {num_values} values are NaN (counting from 0: "
        f"{'; '.join(places[:3])}{'; ...' if num_missing > 3 else ''}). Fill them by "
        "--config.data.missing=interpolate, which holds the last value where NaN pads "
        "short series to one length."
    )
