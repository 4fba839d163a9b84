"""What users hand in: series in either layout, masks, classes by name or by place."""

import numpy as np
from numpy.typing import ArrayLike

from tsgen_jax.api import series_like
from tsgen_jax.suggest import did_you_mean
from tsgen_jax.types import Array

LAYOUTS = ("nlc", "ncl")


def as_series(
    x: ArrayLike, layout: str, num_channels: int, name: str, dtype: type = np.float32
) -> np.ndarray:
    """Series as numbers [n, L, C]; NaN passes, infinity does not.

    Args:
        x: numbers [n, L, C] for the layout 'nlc', [n, C, L] for 'ncl' (aeon, sktime);
            or [n, L] for either, where C = 1; or what `series_like` takes, where
            series of unequal lengths get NaN after their end.
        layout: one of `LAYOUTS`.
        num_channels: C that is expected; 0: any.
        name: of the argument, for messages.
        dtype: of the result, float32 or float64.

    Raises:
        ValueError: another layout, shape or type, no series, or values that are no
            finite float32.
    """
    if layout not in LAYOUTS:
        raise ValueError(f"layout={layout!r}: known are {', '.join(LAYOUTS)}.")
    x = series_like.as_array(x, layout, name)
    if x.ndim == 2:
        x = x[:, :, None]
    elif x.ndim == 3 and layout == "ncl":
        x = x.swapaxes(1, 2)
    if x.ndim != 3 or x.size == 0:
        raise ValueError(
            f"{name} has the shape {x.shape}; it must be [n, L, C] (layout 'nlc'), "
            "[n, C, L] (layout 'ncl') or [n, L], with at least one series."
        )
    if num_channels and x.shape[2] != num_channels:
        hint = "; is it layout='ncl'?" if x.shape[1] == num_channels else "."
        raise ValueError(
            f"{name} has {x.shape[2]} channels, the model {num_channels}{hint}"
        )
    if np.isinf(x).any():
        series = int(np.argwhere(np.isinf(x))[0][0])
        raise ValueError(f"{name} has infinite values, the first in series {series}.")
    large = np.abs(x.astype(np.float64)) > np.finfo(np.float32).max
    if large.any():
        series = int(np.argwhere(large)[0][0])
        raise ValueError(
            f"{name} has values that are no finite float32, such as {x[large][0]:g} in "
            f"series {series}: correct them, or use another unit."
        )
    return x.astype(dtype)


def as_mask(mask: Array, like: np.ndarray, layout: str, name: str) -> np.ndarray:
    """A mask as bool [n, L, C] for series `like`; [n, L] counts for all channels.

    Raises:
        ValueError: another shape, or values other than true and false.
    """
    mask = np.asarray(mask)
    if mask.dtype != bool and not np.isin(mask, (0, 1)).all():
        raise ValueError(f"{name} must be true or false everywhere.")
    mask = mask.astype(bool)
    if mask.ndim == 3 and layout == "ncl":
        mask = mask.swapaxes(1, 2)
    if mask.shape == like.shape[:2]:
        return np.repeat(mask[:, :, None], like.shape[2], axis=2)
    if mask.shape != like.shape:
        raise ValueError(
            f"{name} has the shape {mask.shape}; it must be [n, L] = {like.shape[:2]}, "
            "or the shape of the series."
        )
    return mask


def as_label(label, num: int, classes: tuple[str, ...]) -> np.ndarray:
    """Classes by name as class numbers, int32 [num].

    Args:
        label: the name of a class for all series, or one for each. A whole number is a
            name as well: 1 is the class named '1'.
        num: series.
        classes: names.

    Raises:
        ValueError: no such class, another count, or values that are no names.
    """
    names = as_names(label, "label")
    number = {name: i for i, name in enumerate(classes)}
    unknown = sorted(set(names.ravel().tolist()) - set(classes))
    if unknown:
        raise ValueError(
            f"Unknown class {', '.join(map(repr, unknown))}; known: "
            f"{', '.join(map(repr, classes))} (names, also where they are numbers; "
            "label_index takes numbers from 0 in this order)."
            f"{did_you_mean(unknown[0], classes)}"
        )
    given = np.array([number[name] for name in names.ravel()], np.int32)
    return _one_for_each(given.reshape(names.shape), num, "label")


def as_label_index(index, num: int, classes: tuple[str, ...]) -> np.ndarray:
    """Classes by their place in `classes`, from 0, as class numbers, int32 [num].

    Raises:
        ValueError: no such place, another count, or numbers that are not whole.
    """
    given = np.asarray(index)
    if given.dtype.kind not in "iu" or not given.size:
        raise ValueError(f"label_index must be whole numbers, not {index!r}.")
    if not 0 <= given.min() <= given.max() < len(classes):
        listed = ", ".join(f"{i}: {name!r}" for i, name in enumerate(classes))
        raise ValueError(
            f"label_index runs from {given.min()} to {given.max()}; known are {listed}."
        )
    return _one_for_each(given, num, "label_index")


def as_names(label, name: str) -> np.ndarray:
    """Names of classes, str of the shape of `label`: words, whole numbers, booleans.

    Args:
        label: one, or an array or list of them.
        name: of the argument, for messages.

    Raises:
        ValueError: a value that names no class, such as None, NaN or 0.5; it says in
            which row.
    """
    given = np.asarray(label, object)
    found = [_name_of(value) for value in given.ravel().tolist()]
    absent = [row for row, word in enumerate(found) if word is None]
    if absent:
        rows = ", ".join(map(str, absent[:5])) + (", ..." if len(absent) > 5 else "")
        first = given.ravel()[absent[0]]
        raise ValueError(
            f"{name} names no class in {len(absent)} of {given.size} rows (counting "
            f"from 0: {rows}), the first is {first!r}: give words or whole numbers, or "
            "leave those series out."
        )
    return np.array(found, dtype=str).reshape(given.shape)


def _name_of(value) -> str | None:
    """The name of a class as text; None where `value` is none."""
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool | int | np.bool_ | np.integer):
        return str(value)
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return None


def _one_for_each(given: np.ndarray, num: int, name: str) -> np.ndarray:
    if given.ndim > 1 or (given.ndim == 1 and len(given) != num):
        raise ValueError(
            f"{name} has the shape {given.shape}; give one class, or {num}."
        )
    return np.broadcast_to(given, (num,)).astype(np.int32)


def as_count(value, name: str, least: int) -> int:
    """A whole number from `least`.

    Raises:
        ValueError: it is not.
    """
    if not isinstance(value, int | np.integer) or isinstance(value, bool):
        raise ValueError(f"{name}={value!r} must be a whole number.")
    if value < least:
        raise ValueError(f"{name}={value} must be at least {least}.")
    return int(value)
