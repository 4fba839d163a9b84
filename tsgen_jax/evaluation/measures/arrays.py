"""Checks of the arrays that evaluation is given; each refuses in words what is unfit.

Series are float [n, L, C], features float [n, d], labels int [n]. The checks that
return something return the array, series and features in float64. All functions raise
ValueError; `name` and the keywords are what an error calls the array.
"""

import numpy as np

from tsgen_jax.types import Array


def check_finite(name: str, x: np.ndarray) -> None:
    """Raises ValueError where `x`, of any shape, has values that are not finite."""
    bad = (~np.isfinite(x)).sum()
    if bad:
        raise ValueError(f"{name} has {bad} of {x.size} values not finite.")


def check_series(name: str, x: Array, num_rows: int) -> np.ndarray:
    """Returns `x` as float64 [n, L, C].

    Raises:
        ValueError: another number of axes, fewer than `num_rows` series, no time
            point or channel, or values that are not finite.
    """
    x = np.asarray(x, np.float64)
    if x.ndim != 3 or 0 in x.shape[1:]:
        raise ValueError(f"{name} must be series [n, L, C]; it has shape {x.shape}.")
    if len(x) < num_rows:
        raise ValueError(f"{name} needs at least {num_rows} series; it has {len(x)}.")
    check_finite(name, x)
    return x


def check_alike(names: str, shape: tuple[int, ...], other: tuple[int, ...]) -> None:
    """Raises ValueError where two sets of series differ in length or channels."""
    for what, a, b in zip(("length", "channels"), shape[-2:], other[-2:], strict=True):
        if a != b:
            raise ValueError(f"{names} differ in {what}: {a} and {b}.")


def check_features(name: str, features: Array, num_rows: int) -> np.ndarray:
    """Returns `features` as float64 [n, d].

    Raises:
        ValueError: another number of axes, no columns, fewer than `num_rows` rows, or
            values that are not finite.
    """
    features = np.asarray(features, np.float64)
    if features.ndim != 2 or not features.shape[1]:
        raise ValueError(f"{name} must be [n, d]; the shape is {features.shape}.")
    if len(features) < num_rows:
        raise ValueError(
            f"{name} needs {num_rows} rows or more; there are {len(features)}."
        )
    check_finite(name, features)
    return features


def check_feature_sets(num_rows: int, **sets: Array) -> list[np.ndarray]:
    """Returns the sets as float64 [n, d], each with its own n and all with one d.

    Raises:
        ValueError: as `check_features` for each, and where sets differ in width.
    """
    checked = {name: check_features(name, x, num_rows) for name, x in sets.items()}
    first, *others = checked
    for name in others:
        check_width(first, checked[first], name, checked[name])
    return list(checked.values())


def check_width(name_a: str, a: np.ndarray, name_b: str, b: np.ndarray) -> None:
    """Raises ValueError where the rows of two sets differ in width."""
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"{name_a} are {a.shape[1]} wide, {name_b} {b.shape[1]}.")


def check_labels(name: str, y: Array, num_rows: int) -> np.ndarray:
    """Returns `y`; raises ValueError where it is not `num_rows` integers."""
    y = np.asarray(y)
    if y.shape != (num_rows,) or y.dtype.kind not in "iu":
        raise ValueError(
            f"{name} must be {num_rows} integers, one per row; it is {y.dtype} "
            f"{y.shape}."
        )
    return y


def check_classes(name: str, y: np.ndarray) -> None:
    """Raises ValueError where the labels `y` are of one class only."""
    if len(np.unique(y)) < 2:
        raise ValueError(f"{name} has one class only ({y[0]}): nothing to tell apart.")
