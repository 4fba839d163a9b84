"""Scores against direct calls of the measures, then what known samples must score."""

import functools
import json

import numpy as np
import pytest

from tests.evaluation.scores.scored import (
    CLASSES,
    COLLAPSED,
    DRAWS,
    NOISE,
    SAMPLES,
    TEST,
    TRAIN,
    Y_SAMPLES,
    Y_TEST,
    Y_TRAIN,
    K,
    describe,
    features,
    guard,
    judge,
    of_samples,
    softmax,
)
from tsgen_jax.evaluation import scores
from tsgen_jax.evaluation.measures import (
    bootstrap,
    class_fid,
    fidelity,
    intervals,
    privacy,
    statistics,
)
from tsgen_jax.evaluation.scores.score import few_draws, halves, make_score

DIRECT = {
    "fid": fidelity.fid,
    "mmd": fidelity.mmd,
    **{
        name: lambda a, b, name=name: fidelity.precision_recall_density_coverage(
            a, b, K
        )[name]
        for name in ("precision", "recall", "density", "coverage")
    },
}


@pytest.mark.parametrize("name", DIRECT)
def test_fidelity_is_that_of_direct_calls(name):
    score, call = of_samples()[name], DIRECT[name]
    test, samples, train = map(features, (TEST, SAMPLES, TRAIN))
    a, b = halves(len(test), 0)
    near = functools.partial(np.testing.assert_allclose, rtol=1e-9, atol=1e-12)
    near(score.value, call(test, samples))
    near(score.floors["TRAIN"], call(test, train))
    near(score.floors["TEST halves"], call(test[a], test[b]))
    drawn = functools.partial(bootstrap.half_sampling, call, (test, samples))
    cases = {"precision": 120, "recall": 150, "coverage": 150}.get(name)
    if cases:
        scatter = bootstrap.half_sample_scatter(call, (test, samples), 0, 20)
        size = score.value * (1 - score.value) / scatter.var(ddof=1)
        size = min(size, cases) if size else cases / K
        near((score.low, score.high), intervals.wilson(score.value, size, 0.9))
        assert f"Wilson's, of {size:.0f} independent" in score.note
    elif name != "mmd":  # Its interval keeps the bandwidth of the value.
        root = name == "fid"
        near((score.low, score.high), drawn(score.value, **DRAWS, root=root))
    assert score.low < score.value <= score.high
    assert score.better == fidelity.MEASURES[name][0]
    assert score.note.startswith(fidelity.MEASURES[name][2])
    assert "Rows: TEST 150 (halves 75), samples 120, TRAIN 90." in score.note
    assert "20 half-samples" in score.note


def test_the_interval_of_mmd_keeps_the_bandwidth_of_the_value(monkeypatch):
    monkeypatch.setattr(fidelity, "_bandwidth", lambda x: 2.0)
    sets, score = (features(TEST), features(NOISE)), judge(NOISE)[0]["mmd"]
    ends = bootstrap.half_sampling(fidelity.mmd, sets, score.value, **DRAWS)
    np.testing.assert_allclose((score.low, score.high), ends, rtol=1e-9)


def test_class_fid_and_inception_score_are_those_of_direct_calls():
    test, samples, train = map(features, (TEST, SAMPLES, TRAIN))
    a, b = halves(len(test), 0)
    score = of_samples()["class_fid"]
    pairs = {
        "TRAIN": (test, Y_TEST, train, Y_TRAIN),
        "TEST halves": (test[a], Y_TEST[a], test[b], Y_TEST[b]),
    }
    direct = {name: class_fid.class_fid(*pair)[0] for name, pair in pairs.items()}
    value = class_fid.class_fid(test, Y_TEST, samples, Y_SAMPLES)[0]
    np.testing.assert_allclose(score.value, value)
    assert score.floors == pytest.approx(direct)
    assert score.low < value < score.high
    assert "Shrunk in 0 of 3 classes" in score.note

    score = of_samples()["inception_score"]
    call, p = fidelity.inception_score, softmax(TEST)
    np.testing.assert_allclose(score.value, call(softmax(SAMPLES)))
    floors = {"TRAIN": call(softmax(TRAIN)), "TEST": call(p)}
    floors["TEST halves"] = (call(p[a]) + call(p[b])) / 2
    assert score.floors == pytest.approx(floors)
    assert 1 < score.low < score.value < score.high < CLASSES


