"""What users hand in: series in either layout, masks, classes by name or number."""

import numpy as np

from tsgen_jax.types import Array

LAYOUTS = ("nlc", "ncl")


def as_series(x: Array, layout: str, num_channels: int, name: str) -> np.ndarray:
    """Series as float32 [n, L, C]; NaN passes, infinity does not.

    Args:
        x: numbers [n, L, C] for the layout 'nlc', [n, C, L] for 'ncl' (aeon, sktime);
            or [n, L] for either, where C = 1.
        layout: one of `LAYOUTS`.
        num_channels: C that is expected; 0: any.
        name: of the argument, for messages.

    Raises:
        ValueError: another layout, shape or type, no series, or infinite values.
    """
    if layout not in LAYOUTS:
        raise ValueError(f"layout={layout!r}: known are {', '.join(LAYOUTS)}.")
    try:
        x = np.asarray(x)
    except ValueError as error:
        raise ValueError(
            f"{name} must be one array of equal lengths: {error}"
        ) from None
    if x.dtype.kind not in "fiu":
        raise ValueError(f"{name} must hold numbers, not {x.dtype}.")
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
    return x.astype(np.float32)


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
    """Class numbers, int32 [num].

    Args:
        label: a class for all series, or one for each: words are names, integers
            numbers from 0 in the order of `classes`.
        num: series.
        classes: names.

    Raises:
        ValueError: no such class, another count, or numbers that are no integers.
    """
    given = np.asarray(label)
    if given.dtype.kind in "OU":
        number = {name: i for i, name in enumerate(classes)}
        unknown = sorted({str(v) for v in given.ravel()} - set(classes))
        if unknown:
            raise ValueError(
                f"Unknown class {', '.join(map(repr, unknown))}; known: "
                f"{', '.join(map(repr, classes))}."
            )
        given = np.vectorize(lambda v: number[str(v)], otypes=[np.int32])(given)
    if given.dtype.kind not in "iu":
        raise ValueError(f"label must be names or integers, not {given.dtype}.")
    if given.size and not 0 <= given.min() <= given.max() < len(classes):
        raise ValueError(
            f"label has class numbers {given.min()} to {given.max()}; known are 0 to "
            f"{len(classes) - 1}: {', '.join(map(repr, classes))} (words are names)."
        )
    if given.ndim > 1 or (given.ndim == 1 and len(given) != num):
        raise ValueError(
            f"label has the shape {given.shape}; give one class, or {num}."
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
