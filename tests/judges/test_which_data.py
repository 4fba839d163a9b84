"""Judges, probes and CAS learn from TRAIN and are asked about TEST, as they are scaled.

What each of them is given is recorded, or the data are planted so that learning from
the wrong part gives another number.
"""

import dataclasses
import types

import numpy as np
import pytest

from tests import tiny
from tsgen_jax.data.dataset import fit_scaler
from tsgen_jax.judges import cas, fcn, judge_run, panel, rocket, ts2vec
from tsgen_jax.judges.stages import classifier
from tsgen_jax.recipe import Band


@pytest.fixture(scope="module")
def data():
    """Of a level and scale that nobody can take for scaled series."""
    made, moved = tiny.make_dataset(length=12), {}
    for part in ("train", "valid", "test"):
        moved[f"x_{part}"] = 50 * getattr(made, f"x_{part}") + 1000
    moved["x_test"] = moved["x_test"] + 7  # TEST has a level of its own.
    scaler = fit_scaler(moved["x_train"])
    return dataclasses.replace(made, **moved, scaler=scaler)


class _Stop(Exception):
    pass


def test_probes_are_fitted_on_train_and_asked_about_test(data):
    """The class is one way round in TRAIN and the other in TEST: all are wrong."""
    x = {}
    for part in ("train", "valid", "test"):
        of = np.zeros_like(getattr(data, f"x_{part}"))
        y = getattr(data, f"y_{part}")
        of[:, 0, 0] = 1 - y if part == "test" else y
        x[f"x_{part}"] = of
    planted = dataclasses.replace(data, **x)
    generator = types.SimpleNamespace(
        encode=lambda x: np.repeat(x[:, 0].astype(int), 3, axis=1),
        bands=(Band("", 0, (1, 3), np.array([[1.0, 2, 0], [0, 3, 1]])),),
    )
    tokens = generator.encode(planted.x_test)
    rows, _ = judge_run._representation(
        tiny.make_config(), planted, generator, tokens, {"tokens": tokens}
    )
    probes = {row.name: row for row in rows if row.name.endswith("_probe")}
    assert set(probes) == {"linear_probe", "svm_probe", "knn_probe"}
    for row in probes.values():
        assert (row.value, row.floors["raw series"]) == (0, 0), row.name
    of = {row.name: row for row in rows}
    # Samples are TEST's own tokens, TRAIN's are not: its floor is not theirs.
    assert of["token_use_distance"].value == 0
    share = [
        np.mean(np.concatenate([data.y_train, data.y_valid])),
        np.mean(data.y_test),
    ]
    np.testing.assert_allclose(
        of["token_use_distance"].floors["TRAIN"],
        abs(share[0] - (1 - share[1])),
        atol=1e-12,
    )


def test_tokens_are_copies_of_the_whole_of_train(data):
    """TRAIN without its validation part has token 0, that part 1, TEST 2."""
    x = {}
    for token, part in enumerate(("train", "valid", "test")):
        x[f"x_{part}"] = np.full_like(getattr(data, f"x_{part}"), token)
    generator = types.SimpleNamespace(
        encode=lambda x: np.repeat(x[:, 0].astype(int), 6, axis=1),
        bands=(
            Band("low", 0, (1, 2), np.eye(3)),
            Band("high", 2, (2, 2), np.eye(3)),
        ),
    )
    samples = np.repeat([[0], [1], [2], [2]], 6, axis=1)
    samples[0, 2] = 2  # Of the high band: bin 0, frame 0.
    planted = dataclasses.replace(data, **x)
    tests = generator.encode(planted.x_test)
    rows = judge_run._copied(tiny.make_config(), planted, generator, tests, samples)
    found = {(row.name, row.judge): (row.value, row.floors["TEST"]) for row in rows}
    assert found["copied_sequences", "low"] == (0.5, 0)
    assert found["copied_sequences", "high"] == (0.25, 0)
    assert found["copied_stretch_mean", "high"] == ((1 + 2) / 4, 0)
    assert found["copied_stretch_max", "low"] == (2, 0)


def test_minirocket_is_drawn_from_train_and_scaled_by_it(data, monkeypatch, tmp_path):
    seen = []

    class _Features:
        def __init__(self, num_kernels):
            pass

        def fit(self, x, seed):
            seen.append((x, seed))

        def to_arrays(self):
            return {"x": seen[0][0]}

        def transform(self, x):
            seen.append(x)
            return x[:, :, 0]

    monkeypatch.setattr(rocket, "RocketFeatures", _Features)
    x_train, _ = fcn.whole_train(data)
    parts = {"test": data.x_test, "samples": data.x_valid, "train": x_train}
    config = tiny.make_config(**{"evaluation.judges": "minirocket", "judge.seed": 5})
    asked = panel.ask(config, data, parts, ["fidelity"], str(tmp_path))
    scale = fit_scaler(x_train).transform
    (fitted, seed), *transformed = seen
    np.testing.assert_array_equal(fitted, scale(x_train))
    assert seed == 5
    for x, of in zip(transformed, parts.values(), strict=True):
        np.testing.assert_array_equal(x, scale(of))
    for part, x in parts.items():
        found = asked.features["minirocket"][part]
        np.testing.assert_array_equal(found, scale(x)[:, :, 0])


