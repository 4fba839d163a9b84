"""Copies of tokens as rows of the table."""

import numpy as np
import pytest

from tsgen_jax.evaluation.measures import copies, intervals
from tsgen_jax.evaluation.scores.copies import copy_scores

_SETTINGS = {"seed": 0, "num_draws": 200, "level": 0.9, "max_rows": 100}


def _sets():
    rng = np.random.default_rng(0)
    train, test = rng.integers(0, 3, (2, 30, 8, 2))
    samples = np.concatenate([train[:10], rng.integers(0, 3, (30, 8, 2))])
    return samples, train, test


def test_shares_and_stretches_stand_beside_those_of_test():
    samples, train, test = _sets()
    rows = copy_scores("low", samples, train, test, **_SETTINGS)
    of = {row.name: row for row in rows}
    near, usual = (copies.longest_stretches(x, train) for x in (samples, test))
    share = of["copied_sequences"]
    assert (share.value, share.floors) == (0.25, {"TEST": 0.0})
    assert (share.low, share.high) == intervals.wilson(0.25, 40, 0.9)
    mean, most = of["copied_stretch_mean"], of["copied_stretch_max"]
    assert (mean.value, mean.floors) == (near.mean(), {"TEST": usual.mean()})
    assert mean.low < mean.value < mean.high
    assert (most.value, most.floors) == (8, {"TEST": usual.max()})
    assert most.low is None
    for row in rows:
        assert (row.group, row.judge, row.better) == ("privacy", "low", "lower")
        assert "Ideal: that of TEST." in row.note
        assert "Rows: TEST 30 (halves 15), samples 40, TRAIN 30." in row.note
        assert "8 time frames of 2 tokens" in row.note


def test_train_as_samples_is_all_copied_and_sets_are_not_too_large():
    _, train, test = _sets()
    rows = copy_scores("", train, train, test, **_SETTINGS)
    assert [row.value for row in rows] == [1.0, 8.0, 8.0]
    few = copy_scores("", train, train, test, **{**_SETTINGS, "max_rows": 20})
    assert "Drawn, at most 20, of 30, 30, 30." in few[0].note
    assert few == copy_scores("", train, train, test, **{**_SETTINGS, "max_rows": 20})
    with pytest.raises(ValueError, match="level"):
        copy_scores("", train, train, test, **{**_SETTINGS, "level": 1.0})
