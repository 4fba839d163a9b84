"""What scores do without: too few rows, classes, channels; they say so or refuse."""

import numpy as np
import pytest
from sklearn.covariance import LedoitWolf

from tests.evaluation.scores.scored import (
    CLASSES,
    DRAWS,
    SAMPLES,
    TEST,
    TRAIN,
    Y_SAMPLES,
    Y_TEST,
    Y_TRAIN,
    L,
    describe,
    features,
    guard,
    judge,
    softmax,
)
from tsgen_jax.evaluation import scores
from tsgen_jax.evaluation.measures import fidelity, privacy, statistics
from tsgen_jax.evaluation.scores import class_fid as class_scores


def test_what_the_judge_or_samples_lack_is_left_out_and_said():
    sets = map(features, (TEST, SAMPLES, TRAIN))
    found, notes = scores.fidelity(
        "rocket", *sets, Y_TEST, None, Y_TRAIN, None, **DRAWS, num_neighbours=9,
        max_rows=16,
    )  # fmt: skip
    names = [score.name for score in found]
    assert names == ["fid", "precision", "recall", "density", "coverage", "mmd"]
    assert {score.judge for score in found} == {"rocket"}
    assert "class_fid (rocket) is left out: the samples have no classes" in notes[0]
    assert "inception_score (rocket) is left out: no probabilities" in notes[1]
    assert "k = 7, not 9: a set or half has 8 rows" in found[1].note
    assert "Drawn, at most 16, of 150, 120, 90" in found[-1].note
    assert "Rows: TEST 16 (halves 8), samples 16, TRAIN 16." in found[-1].note
    assert "Rows: TEST 150" in found[0].note


def test_shrinkage_is_that_of_the_value_and_said():
    rng = np.random.default_rng(0)
    wide = [rng.normal(size=(n, 42)) for n in (45, 40, 30)]  # TEST, samples, TRAIN.
    labels = [np.arange(len(x)) % CLASSES for x in wide]
    settings = {**DRAWS, "num_neighbours": 1, "max_rows": 4, "num_draws": 2}
    fid = scores.fidelity("fcn", *wide, *labels, None, **settings)[0][0]
    assert "42 features, covariances shrunk" in fid.note
    assert fid.value == fidelity.fid(*wide[:2], True)

    wide = [np.ascontiguousarray(x[:, :35]) for x in wide]
    fid, of_class = scores.fidelity("fcn", *wide, *labels, None, **settings)[0][:2]
    assert "floor of TRAIN (30 rows), TEST halves (22 rows)" in fid.note
    assert fid.value == fidelity.fid(*wide[:2])
    assert fid.floors["TRAIN"] == fidelity.fid(wide[0], wide[2], False)
    assert fid.floors["TRAIN"] != fidelity.fid(wide[0], wide[2])
    assert "Shrunk in 3 of 3 classes" in of_class.note


def test_fid_shrinks_where_it_is_told_to():
    a, b = features(TEST), features(SAMPLES)
    covariances = [LedoitWolf().fit(x).covariance_ for x in (a, b)]
    # Tr (S_a S_b)^1/2 by the eigenvalues of the product.
    roots = np.sqrt(np.linalg.eigvals(covariances[0] @ covariances[1]).real)
    traces = sum(map(np.trace, covariances)) - 2 * roots.sum()
    distance = ((a.mean(0) - b.mean(0)) ** 2).sum() + traces
    np.testing.assert_allclose(fidelity.fid(a, b, True), distance, rtol=1e-8)
    assert fidelity.fid(a, b, False) == fidelity.fid(a, b) != fidelity.fid(a, b, True)


