import dataclasses
import os
import shutil

import jax
import numpy as np
import pytest

from tests import tiny
from tsgen_jax.data import synthetic
from tsgen_jax.data.dataset import from_raw
from tsgen_jax.judges import fcn
from tsgen_jax.runs import directory, files


def _raw(num_classes=2):
    return synthetic.make_shapes(
        seed=0, num_series=32, length=24, num_channels=1, num_classes=num_classes
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    home = tmp_path_factory.mktemp("judges")
    config = tiny.make_config(**{"judge.dir": str(home / "shared")})
    data = from_raw(_raw(), "archive", 0.2, 0.25, 0, "error")
    workdir = str(home / "run")
    os.makedirs(workdir)
    return config, data, workdir, fcn.load_or_train(config, data, workdir)


def test_it_is_right_on_test_and_says_so(trained):
    _, data, workdir, judge = trained
    features, probabilities = judge(data.x_test)
    assert features.shape == (len(data.x_test), 8)
    np.testing.assert_allclose(probabilities.sum(1), 1)
    right = (probabilities.argmax(1) == data.y_test).mean()
    assert right == judge.accuracy == directory.read_done(workdir, "judge")["accuracy"]
    assert right > 0.8


def _refuse(*_args, **_kwargs):
    raise AssertionError("It was trained again.")


def test_other_runs_and_splits_share_it_bit_for_bit(trained, tmp_path, monkeypatch):
    config, data, workdir, judge = trained
    monkeypatch.setattr(fcn, "_train", _refuse)
    other = from_raw(_raw(), "archive", 0.2, 0.5, 7, "error")  # Another validation.
    assert len(other.x_train) != len(data.x_train)
    for place in (workdir, str(tmp_path)):
        again = fcn.load_or_train(config, other, place)
        assert again.digest == judge.digest
        assert again.identity == judge.identity
        for a, b in zip(judge(data.x_test), again(data.x_test), strict=True):
            np.testing.assert_array_equal(a, b)


def test_weights_that_differ_by_rounding_are_another_identity(trained):
    _, _, _, judge = trained
    moved = jax.tree.map(lambda a: np.nextafter(np.asarray(a), np.inf), judge.weights)
    other = dataclasses.replace(judge, weights=moved)
    assert other.digest == judge.digest
    assert other.identity != judge.identity


@pytest.mark.parametrize(
    "change",
    [{"train.judge.num_steps": 2}, {"judge.seed": 1}, {"judge.widths": (8, 8, 8)}],
)
def test_other_settings_are_another_judge(trained, tmp_path, monkeypatch, change):
    config, data, _, _ = trained
    changed = tiny.make_config(**{"judge.dir": config.judge.dir, **change})
    monkeypatch.setattr(fcn, "_train", _refuse)
    with pytest.raises(AssertionError, match="trained again"):
        fcn.load_or_train(changed, data, str(tmp_path))


def test_other_data_are_another_judge(trained, tmp_path, monkeypatch):
    config, data, _, _ = trained
    raw = _raw()
    raw.x_train[0][0] += 1e-3
    other = from_raw(raw, "archive", 0.2, 0.25, 0, "error")
    monkeypatch.setattr(fcn, "_train", _refuse)
    with pytest.raises(AssertionError, match="trained again"):
        fcn.load_or_train(config, other, str(tmp_path))


def test_one_class_has_no_judge(tmp_path):
    config = tiny.make_config()
    data = from_raw(_raw(1), "archive", 0.2, 0.25, 0, "error")
    with pytest.raises(ValueError, match="one class only"):
        fcn.load_or_train(config, data, str(tmp_path))


def test_a_read_only_shared_place_is_no_error(trained, tmp_path):
    config, data, _, _ = trained
    blocked = tmp_path / "file"
    blocked.write_text("")
    changed = tiny.make_config(
        **{"judge.dir": str(blocked / "x"), "train.judge.num_steps": 2}
    )
    os.makedirs(tmp_path / "run")
    assert fcn.load_or_train(changed, data, str(tmp_path / "run")).digest


def _damage(directory, how):
    """Spoils the judge in `directory`."""
    done = directory / "done.json"
    match how:
        case "a weight":
            [path, *_] = sorted(
                (directory / "weights").rglob("d/*"), key=lambda p: -p.stat().st_size
            )
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 1
            path.write_bytes(data)
        case "no accuracy":
            digest = files.read_json(str(done))["digest"]
            files.write_json(str(done), {"digest": digest})
        case _:
            done.write_text(how)


@pytest.mark.parametrize("how", ["{}", "[]", "null", "{", "a weight", "no accuracy"])
def test_a_damaged_judge_is_not_used_and_it_is_said(
    how, trained, tmp_path, monkeypatch, caplog
):
    config, data, workdir, judge = trained
    home = tmp_path / "shared"
    shutil.copytree(config.judge.dir, home)
    mine = tmp_path / "run"
    shutil.copytree(workdir, mine)
    config = tiny.make_config(**{"judge.dir": str(home)})
    _damage(mine / "judge", how)
    monkeypatch.setattr(fcn, "_train", _refuse)  # The one of other runs is whole.
    again = fcn.load_or_train(config, data, str(mine))
    assert f"what {mine}/judge holds is damaged and not used" in caplog.text
    np.testing.assert_array_equal(again(data.x_test)[0], judge(data.x_test)[0])
    [shared] = home.iterdir()
    for place in (mine / "judge", shared):
        _damage(place, how)

    def train(
        config, stage, rows, test, digest, place
    ):  # As if: a copy of the whole one.
        assert not os.path.exists(os.path.join(place, "judge"))
        shutil.copytree(os.path.join(workdir, "judge"), os.path.join(place, "judge"))

    monkeypatch.setattr(fcn, "_train", train)
    again = fcn.load_or_train(config, data, str(mine))
    assert f"what {shared} holds is damaged and not used" in caplog.text
    np.testing.assert_array_equal(again(data.x_test)[0], judge(data.x_test)[0])
    monkeypatch.setattr(fcn, "_train", _refuse)
    fcn.load_or_train(config, data, str(tmp_path / "other"))  # Shared is whole again.
