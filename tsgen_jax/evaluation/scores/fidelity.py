"""Scores in the features of a judge: FID, inception score, neighbourhoods, MMD."""

from typing import Any

import numpy as np

from tsgen_jax.evaluation.measures import bootstrap
from tsgen_jax.evaluation.measures import fidelity as measures
from tsgen_jax.evaluation.measures.arrays import check_feature_sets, check_labels
from tsgen_jax.evaluation.scores.overlap import overlaps
from tsgen_jax.evaluation.scores.score import (
    MIN_ROWS,
    Interval,
    Score,
    few_draws,
    halves,
    interval_note,
    make_score,
    row_counts,
)
from tsgen_jax.types import Array

_MOST_WORK = 4e10  # Classes x draws x d^3 of an interval: about half a minute.


def fidelity(
    judge: str,
    test: Array,
    samples: Array,
    train: Array,
    y_test: Array,
    y_samples: Array | None,
    y_train: Array,
    probabilities: dict[str, Array] | None,
    *,
    seed: int,
    num_draws: int,
    level: float,
    num_neighbours: int,
    max_rows: int,
) -> tuple[list[Score], list[str]]:
    """Every measure of `evaluation/fidelity.py` in the features of one judge.

    The floors and draws of a score share the value's shrinkage and neighbours.

    Args:
        judge: its name.
        test: features of TEST, float [n, d].
        samples: features of generated series, float [m, d].
        train: features of TRAIN, float [n_train, d].
        y_test: classes, int [n].
        y_samples: classes, int [m]; None leaves the class FID out.
        y_train: classes, int [n_train].
        probabilities: softmax [rows, Y] of 'test', 'samples' and 'train'; None leaves
            the inception score out.
        seed: of every draw of rows.
        num_draws: half-samples; all but the inception score take what `level` needs.
        level: of the intervals.
        num_neighbours: k of precision, recall, density and coverage; fewer, and the
            note says so, where a set or half has no more than k rows.
        max_rows: most rows of a set where all pairs are compared; 4 or more.

    Returns:
        scores: with intervals by half-sampling TEST and samples.
        notes: which scores are left out, and why.

    Raises:
        ValueError: arrays or settings that do not fit, sets of fewer than 4 rows.
    """
    if num_neighbours < 1 or max_rows < MIN_ROWS:
        raise ValueError(
            f"num_neighbours={num_neighbours} must be 1 or more, and "
            f"max_rows={max_rows} must be {MIN_ROWS} or more."
        )
    sets = check_feature_sets(MIN_ROWS, test=test, samples=samples, train=train)
    few = {"seed": seed, "num_draws": few_draws(num_draws, level), "level": level}
    scores, notes = [_fid(judge, *sets, **few)], []
    if y_samples is None:
        notes.append(f"class_fid ({judge}) is left out: the samples have no classes.")
    else:
        labels = [
            check_labels("y_test", y_test, len(sets[0])),
            check_labels("y_samples", y_samples, len(sets[1])),
            check_labels("y_train", y_train, len(sets[2])),
        ]
        more, why = _class_fid(judge, sets, labels, **few)
        scores, notes = scores + more, notes + why
    if probabilities is None:
        notes.append(f"inception_score ({judge}) is left out: no probabilities given.")
    else:
        p = _probabilities(probabilities, [len(x) for x in sets])
        scores.append(_inception_score(judge, p, seed, num_draws, level))
    scores += overlaps(judge, sets, num_neighbours, max_rows, **few)
    return scores, notes


def context_fid(
    judge: str,
    test: Array,
    samples: Array,
    train: Array,
    *,
    seed: int,
    num_draws: int,
    level: float,
) -> tuple[list[Score], list[str]]:
    """The FID alone, under the name that it has with TS2Vec features.

    Arguments, notes and errors as of `fidelity`.
    """
    sets = check_feature_sets(MIN_ROWS, test=test, samples=samples, train=train)
    few = {"seed": seed, "num_draws": few_draws(num_draws, level), "level": level}
    return [_fid(judge, *sets, **few, name="context_fid")], []


def _fid(
    judge: str,
    test: np.ndarray,
    samples: np.ndarray,
    train: np.ndarray,
    name: str = "fid",
    **few: Any,
) -> Score:
    d = test.shape[1]
    shrink = measures.needs_shrinkage(len(test), len(samples), d)

    def compare(a: np.ndarray, b: np.ndarray) -> float:
        return measures.fid(a, b, shrink)

    value = compare(test, samples)
    a, b = halves(len(test), few["seed"])
    floors = {"TRAIN": compare(test, train), "TEST halves": compare(test[a], test[b])}
    ends = bootstrap.half_sampling(compare, (test, samples), value, **few)
    if shrink:
        how = f"{d} features, covariances shrunk (Ledoit-Wolf): too few rows."
    else:
        sizes = {"TRAIN": len(train), "TEST halves": len(a)}
        high = [f"{name} ({n} rows)" for name, n in sizes.items() if n <= d]
        how = f"{d} features, covariances not shrunk."
        if high:
            how += f" Too few rows, so too high: floor of {', '.join(high)}."
    details = (
        row_counts(len(test), len(samples), len(train)),
        how,
        interval_note(few["num_draws"]),
    )
    table = measures.MEASURES["fid"]
    return make_score("fidelity", judge, name, table, value, ends, floors, details)


