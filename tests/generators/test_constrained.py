"""Constraints of a model: every value that comes out, and what is said about it."""

import dataclasses
import logging

import jax
import numpy as np
import pandas as pd
import pytest
from ml_collections import ConfigDict

import tsgen_jax
from tests import tiny
from tsgen_jax.api import sampler_program
from tsgen_jax.constraints import terms
from tsgen_jax.data import outputs


def _with(model, **values):
    """The model with constraints, and without drawing again unless asked for."""
    config = ConfigDict(model.config.to_dict())
    config.constraints.update(terms.as_texts(values))
    return dataclasses.replace(model, config=config)


def _in_large_batches(model):
    of = model.generator.programs
    settings = ConfigDict({**of.settings, "batch_size": 1000})
    generator = dataclasses.replace(
        model.generator, programs=of.changed(settings=settings)
    )
    return dataclasses.replace(model, generator=generator)


@pytest.fixture(scope="module")
def free(tiny_model):
    return tiny_model.sample(40, seed=3)


def test_ten_thousand_samples_hold_in_the_files_that_are_written(tiny_model, tmp_path):
    model = _with(tiny_model, min=-0.3, max={"channel_0": 0.1, 1: 0.7}, num_redraws=1)
    x = _in_large_batches(model).sample(10_000, seed=1)
    table = model.to_frame(x)
    for name in ("x.npz", "x.csv"):
        outputs.write(str(tmp_path / name), {"x": x}, table)
    with np.load(tmp_path / "x.npz") as stored:
        exact = stored["x"].astype(np.float64)
    frame = pd.read_csv(tmp_path / "x.csv", float_precision="round_trip")
    decimals = frame[["channel_0", "channel_1"]].to_numpy()
    for values in (exact.reshape(-1, 2), decimals):
        assert values.shape == (10_000 * 24, 2)
        assert values.min() >= -0.3
        assert (values.max(0) <= (0.1, 0.7)).all()
    assert (exact == np.float32(0.1)).sum() == 0  # Which is above 0.1.


@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        ({"nonnegative": True, "integer": True}, lambda x: (x >= 0) & (x % 1 == 0)),
        (
            {"monotone": {"channel_0": "increasing", 1: "decreasing"}},
            lambda x: np.diff(x, axis=-2) * [1, -1] >= 0,
        ),
        (
            {"min": 0, "sum_to": 1},
            lambda x: (x >= 0) & (abs(x.sum(-1, keepdims=True) - 1) < 1e-6),
        ),
    ],
)
def test_samples_gaps_and_forecasts_hold(asked, holds, tiny_model, free):
    model = _with(tiny_model, **asked)
    x = model.sample(40, seed=3)
    assert not holds(free.astype(float)).all()
    assert holds(x.astype(float)).all()
    np.testing.assert_array_equal(model.sample(5, seed=3, label=0), _few(model))
    long = model.sample_long(3, 50, overlap=8)
    assert holds(long.astype(float)).all()
    observed = np.random.default_rng(0).random(x.shape[:2]) < 0.5
    gaps = np.where(observed[..., None], x, np.nan)
    drawn = model.impute(gaps, num=2)
    np.testing.assert_array_equal(drawn[:, observed], np.stack([x[observed]] * 2))
    assert holds(drawn.astype(float)).all()
    future = model.forecast(x[:6], 30, num=2, label=0)
    whole = np.concatenate([np.stack([x[:6]] * 2), future], axis=2)
    assert holds(whole.astype(float)).all()


def _few(model):
    return model.sample(40, seed=3, label=0)[:5]


def test_sums_over_time_are_of_whole_series(tiny_model):
    model = _with(tiny_model, sum_to="time:channel_1=6", max=2)
    np.testing.assert_allclose(model.sample(9)[..., 1].sum(1), 6, atol=1e-4)
    for use in (
        lambda: model.forecast(model.sample(2), 5),
        lambda: model.sample_long(2, 50),
    ):
        with pytest.raises(ValueError, match=r"channel_1.*no such sum.*sum_to=''"):
            use()


