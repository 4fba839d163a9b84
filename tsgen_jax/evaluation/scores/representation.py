"""What the codes of a run carry, as rows for the table of scores."""

import numpy as np

from tsgen_jax.evaluation.measures import intervals, probes, tokens
from tsgen_jax.evaluation.scores import Score
from tsgen_jax.types import Array

_PROBES = {
    "linear_probe": (probes.linear_probe, "logistic regression"),
    "svm_probe": (probes.svm_probe, "a linear support vector machine (C = 1)"),
    "knn_probe": (probes.knn_probe, "the 5 nearest neighbours"),
}


def pool(codes: Array, tokens: Array) -> np.ndarray:
    """Mean code of every series: codes [K, D], tokens [n, N] -> [n, D]."""
    return np.asarray(codes, np.float64)[np.asarray(tokens)].mean(1)


def probe_scores(
    codes: Array,
    tokens_train: Array,
    y_train: Array,
    tokens_test: Array,
    y_test: Array,
    x_train: Array,
    x_test: Array,
    *,
    seed: int,
    level: float,
) -> list[Score]:
    """Accuracy on TEST of simple classifiers on pooled codes, with Wilson's interval.

    Beside each stands the same classifier on the series themselves ('raw series').

    Args:
        codes: [K, D] of the finished tokenizer; nothing is updated.
        tokens_train: int [n, N].
        y_train: int [n].
        tokens_test: int [m, N].
        y_test: int [m].
        x_train: series [n, L, C].
        x_test: series [m, L, C].
        seed: of the solvers.
        level: of the intervals, which hold the scatter of TEST.
    """
    pooled = pool(codes, tokens_train), pool(codes, tokens_test)
    raw = x_train.reshape(len(x_train), -1), x_test.reshape(len(x_test), -1)
    scores = []
    for name, (probe, what) in _PROBES.items():
        value = probe(pooled[0], y_train, pooled[1], y_test, seed)
        floor = probe(raw[0], y_train, raw[1], y_test, seed)
        note = f"Accuracy on TEST of {what} on mean codes, trained on TRAIN."
        ends = intervals.wilson(value, len(y_test), level)
        floors = {"raw series": floor}
        scores.append(_row(name, value, floors, "higher", 1.0, note, ends))
    return scores


def token_scores(
    codes: Array,
    tokens_train: Array,
    tokens_test: Array,
    y_test: Array,
    tokens_samples: Array,
    *,
    seed: int,
) -> tuple[list[Score], list[str]]:
    """How tokens are used, what they say of the class, and whether samples do so too.

    Args:
        codes: [K, D].
        tokens_train: int [n, N].
        tokens_test: int [m, N].
        y_test: int [m].
        tokens_samples: int [k, N], of generated series.
        seed: of the shuffled labels.

    Returns:
        scores, and what is left out and why.
    """
    rows = _information(tokens_test, y_test, len(codes), seed)
    for name, function, better, ideal, note in (
        (
            "token_use_distance",
            tokens.usage_distance,
            "lower",
            0.0,
            "Total variation between token shares of TEST and of generated series.",
        ),
        (
            "token_use_coverage",
            tokens.coverage_of_use,
            "higher",
            1.0,
            "Share of the codes in use on TEST that generated series use as well.",
        ),
    ):
        floor = function(tokens_test, tokens_train, len(codes))
        value = function(tokens_test, tokens_samples, len(codes))
        rows.append(_row(name, value, {"TRAIN": floor}, better, ideal, note))
    counts = np.bincount(np.ravel(tokens_test), minlength=len(codes))
    if (counts > 0).sum() < 2:
        return rows, ["No codebook correlation: TEST uses one code only."]
    alike = tokens.codebook_correlation(codes, counts)
    dead = f"{alike['num_dead']:.0f} dead codes left out"
    for name, what in (("pearson", "correlation"), ("cosine", "cosine")):
        note = f"Mean |{what}| over pairs of used codes; {dead}."
        rows.append(_row(f"codebook_{what}", alike[name], {}, "lower", None, note))
    return rows, []


def _information(tokens_test, y_test, num_codes, seed) -> list[Score]:
    """Mutual information of tokens and classes, beside that of shuffled classes."""
    if len(np.unique(y_test)) < 2:
        return []
    shuffled = np.random.default_rng(seed).permutation(y_test)
    told = tokens.token_class_information(tokens_test, y_test, num_codes)
    chance = tokens.token_class_information(tokens_test, shuffled, num_codes)
    return [
        _row(
            f"token_class_information_{where}",
            told[where],
            {"shuffled classes": chance[where]},
            "higher",
            _entropy(y_test),
            f"Mutual information of token and class on TEST, nats; {words}.",
        )
        for where, words in (
            ("pooled", "position ignored"),
            ("per_position", "mean over positions"),
        )
    ]


def _entropy(labels: Array) -> float:
    """Of the class shares, nats: no token can tell more."""
    share = np.bincount(labels) / len(labels)
    share = share[share > 0]
    return float(-(share * np.log(share)).sum())


def _row(name, value, floors, better, ideal, note, ends=(None, None)) -> Score:
    return Score(
        name=name,
        judge="",
        value=float(value),
        low=ends[0],
        high=ends[1],
        floors=floors,
        better=better,
        ideal=ideal,
        note=note,
        group="representation",
    )
