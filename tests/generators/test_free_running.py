"""Recurrent network, WaveNet and transformer as generators, untrained."""

import dataclasses

import jax
import numpy as np
import pytest

from tests import tiny
from tests.generators import trained
from tsgen_jax.data.scaling import EndScaler
from tsgen_jax.recipe import part_of
from tsgen_jax.stages import autoregressive, bins

_KEY = jax.random.key(4)
_DATA = tiny.make_dataset(channels=2)
_SMALL = {
    "recurrent": {"recurrent.width": 8},
    "wavenet": {"wavenet.width": 8, "wavenet.num_layers": 2},
    "transformer": {
        "transformer.width": 8,
        "transformer.num_layers": 1,
        "transformer.head_width": 4,
        "transformer.num_bins": 12,
    },
}


def _assemble(name, dataset=_DATA, **changes):
    config = trained.make_config(name, **_SMALL[name], **changes)
    return trained.assemble(config, dataset)


@pytest.mark.parametrize("name", ["recurrent", "wavenet", "transformer"])
def test_few_are_the_first_of_many_and_classes_differ(name):
    of, _ = _assemble(name)
    label = np.arange(20) % 3
    many = of.sample(_KEY, label)["x"]
    assert many.shape == (20, 24, 2)
    np.testing.assert_allclose(of.sample(_KEY, label[:5])["x"], many[:5], atol=1e-3)
    other = of.sample(_KEY, (label + 1) % 3)["x"]
    assert (np.abs(other - many).max((1, 2)) > 1e-4).all()
    scaled = jax.jit(of.program)(_KEY, label[:5])
    np.testing.assert_allclose(_DATA.scaler.inverse(scaled), many[:5], atol=1e-3)


def test_a_likelihood_is_that_of_evaluation_and_of_the_units():
    of, recipe = _assemble("recurrent")
    (stage,) = recipe.stages
    rows = stage.rows(part_of(_DATA, "test"), {}, False)
    loss = stage.evaluate(of.weights["network"], rows)["loss"]
    x, label = _DATA.x_test, _DATA.y_test
    value, error = of.log_likelihood(_KEY, x, label, 1)
    assert not error.any()
    np.testing.assert_allclose(loss, -value.mean() / 48, rtol=1e-5)
    density = of.log_density(_KEY, x, label, 1)
    units = 24 * np.log(np.asarray(_DATA.scaler.std)).sum()
    np.testing.assert_allclose(density, value - units, rtol=1e-5)


@pytest.mark.parametrize("name", ["recurrent", "transformer"])
def test_forecasts_and_gaps(name):
    of, _ = _assemble(name, **{"inpaint.num_particles": 4})
    x, label = _DATA.x_test[:3], np.array([0, 1, 2])
    for start, end in ((16, 24), (8, 12)):
        observed = np.ones(x.shape, bool)
        observed[:, start:end, 0] = False
        drawn = of.inpaint(_KEY, x, observed, label, 4)
        assert drawn.shape == (4, *x.shape)
        for one in drawn:
            np.testing.assert_array_equal(one[observed], x[observed])
        assert np.abs(drawn[0] - drawn[1])[~observed].min() > 0
        assert np.isfinite(drawn).all()


def test_where_a_series_ends_is_drawn_but_not_rated():
    x = _DATA.x_train.copy()
    x[::2, 17:] = np.nan
    dataset = dataclasses.replace(_DATA, scaler=EndScaler(_DATA.scaler), x_train=x)
    of, _ = _assemble("recurrent", dataset)
    label = dataset.y_train
    value, _ = of.log_likelihood(_KEY, x, label, 1)
    held = x.copy()
    held[::2, 17:] = 5.0  # Longer series: all of them rated.
    longer, _ = of.log_likelihood(_KEY, held, label, 1)
    np.testing.assert_allclose(longer[1::2], value[1::2], rtol=1e-5)
    assert (np.abs(longer - value)[::2] > 1).all()
    assert of.sample(_KEY, label)["x"].shape == x.shape


