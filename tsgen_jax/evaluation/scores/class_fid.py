"""FID within each class, as a row of the table of scores."""

from typing import Any

import numpy as np

from tsgen_jax.evaluation.measures import bootstrap, fidelity
from tsgen_jax.evaluation.measures import class_fid as measures
from tsgen_jax.evaluation.scores.score import (
    MIN_ROWS,
    Interval,
    Score,
    halves,
    interval_note,
    make_score,
    row_counts,
)
from tsgen_jax.evaluation.scores.skewness import without_interval

_MOST_WORK = 4e10  # Classes x draws x d^3 of an interval: about half a minute.


def class_fid(
    judge: str, sets: list[np.ndarray], labels: list[np.ndarray], **few: Any
) -> tuple[list[Score], list[str]]:
    """Over the classes with 2 series or more in TEST.

    One that the samples lack has the penalty of `measures.class_fid`, and it is said.

    Args:
        judge: its name.
        sets: features of TEST, samples and TRAIN, float64 [n, d].
        labels: their classes, int [n].
        **few: `seed`, `num_draws` and `level` of `bootstrap.half_sampling`.

    Returns:
        scores: one or, where no class can be compared, none.
        notes: classes that were never generated, and what is left out.
    """
    (test, samples, train), (y_test, y_samples, y_train) = sets, labels
    every = np.union1d(y_test, y_samples).tolist()
    classes = [y for y in every if (y_test == y).sum() >= 2]
    missing = [y for y in classes if (y_samples == y).sum() < 2]
    if len(missing) == len(classes):
        return [], [f"class_fid ({judge}) is left out: no class is in both sets twice."]

    def split(x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
        return [x[y == name] for name in classes]

    of_test, of_samples = split(test, y_test), split(samples, y_samples)
    shrink = measures.class_shrinkage(of_test, of_samples)
    value = np.mean(measures.class_values(of_test, of_samples, shrink))
    details, notes = [f"Shrunk in {sum(shrink)} of {len(classes)} classes."], []
    left_out = [y for y in every if y not in classes]
    if left_out:
        details.append(f"Without classes {left_out}: fewer than 2 series in TEST.")
    if missing:
        said = (
            f"Classes never generated (fewer than 2 samples): {missing}. Each counts as "
            "the FID of its TEST series to all samples, and no less than the worst class."
        )
        details.append(said)
        notes.append(f"class_fid ({judge}): {said[0].lower()}{said[1:]}")
    a, b = halves(len(test), few["seed"])
    pairs = {
        "TRAIN": (of_test, split(train, y_train)),
        "TEST halves": (split(test[a], y_test[a]), split(test[b], y_test[b])),
    }
    floors, more = _floors(pairs, shrink, classes)
    ends, why = None, list(without_interval(test, samples))
    if not why:
        ends, why = _interval(of_test, of_samples, shrink, value, **few)
    details = (row_counts(*map(len, (test, samples, train))), *details, *more, *why)
    table = fidelity.MEASURES["class_fid"]
    score = make_score(
        "fidelity", judge, "class_fid", table, value, ends, floors, details
    )
    return [score], notes


def _floors(
    pairs: dict[str, tuple[list[np.ndarray], list[np.ndarray]]],
    shrink: list[bool],
    classes: list[int],
) -> tuple[dict[str, float], list[str]]:
    """Over the classes that both sets of a pair have; real sets have no penalty."""
    floors, details = {}, []
    for name, (of_a, of_b) in pairs.items():
        has = [min(len(x), len(y)) >= 2 for x, y in zip(of_a, of_b, strict=True)]
        if any(has):
            kept = [
                [x for x, found in zip(each, has, strict=True) if found]
                for each in (of_a, of_b, shrink)
            ]
            floors[name] = np.mean(measures.class_values(*kept))
        if not all(has):
            lost = [y for y, found in zip(classes, has, strict=True) if not found]
            details.append(f"Floor of {name} without classes {lost}.")
    return floors, details


def _interval(
    of_test: list[np.ndarray],
    of_samples: list[np.ndarray],
    shrink: list[bool],
    value: float,
    **few: Any,
) -> tuple[Interval, list[str]]:
    """Halves of every class, so that none vanishes; the smallest stay whole."""
    work = len(shrink) * few["num_draws"] * of_test[0].shape[1] ** 3
    if work > _MOST_WORK:
        return None, [f"No interval: {len(shrink)} classes would take minutes."]
    parts = [*of_test, *of_samples]
    halved = [i for i, x in enumerate(parts) if len(x) >= MIN_ROWS]
    if not halved:
        return None, [f"No interval: no class has {MIN_ROWS} series."]

    def statistic(*drawn: np.ndarray) -> float:
        now = list(parts)
        for i, x in zip(halved, drawn, strict=True):
            now[i] = x
        count = len(shrink)
        return np.mean(measures.class_values(now[:count], now[count:], shrink))

    arrays = tuple(parts[i] for i in halved)
    ends = bootstrap.half_sampling(statistic, arrays, value, **few, root=True)
    said = [interval_note(few["num_draws"])]
    whole = sum(0 < len(x) < MIN_ROWS for x in parts)
    if whole:
        said.append(f"It is too narrow: {whole} parts of fewer than 4 rows stay whole.")
    return ends, said
