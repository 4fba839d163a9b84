"""Scores of neighbourhoods and kernels in features, from distances computed once.

`evaluation/fidelity.py` has the definitions and computes distances at every call; a
hundred half-samples of two thousand rows could not wait for that. The tests hold both
to the same values.
"""

from typing import Any

import numpy as np
from scipy.spatial.distance import cdist

from tsgen_jax.evaluation.measures import bootstrap, intervals
from tsgen_jax.evaluation.measures import fidelity as measures
from tsgen_jax.evaluation.scores.score import (
    Score,
    halves,
    interval_note,
    make_score,
    row_counts,
)

_OVERLAP = ("precision", "recall", "density", "coverage", "mmd")


def overlaps(
    judge: str,
    sets: list[np.ndarray],
    num_neighbours: int,
    max_rows: int,
    **few: Any,
) -> list[Score]:
    """Precision, recall, density, coverage and MMD of one judge, with few draws.

    In the draws, the bandwidth of MMD stays that of the value. The shares among these
    have Wilson's interval with as many independent cases as their scatter over
    half-samples says: cases share neighbours, and near 1 drawing has no width.

    Args:
        judge: its name.
        sets: features of TEST, samples and TRAIN, float64 [n, d], 4 rows or more each.
        num_neighbours: k, 1 or more; the note says where it has to be less.
        max_rows: most rows of a set, drawn from the seed; 4 or more.
        **few: `seed`, `num_draws` and `level` of `bootstrap.half_sampling`.
    """
    draw = np.random.default_rng
    test, samples, train = (
        x[np.sort(draw(few["seed"]).permutation(len(x))[:max_rows])] for x in sets
    )
    a, b = halves(len(test), few["seed"])
    fewest = min(len(a), len(samples) // 2, len(train))
    k = min(num_neighbours, fewest - 1)
    within, between, of_samples = (
        cdist(x, y) for x, y in ((test, test), (test, samples), (samples, samples))
    )
    width = _bandwidth(test, samples)
    value = _overlap(within, between, of_samples, width, k)
    floors = {
        "TRAIN": _overlap(
            within, cdist(test, train), cdist(train, train), _bandwidth(test, train), k
        ),
        "TEST halves": _overlap(
            *(within[i][:, j] for i, j in ((a, a), (a, b), (b, b))),
            _bandwidth(test[a], test[b]),
            k,
        ),
    }

    def statistic(i: np.ndarray, j: np.ndarray) -> np.ndarray:
        parts = within[i][:, i], between[i][:, j], of_samples[j][:, j]
        return _overlap(*parts, width, k)

    rows = np.arange(len(test)), np.arange(len(samples))
    scatter = bootstrap.half_sample_scatter(
        statistic, rows, few["seed"], few["num_draws"]
    )
    drawn = value + bootstrap.ends(scatter, few["level"])
    cases = {"precision": len(samples), "recall": len(test), "coverage": len(test)}
    details = [
        row_counts(len(test), len(samples), len(train)),
        interval_note(few["num_draws"]),
    ]
    if max(map(len, sets)) > max_rows:
        every = ", ".join(str(len(x)) for x in sets)
        details.append(f"Drawn, at most {max_rows}, of {every}.")
    near = f"k = {k}."
    if k < num_neighbours:
        near = f"k = {k}, not {num_neighbours}: a set or half has {fewest} rows."
    scores = []
    for i, name in enumerate(_OVERLAP):
        table, here = measures.MEASURES[name], {x: y[i] for x, y in floors.items()}
        said = (*details, near) if name != "mmd" else tuple(details)
        ends = drawn[0, i], drawn[1, i]
        if name in cases:
            spread = scatter[:, i].var(ddof=1)
            size = intervals.effective_size(value[i], cases[name], spread)
            if value[i] in (0, 1):  # k cases share a sphere: as many in step at most.
                size = cases[name] / k
            ends = intervals.wilson(value[i], size, few["level"])
            said += (f"Wilson's, of {size:.0f} independent cases.",)
        scores.append(
            make_score("fidelity", judge, name, table, value[i], ends, here, said)
        )
    return scores


def _overlap(
    aa: np.ndarray, ab: np.ndarray, bb: np.ndarray, bandwidth: float, k: int
) -> np.ndarray:
    """The measures `_OVERLAP` from distances, as `evaluation/fidelity.py` has them."""
    n, m = ab.shape
    # The 0-th nearest of a row is the row itself.
    inside = ab < np.partition(aa, k, axis=1)[:, k, None]
    recalled = (ab < np.partition(bb, k, axis=1)[None, :, k]).any(1)
    of_a, of_ab, of_b = (
        np.exp(-0.5 * (x / bandwidth) ** 2).sum() for x in (aa, ab, bb)
    )
    mmd = (of_a - n) / (n * (n - 1)) + (of_b - m) / (m * (m - 1)) - 2 * of_ab / (n * m)
    overlap = inside.any(0).mean(), recalled.mean(), inside.sum() / (k * m)
    return np.array([*overlap, inside.any(1).mean(), mmd])


def _bandwidth(a: np.ndarray, b: np.ndarray) -> float:
    return measures._bandwidth(np.concatenate([a, b]))