@pytest.mark.parametrize("name", sorted(set(statistics.MEASURES) - {"dtw_distance"}))
def test_statistics_are_those_of_direct_calls(name):
    score, call = of_samples()[name], getattr(statistics, name)
    a, b = halves(len(TEST), 0)
    floors = {"TRAIN": call(TEST, TRAIN), "TEST halves": call(TEST[a], TEST[b])}
    assert score.value == call(TEST, SAMPLES)
    assert score.floors == floors
    sets = TEST, SAMPLES
    ends = bootstrap.half_sampling(call, sets, score.value, **DRAWS, root=True)
    assert (score.low, score.high) == ends
    assert (score.group, score.judge, score.better) == ("statistics", "", "lower")


def test_correlational_score_is_the_mean_of_its_draws():
    score, call = of_samples()["correlational_score"], statistics.correlational_score
    a, b = halves(len(TEST), 0)
    assert score.value == call(TEST, SAMPLES, 0).mean()
    assert score.floors == {
        "TRAIN": call(TEST, TRAIN, 0).mean(),
        "TEST halves": call(TEST[a], TEST[b], 0).mean(),
    }
    assert score.low is None
    assert "no interval" in score.note


def test_privacy_is_that_of_direct_calls():
    rows = [x.reshape(len(x), -1) for x in (SAMPLES, TRAIN, TEST)]
    samples, train, test = rows
    got = {name: of_samples()[name] for name in privacy.MEASURES}
    ratio = privacy.distance_to_closest_record(*rows)["ratio"]
    assert got["distance_to_closest_record"].value == ratio
    assert got["distance_to_closest_record"].floors == {"TEST": 1}
    call = privacy.nearest_neighbour_distance_ratio
    name = "nearest_neighbour_distance_ratio"
    assert got[name].value == call(samples, train)
    assert got[name].floors == {"TEST": call(test, train)}
    call, (a, b) = privacy.share_closer_to_train, halves(len(test), 0)
    share = got["share_closer_to_train"]
    assert share.value == call(*rows, 0)
    assert share.floors == {"TEST halves": call(test[a], train, test[b], 0)}
    _, variance = privacy.closer_to_train(*rows, 0)
    assert variance > share.value * (1 - share.value) / 120  # They share neighbours.
    size = share.value * (1 - share.value) / variance
    ends = intervals.clopper_pearson(share.value, size, 0.9)
    np.testing.assert_allclose((share.low, share.high), ends)
    for score in got.values():
        assert score.low <= score.value <= score.high


def test_train_in_place_of_the_samples_scores_at_its_floor():
    found = judge(TRAIN, Y_TRAIN)[0] | describe(TRAIN)[0]
    for score in found.values():
        assert score.value == score.floors["TRAIN"], score.name
        if score.name not in ("correlational_score", "class_recall"):  # No interval.
            assert score.low <= score.floors["TRAIN"] <= score.high, score.name


def test_good_samples_lie_near_their_floors():
    found = of_samples()
    for name in ("fid", "mmd", "density", "recall", "spectral_distance"):
        score = found[name]
        assert score.low < score.floors["TRAIN"] < score.high, score
    assert abs(found["share_closer_to_train"].value - 0.5) < 0.15


def test_noise_scores_terribly():
    good, bad = of_samples(), judge(NOISE)[0] | describe(NOISE)[0]
    assert bad["fid"].value > 20 * max(bad["fid"].floors.values())
    assert bad["mmd"].low > 0.05 > good["mmd"].high
    assert bad["precision"].high < 0.2 < 0.8 < good["precision"].low
    for name in statistics.MEASURES:
        if name in bad:
            assert bad[name].low > 1.3 * max(good[name].high, 0.01), name