def test_drawing_again_avoids_violations(tiny_model, free, caplog):
    caplog.set_level(logging.INFO)
    bound = float(np.quantile(free.max(axis=(1, 2)), 0.5))  # Half of them violate.
    asked = {"max": bound, "redraw_above": 0.0}
    once = _with(tiny_model, **asked, num_redraws=0).sample(40, seed=3)
    np.testing.assert_array_equal(once, np.minimum(free, bound))
    model = _with(tiny_model, **asked, num_redraws=4)
    more = model.sample(40, seed=3)
    kept = free.max(axis=(1, 2)) <= bound
    np.testing.assert_array_equal(more[kept], free[kept])
    assert (more == more.max()).mean() < (once == once.max()).mean() / 4
    assert more.max() <= bound
    said = caplog.text
    assert f"of 40 series, tokens of {(~kept).sum()} drawn again" in said
    assert "tokens of 0 drawn again" in said
    gaps = np.where(np.arange(24)[None, :, None] < 12, more[:9], np.nan)
    free_drawn = tiny_model.impute(gaps, num=3, seed=2)
    bound = float(np.quantile(free_drawn.max(axis=(2, 3)), 0.5)) + 1e-4
    drawn = _with(model, max=bound).impute(gaps, num=3, seed=2)
    fits = free_drawn.max(axis=(2, 3)) <= bound
    assert 0 < fits.mean() < 1
    np.testing.assert_array_equal(drawn[fits], free_drawn[fits])
    assert drawn.max() <= bound
    worse = np.minimum(free_drawn, bound)
    assert (drawn == drawn.max()).sum() < (worse == worse.max()).sum() / 2


def test_given_values_that_violate_are_named(tiny_model, free, caplog):
    gaps = np.abs(free[:4])
    gaps[2, 5, 1], gaps[:, 8:12] = -1.5, np.nan
    drawn = _with(tiny_model, nonnegative=True).impute(gaps, num=2)
    assert drawn[:, 2, 5, 1].tolist() == [-1.5, -1.5]
    assert (drawn[:, :, 8:12] >= 0).all()
    assert "channel_1 at least 0: 1 values in 1 of 4 series violate it" in caplog.text
    assert "the first in series 2 at time point 5 (-1.5)" in caplog.text
    caplog.clear()
    _with(tiny_model, monotone="increasing").forecast(-np.sort(-free[:2], 1), 3, num=1)
    assert "channel_0 increasing: " in caplog.text


def test_constraints_are_kept_by_run_file_and_jax_alone(tiny_run, tiny_model, tmp_path):
    asked = {"constraints.max": {"channel_1": 0.2}, "constraints.integer": [0]}
    model = tsgen_jax.load(tiny_run, asked | {"constraints.num_redraws": 0})
    x = model.sample(6, label=1, seed=2)
    assert x[..., 1].max() <= 0.2
    assert (x[..., 0] % 1 == 0).all()
    path = str(tmp_path / "m.tsgen")
    tsgen_jax.export(model, path, with_sampler=False)
    again = tsgen_jax.load(path)
    np.testing.assert_array_equal(again.sample(6, label=1, seed=2), x)
    loose = tsgen_jax.load(path, {"constraints.max": "", "constraints.integer": ""})
    judge = tiny_model.sample(6, label=1, seed=2)
    np.testing.assert_array_equal(loose.sample(6, label=1, seed=2), judge)
    bounded = jax.jit(sampler_program._bounds(model.rules))(judge)
    np.testing.assert_array_equal(bounded, x)
    summed = _with(tiny_model, sum_to=1)
    with pytest.raises(ValueError, match=r"no form|--no-sampler"):
        tsgen_jax.export(summed, path)
    with pytest.raises(ValueError, match="'load'; channels are channel_0, channel_1"):
        tsgen_jax.load(tiny_run, {"constraints.min": "load=0"})
    with pytest.raises(ValueError, match="min=3 is above max=1"):
        tsgen_jax.load(path, {"constraints.min": 3, "constraints.max": 1})


def test_bad_constraints_stop_training_before_it_begins(tmp_path, monkeypatch):
    x = tiny.make_dataset().x_train
    workdir = tmp_path / "run"
    for asked, message in (
        ({"min": 2, "max": 1}, "min=2 is above max=1 of channel value"),
        ({"least": 2}, "unknown least"),
        ({"min": {"load": 2}}, "'load'; channels are value"),
    ):
        with pytest.raises(ValueError, match=message):
            tsgen_jax.fit(
                x, config=tiny.make_config(), workdir=str(workdir), constraints=asked
            )
        assert not workdir.exists()
