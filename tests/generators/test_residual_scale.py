"""The scale of noise is chosen by training data: where it is noise, and not else."""

import dataclasses
import json
import logging
import math
import types

import numpy as np
import pytest

from tests import tiny
from tsgen_jax.data import synthetic
from tsgen_jax.data.dataset import from_raw
from tsgen_jax.evaluation.measures import fidelity
from tsgen_jax.generators import residual_scale
from tsgen_jax.judges import rocket
from tsgen_jax.runs import files
from tsgen_jax.runs.seeds import Own
from tsgen_jax.sampling import residual

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
        self.residual = residual.Residual(np.full((_L, 1), size), None, None)
        self.asked = []

    def sample_tokens(self, key, label):
        self.asked.append(label)
        return np.zeros((3, len(label), 7), int)

    def detokenize(self, tokens):
        assert tokens.shape[1] == 7
        return self.scaler.transform(_shapes(np.random.default_rng(2), len(tokens)))

    def noise(self, key, num):
        draws = np.random.default_rng(3).normal(size=(num, _L, 1))
        return draws * self.residual.std


def _config(**changes):
    return tiny.make_config(**{"sample.residual_scales": _SCALES, **changes})


@pytest.mark.parametrize(("noise", "scale"), [(0.5, 1.0), (0.25, 0.5), (0.0, 0.0)])
def test_noise_is_added_where_the_data_have_it(noise, scale):
    """The tokenizer's errors have deviation 0.5 in all three."""
    dataset = _dataset(noise)
    generator = _Generator(dataset, 0.5 / dataset.scaler.std[0])
    choice = residual_scale.choose(_config(), dataset, generator, None)
    assert choice.scale == scale
    assert list(choice.fids) == list(_SCALES)
    assert f"residual noise: scale {scale:g}" in str(choice)
    [label] = generator.asked
    np.testing.assert_array_equal(np.bincount(label), [128, 128])


def test_the_features_are_not_those_of_the_judge():
    real = _shapes(np.random.default_rng(0), 30)
    of = [
        residual_scale.measure(
            _config(**{"judge.seed": seed}), real, lambda _: real[::-1] + 0.1, (0.0,)
        )
        for seed in (0, 1, 2**32 - 1)
    ]
    assert len({fids[0.0] for fids in of}) == 3


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
    assert residual_scale.best(fids) == scale


@pytest.mark.parametrize(("middle", "scale"), [(0.5, 0.5), (math.nan, 0.0)])
def test_what_has_no_fid_is_left_out_and_can_be_read_again(
    middle, scale, monkeypatch, tmp_path
):
    fids = {0.0: math.nan, 0.5: middle, 1.0: math.inf}
    monkeypatch.setattr(residual_scale, "measure", lambda *_: fids)
    dataset = _dataset(0.5)
    own = Own(_config(), str(tmp_path), "")
    generator = _Generator(dataset, 0.5)
    monkeypatch.setattr(dataclasses, "replace", lambda *_, **changes: changes)
    found = residual_scale.settled(own, dataset, generator, None)
    assert found == {"residual_scale": scale}
    assert residual_scale.read(own.config, own.workdir).scale == scale


def test_where_nothing_can_be_compared_nothing_is_added(caplog):
    caplog.set_level(logging.INFO, "tsgen_jax")
    short = tiny.make_dataset(length=8)
    generator = types.SimpleNamespace(residual=residual.none(8, 1))
    found = residual_scale.choose(_config(), short, generator, None)
    assert found == residual_scale.Choice(0.0, {})
    assert "not compared. No MiniRocket judge: series have 8 time" in caplog.text
    dataset = _dataset(0.1)
    generator.residual = types.SimpleNamespace(std=np.zeros((6000, 1)))
    assert residual_scale.choose(_config(), dataset, generator, None).scale == 0
    assert "Series of 6000 x 1 values are too large" in caplog.text
    none = {"x_valid": dataset.x_valid[:0], "y_valid": dataset.y_valid[:0]}
    one = {"x_train": dataset.x_train[:1], "y_train": dataset.y_train[:1]}
    generator.residual = residual.none(_L, 1)
    dataset = dataclasses.replace(dataset, **none, **one)
    assert residual_scale.choose(_config(), dataset, generator, None).scale == 0
    assert "has one training series" in caplog.text


