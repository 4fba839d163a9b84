import json

import numpy as np
import pytest

from experiments import baselines, completion, forecasting, imputation
from tests import tiny


@pytest.fixture(scope="module")
def case():
    rng = np.random.default_rng(0)
    x, seen = rng.normal(size=(6, 24)), rng.random((6, 24)) < 0.5
    seen[:, 11] = True
    return x, seen


def test_last_value_and_seasonal_naive_are_those_of_a_loop(case):
    x, seen = case
    last = baselines.last_value(x, seen)
    naive = baselines.seasonal_naive(x, seen, 6)
    line = baselines.linear(x, seen)
    for i, t in np.ndindex(x.shape):
        known = np.flatnonzero(seen[i])
        before = known[known <= t]
        at = before[-1] if len(before) else known[0]
        assert last[i, t] == x[i, at]
        phase = known[known % 6 == t % 6]
        if len(phase):
            before = phase[phase <= t]
            assert naive[i, t] == x[i, before[-1] if len(before) else phase[0]]
        else:
            assert naive[i, t] == line[i, t]
    np.testing.assert_array_equal(line[seen], x[seen])


def test_the_period_of_waves_is_found_and_of_noise_is_none():
    time = np.arange(100)
    waves = np.sin(2 * np.pi * (time[None] / 12 + np.arange(8)[:, None] / 8))
    assert baselines.period(waves) == 12
    assert baselines.period(np.cumsum(np.ones((3, 100)), axis=1)) == 0


def test_learning_baselines_find_what_is_linear():
    rng = np.random.default_rng(1)
    start = rng.normal(size=(80, 2))
    x = start @ rng.normal(size=(2, 20))
    found = baselines.ridge(x[60:], 15, x[:60])
    np.testing.assert_allclose(found, x[60:], atol=1e-2)
    seen = np.ones((1, 20), bool)
    seen[:, 8:12] = False
    same = baselines.nearest_neighbours(x[:1], seen, np.repeat(x[:1], 6, axis=0))
    np.testing.assert_allclose(same, x[:1])


def test_three_tenths_are_hidden_in_equal_blocks():
    seen = imputation.hide(np.random.default_rng(2), 200, 50, 3)
    np.testing.assert_array_equal((~seen).sum(1), 15)
    starts = np.diff(np.pad(seen, ((0, 0), (1, 1)), constant_values=True).astype(int))
    assert ((starts == -1).sum(1) <= 3).all()
    assert not seen.all(0).any()  # Every place can be hidden.


def test_every_channel_is_guessed_alone(case):
    x, seen = case
    both = np.stack([x, 3 - 2 * x[::-1]], axis=-1)
    seen_both = np.stack([seen, seen[::-1]], axis=-1)
    found = baselines.by_channel(baselines.seasonal_naive, both, seen_both, 6)
    for c in range(2):
        judge = baselines.seasonal_naive(both[..., c], seen_both[..., c], 6)
        np.testing.assert_array_equal(found[..., c], judge)
    learnt = baselines.by_channel(baselines.ridge, both, 18, both)
    assert learnt.shape == both.shape
    judge = baselines.ridge(both[..., 1], 18, both[..., 1])
    np.testing.assert_array_equal(learnt[..., 1], judge)


@pytest.mark.slow
@pytest.mark.parametrize("experiment", [imputation, forecasting])
def test_series_of_several_channels_are_scored(
    experiment, tmp_path, monkeypatch, tiny_model
):
    dataset = tiny.make_dataset(channels=2)
    monkeypatch.setattr(completion.tsgen_jax, "load", lambda run: tiny_model)
    monkeypatch.setattr(completion, "load_dataset", lambda **data: dataset)
    out = tmp_path / "scores.json"
    words = ["--run", "a", "--num=3", "--num_series=4", "--season=6", f"--out={out}"]
    words += ["--inpaint", "residual_scale=0", "num_rounds=2"]
    monkeypatch.setattr("sys.argv", ["x", *words])
    experiment.main()
    found = json.loads(out.read_text())
    scores = found["results"][0]["scores"]
    assert "seasonal (6)" in scores
    assert all(np.isfinite(s["crps"]) for s in scores.values())
    assert list(tmp_path.glob("*.png"))


def test_other_values_of_inpainting_are_used(tiny_model):
    other = completion.changed(tiny_model, ["residual_scale=0.5", "num_rounds=2"])
    settings, own = (m.generator.programs.inpainting for m in (other, tiny_model))
    assert settings.to_dict() == {
        **own.to_dict(),
        "residual_scale": 0.5,
        "num_rounds": 2,
    }
    with pytest.raises(KeyError):
        completion.changed(tiny_model, ["residual=1"])
