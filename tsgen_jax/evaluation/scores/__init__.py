"""Scores of generated series, each with its interval and its floors.

    scores, notes = fidelity(...)           # In the features of a judge.
    scores, notes = context_fid(...)        # In those of TS2Vec.
    scores, notes = series_statistics(...)  # Of the series themselves.
    scores, notes = privacy_scores(...)     # Whether series were copied.

A score compares samples with TEST. Its floors are the same measure of series that no
generator made: 'TRAIN' in the place of the samples, 'TEST halves' one seeded random
half of TEST against the other, and 'TEST', where TEST alone has a value, that value.
Intervals hold the scatter of TEST and of the samples and end where the measure ends;
that of the inception score and of NNDR is of the samples only, that of the share closer
to TRAIN of all three sets. Shares have Wilson's or Clopper and Pearson's interval, with as many cases as their
scatter says are independent; the others are by drawing. `notes` say which scores are left out and why, a score's own note what it
rests on: numbers of rows, shrinkage, neighbours. Settings are keys of
`config.evaluation`. Equal arguments give equal scores, bit for bit.
"""

from tsgen_jax.evaluation.scores.fidelity import (
    context_fid,
    fidelity,
    reconstruction_fid,
)
from tsgen_jax.evaluation.scores.privacy import privacy_scores
from tsgen_jax.evaluation.scores.score import GROUPS, Score
from tsgen_jax.evaluation.scores.series import series_statistics

__all__ = [
    "GROUPS",
    "Score",
    "context_fid",
    "fidelity",
    "privacy_scores",
    "reconstruction_fid",
    "series_statistics",
]
