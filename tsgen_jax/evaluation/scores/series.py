"""Scores of the series themselves, without a judge: their statistics."""

import numpy as np

from tsgen_jax.evaluation.measures import bootstrap, statistics
from tsgen_jax.evaluation.measures.arrays import check_alike, check_series
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

_DRAW_VALUES = 2**16  # Of each set in a draw: keeps all statistics to seconds.
_DRAW_ROWS = 50  # But no fewer rows than these, or half the set.
# Along which axes of [n, L, C] a channel has to vary for a statistic to exist.
_VARIES = {
    "marginal_distribution_difference": (0,),
    "outside_share": (),
    "autocorrelation_difference": (0, 1),
    "skewness_difference": (0, 1),
    "kurtosis_difference": (0, 1),
    "correlation_difference": (0, 1),
    "spectral_distance": (1,),
}


def series_statistics(
    x_test: Array,
    x_samples: Array,
    x_train: Array,
    *,
    seed: int,
    num_draws: int,
    level: float,
    num_dtw: int,
) -> tuple[list[Score], list[str]]:
    """Every measure of `evaluation/statistics.py`, in the units of the series.

    Where a channel is constant in a set, statistics that do not exist for it leave it
    out of all sets, and the score's note says so.

    Args:
        x_test: float [n, L, C].
        x_samples: generated series, float [m, L, C].
        x_train: float [n_train, L, C].
        seed: of every draw of rows.
        num_draws: half-samples behind an interval.
        level: of the intervals.
        num_dtw: most series of a set for the DTW distance, which has no interval; 0
            leaves it out.

    Returns:
        scores: with intervals by half-sampling TEST and samples.
        notes: which scores are left out, and why.

    Raises:
        ValueError: series of different length or channels, values that are not finite,
            fewer than 4 series in a set, one time point, settings out of range.
    """
    check_draws(num_draws, level)
    if num_dtw < 0:
        raise ValueError(f"num_dtw={num_dtw} must be 0 (no DTW distance) or more.")
    sets = _checked(x_test, x_samples, x_train)
    parts = [sets[0][rows] for rows in halves(len(sets[0]), seed)]
    scores, notes = [], []
    for name in [name for name in statistics.MEASURES if name != "dtw_distance"]:
        more, said = _where_it_exists(name, sets, parts, seed, num_draws, level)
        scores += more
        notes += said
    if num_dtw:
        scores.append(_dtw(sets, parts, num_dtw, seed))
    else:
        notes.append("dtw_distance is left out: num_dtw is 0.")
    return scores, notes


def _checked(x_test: Array, x_samples: Array, x_train: Array) -> list[np.ndarray]:
    """The three sets, of which statistics can be computed and compared."""
    sets = [
        check_series(name, x, MIN_ROWS)
        for name, x in (("TEST", x_test), ("samples", x_samples), ("TRAIN", x_train))
    ]
    check_alike("TEST and samples", sets[0].shape, sets[1].shape)
    check_alike("TEST and TRAIN", sets[0].shape, sets[2].shape)
    if sets[0].shape[1] < 2:
        raise ValueError("The series need 2 time points; they have 1.")
    return sets


def _where_it_exists(
    name: str,
    sets: list[np.ndarray],
    parts: list[np.ndarray],
    seed: int,
    num_draws: int,
    level: float,
) -> tuple[list[Score], list[str]]:
    """A statistic of the channels that have it, or a note that too few have."""
    kept = _varying(name, sets, parts)
    need = 2 if name == "correlation_difference" else 1
    if kept.sum() < need:
        said = (
            f"{name} is left out: it needs channels that vary, {need} or more; "
            f"{kept.sum()} of {len(kept)} do."
        )
        return [], [said]
    here = [x.compress(kept, 2) for x in (*sets, *parts)]
    constant = np.flatnonzero(~kept).tolist()
    without = f"Without constant channels {constant}." if constant else ""
    found = [_statistic(name, here, without, seed, num_draws, level)]
    if name == "correlation_difference":
        try:
            found.append(_correlational(here, without, seed))
        except ValueError as error:
            return found, [f"correlational_score is left out: {error}"]
    return found, []


def _statistic(
    name: str,
    sets: list[np.ndarray],
    without: str,
    seed: int,
    num_draws: int,
    level: float,
) -> Score:
    """Of TEST, samples, TRAIN and the halves of TEST."""
    test, samples, train, *parts = sets
    compare = getattr(statistics, name)
    value = compare(test, samples)
    floors = {"TRAIN": compare(test, train), "TEST halves": compare(*parts)}
    most = max(_DRAW_ROWS, _DRAW_VALUES // test[0].size)
    if name == "outside_share":
        most = None  # Cheap, and of extremes: fewer rows widen its interval.
    ends, why = try_interval(
        lambda: bootstrap.half_sampling(
            compare, (test, samples), value, seed, num_draws, level, most, root=True
        )
    )
    details = (row_counts(len(test), len(samples), len(train)), without, why)
    return make_score(
        "statistics",
        "",
        name,
        statistics.MEASURES[name],
        value,
        ends,
        floors,
        details,
    )


def _correlational(sets: list[np.ndarray], without: str, seed: int) -> Score:
    """Of TEST, samples, TRAIN and the halves of TEST, as published."""
    name, (test, samples, train, *parts) = "correlational_score", sets
    found = statistics.correlational_score(test, samples, seed)
    floors = {
        "TRAIN": statistics.correlational_score(test, train, seed).mean(),
        "TEST halves": statistics.correlational_score(*parts, seed).mean(),
    }
    drawn = f"Over the draws it is {found.min():.3g} to {found.max():.3g}; no interval."
    details = (row_counts(len(test), len(samples), len(train)), without, drawn)
    table, value = statistics.CORRELATIONAL, found.mean()
    return make_score("statistics", "", name, table, value, None, floors, details)


def _varying(name: str, sets: list[np.ndarray], parts: list[np.ndarray]) -> np.ndarray:
    """Channels, bool [C], of which the statistic exists in all that is compared."""
    axes = _VARIES[name]
    if not axes:
        return np.ones(sets[0].shape[2], bool)
    # Only the pooled ones standardise both sides; the others need it of the real side.
    needed = [sets[0], *parts] + (sets[1:] if axes == (0, 1) else [])
    from_time = 1 if axes == (0,) else 0  # Which leaves the first time point out.
    varies = []
    for x in needed:
        spread = np.ptp(x[:, from_time:], axes)
        spread = spread.reshape(-1, x.shape[2]).max(0)
        varies.append(spread > statistics._FLAT * np.abs(x).max((0, 1)))
    return np.all(varies, axis=0)


def _dtw(
    sets: list[np.ndarray], parts: list[np.ndarray], num_dtw: int, seed: int
) -> Score:
    """With equally many series of every set, else the floors would not compare."""
    test, samples, train = sets
    num_pairs = min(num_dtw, *(len(x) for x in (samples, train, *parts)))

    def compare(a: np.ndarray, b: np.ndarray) -> float:
        return statistics.dtw_distance(a, b, num_pairs, seed)

    value = compare(test, samples)
    floors = {"TRAIN": compare(test, train), "TEST halves": compare(*parts)}
    details = (f"Drawn: {num_pairs} series of each set.", "No interval: its cost.")
    return make_score(
        "statistics",
        "",
        "dtw_distance",
        statistics.MEASURES["dtw_distance"],
        value,
        None,
        floors,
        details,
    )