def test_classes_that_cannot_be_compared_are_left_out_and_said(monkeypatch):
    y = Y_SAMPLES.copy()
    y[Y_SAMPLES == 2] = 7
    y[np.flatnonzero(y == 7)[:3]] = 2
    y_train = np.where(Y_TRAIN == 1, 0, Y_TRAIN)
    found = judge(SAMPLES, y, y_train=y_train)[0]["class_fid"]
    assert "Without classes [7]" in found.note
    assert "Floor of TRAIN without classes [1]" in found.note
    assert "too narrow: 1 parts of fewer than 4 rows stay whole" in found.note
    rows = [y == 2, Y_TEST == 2]
    of_two = fidelity.fid(features(TEST)[rows[1]], features(SAMPLES)[rows[0]])
    others = [
        fidelity.fid(features(TEST)[Y_TEST == i], features(SAMPLES)[y == i])
        for i in (0, 1)
    ]
    np.testing.assert_allclose(found.value, np.mean([*others, of_two]))

    found, notes = judge(SAMPLES, y + 10, num_draws=2)
    assert "class_fid" not in found
    assert "no class is in both sets twice" in notes[0]

    monkeypatch.setattr(class_scores, "_MOST_WORK", 1)
    found = judge(SAMPLES, Y_SAMPLES, num_draws=2)[0]["class_fid"]
    assert found.low is found.high is None
    assert "No interval: 3 classes would take minutes" in found.note


def test_a_class_never_generated_costs_and_is_said():
    """Left out of the mean it would make samples better than with it."""
    whole = judge(SAMPLES, Y_SAMPLES)[0]["class_fid"]
    kept = Y_SAMPLES != 2
    lacking, notes = judge(SAMPLES[kept], Y_SAMPLES[kept])
    score = lacking["class_fid"]
    assert score.low > whole.high
    assert score.low < score.value < score.high
    assert score.floors == whole.floors
    said = "lasses never generated (fewer than 2 samples): [2]. Each counts as the FID"
    assert said in score.note
    assert said in notes[0]
    one = kept | (np.cumsum(Y_SAMPLES == 2) == 1)  # One series has no covariance.
    again = judge(SAMPLES[one], Y_SAMPLES[one])[0]["class_fid"]
    assert again.value > whole.high
    assert "[2]" in again.note


def test_reconstruction_fid_and_its_floor_share_one_shrinkage():
    rng = np.random.default_rng(0)
    test, again, train = (rng.normal(size=(n, 35)) for n in (45, 45, 30))
    score = scores.reconstruction_fid("fcn", test, again, train)
    assert score.value == fidelity.fid(test, again, False)
    assert score.floors == {"TRAIN": fidelity.fid(test, train, False)}
    assert score.floors["TRAIN"] != fidelity.fid(test, train)  # By itself: shrunk.
    assert "not shrunk. Too few rows, so too high: floor of TRAIN (30" in score.note
    few = scores.reconstruction_fid("fcn", test[:35], again[:35], train)
    assert few.value == fidelity.fid(test[:35], again[:35], True)
    assert few.floors == {"TRAIN": fidelity.fid(test[:35], train, True)}
    assert "35 features, covariances shrunk." in few.note


def test_constant_channels_are_left_out_of_all_sets():
    flat = SAMPLES.copy()
    flat[..., 1] = 4
    found, notes = describe(flat)
    assert "correlation_difference is left out" in notes[0]
    one = describe(SAMPLES[..., :1], TEST[..., :1], TRAIN[..., :1])[0]
    for name in ("autocorrelation", "skewness", "kurtosis"):
        score = found[f"{name}_difference"]
        assert "Without constant channels [1]." in score.note
        assert score.value == one[score.name].value
    # These exist: a flat channel is a wrong spectrum, and values at a wrong place.
    for name in ("spectral_distance", "marginal_distribution_difference"):
        assert "Without" not in found[name].note
        assert found[name].value > 2 * one[name].value

    # Each series has its own level: only the spectrum does not exist.
    level = np.broadcast_to(np.arange(150.0)[:, None, None], (150, L, 1))
    found, notes = describe(level[:120], level, level[:90])
    assert [note.split()[0] for note in notes] == [
        "correlation_difference",
        "spectral_distance",
        "dtw_distance",
    ]
    # The same values at each time point: only MDD does not exist.
    level = np.tile(np.arange(L * 1.0)[None, :, None], (150, 1, 1))
    level[:, 0, 0] += np.arange(150)  # The first time point is no part of it.
    found, notes = describe(level[:120], level, level[:90])
    assert notes[0].startswith("marginal_distribution_difference is left out")
    assert "skewness_difference" in found
    nothing, notes = describe(0 * SAMPLES, 0 * TEST, 0 * TRAIN)
    assert list(nothing) == ["outside_share"]
    assert len(notes) == 7


