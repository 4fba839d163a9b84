"""Training from arrays, before it starts; test_examples.py trains."""

import numpy as np
import pytest

import tsgen_jax
from tests import tiny
from tsgen_jax.api import fit


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


def test_a_config_is_copied_changed_and_checked():
    config = tiny.make_config("none")
    made = fit.make_config(config, {"train.prior.num_steps": 7}, "mine")
    assert made.train.prior.num_steps == 7
    assert made.data.name == "mine"
    assert config.train.prior.num_steps != 7
    for changes, message in (
        (
            {"train.prior.steps": 1},
            "changes: Unknown key 'train.prior.steps'.*Known there",
        ),
        ({"seed.x": 1}, "Known there: none"),
        ({"train.prior.num_steps": "many"}, "num_steps='many'"),
    ):
        with pytest.raises(ValueError, match=message):
            fit.make_config(config, changes, "mine")
    assert fit.make_config(None, None, "mine").ssl.method == "vibcreg"


def test_configs_by_name_and_numbers_of_numpy():
    made = fit.make_config("smoke:none", {"seed": np.int64(3)}, "mine")
    assert made.name == "smoke-none"
    assert (made.seed, type(made.seed)) == (3, int)
    assert fit.make_config("smoke", {"data.name": "x"}, "memory").data.name == "x"
    with pytest.raises(ValueError, match="known are .*default, .*smoke"):
        fit.make_config("smok", None, "mine")


def test_values_of_data_count_or_are_refused(data):
    def make(x, **changes):
        keys = {f"data.{key}": value for key, value in changes.items()}
        config = fit.make_config(tiny.make_config("none"), keys, "mine")
        return fit.make_dataset(x, data[1], config, "nlc")

    assert make(data[0]).scaler.to_json().keys() == {"mean", "std"}
    assert make(data[0], scaling="quantile").scaler.to_json()["kind"] == "quantile"
    assert len(make(data[0], validation_fraction=0.0).x_valid) == 0
    short = data[0].astype(float)
    short[0, 20:] = np.nan
    ends = make(short)
    assert ends.has_ends
    assert len(ends.x_test) == 0
    gaps = make(short, trailing="missing", missing="interpolate")
    assert not gaps.has_ends
    assert gaps.num_filled == 4 * 2
    for key, value in (("window", 8), ("path", "x.csv"), ("split", "resplit")):
        with pytest.raises(ValueError, match=f"data.{key}={value!r} has no effect"):
            make(data[0], **{key: value})


def test_more_channels_than_time_points_are_doubted(data):
    config = fit.make_config(tiny.make_config("none"), None, "mine")
    wide = np.repeat(data[0][:, :, :1].swapaxes(1, 2), 9, axis=1)  # [n, 9, 24]
    said = fit.make_dataset(wide, None, config, "nlc").describe()
    assert "more channels than time points; if it is the other way round" in said
    assert "more channels" not in fit.make_dataset(wide, None, config, "ncl").describe()


def test_series_without_classes_have_one(data):
    dataset = fit.make_dataset(data[0], None, tiny.make_config("none"), "nlc")
    assert dataset.classes == ("0",)
    assert len(dataset.x_test) == 0
    assert len(dataset.x_train) + len(dataset.x_valid) == len(data[0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, y: (x[:, :, :, None], y), r"\[n, L, C\]"),
        (lambda x, y: (x, y[:-1]), "one per series"),
        (lambda x, y: (x, np.linspace(0, 1, len(x))), "y names no class in 30 of 32"),
        (
            lambda x, y: (x, [None, *y[1:]]),
            r"1 of 32 rows .*from 0: 0\), the first is N",
        ),
        (lambda x, y: (x, [*y[:-1], np.nan]), r"from 0: 31\), the first is nan"),
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