def test_missing_values_do_not_count_in_the_loss():
    observed = np.random.default_rng(0).random(_DATA.x_train.shape) < 0.7
    x = np.where(observed, _DATA.x_train, 0)
    dataset = dataclasses.replace(_DATA, x_train=x, observed_train=observed)
    _, recipe = _assemble("wavenet", dataset)
    (stage,) = recipe.stages
    rows = stage.rows(part_of(dataset, "train"), {}, True)
    params, state = jax.jit(stage.init)(_KEY, rows, {})
    # What is never an input: the last time point.
    changed = {**rows, "x": rows["x"].copy()}
    changed["x"][:, -1] += 3.0 * ~observed[:, -1]
    a, b = (stage.evaluate(params, r)["loss"] for r in (rows, changed))
    assert a == b
    changed["x"][:, -1] += 3.0 * observed[:, -1]
    assert stage.evaluate(params, changed)["loss"] != a
    loss, (_, metrics) = jax.jit(stage.loss_fn)(params, state, rows, jax.random.key(1))
    assert np.isfinite(loss)
    assert set(metrics) == {"loss"}


def test_bins_hold_equal_shares_and_values_go_back_into_them():
    of, recipe = _assemble("transformer")
    _, stage = recipe.stages
    edges = of.weights["bins"]["edges"]
    tokens = stage.rows(part_of(_DATA, "train"), of.weights, True)["x"]
    assert tokens.shape == _DATA.x_train.shape
    for c in range(2):
        shares = np.bincount(tokens[..., c].ravel(), minlength=12) / tokens[..., c].size
        np.testing.assert_allclose(shares, 1 / 12, atol=0.02)
    values = bins.to_values(jax.random.key(8), jax.numpy.asarray(edges), tokens)
    np.testing.assert_array_equal(bins.to_tokens(edges, values), tokens)
    scaled = _DATA.scaler.transform(_DATA.x_train)
    assert np.abs(values - scaled).max() <= np.diff(edges).max() + 1e-5
    in_jax = bins.tokens_of(jax.numpy.asarray(edges), jax.numpy.asarray(values))
    np.testing.assert_array_equal(in_jax, tokens)
    beyond = bins.to_tokens(edges, np.array([[[-99.0, 99.0]]]))
    np.testing.assert_array_equal(beyond, [[[0, 11]]])
    assert np.ptp(of.sample(_KEY, np.zeros(8, int))["x"]) <= np.ptp(_DATA.x_train)


def test_what_a_transformer_is_shown_is_disturbed_and_its_targets_are_not():
    config = trained.make_config("transformer")
    config.transformer.update({"num_bins": 100, "input_noise": 2.0, "corruption": 0.2})
    tokens = np.full((50, 40, 1), 50)
    shown = np.asarray(bins.make_disturb(config.transformer)(jax.random.key(7), tokens))
    near = np.abs(shown - 50) <= 8
    np.testing.assert_allclose(near.mean(), 0.8 + 0.2 * 0.17, atol=0.03)
    assert 1.8 < shown[near].std() < 2.6
    assert shown.min() >= 0
    assert shown.max() < 100


def test_gaps_take_particles_and_forecasts_none():
    of, _ = _assemble("recurrent", **{"inpaint.num_particles": 4})
    counts = []

    def complete(key, weights, x, observed, label, num):
        counts.append(num)
        return x

    of = dataclasses.replace(of, complete=complete)
    x = _DATA.x_test[:2]
    for start, end in ((16, 24), (8, 12)):
        observed = np.ones(x.shape, bool)
        observed[:, start:end] = False
        of.inpaint(_KEY, x, observed, np.zeros(2, int), 1)
    assert counts == [1, 4]


def test_what_a_network_is_shown_is_disturbed_by_a_share_of_a_step(monkeypatch):
    """Two channels that rise by 0.1 and by 3 at every time point, from 50 on."""
    given, make_stage = {}, autoregressive.make_stage
    monkeypatch.setattr(
        autoregressive,
        "make_stage",
        lambda *args, **options: given.update(options) or make_stage(*args, **options),
    )
    _assemble("recurrent", **{"recurrent.input_noise": 0.5})
    x = np.full((40, 1, 1), 50.0) + np.arange(100)[None, :, None] * [0.1, 3.0]
    noise = np.asarray(given["disturb"](_KEY, x) - x)
    np.testing.assert_allclose(noise.std((0, 1)), [0.05, 1.5], rtol=0.05)
    np.testing.assert_allclose(noise.mean((0, 1)), 0, atol=0.1)
