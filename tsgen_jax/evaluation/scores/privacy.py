"""Scores of whether series were copied, without a judge."""

import numpy as np

from tsgen_jax.evaluation.measures import bootstrap, intervals, privacy
from tsgen_jax.evaluation.measures.arrays import check_feature_sets
from tsgen_jax.evaluation.scores.score import (
    MIN_ROWS,
    Score,
    check_draws,
    halves,
    make_score,
    row_counts,
    try_interval,
)
from tsgen_jax.types import Array


def privacy_scores(
    samples: Array,
    train: Array,
    test: Array,
    *,
    seed: int,
    num_draws: int,
    level: float,
) -> tuple[list[Score], list[str]]:
    """Every measure of `evaluation/privacy.py` on flattened rows.

    Nearest distances are computed once; intervals of distances are the plain bootstrap
    of them, so TRAIN stays fixed: what it is about is whether these series were copied.
    The interval of the share closer to TRAIN is Clopper and Pearson's, with as many
    independent samples as `privacy.closer_to_train` says: it holds the scatter of all
    three sets.

    Args:
        samples: generated series or rows, float [m, ...].
        train: float [n_train, ...].
        test: float [n, ...].
        seed: of every draw of rows.
        num_draws: resamples behind an interval.
        level: of the intervals.

    Returns:
        scores: their floors are TEST's own values.
        notes: which scores are left out, and why.

    Raises:
        ValueError: rows of different width, values that are not finite, fewer than 4
            rows in a set, settings out of range.
    """
    check_draws(num_draws, level)
    flat = {"samples": samples, "train": train, "test": test}
    flat = {name: np.asarray(x) for name, x in flat.items()}
    flat = {name: x.reshape(len(x), -1) for name, x in flat.items()}
    samples, train, test = check_feature_sets(MIN_ROWS, **flat)
    counts = row_counts(len(test), len(samples), len(train))
    resample = {"seed": seed, "num_draws": num_draws, "level": level}
    scores, notes = [], []

    def add(name, value, floors, statistic, rows, *details):
        ends, why = try_interval(
            lambda: bootstrap.interval(statistic, rows, **resample)
        )
        table = privacy.MEASURES[name]
        said = (counts, *details, why)
        scores.append(make_score("privacy", "", name, table, value, ends, floors, said))

    near, usual = (privacy.closest_distances(x, train) for x in (samples, test))
    name = "distance_to_closest_record"
    if np.median(usual):
        add(name, _ratio(near, usual), {"TEST": 1.0}, _ratio, (near, usual))
    else:
        notes.append(f"{name} is left out: half of TEST are copies of TRAIN.")
    name = "nearest_neighbour_distance_ratio"
    different = np.unique(train, axis=0)
    if len(different) > 1:
        of_samples, of_test = (_two_nearest(x, different) for x in (samples, test))
        floors = {"TEST": np.median(of_test)}
        add(name, np.median(of_samples), floors, np.median, (of_samples,))
    else:
        notes.append(f"{name} is left out: all series of TRAIN are equal.")
    scores.append(_share(samples, train, test, seed, level, counts))
    return scores, notes


def _ratio(near: np.ndarray, usual: np.ndarray) -> float:
    middle = np.median(usual)
    return np.median(near) / middle if middle else np.nan


def _two_nearest(x: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Distance to the closest over the second closest row of `train`, [n]."""
    nearest = privacy._nearest(x, train, 2)
    return nearest[:, 0] / nearest[:, 1]


def _share(samples, train, test, seed, level, counts) -> Score:
    """The share of samples that are closer to TRAIN, and its interval."""
    name = "share_closer_to_train"
    closer, variance = privacy.closer_to_train(samples, train, test, seed)
    value, (a, b) = closer.mean(), halves(len(test), seed)
    floor = privacy.share_closer_to_train(test[a], train, test[b], seed)
    size = intervals.effective_size(value, len(samples), variance)
    ends = intervals.clopper_pearson(value, size, level)
    said = (
        counts,
        f"Closest of {min(len(train), len(test))} series each.",
        f"Interval: Clopper and Pearson's, of {size:.0f} independent samples.",
    )
    table, floors = privacy.MEASURES[name], {"TEST halves": floor}
    return make_score("privacy", "", name, table, value, ends, floors, said)
