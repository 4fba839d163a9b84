"""What a model shows and writes, with weights drawn at random."""

import dataclasses
import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.stats

import tsgen_jax
from tests import tiny


@pytest.fixture(scope="module")
def x():
    return tiny.make_dataset(channels=2).x_test


def _texts(figure):
    return [t.get_text() for ax in figure.axes for t in (ax.title, ax.yaxis.label)]


def test_pictures_have_a_row_for_each_class_and_channel(tiny_model, x):
    alone = tiny_model.plot(num=6)
    assert len(alone.axes) == 4  # Two classes of two channels.
    assert "generated, n = 3" in _texts(alone)
    beside = tiny_model.plot(x, np.arange(len(x)) % 2, num=6)
    assert len(beside.axes) == 8
    without = tiny_model.plot(x, num=6)
    assert f"real, n = {len(x)}" in _texts(without)
    assert len(without.axes) == 4  # One row of classes.
    with pytest.raises(ValueError, match="Unknown class '7'"):
        tiny_model.plot(x, np.full(len(x), 7))


def test_a_table_has_a_row_for_each_value(tiny_model):
    drawn = tiny_model.sample(4)
    frame = tiny_model.to_frame(drawn, tiny_model.labels(4), start=5)
    assert list(frame.columns) == ["series", "time", "channel_0", "channel_1", "label"]
    assert len(frame) == 4 * 24
    row = frame[(frame.series == 2) & (frame.time == 5 + 7)].iloc[0]
    np.testing.assert_array_equal([row.channel_0, row.channel_1], drawn[2, 7])
    assert row.label == "1"
    assert "label" not in tiny_model.to_frame(drawn)


def test_a_saved_model_is_the_same(tiny_model, tmp_path):
    tiny_model.save(tmp_path / "m.tsgen")
    again = tsgen_jax.load(tmp_path / "m.tsgen")
    np.testing.assert_array_equal(again.sample(3), tiny_model.sample(3))


def test_it_can_be_pickled_also_after_it_was_used(tiny_model, x):
    drawn, density = tiny_model.sample(3), tiny_model.log_density(x[:2])
    again = pickle.loads(pickle.dumps(tiny_model))
    np.testing.assert_array_equal(again.sample(3), drawn)
    np.testing.assert_array_equal(again.log_density(x[:2]), density)


def test_density_is_that_of_tokens_and_of_what_they_leave_out(tiny_model, x):
    info = tiny_model.facts
    std = np.asarray(tiny_model.generator.residual.std) * info.scaler.std
    normal = scipy.stats.norm(tiny_model.reconstruct(x), std).logpdf(x).sum((1, 2))
    judge = tiny_model.log_likelihood(x, seed=3) + normal
    np.testing.assert_allclose(tiny_model.log_density(x, seed=3), judge, rtol=1e-4)
    by_name = tiny_model.log_density(x[:4], tiny_model.classes[1])
    by_place = tiny_model.log_density(x[:4], label_index=1)
    np.testing.assert_array_equal(by_place, by_name)
    assert (by_place != tiny_model.log_density(x[:4], label_index=0)).any()


def test_held_out_series_judge_samples(tiny_model, x):
    judged = tiny_model.evaluate(x, np.arange(len(x)) % 2, scores="statistics", num=12)
    metrics = judged.metrics()
    assert {"autocorrelation_difference", "spectral_distance"} <= set(metrics)
    frame = judged.to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert {"value", "low", "high", "floor TRAIN"} <= set(frame.columns)
    said = repr(judged)
    assert "autocorrelation_difference" in said
    assert "real series" in said.splitlines()[0]
    for change, message in (
        (lambda: tiny_model.evaluate(x[:7]), "at least 8"),
        (lambda: tiny_model.evaluate(x, scores="all"), "known are fidelity"),
        (lambda: tiny_model.evaluate(x, judges="me"), "known are fcn"),
    ):
        with pytest.raises(ValueError, match=message):
            change()


def test_the_scores_that_matter_come_first(tiny_model):
    scores = {
        "codebook_usage": 1.0,
        "autocorrelation_difference": 0.5,
        "nll_bound": 2.0,
    }
    scores |= {"cas_fcn": 0.9, "fid_minirocket": 3.0, "kurtosis_difference": 1.0}
    scores |= {"discriminative_score": 0.1, "reconstruction_mse": 0.2}
    said = repr(dataclasses.replace(tiny_model, metrics=scores)).splitlines()[-1]
    first = (
        "fid_minirocket=3, cas_fcn=0.9, discriminative_score=0.1, reconstruction_mse"
    )
    assert said.split("scores")[1].strip().startswith(first)
    assert said.endswith("...")
