import json

import numpy as np
import pytest

from tests import tiny
from tsgen_jax.evaluation.measures import fidelity
from tsgen_jax.judges import assess, fcn


@pytest.fixture(scope="module")
def setting(tmp_path_factory):
    home = tmp_path_factory.mktemp("assess")
    changes = {
        "judge.dir": str(home / "shared"),
        "evaluation.scores": "fidelity+usefulness+statistics+privacy",
        "train.judge.num_steps": 60,
    }
    config = tiny.make_config(**changes)
    return config, tiny.make_dataset(), str(home)


def _judge(setting, x, label, name):
    config, data, home = setting
    samples = assess.check_samples(data, x, label)
    return assess.assess(config, data, samples, f"{home}/{name}", None)


@pytest.fixture(scope="module")
def of_train(setting):
    x, y = fcn.whole_train(setting[1])
    return _judge(setting, x, y, "train")


def test_train_as_samples_is_at_its_floor(of_train):
    rows = {s.name: s for s in of_train.scores}
    for name in ("fid", "class_fid", "mmd", "precision", "recall", "coverage"):
        np.testing.assert_allclose(rows[name].value, rows[name].floors["TRAIN"])
    assert rows["cas"].value == pytest.approx(rows["cas"].floors["TRAIN"], abs=0.1)
    assert rows["distance_to_closest_record"].value == 0
    assert rows["share_closer_to_train"].value == 1


def test_noise_is_terrible(setting, of_train):
    good = {s.name: s.value for s in of_train.scores}
    rng = np.random.default_rng(0)
    x, y = fcn.whole_train(setting[1])
    noise = rng.normal(x.mean(), 2 * x.std(), x.shape)
    bad = {s.name: s.value for s in _judge(setting, noise, y, "noise").scores}
    assert bad["fid"] > 10 * good["fid"]
    assert bad["precision"] < 0.5 * good["precision"]
    assert bad["autocorrelation_difference"] > 5 * good["autocorrelation_difference"]
    assert bad["cas"] < good["cas"]
    assert bad["share_closer_to_train"] < 1


def test_shuffled_labels_destroy_what_asks_for_the_class(setting, of_train):
    good = {s.name: s.value for s in of_train.scores}
    x, y = fcn.whole_train(setting[1])
    bad = {s.name: s.value for s in _judge(setting, x, 1 - y, "wrong").scores}
    assert bad["cas"] < 0.5 < good["cas"]
    assert bad["class_fid"] > 5 * good["class_fid"]
    assert bad["fid"] == good["fid"]


def test_the_same_twice_and_back_from_disk(setting, of_train, tmp_path):
    x, y = fcn.whole_train(setting[1])
    again = _judge(setting, x, y, "again")
    assert again.metrics() == of_train.metrics()
    for name, array in of_train.pictures.items():
        np.testing.assert_array_equal(array, again.pictures[name])
    of_train.write(str(tmp_path))
    back = assess.read(str(tmp_path))
    assert back.scores == of_train.scores
    assert (back.notes, back.judge) == (of_train.notes, of_train.judge)
    assert set(back.pictures) == set(of_train.pictures)
    assert json.loads((tmp_path / "scores.json").read_text())["judge"] == back.judge
    assert assess.read(str(tmp_path / "nothing")) is None


def test_fid_is_of_the_judges_features(setting, of_train):
    config, data, home = setting
    judge = fcn.load_or_train(config, data, f"{home}/train")
    x, _ = fcn.whole_train(data)
    direct = fidelity.fid(judge(data.x_test)[0], judge(x)[0])
    found = {s.name: s.value for s in of_train.scores}["fid"]
    np.testing.assert_allclose(found, direct, rtol=1e-9)


def test_without_labels_cas_is_left_out_and_said(setting):
    x, _ = fcn.whole_train(setting[1])
    judged = _judge(setting, x, np.full(len(x), -1), "unlabelled")
    assert not [s for s in judged.scores if s.name in ("cas", "class_fid")]
    assert any("CAS is left out" in note for note in judged.notes)


def test_bad_samples_are_refused_in_words():
    data = tiny.make_dataset(length=24, channels=2)
    x, label = np.zeros((4, 24, 2)), np.array([0, 1, 0, 1])
    broken = x.copy()
    broken[2, 3] = np.nan
    cases = {
        "needs numbers": (x[:, :20], label),
        r"\[n, 24, 2\]": (x[..., :1], label),
        "two or more": (x[:1], label[:1]),
        "2 values that are not finite, the first in series 2": (broken, label),
        r"integers \[4\]": (x, label[:3]),
        "Labels run from 0 to 2": (x, 2 * label),
        "2 of 4 series have no class": (x, np.where(label == 1, -1, 0)),
        "numbers": (x.astype(str), label),
    }
    for match, case in cases.items():
        with pytest.raises(ValueError, match=match):
            assess.check_samples(data, *case)
    one = tiny.make_dataset(length=24, channels=1)
    assert assess.check_samples(one, x[..., 0], None).x.shape == (4, 24, 1)
