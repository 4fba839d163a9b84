"""Scores in the features of a judge: FID, inception score, neighbourhoods, MMD."""

from typing import Any

import numpy as np

from tsgen_jax.evaluation.measures import bootstrap
from tsgen_jax.evaluation.measures import fidelity as measures
from tsgen_jax.evaluation.measures.arrays import check_feature_sets, check_labels
from tsgen_jax.evaluation.scores.class_fid import class_fid
from tsgen_jax.evaluation.scores.class_recall import class_recall
from tsgen_jax.evaluation.scores.overlap import overlaps
from tsgen_jax.evaluation.scores.score import (
    MIN_ROWS,
    Score,
    few_draws,
    halves,
    interval_note,
    make_score,
    row_counts,
)
from tsgen_jax.evaluation.scores.skewness import without_interval
from tsgen_jax.types import Array


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
        y_samples: classes, int [m]; None leaves out what is within classes.
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
        notes.append(
            f"class_fid ({judge}) is left out: the samples have no classes. So is "
            "class_recall."
        )
    else:
        labels = [
            check_labels("y_test", y_test, len(sets[0])),
            check_labels("y_samples", y_samples, len(sets[1])),
            check_labels("y_train", y_train, len(sets[2])),
        ]
        more, why = class_fid(judge, sets, labels, **few)
        scores, notes = scores + more, notes + why
        more, why = class_recall(judge, sets, labels, num_neighbours, max_rows, seed)
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


def reconstruction_fid(judge: str, test: Array, again: Array, train: Array) -> Score:
    """How far the tokenizer alone takes TEST from itself, by one judge.

    The value and its floor share one shrinkage, as those of `fidelity` do.

    Args:
        judge: its name.
        test: features of TEST, float [n, d].
        again: features of TEST through the tokenizer and back, float [n, d].
        train: features of TRAIN, float [n_train, d].
    """
    test, again, train = check_feature_sets(2, test=test, again=again, train=train)
    d = test.shape[1]
    shrink = measures.needs_shrinkage(len(test), len(again), d)
    how = f"{d} features, covariances {'' if shrink else 'not '}shrunk."
    if len(train) <= d and not shrink:
        how += f" Too few rows, so too high: floor of TRAIN ({len(train)} rows)."
    meaning = "TEST through the tokenizer and back against TEST: the prior has no part."
    return make_score(
        "fidelity",
        judge,
        "reconstruction_fid",
        ("lower", 0.0, meaning),
        measures.fid(test, again, shrink),
        None,
        {"TRAIN": measures.fid(test, train, shrink)},
        (how,),
    )


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
    why = without_interval(test, samples)
    ends = None
    if not why:
        sets = test, samples
        ends = bootstrap.half_sampling(compare, sets, value, **few, root=True)
        why = (interval_note(few["num_draws"]),)
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
        *why,
    )
    table = measures.MEASURES["fid"]
    return make_score("fidelity", judge, name, table, value, ends, floors, details)


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