def _class_fid(
    judge: str, sets: list[np.ndarray], labels: list[np.ndarray], **few: Any
) -> tuple[list[Score], list[str]]:
    """Over the classes with 2 series or more in both TEST and the samples."""
    (test, samples, train), (y_test, y_samples, y_train) = sets, labels
    every = np.union1d(y_test, y_samples).tolist()
    counts = {y: min((y_test == y).sum(), (y_samples == y).sum()) for y in every}
    classes = [y for y in every if counts[y] >= 2]
    left_out = [y for y in every if counts[y] < 2]
    if not classes:
        return [], [f"class_fid ({judge}) is left out: no class is in both sets twice."]

    def split(x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
        return [x[y == name] for name in classes]

    of_test, of_samples = split(test, y_test), split(samples, y_samples)
    shrink = [
        measures.needs_shrinkage(len(a), len(b), test.shape[1])
        for a, b in zip(of_test, of_samples, strict=True)
    ]
    value = _mean_fid(of_test, of_samples, shrink)
    a, b = halves(len(test), few["seed"])
    pairs = {
        "TRAIN": (of_test, split(train, y_train)),
        "TEST halves": (split(test[a], y_test[a]), split(test[b], y_test[b])),
    }
    floors, details = {}, [f"Shrunk in {sum(shrink)} of {len(classes)} classes."]
    if left_out:
        details.append(f"Without classes {left_out}: fewer than 2 series in a set.")
    for name, (of_a, of_b) in pairs.items():
        has = [min(len(x), len(y)) >= 2 for x, y in zip(of_a, of_b, strict=True)]
        if any(has):
            floors[name] = _mean_fid(of_a, of_b, shrink)
        if not all(has):
            lost = [y for y, found in zip(classes, has, strict=True) if not found]
            details.append(f"Floor of {name} without classes {lost}.")
    ends, why = _class_interval(of_test, of_samples, shrink, value, **few)
    details = (row_counts(*map(len, (test, samples, train))), *details, *why)
    table = measures.MEASURES["class_fid"]
    score = make_score(
        "fidelity", judge, "class_fid", table, value, ends, floors, details
    )
    return [score], []


def _mean_fid(
    of_a: list[np.ndarray], of_b: list[np.ndarray], shrink: list[bool]
) -> float:
    """FID within each class with 2 rows on both sides, mean over these."""
    return np.mean(
        [
            measures.fid(a, b, small)
            for a, b, small in zip(of_a, of_b, shrink, strict=True)
            if min(len(a), len(b)) >= 2
        ]
    )


def _class_interval(
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
        return _mean_fid(now[: len(shrink)], now[len(shrink) :], shrink)

    arrays = tuple(parts[i] for i in halved)
    ends = bootstrap.half_sampling(statistic, arrays, value, **few)
    said, whole = [interval_note(few["num_draws"])], len(parts) - len(halved)
    if whole:
        said.append(f"It is too narrow: {whole} parts of fewer than 4 rows stay whole.")
    return ends, said


def _probabilities(
    probabilities: dict[str, Array], lengths: list[int]
) -> list[np.ndarray]:
    """TEST, samples and TRAIN, in this order."""
    names = ("test", "samples", "train")
    if set(probabilities) != set(names):
        raise ValueError(f"probabilities of {sorted(probabilities)}, not of {names}.")
    p = check_feature_sets(MIN_ROWS, **{name: probabilities[name] for name in names})
    if [len(x) for x in p] != lengths:
        raise ValueError(
            f"{names} have {lengths} rows of features and {[len(x) for x in p]} of "
            "probabilities."
        )
    return p


def _inception_score(
    judge: str, p: list[np.ndarray], seed: int, num_draws: int, level: float
) -> Score:
    test, samples, train = p
    score = measures.inception_score
    value, parts = score(samples), [test[rows] for rows in halves(len(test), seed)]
    floors = {
        "TRAIN": score(train),
        "TEST": score(test),
        "TEST halves": np.mean([score(x) for x in parts]),
    }
    low, high = bootstrap.half_sampling(
        score, (samples,), value, seed, num_draws, level
    )
    ends = low, min(high, float(test.shape[1]))  # It is at most the number of classes.
    details = (
        row_counts(len(test), len(samples), len(train)),
        "Floors: of these sets themselves, TEST halves their mean.",
        f"{test.shape[1]} classes.",
    )
    table = measures.MEASURES["inception_score"]
    return make_score(
        "fidelity", judge, "inception_score", table, value, ends, floors, details
    )