def test_a_draw_without_a_statistic_leaves_no_interval():
    rare = np.zeros((40, L, 1))
    rare[:3] = TEST[:3, :, :1]  # Most halves have one; not all.
    rare[-3:] = TEST[-3:, :, :1]
    found = describe(TEST[:40, :, :1], rare, TRAIN[..., :1], num_draws=400)[0]
    score = found["kurtosis_difference"]
    assert score.low is None
    assert "No interval: x_real is constant in channel 0" in score.note


def test_dtw_compares_as_many_series_of_every_set(monkeypatch):
    calls = []

    def dtw_distance(a, b, num_pairs, seed):
        calls.append((len(a), len(b), num_pairs, seed))
        return float(abs(a.mean() - b.mean()))

    monkeypatch.setattr(statistics, "dtw_distance", dtw_distance)
    score = describe(SAMPLES, num_dtw=80)[0]["dtw_distance"]
    assert calls == [(150, 120, 75, 0), (150, 90, 75, 0), (75, 75, 75, 0)]
    assert score.value == abs(TEST.mean() - SAMPLES.mean())
    assert score.low is None
    assert "75 series of each set. No interval" in score.note
    calls.clear()
    describe(SAMPLES, num_dtw=5)
    assert {call[2] for call in calls} == {5}


def test_privacy_that_does_not_exist_is_left_out_and_said():
    found, notes = guard(SAMPLES, TRAIN, np.concatenate([TRAIN, TEST[:9]]))
    assert "half of TEST are copies of TRAIN" in notes[0]
    assert list(found) == list(privacy.MEASURES)[1:]
    found, notes = guard(SAMPLES, np.repeat(TRAIN[:1], 9, axis=0))
    assert "all series of TRAIN are equal" in notes[0]
    found, notes = guard(SAMPLES, TRAIN, TRAIN)  # Nothing but ties.
    assert found["share_closer_to_train"].value == 0.5
    # A little below half are copies: some resamples have more.
    mixed = np.concatenate([TRAIN[:44], TEST[:46]])
    score = guard(SAMPLES, TRAIN, mixed)[0]["distance_to_closest_record"]
    assert "No interval: The statistic is not finite" in score.note


def test_unfit_arrays_and_settings_are_refused_in_words():
    y = Y_SAMPLES
    p = {"test": softmax(TEST), "samples": softmax(TEST), "train": softmax(TRAIN)}
    sets = [features(x) for x in (TEST, SAMPLES, TRAIN)]
    settings = {**DRAWS, "num_neighbours": 3, "max_rows": 50}

    def unfit(p):
        return scores.fidelity("fcn", *sets, Y_TEST, y, Y_TRAIN, p, **settings)

    cases = {
        "num_neighbours=0": lambda: judge(SAMPLES, y, num_neighbours=0),
        "max_rows=3 must be 4": lambda: judge(SAMPLES, y, max_rows=3),
        "num_draws=1": lambda: judge(SAMPLES, y, num_draws=1),
        "level=95": lambda: describe(SAMPLES, level=95),
        "num_draws=0": lambda: guard(SAMPLES, num_draws=0),
        "num_dtw=-1": lambda: describe(SAMPLES, num_dtw=-1),
        "samples needs 4 rows": lambda: judge(SAMPLES[:3], y),
        "TRAIN needs at least 4 series": lambda: describe(SAMPLES, train=TRAIN[:3]),
        "test needs 4 rows": lambda: guard(SAMPLES, test=TEST[:3]),
        "y_samples must be 120 integers": lambda: judge(SAMPLES, y[:9]),
        "y_train must be 90 integers": lambda: judge(SAMPLES, y, y_train=y),
        "TEST and samples differ in length": lambda: describe(SAMPLES[:, 1:]),
        "samples are 24 wide, train 48": lambda: guard(SAMPLES[..., :1]),
        "need 2 time points": lambda: describe(*[x[:, :1] for x in (SAMPLES, TEST, TRAIN)]),
        r"of \['test'\], not of": lambda: unfit({"test": softmax(TEST)}),
        "rows of features and": lambda: unfit(p),
    }  # fmt: skip
    with pytest.raises(ValueError, match="samples has 2880 of 5760 values not finite"):
        describe(SAMPLES * np.array([1, np.nan]))
    for match, call in cases.items():
        with pytest.raises(ValueError, match=match):
            call()
