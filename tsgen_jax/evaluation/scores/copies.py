"""Scores of whether token sequences were copied from TRAIN."""

import numpy as np

from tsgen_jax.evaluation.measures import bootstrap, copies, intervals
from tsgen_jax.evaluation.scores.score import (
    Score,
    check_draws,
    make_score,
    row_counts,
    try_interval,
)
from tsgen_jax.types import Array


def copy_scores(
    band: str,
    samples: Array,
    train: Array,
    test: Array,
    *,
    seed: int,
    num_draws: int,
    level: float,
    max_rows: int,
) -> list[Score]:
    """Every measure of `measures/copies.py`; floors are TEST's own values.

    The interval of the share is Wilson's, that of the mean the plain bootstrap, both
    of the samples only: what it is about is whether these series of TRAIN were copied.

    Args:
        band: of the tokens; '' where there is one only.
        samples: tokens of generated series, int [m, T, F].
        train: int [n_train, T, F].
        test: int [n, T, F].
        seed: of every draw of rows.
        num_draws: resamples behind an interval.
        level: of the intervals.
        max_rows: most series of a set, drawn from the seed.
    """
    check_draws(num_draws, level)
    every = [len(x) for x in (test, samples, train)]
    test, samples, train = (
        x[np.sort(np.random.default_rng(seed).permutation(len(x))[:max_rows])]
        for x in map(np.asarray, (test, samples, train))
    )
    said = [row_counts(*map(len, (test, samples, train)))]
    if max(every) > max_rows:
        said.append(f"Drawn, at most {max_rows}, of {', '.join(map(str, every))}.")
    length, width = test.shape[1:]
    share, usual = (copies.copied_sequences(x, train).mean() for x in (samples, test))
    near, of_test = (copies.longest_stretches(x, train) for x in (samples, test))
    of_mean, why = try_interval(
        lambda: bootstrap.interval(
            np.mean, (near,), seed=seed, num_draws=num_draws, level=level
        )
    )
    each = f"A series has {length} time frames of {width} tokens."
    rows = {
        "copied_sequences": (share, usual, "", each),
        "copied_stretch_mean": (near.mean(), of_test.mean(), why, each),
        "copied_stretch_max": (
            near.max(),
            of_test.max(),
            "No interval: the extreme of a set. More series have a longer one.",
            each,
        ),
    }
    ends = {
        "copied_sequences": intervals.wilson(share, len(samples), level),
        "copied_stretch_mean": of_mean,
        "copied_stretch_max": None,
    }
    return [
        make_score(
            "privacy",
            band,
            name,
            copies.MEASURES[name],
            value,
            ends[name],
            {"TEST": floor},
            (*said, *details),
        )
        for name, (value, floor, *details) in rows.items()
    ]
