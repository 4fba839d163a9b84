"""Autoregressions: what they learn of a process that is known, and what they draw."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import scipy.signal

from tests import tiny
from tests.generators import trained
from tests.models.test_linear_ar import _AR3, _series
from tsgen_jax.data.dataset import fit_scaler
from tsgen_jax.recipe import part_of
from tsgen_jax.stages import yule_walker

_KEY = jax.random.key(4)


def _dataset(x, num_classes=2, offset=0.0):
    """Series with classes in turn; class 1 lies `offset` higher."""
    first = tiny.make_dataset(length=x.shape[1], num_classes=num_classes)
    label = np.arange(len(x), dtype=np.int32) % num_classes
    x = (x + offset * label[:, None, None]).astype("f4")
    num = len(x) * 3 // 4
    parts = {
        "x_train": x[:num],
        "y_train": label[:num],
        "x_valid": x[num:],
        "y_valid": label[num:],
        "x_test": x[num:],
        "y_test": label[num:],
    }
    return dataclasses.replace(first, scaler=fit_scaler(x[:num]), **parts)


@pytest.fixture(scope="module")
def solved():
    """Class 1 is 3 above class 0; both are the same AR(3)."""
    dataset = _dataset(_series(_AR3, 80, 100), offset=3.0)
    return dataset, *trained.assemble(trained.make_config("ar"), dataset)


def test_order_and_lags_of_a_known_process(solved):
    _, of, recipe = solved
    weights = of.weights["yule_walker"]
    lags = np.asarray(weights["lags"])[:, -1, :, 0, 0]
    used = np.flatnonzero(np.abs(lags).max(0))
    assert 3 <= len(used) <= 8  # Of at most 20; higher orders are no more likely.
    np.testing.assert_allclose(lags[:2, :3], np.tile(_AR3[:, 0, 0], (2, 1)), atol=0.06)
    title, said = recipe.stages[0].say({"order": 3})
    assert (title, said) == ("Autoregression", "It is of order 3.")


def test_samples_have_level_covariance_and_innovations_of_the_process(solved):
    dataset, of, _ = solved
    label = np.repeat([0, 1], 1500)
    x = of.sample(_KEY, label)["x"][..., 0]
    real = np.concatenate([dataset.x_train, dataset.x_valid])[..., 0]
    for k in (0, 1):
        ours, theirs = x[label == k], real[k::2]
        assert abs(ours.mean() - theirs.mean()) < 0.2
        for lag in range(5):
            both = [
                np.mean(
                    (a - a.mean(0))[:, lag:] * (a - a.mean(0))[:, : a.shape[1] - lag]
                )
                for a in (ours, theirs)
            ]
            np.testing.assert_allclose(*both, rtol=0.15, atol=0.15)
    assert abs(np.mean(x[label == 1]) - np.mean(x[label == 0]) - 3) < 0.3


def test_lags_of_an_arma_are_those_of_its_infinite_autoregression():
    """x_t = 0.7 x_{t-1} + e_t + 0.5 e_{t-1}: lag j is 1.2 (-0.5)^(j-1)."""
    new = np.random.default_rng(0).normal(size=(80, 100))
    x = scipy.signal.lfilter([1, 0.5], [1, -0.7], new)[..., None]
    changes = {"ar.arma": (1, 1), "ar.max_order": 12, "ar.level": "constant"}
    of, _ = trained.assemble(trained.make_config("ar", "arma", **changes), _dataset(x))
    lags = np.asarray(of.weights["yule_walker"]["lags"])[2, -1, :3, 0, 0]
    np.testing.assert_allclose(lags, [1.2, -0.6, 0.3], atol=0.08)
    y = of.sample(_KEY, np.zeros(500, int))["x"][..., 0]
    found = (y[:, 1:] * y[:, :-1]).mean() / (y**2).mean()
    np.testing.assert_allclose(found, (1 + 0.35) * 1.2 / (1 + 0.7 + 0.25), atol=0.03)


def test_innovations_are_drawn_from_residuals():
    """Those of a process with innovations of -1 and 1 have two peaks, not one."""
    rng = np.random.default_rng(0)
    x = np.zeros((40, 60, 1))
    for t in range(60):
        x[:, t] = 0.8 * x[:, t - 1] + rng.choice([-1.0, 1.0], (40, 1))
    for kind, share in (("residuals", 0.8), ("normal", 0.4)):
        changes = {"ar.innovations": kind, "ar.level": "constant", "ar.max_order": 1}
        of, _ = trained.assemble(trained.make_config("ar", **changes), _dataset(x))
        y = of.sample(_KEY, np.zeros(300, int))["x"][..., 0]
        new = np.abs(y[:, 1:] - 0.8 * y[:, :-1])
        near = np.mean(np.abs(new - np.median(new)) < 0.3)
        assert near > share if kind == "residuals" else near < share


def test_few_series_of_a_class_get_the_lags_of_all(caplog):
    caplog.set_level("INFO")
    dataset = _dataset(_series(_AR3, 40, 40))
    y = np.where(np.arange(30) < 3, 1, 0).astype(np.int32)
    dataset = dataclasses.replace(dataset, y_train=y, y_valid=np.zeros(10, np.int32))
    of, _ = trained.assemble(trained.make_config("ar"), dataset)
    assert "classes 1 have under 8 series" in caplog.text
    lags = of.weights["yule_walker"]["lags"]
    np.testing.assert_array_equal(lags[1], lags[2])
    assert (lags[0] != lags[2]).any()


def test_without_a_validation_part_the_order_is_chosen_by_aic(caplog):
    caplog.set_level("INFO")
    dataset = _dataset(_series(_AR3, 40, 60))
    none = {"x_valid": dataset.x_valid[:0], "y_valid": dataset.y_valid[:0]}
    dataset = dataclasses.replace(dataset, **none)
    config = trained.make_config("ar", **{"ar.max_order": 8})
    of, _ = trained.assemble(config, dataset)
    assert "the order is chosen on TRAIN by AIC" in caplog.text
    lags = np.asarray(of.weights["yule_walker"]["lags"])[0, -1, :, 0, 0]
    assert 3 <= np.count_nonzero(lags) <= 6


def test_lags_of_too_many_channels_are_refused(monkeypatch):
    monkeypatch.setattr(yule_walker, "_LARGEST", 100)
    with pytest.raises(ValueError, match="make ar.max_order smaller"):
        trained.assemble(trained.make_config("ar"), tiny.make_dataset())


def test_density_is_that_of_the_units(solved):
    """Twice the values: the density of a series falls by L log 2."""
    dataset, of, _ = solved
    x, label = dataset.x_test[:4], dataset.y_test[:4]
    value, error = of.log_likelihood(_KEY, x, label, 1)
    std = float(np.asarray(dataset.scaler.std)[0])
    density = of.log_density(_KEY, x, label, 1)
    np.testing.assert_allclose(density, value - 100 * np.log(std), rtol=1e-4)
    assert not error.any()
    # A Gaussian AR with innovations of deviation 1, a value at a time.
    assert abs(density.mean() / 100 + 0.5 * np.log(2 * np.pi * np.e)) < 0.1
    assert (value > of.log_likelihood(_KEY, x, 1 - label, 1)[0]).all()


def test_a_gap_is_drawn_from_its_conditional_distribution():
    """AR(1): given both neighbours, mean a (x- + x+) / (1 + a^2), variance 1 / (1 + a^2)."""
    dataset = _dataset(_series(np.array([[[0.8]]]), 80, 60))
    changes = {"ar.level": "constant", "ar.max_order": 1}
    of, _ = trained.assemble(trained.make_config("ar", **changes), dataset)
    x, observed = dataset.x_test[:2], np.ones((2, 60, 1), bool)
    observed[:, 30] = False
    drawn = of.inpaint(_KEY, x, observed, np.array([0, 2]), 400)
    np.testing.assert_array_equal(drawn[:, observed], np.tile(x[observed], (400, 1)))
    gap = drawn[:, :, 30, 0]
    mean = 0.8 * (x[:, 29, 0] + x[:, 31, 0]) / 1.64
    np.testing.assert_allclose(gap.mean(0), mean, atol=0.25)
    np.testing.assert_allclose(gap.std(0), 1.64**-0.5, rtol=0.15)
    assert of.outpainting() is of


def _train(stage, rows, num_steps, rate):
    """Weights after so many steps of Adam on all rows."""
    optimizer = optax.adam(optax.cosine_decay_schedule(rate, num_steps))

    @jax.jit
    def train(params):
        def step(carry, t):
            params, state = carry
            key = jax.random.fold_in(jax.random.key(1), t)
            of = jax.grad(stage.loss_fn, has_aux=True)
            updates, state = optimizer.update(of(params, {}, rows, key)[0], state)
            return (optax.apply_updates(params, updates), state), None

        begin = params, optimizer.init(params)
        return jax.lax.scan(step, begin, jnp.arange(num_steps))[0][0]

    return train(jax.jit(stage.init)(jax.random.key(0), rows, {})[0])


def _moves(length):
    """Nothing, and 1 more at one of the three values before time 60."""
    moves = np.zeros((4, length, 1), np.float32)
    for i in range(3):
        moves[1 + i, 59 - i] = 1
    return moves


def _means(of, x):
    """The scaled value at time 60 that is the likeliest, by a parabola of log p."""
    scaled = of.info.scaler.transform(x)
    log_p = []
    for at in (-1.0, 0.0, 1.0):
        scaled[:, 60] = at
        rows = {"x": scaled, "label": np.zeros(len(x), int), "observed": scaled < 9e9}
        log_p.append(np.float64(of.log_prob(of.weights, rows)[:, 60]))
    below, middle, above = log_p
    return (above - below) / 2 / (2 * middle - above - below)


def test_a_linear_network_learns_the_lags_by_gradient():
    dataset = _dataset(_series(_AR3, 40, 100), num_classes=1)
    changes = {
        "ar.max_order": 4,
        "ar.network.width": 8,
        "ar.network.num_places": 0,
        "ar.network.input_noise": 0.0,
        "ar.network.label_drop_rate": 0.0,
    }
    config = trained.make_config("ar", "gradient", **changes)
    of, recipe = trained.assemble(config, dataset)
    stage = recipe.stages[0]
    rows = stage.rows(part_of(dataset, "train"), {}, True)
    weights = _train(stage, rows, 300, 0.05)
    of = dataclasses.replace(of, weights={"network": weights})
    value, _ = of.log_likelihood(_KEY, dataset.x_test, dataset.y_test, 1)
    changes = {"ar.max_order": 4, "ar.level": "constant"}
    judge, _ = trained.assemble(trained.make_config("ar", **changes), dataset)
    best, _ = judge.log_likelihood(_KEY, dataset.x_test, dataset.y_test, 1)
    # But for the first values, whose predictions are as sure as all others.
    assert abs((best - value).mean()) / 100 < 0.1
    # What it predicts is linear in the values before, by the lags of the process.
    z = 0.5 * rows["x"][:1]
    x = of.info.scaler.inverse(np.concatenate([z + d for d in _moves(100)]))
    means = _means(of, x)
    lags = [means[1 + i] - means[0] for i in range(3)]
    np.testing.assert_allclose(lags, _AR3[:, 0, 0], atol=0.05)
    assert yule_walker.max_order(config.ar, of.info) == 4


def test_temperature_is_that_of_the_variance():
    changes = {"ar.innovations": "normal", "ar.level": "constant", "ar.max_order": 1}
    dataset, variance = _dataset(_series(_AR3, 24, 40), num_classes=1), []
    for temperature in (1.0, 4.0):
        config = trained.make_config(
            "ar", **changes, **{"sample.temperature": temperature}
        )
        of, _ = trained.assemble(config, dataset)
        x = of.sample(_KEY, np.zeros(400, int))["x"]
        variance.append((x - x.mean()).var())
    np.testing.assert_allclose(variance[1] / variance[0], 4, rtol=0.02)


def test_the_order_is_the_likeliest_of_the_validation_part():
    """Which is noise here, where TRAIN is an AR(3)."""
    x = _series(_AR3, 40, 60)
    x[30:] = np.random.default_rng(0).normal(0, x.std(), x[30:].shape)
    changes = {"ar.max_order": 6, "ar.level": "constant"}
    stage = trained.assemble(trained.make_config("ar", **changes), _dataset(x))[1]
    _, said = stage.stages[0].fit(_KEY, _dataset(x), {})
    assert said["order"] == np.argmax(said["log_likelihood_by_order"])
    assert said["order"] == 0
