"""Recall within each class, as a row of the table of scores: do rare classes vary?"""

import numpy as np
from scipy.spatial.distance import cdist

from tsgen_jax.evaluation.measures import fidelity
from tsgen_jax.evaluation.scores.score import Score, halves, make_score, row_counts

_NAMED = 5  # Classes in the note at most, the lowest first.


def class_recall(
    judge: str,
    sets: list[np.ndarray],
    labels: list[np.ndarray],
    num_neighbours: int,
    max_rows: int,
    seed: int,
) -> tuple[list[Score], list[str]]:
    """Over the classes with 2 series or more in TEST, all of the same weight.

    Recall as in `measures.fidelity`, with the series of one class alone. A class of which
    the samples have fewer than 2 series has recall 0. Within a class value and floors
    have the same k: as many neighbours as the smallest of its sets allows. There is no
    interval: rare classes have too few series for one.

    Args:
        judge: its name.
        sets: features of TEST, samples and TRAIN, float64 [n, d].
        labels: their classes, int [n].
        num_neighbours: k at most.
        max_rows: most rows of a set, drawn from the seed.
        seed: of rows and halves.

    Returns:
        scores: one or, where TEST has 2 series of no class, none.
        notes: what is left out.
    """
    kept = [
        np.sort(np.random.default_rng(seed).permutation(len(x))[:max_rows])
        for x in sets
    ]
    test, samples, train = (
        (x[rows], y[rows]) for x, y, rows in zip(sets, labels, kept, strict=True)
    )
    classes = [int(y) for y in np.unique(test[1]) if (test[1] == y).sum() >= 2]
    if not classes:
        return [], [f"class_recall ({judge}) is left out: no class is in TEST twice."]
    a, b = ((test[0][rows], test[1][rows]) for rows in halves(len(test[0]), seed))
    pairs = {"": (test, samples), "TRAIN": (test, train), "TEST halves": (a, b)}
    found = {name: {} for name in pairs}
    near = {}
    for y in classes:
        own = {name: [x[of == y] for x, of in pair] for name, pair in pairs.items()}
        counts = [len(made) for _, made in own.values() if len(made) >= 2]
        near[y] = min([num_neighbours, *(n - 1 for n in counts)])
        for name, (real, made) in own.items():
            if len(made) >= 2 and len(real):
                found[name][y] = _recall(real, made, near[y])
    missing = [y for y in classes if y not in found[""]]
    found[""] |= dict.fromkeys(missing, 0.0)
    floors = {name: np.mean(list(of.values())) for name, of in found.items() if of}
    value = floors.pop("")
    details = [row_counts(len(test[0]), len(samples[0]), len(train[0]))]
    details += _details(found, near, test[1])
    details.append("No interval: rare classes have too few series for one.")
    table = fidelity.MEASURES["class_recall"]
    return [
        make_score(
            "fidelity",
            judge,
            "class_recall",
            table,
            value,
            None,
            floors,
            tuple(details),
        )
    ], []


def _recall(real: np.ndarray, made: np.ndarray, k: int) -> float:
    """Share of `real` within the sphere of one of `made`, up to its k-th nearest."""
    radii = np.partition(cdist(made, made), k, axis=1)[:, k]  # The 0-th is itself.
    return float((cdist(real, made) < radii).any(1).mean())


def _details(
    found: dict[str, dict[int, float]], near: dict[int, int], y_test: np.ndarray
) -> list[str]:
    """The lowest classes with their floor, and floors that lack a class."""
    of, train, said = found[""], found["TRAIN"], []
    for y in sorted(of, key=lambda y: of[y])[:_NAMED]:
        floor = f", TRAIN {train[y]:.2g}" if y in train else ""
        rows = (y_test == y).sum()
        said.append(f"{y}: {of[y]:.2g}{floor} (k = {near[y]}, {rows} in TEST)")
    which = "Classes" if len(of) <= _NAMED else f"The lowest of {len(of)} classes"
    details = [f"{which}: {'; '.join(said)}."]
    for name in ("TRAIN", "TEST halves"):
        lost = [y for y in of if y not in found[name]]
        if lost:
            details.append(f"Floor of {name} without classes {lost}: too few series.")
    return details