@dataclasses.dataclass
class _Settled:
    """All that `settled` needs of a generator."""

    residual_scale: float = 0.0


def test_a_run_keeps_its_choice(tmp_path, monkeypatch, caplog):
    caplog.set_level(logging.INFO, "tsgen_jax")
    own, calls = Own(_config(), str(tmp_path), "seed 3"), []

    def choose(*_):
        calls.append(1)
        return residual_scale.Choice(0.5, {0.0: 2.0, 0.5: 1.25, 1.0: 3.0})

    monkeypatch.setattr(residual_scale, "choose", choose)
    assert residual_scale.read(own.config, own.workdir) is None
    for _ in range(2):
        found = residual_scale.settled(own, None, _Settled(), None)
        assert found.residual_scale == 0.5
    assert len(calls) == 1
    assert "seed 3: residual noise: scale 0.5" in caplog.text
    assert "by scale: 0: 2, 0.5: 1.25, 1: 3); " in caplog.text
    path = tmp_path / "sampling.json"
    fids = {"0.0": 2.0, "0.5": 1.25, "1.0": 3.0}
    judge = {"residual_scale": 0.5, "fid_minirocket": fids}
    assert files.read_json(str(path)) == judge
    assert residual_scale.read(own.config, own.workdir) == choose()
    damaged = [[], {}, {**judge, "residual_scale": 3}, {**judge, "fid_minirocket": 1}]
    for stored in damaged:
        path.write_text(json.dumps(stored))
        with pytest.raises(ValueError, match=r"sampling.json is damaged.*delete it"):
            residual_scale.read(own.config, own.workdir)


def test_of_one_scale_nothing_is_compared_or_kept(tmp_path):
    config = tiny.make_config(**{"sample.residual_scales": (0.75,)})
    own = Own(config, str(tmp_path), "")
    found = residual_scale.settled(own, None, _Settled(), None)
    assert found.residual_scale == 0.75
    assert list(tmp_path.iterdir()) == []


def test_features_are_those_of_the_next_seed_and_of_the_real_series():
    config = _config(**{"judge.seed": 6})
    real, other = (_shapes(np.random.default_rng(seed), 30) for seed in (0, 1))
    found = residual_scale.measure(config, real, lambda s: other + s, (0.0, 0.5))
    for scale, fid in found.items():
        of = {}
        for seed in (6, 7):
            judge = rocket.Judge(config.judge, real, seed)
            of[seed] = fidelity.fid(judge(real), judge(other + scale))
        np.testing.assert_allclose(fid, of[7], rtol=1e-6)
        assert abs(of[6] - fid) > 1e-3 * fid


def test_noise_is_added_in_proportion_to_its_scale(monkeypatch):
    seen = []
    monkeypatch.setattr(residual_scale, "measure", lambda *a: seen.append(a) or {})
    dataset = _dataset(0.5)
    generator = _Generator(dataset, 0.3)
    residual_scale.choose(_config(), dataset, generator, None)
    [(_, real, series, scales)] = seen
    assert scales == _SCALES
    x = np.concatenate([dataset.x_train, dataset.x_valid])
    np.testing.assert_allclose(np.sort(real, axis=0), np.sort(x, axis=0))
    plain = generator.detokenize(np.zeros((256, 7), int))
    for scale in (0.0, 0.5, 2.0):
        judge = dataset.scaler.inverse(plain + scale * generator.noise(None, 256))
        np.testing.assert_allclose(series(scale), judge, atol=1e-5)
