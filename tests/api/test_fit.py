"""Training from arrays, before it starts; test_examples.py trains."""

import numpy as np
import pytest

import tsgen_jax
from tests import tiny
from tsgen_jax.api import fit as estimator


@pytest.fixture(scope="module")
def data():
    dataset = tiny.make_dataset(channels=2)
    x = np.concatenate([dataset.x_train, dataset.x_valid])
    y = np.concatenate([dataset.y_train, dataset.y_valid])
    return x, np.array(["up", "down"])[y]


_CHANGES = {
    "train.tokenizer.num_steps": 10,
    "train.prior.num_steps": 10,
    "num_devices": 1,
}


def test_parameters_come_back_and_can_be_cloned():
    from sklearn.base import clone

    made = tsgen_jax.TimeSeriesGenerator(changes={"seed": 3}, name="mine")
    assert made.get_params() == {
        "config": None,
        "workdir": None,
        "changes": {"seed": 3},
        "layout": "nlc",
        "name": "mine",
    }
    twin = clone(made)
    assert twin is not made
    assert twin.get_params() == made.get_params()
    assert "name='mine'" in repr(made)
    with pytest.raises(ValueError, match="No parameter 'step'; known: config"):
        made.set_params(step=1)


def test_a_config_is_copied_changed_and_checked():
    config = tiny.make_config("none")
    made = estimator.make_config(config, {"train.prior.num_steps": 7}, "mine")
    assert made.train.prior.num_steps == 7
    assert made.data.name == "mine"
    assert config.train.prior.num_steps != 7
    for changes, message in (
        ({"train.prior.steps": 1}, "unknown key 'train.prior.steps'; known there"),
        ({"seed.x": 1}, "known there: none"),
        ({"train.prior.num_steps": "many"}, "num_steps='many'"),
    ):
        with pytest.raises(ValueError, match=message):
            estimator.make_config(config, changes, "mine")
    assert estimator.make_config(None, None, "mine").ssl.method == "vibcreg"


def test_series_without_classes_have_one(data):
    dataset = estimator.make_dataset(data[0], None, tiny.make_config("none"), "nlc")
    assert dataset.classes == ("0",)
    assert len(dataset.x_test) == 0
    assert len(dataset.x_train) + len(dataset.x_valid) == len(data[0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, y: (x[:, :, :, None], y), r"\[n, L, C\]"),
        (lambda x, y: (x, y[:-1]), "one per series"),
        (lambda x, y: (x, np.linspace(0, 1, len(x))), "words or whole numbers"),
        (lambda x, y: (np.where(x > 0, np.nan, x), y), "NaN"),
        (lambda x, y: (x[:, :3], y), "too short"),
    ],
)
def test_bad_data_are_refused_before_anything_is_written(
    change, message, data, tmp_path
):
    workdir = tmp_path / "run"
    with pytest.raises(ValueError, match=message):
        tsgen_jax.fit(*change(*data), tiny.make_config("none"), str(workdir), _CHANGES)
    assert not workdir.exists()