def test_ts2vec_learns_from_train_in_its_own_range(data, monkeypatch):
    seen = []

    def fit_once(stage, rows, settings, key, why):
        seen.append(rows["x"])

    monkeypatch.setattr(ts2vec, "fit_once", fit_once)
    judge = ts2vec.Judge(tiny.make_config(), data)
    x, _ = fcn.whole_train(data)
    [found] = seen
    np.testing.assert_allclose(found, (x - x.min()) / (x.max() - x.min()), atol=1e-6)
    judge._features = lambda weights, x: x
    test = (data.x_test - x.min()) / (x.max() - x.min())
    np.testing.assert_allclose(judge(data.x_test), test, atol=1e-5)


def test_the_fcn_learns_from_train_and_scales_test_by_it(data, monkeypatch, tmp_path):
    seen = []

    def train(config, stage, rows, test, digest, workdir):
        seen.append((rows, test))
        raise _Stop

    monkeypatch.setattr(fcn, "_train", train)
    config = tiny.make_config(**{"judge.dir": str(tmp_path)})
    with pytest.raises(_Stop):
        fcn.load_or_train(config, data, str(tmp_path / "run"))
    x, y = fcn.whole_train(data)
    assert len(x) == len(data.x_train) + len(data.x_valid)
    scale = fit_scaler(x).transform
    [(rows, test)] = seen
    np.testing.assert_array_equal(rows["x"], scale(x))
    np.testing.assert_array_equal(rows["label"], y)
    np.testing.assert_array_equal(test["x"], scale(data.x_test))
    np.testing.assert_array_equal(test["label"], data.y_test)


def test_cas_by_minirocket_sees_train_and_test_scaled(data, monkeypatch):
    seen = []

    def predictions(x, y, x_test, seed):
        seen.append((x, y, x_test))
        return data.y_test

    monkeypatch.setattr(cas.rocket, "rocket_predictions", predictions)
    found = cas.classifiers(tiny.make_config(), data, None, ["minirocket"])
    fn, of_train = found["minirocket"]
    np.testing.assert_array_equal(of_train, data.y_test)
    fn(data.x_valid, data.y_valid)
    scale = data.scaler.transform
    sets = [fcn.whole_train(data), (data.x_valid, data.y_valid)]
    for (x, y, x_test), (x_wanted, y_wanted) in zip(seen, sets, strict=True):
        np.testing.assert_array_equal(x, scale(x_wanted))
        np.testing.assert_array_equal(y, y_wanted)
        np.testing.assert_array_equal(x_test, scale(data.x_test))


def test_cas_by_the_fcn_sees_samples_and_test_scaled_as_the_judge(data, monkeypatch):
    seen = []

    def fit_once(stage, rows, settings, key, why):
        seen.append(rows)
        return "weights"

    def outputs(config, model, weights, x):
        seen.append((weights, x))
        return np.eye(2)[data.y_test], None

    monkeypatch.setattr(fcn, "fit_once", fit_once)
    monkeypatch.setattr(classifier, "outputs", outputs)
    config = tiny.make_config()
    model = classifier.make_model(config, 2)
    judge = fcn.Judge(config, model, None, data.scaler, "", 0.0)
    found = fcn.predictions_of_training_on(
        judge, data.x_valid, data.y_valid, data.x_test, "CAS"
    )
    np.testing.assert_array_equal(found, data.y_test)
    rows, (weights, x) = seen
    np.testing.assert_array_equal(rows["x"], data.scaler.transform(data.x_valid))
    np.testing.assert_array_equal(rows["label"], data.y_valid)
    assert weights == "weights"
    np.testing.assert_array_equal(x, data.scaler.transform(data.x_test))


def test_the_floor_of_cas_is_of_train_and_not_of_samples(data):
    x, y = fcn.whole_train(data)

    def fit_predict(x_seen, y_seen):
        if len(x_seen) > len(x):
            return 1 - data.y_test
        return 0 * data.y_test

    classify = {"fcn": (fit_predict, data.y_test)}
    result = cas.score(tiny.make_config(), data, x, y, classify)
    scores = {score.name: score for score in result.scores}
    counts = np.bincount(data.y_test)
    assert scores["cas"].value == counts[0] / counts.sum()
    assert scores["cas_with_train"].value == 0
    for score in scores.values():
        assert score.floors == {"TRAIN": 1.0}
    # Rows are true classes.
    tables = result.confusions
    np.testing.assert_array_equal(tables["fcn on TRAIN"], np.diag(counts))
    np.testing.assert_array_equal(tables["fcn on samples"].T, [counts, [0, 0]])
