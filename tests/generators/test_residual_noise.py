"""The scale of noise is chosen by training data: where it is noise, and not else."""

import dataclasses
import logging
import math
import types

import jax
import numpy as np
import pytest

from tests import tiny
from tsgen_jax.data import synthetic
from tsgen_jax.data.dataset import from_raw
from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators import noise_scale, residual_noise
from tsgen_jax.judges import rocket
from tsgen_jax.models import vqvae
from tsgen_jax.models.coder import Coder
from tsgen_jax.sampling import residual
from tsgen_jax.stages import tokenizer as tokenizer_stage

_L = 40
_SCALES = (0.0, 0.5, 1.0)


def _shapes(rng, num):
    """Sines of any phase, float [num, L, 1]."""
    phase = rng.uniform(0, 2 * np.pi, (num, 1, 1))
    return np.sin(np.arange(_L)[None, :, None] / 3 + phase)


def _dataset(noise):
    """Sines plus so much white noise; and no TEST, which nobody may look at."""
    raw = synthetic.make_shapes(
        seed=0, num_series=60, length=_L, num_channels=1, num_classes=2
    )
    rng = np.random.default_rng(1)
    x = _shapes(rng, 60) + noise * rng.normal(size=(60, _L, 1))
    raw = dataclasses.replace(raw, x_train=x)
    dataset = from_raw(raw, "archive", 0.2, 0.25, 0, "error")
    return dataclasses.replace(dataset, x_test=None, y_test=None)


class _Generator:
    """Sines without noise; says what it was asked for."""

    def __init__(self, dataset, size):
        self.scaler = dataset.scaler
        self.residual = residual.Residual(np.full((_L, 1), size), *3 * [None])
        self.asked = []

    def sample_tokens(self, key, label):
        self.asked.append(label)
        return np.zeros((3, len(label), 7), int)

    def detokenize(self, tokens):
        assert tokens.shape[1] == 7
        return self.scaler.transform(_shapes(np.random.default_rng(2), len(tokens)))

    def noise(self, key, label):
        draws = np.random.default_rng(3).normal(size=(len(label), _L, 1))
        return draws * self.residual.std


def _config(**changes):
    return tiny.make_config(**{"sample.residual_scales": _SCALES, **changes})


@pytest.mark.parametrize(("noise", "scale"), [(0.5, 1.0), (0.25, 0.5), (0.0, 0.0)])
def test_noise_is_added_where_the_data_have_it(noise, scale):
    """The tokenizer's errors have deviation 0.5 in all three."""
    dataset = _dataset(noise)
    generator = _Generator(dataset, 0.5 / dataset.scaler.std[0])
    choice = residual_noise.choose(_config(), dataset, generator, None)
    assert choice.scale == scale
    assert list(choice.fids) == list(_SCALES)
    assert f"residual noise: scale {scale:g} (FID" in str(choice)
    [label] = generator.asked
    np.testing.assert_array_equal(np.bincount(label), [128, 128])


def test_the_features_are_not_those_of_the_judge():
    real = _shapes(np.random.default_rng(0), 30)
    of = [
        noise_scale.measure(
            _config(**{"judge.seed": seed}), real, lambda _: real[::-1] + 0.1, (0.0,)
        )
        for seed in (0, 1, 2**32 - 1)
    ]
    assert len({fids[0.0] for fids in of}) == 3


@pytest.mark.parametrize("seed", [0, 2**32 - 1])
def test_the_seed_of_the_features_is_not_the_judges(seed, monkeypatch):
    seeds = []

    def judge(settings, real, seed):
        seeds.append(seed)
        return lambda x: x[:, :, 0]

    monkeypatch.setattr(rocket, "Judge", judge)
    real = _shapes(np.random.default_rng(0), 30)
    config = _config(**{"judge.seed": seed})
    noise_scale.measure(config, real, lambda _: real + 0.1, (0.0,))
    (used,) = seeds
    assert used != seed
    assert 0 <= used < 2**32


def test_a_series_has_so_many_times_its_noise(monkeypatch):
    dataset, given = _dataset(0.25), []
    monkeypatch.setattr(noise_scale, "compare", lambda *args: given.append(args[-1]))
    generator = _Generator(dataset, 0.5)
    residual_noise.choose(_config(), dataset, generator, None)
    series, label = given[0](np.zeros(6, int)), np.zeros(6, int)
    noise = generator.noise(None, label) * np.asarray(dataset.scaler.std)
    for scale in (0.5, 2.0):
        added = series(scale) - series(0.0)
        np.testing.assert_allclose(added, scale * noise, atol=1e-5)


@pytest.mark.parametrize(
    ("fids", "scale"),
    [
        ({0.0: 1.0, 0.5: 0.96, 1.0: 0.97}, 0.0),
        ({0.0: 1.0, 0.5: 0.94, 1.0: 0.93}, 1.0),
        ({0.0: 0.0, 1.0: 0.0}, 0.0),
        ({1.0: 0.99, 0.5: 0.99}, 0.5),
        ({1.0: 2.0, 0.0: 1.0}, 0.0),
    ],
)
def test_simpler_wins_unless_noise_gains_a_twentieth(fids, scale):
    assert noise_scale.best(fids) == scale


