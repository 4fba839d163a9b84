"""FID within each class, and what a class that was never generated costs."""

import numpy as np

from tsgen_jax.evaluation.measures.arrays import check_feature_sets, check_labels
from tsgen_jax.evaluation.measures.fidelity import fid, needs_shrinkage
from tsgen_jax.types import Array


def class_fid(
    features_a: Array, y_a: Array, features_b: Array, y_b: Array
) -> tuple[float, dict[int, float]]:
    """FID between the series of the same class; lower is better, 0 ideal.

    Whether covariances are shrunk is decided per class: `fidelity.needs_shrinkage` of its
    counts tells. A class that set b lacks (fewer than 2 series) has no FID of its own
    and a penalty in its place: the FID of its series in set a to all series of set b,
    and no less than that of the worst class. Left out it would make the mean better.

    Args:
        features_a: of the set that has all classes, such as TEST; float [n_a, d].
        y_a: classes, int [n_a].
        features_b: of the set that is judged, float [n_b, d].
        y_b: classes, int [n_b].

    Returns:
        mean: over the classes with 2 series or more in set a, unweighted.
        per_class: value of every class that occurs, penalties among them; NaN names
            one of which set a has too few, which is left out.

    Raises:
        ValueError: also for labels that are no integers, one per row, and where no
            class has 2 series on both sides.
    """
    a, b = check_feature_sets(2, features_a=features_a, features_b=features_b)
    y_a, y_b = check_labels("y_a", y_a, len(a)), check_labels("y_b", y_b, len(b))
    every = np.union1d(y_a, y_b).tolist()
    classes = [y for y in every if (y_a == y).sum() >= 2]
    if not any((y_b == y).sum() >= 2 for y in classes):
        raise ValueError(
            f"None of the classes {every} has 2 series or more in both "
            "sets: there is no FID within a class. Generate more series."
        )
    of_a, of_b = ([x[y == c] for c in classes] for x, y in ((a, y_a), (b, y_b)))
    values = class_values(of_a, of_b, class_shrinkage(of_a, of_b))
    per_class = dict.fromkeys(every, float("nan")) | dict(
        zip(classes, values, strict=True)
    )
    return float(np.mean(values)), per_class


def class_shrinkage(of_a: list[np.ndarray], of_b: list[np.ndarray]) -> list[bool]:
    """Whether the FID of each class shrinks; the lists are as of `class_values`."""
    every = sum(map(len, of_b))
    counts = [len(b) if len(b) >= 2 else every for b in of_b]
    return [
        needs_shrinkage(len(a), n, a.shape[1])
        for a, n in zip(of_a, counts, strict=True)
    ]


def class_values(
    of_a: list[np.ndarray], of_b: list[np.ndarray], shrink: list[bool]
) -> list[float]:
    """FID of each class, or the penalty of `class_fid` where set b lacks it.

    Args:
        of_a: features [n, d] of each class, n of 2 or more.
        of_b: the same of the other set, where a class may have fewer; one has not.
        shrink: whether to shrink, for each class.
    """
    values = [
        fid(a, b, small) if len(b) >= 2 else None
        for a, b, small in zip(of_a, of_b, shrink, strict=True)
    ]
    worst = max(value for value in values if value is not None)
    if None not in values:
        return values
    every = np.concatenate(of_b)
    return [
        max(worst, fid(a, every, small)) if value is None else value
        for a, small, value in zip(of_a, shrink, values, strict=True)
    ]