def test_one_repeated_series_shows_in_recall_and_coverage():
    found = judge(COLLAPSED, np.zeros(120, int))[0]
    assert found["precision"].value == 1
    assert 0 < found["recall"].high < 0.06  # None of 150, not 0.
    assert found["coverage"].high < 0.15 < 0.7 < found["coverage"].floors["TRAIN"]
    assert found["inception_score"].value == pytest.approx(1)
    assert found["inception_score"].floors["TEST"] > 1.2
    assert "Classes never generated (fewer than 2 samples): [1, 2]" in (
        found["class_fid"].note
    )


def test_copies_of_train_show_in_privacy():
    found = guard(TRAIN)[0]
    assert found["distance_to_closest_record"].value == 0
    assert found["nearest_neighbour_distance_ratio"].value == 0
    assert (
        0.96
        < found["share_closer_to_train"].low
        < found["share_closer_to_train"].high
        == 1
    )  # 90 of 90: not 1.
    near = guard(TRAIN + 0.01 * NOISE[:90])[0]
    assert near["distance_to_closest_record"].high < 0.4
    assert near["share_closer_to_train"].low > 0.9
    held_out = of_samples()["distance_to_closest_record"]
    assert held_out.low < 1.03
    assert held_out.high > 0.97


def test_shuffled_labels_raise_class_fid_and_leave_fid():
    shuffled = judge(SAMPLES, np.random.default_rng(0).permutation(Y_SAMPLES))[0]
    straight = of_samples()
    assert shuffled["class_fid"].low > 3 * straight["class_fid"].high
    assert shuffled["fid"] == straight["fid"]


def test_equal_arguments_give_equal_scores_and_the_seed_matters():
    again = judge(SAMPLES, Y_SAMPLES)[0] | describe(SAMPLES)[0] | guard(SAMPLES)[0]
    assert again == of_samples()
    other = judge(SAMPLES, Y_SAMPLES, seed=1)[0]
    for name, score in other.items():
        assert score.value == again[name].value, name
        assert (score.low, score.floors) != (again[name].low, again[name].floors), name


def test_a_score_survives_json_and_refuses_nonsense():
    for score in of_samples().values():
        text = json.dumps(score.to_json(), allow_nan=False)
        assert scores.Score.from_json(json.loads(text)) == score
        assert score.group in scores.GROUPS
    fields = score.to_json()
    cases = {
        "Unknown group 'x'.*'fidelity'": {"group": "x"},
        "better='up'": {"better": "up"},
        "not finite": {"value": np.nan},
        "has a number that is not finite": {"floors": {"TRAIN": np.inf}},
        "one end of an interval": {"low": None},
        r"fields \['colour'\]": {"colour": 1},
    }
    for match, change in cases.items():
        with pytest.raises(ValueError, match=match):
            scores.Score.from_json(fields | change)
    fields.pop("note")
    with pytest.raises(ValueError, match=r"fields \['note'\]"):
        scores.Score.from_json(fields)


def test_an_interval_ends_where_the_measure_does():
    def ends(name):
        score = make_score("fidelity", "", name, ("", 0, ""), 0.5, (-2, 3), {}, ())
        return score.low, score.high

    assert ends("fid") == (0, 3)
    assert ends("recall") == (0, 1)
    assert ends("mmd") == (-2, 3)
    assert ends("inception_score") == (1, 3)


def test_halves_share_no_row_and_dear_scores_draw_what_the_level_needs():
    for n in (150, 151):
        a, b = halves(n, 3)
        assert len(a) == len(b) == 75
        assert len(np.union1d(a, b)) == 150
        assert (np.diff(a) > 0).all()
        assert not np.array_equal(a, halves(n, 4)[0])
    assert [few_draws(100, level) for level in (0.5, 0.9, 0.95, 0.99)] == [
        20,
        20,
        39,
        100,
    ]