@pytest.mark.parametrize(("middle", "scale"), [(0.5, 0.5), (math.nan, 0.0)])
def test_what_has_no_fid_is_left_out(middle, scale, monkeypatch):
    fids = {0.0: math.nan, 0.5: middle, 1.0: math.inf}
    monkeypatch.setattr(noise_scale, "measure", lambda *_: fids)
    dataset = _dataset(0.5)
    found = residual_noise.choose(_config(), dataset, _Generator(dataset, 0.5), None)
    assert found.scale == scale
    assert all(math.isfinite(fid) for fid in found.fids.values())


def test_where_nothing_can_be_compared_nothing_is_added(caplog):
    caplog.set_level(logging.INFO, "tsgen_jax")
    short = tiny.make_dataset(length=8)
    generator = types.SimpleNamespace(residual=residual.none(8, 1, 2))
    found = residual_noise.choose(_config(), short, generator, None)
    assert found == noise_scale.Choice(0.0, {})
    assert "not compared. No MiniRocket judge: series have 8 time" in caplog.text
    dataset = _dataset(0.1)
    generator.residual = types.SimpleNamespace(std=np.zeros((6000, 1)))
    assert residual_noise.choose(_config(), dataset, generator, None).scale == 0
    assert "Series of 6000 x 1 values are too large" in caplog.text
    none = {"x_valid": dataset.x_valid[:0], "y_valid": dataset.y_valid[:0]}
    one = {"x_train": dataset.x_train[:1], "y_train": dataset.y_train[:1]}
    generator.residual = residual.none(_L, 1, 2)
    dataset = dataclasses.replace(dataset, **none, **one)
    assert residual_noise.choose(_config(), dataset, generator, None).scale == 0
    assert "has one training series" in caplog.text


def test_the_stage_keeps_its_choice_and_one_value_overrides_it(monkeypatch, caplog):
    caplog.set_level(logging.INFO, "tsgen_jax")
    choice = noise_scale.Choice(0.5, {0.0: 2.0, 0.5: 1.25, 1.0: 3.0})
    monkeypatch.setattr(residual_noise, "choose", lambda *_: choice)
    config = _config()
    weights, summary = residual_noise.make_scale(config, None).fit(None, None, {})
    assert weights == {"scale": np.float32(0.5)}
    assert "residual noise: scale 0.5 (FID to TRAIN in MiniRocket's" in caplog.text
    assert "by scale: 0: 2, 0.5: 1.25, 1: 3)" in caplog.text
    assert residual_noise.chosen_scale(config, weights) == 0.5
    one = tiny.make_config(**{"sample.residual_scales": (0.75,)})
    assert residual_noise.chosen_scale(one, weights) == 0.75
    with pytest.raises(
        ValueError, match=r"residual_scale is 3.0: a number in \[0, 2\]"
    ):
        residual_noise.chosen_scale(config, {"scale": 3.0})
    title, said = noise_scale.say(summary)
    assert (title, said) == ("Noise in samples", str(choice))


def test_of_one_scale_nothing_is_compared():
    config = tiny.make_config(**{"sample.residual_scales": (0.75,)})
    _, summary = residual_noise.make_scale(config, None).fit(None, None, {})
    assert summary == {"scale": 0.75, "fid_minirocket": {}}


def test_the_errors_of_a_tokenizer():
    config, dataset = tiny.make_config("none"), tiny.make_dataset()
    info = DataInfo.of(dataset)
    weights = tiny.untrained_weights(config, info, jax.random.key(0))["tokenizer"]
    tokenizer = tokenizer_stage.make_model(config, 24, 1)

    @jax.jit
    def decoded(x):
        tokens = vqvae.tokenize(tokenizer, weights, x)
        return vqvae.detokenize(tokenizer, weights, tokens)

    parts = [dataset.network_data(part)["x"] for part in ("train", "valid")]
    errors = [x - decoded(x) for x in parts]
    stage = residual_noise.make_residual(Coder({"": tokenizer}), 2)
    found, _ = stage.fit(None, dataset, {"tokenizer": weights})
    jax.tree.map(
        lambda a, s: np.testing.assert_equal(a.shape, s.shape), found, stage.shapes
    )
    # Divided by those of classes its size is that of validation, its shape over time
    # that of both parts.
    label = dataset.y_train, dataset.y_valid
    errors = [
        np.asarray(e) / found.class_scale[y][:, None, None]
        for e, y in zip(errors, label, strict=True)
    ]
    held_out = np.mean(np.square(errors[1]))
    np.testing.assert_allclose(np.mean(np.square(found.std)), held_out, rtol=1e-4)
    shape = np.square(np.concatenate(errors)).mean(0)
    shape *= held_out / shape.mean()
    np.testing.assert_allclose(np.square(found.std), shape, rtol=1e-3)


def test_of_many_series_some_are_measured():
    rows = residual_noise._some(np.arange(5001))
    assert len(rows) == 2000
    assert rows[0] == 0
    assert (np.diff(rows) >= 2).all()
    np.testing.assert_array_equal(residual_noise._some(np.arange(7)), np.arange(7))
    assert len(residual_noise._some(np.zeros((0, 3)))) == 0
