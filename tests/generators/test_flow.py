import dataclasses
import types

import jax
import numpy as np
import pytest
import scipy.special

from tests import tiny, tiny_generators
from tsgen_jax import checks
from tsgen_jax.data.dataset import fit_scaler
from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators import make_recipe
from tsgen_jax.recipe import Rates, Traceable, Unfolds, can
from tsgen_jax.runs.seeds import SeedRun
from tsgen_jax.stages import flow as flow_stage
from tsgen_jax.stages import whitening
from tsgen_jax.training.train_recipe import train_recipe


def _config(**changes):
    own = {f"flow.{key}": value for key, value in changes.items()}
    config = tiny_generators.make_config("flow", **own)
    checks.check_config(config)
    return config


def _train(config, dataset, workdir):
    recipe = make_recipe(config, DataInfo.of(dataset))
    run = SeedRun(config, str(workdir), "")
    return recipe.assemble(train_recipe(recipe, [run], dataset)[0])


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Of series [24, 2] of two classes, and the data."""
    dataset = tiny.make_dataset(channels=2)
    return _train(_config(), dataset, tmp_path_factory.mktemp("flow")), dataset


def test_what_it_can(trained):
    assert all(can(trained[0], each) for each in (Rates, Unfolds, Traceable))


def test_samples_depend_on_key_and_label_and_not_on_their_number(trained):
    generator, dataset = trained
    key = jax.random.key(1)
    many = generator.sample(key, np.arange(12) % 3)["x"]
    few = generator.sample(key, np.arange(5) % 3)["x"]
    assert many.shape == (12, 24, 2)
    assert np.isfinite(many).all()
    np.testing.assert_allclose(many[:5], few, atol=1e-5)
    assert np.abs(
        many - generator.sample(jax.random.key(2), np.arange(12) % 3)["x"]
    ).min()
    other = generator.sample(key, np.ones(5, int))["x"]
    assert np.abs(other[0] - few[0]).max() > 1e-3


def test_unfolds_from_noise_to_the_sample_and_the_program_is_the_sample(trained):
    generator, _ = trained
    key, label = jax.random.key(1), np.arange(5) % 3
    x = generator.sample(key, label)["x"]
    states = generator.unfold(key, label)["x"]
    assert states.shape == (4, 5, 24, 2)  # Noise, of the class, two blocks.
    np.testing.assert_allclose(states[-1], x, atol=1e-4)
    padded = np.concatenate([label, np.full(3, label[-1])])  # A batch of sample's.
    scaled = jax.jit(generator.program)(key, padded.astype(np.int32))[:5]
    np.testing.assert_allclose(generator.info.scaler.inverse(scaled), x, atol=1e-4)


def test_density_is_that_of_the_inverse_of_sampling(trained):
    """The change of variables, by jax.jacfwd through everything but the noise."""
    generator, _ = trained
    weights = generator.weights
    label = np.array([1], np.int32)
    z = jax.random.normal(jax.random.key(4), (48,))

    def to_series(z):
        some = generator.network.flow.apply(
            {"params": weights["flow"]}, z[None, :8], label, method="inverse"
        )[0]
        u = jax.numpy.concatenate([some, z[None, 8:]], axis=-1)
        return whitening.colour(weights["whitening"], u, label)[0]

    x = generator.info.scaler.inverse(np.asarray(to_series(z)).reshape(1, 24, 2))
    slope = np.asarray(jax.jacfwd(to_series)(z), np.float64)
    slope = slope * np.tile(generator.info.scaler.std, 24)[:, None]
    normal = -0.5 * (np.asarray(z) ** 2).sum() - 24 * np.log(2 * np.pi)
    want = normal - np.linalg.slogdet(slope)[1]
    found = generator.log_density(jax.random.key(0), x, label, 1)
    np.testing.assert_allclose(found, want, atol=0.05)
    assert found.dtype == np.float64


def test_without_a_class_the_density_is_that_of_the_mixture(trained):
    generator, dataset = trained
    x = dataset.x_test[:3]
    of = [generator.log_likelihood(None, x, np.full(3, k), 1)[0] for k in range(3)]
    counts = np.array(generator.info.class_counts)
    shares = np.log(counts / counts.sum())
    want = scipy.special.logsumexp(np.stack(of[:2]) + shares[:, None], axis=0)
    np.testing.assert_allclose(of[2], want, atol=1e-6)


def test_whole_numbers_are_dequantised(tmp_path):
    dataset = tiny.make_dataset()
    whole = {
        f"x_{part}": np.round(getattr(dataset, f"x_{part}") * 3).astype(np.float32)
        for part in ("train", "valid", "test")
    }
    dataset = dataclasses.replace(dataset, **whole, scaler=fit_scaler(whole["x_train"]))
    generator = _train(_config(dequantise=True), dataset, tmp_path)
    drawn = generator.sample(jax.random.key(0), np.zeros(4, int))["x"]
    assert (drawn == np.round(drawn)).all()
    key, label = jax.random.key(0), np.zeros(4, int)
    mean, error = generator.log_likelihood(key, dataset.x_test[:4], label, 5)
    assert "bound" in generator.rates
    assert np.isfinite(mean).all()
    assert (error > 0).all()
    assert np.isnan(
        generator.log_likelihood(key, dataset.x_test[:4], label, 1)[1]
    ).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "glow"}, "flow.kind='glow': known are real_nvp"),
        ({"noise": 1.0}, "flow.noise"),
        ({"num_bins": 65}, "flow.num_bins"),
    ],
)
def test_wrong_values_are_named(changes, message):
    with pytest.raises(ValueError, match=message):
        _config(**changes)


def test_series_that_are_too_long_are_refused():
    dataset = tiny.make_dataset(length=4097)
    with pytest.raises(ValueError, match="2 to 4096 values"):
        checks.check_dataset(_config(), dataset)


def test_a_series_of_no_class_is_of_one_by_its_share_in_train():
    """Before the flow a series of class k is its mean: 6 and 2 of 8 are of each."""
    dataset = tiny.make_dataset()
    first = np.flatnonzero(dataset.y_train == 0)[:6]
    rows = np.r_[first, np.flatnonzero(dataset.y_train == 1)[:2]]
    parts = {"x_train": dataset.x_train[rows], "y_train": dataset.y_train[rows]}
    parts |= {"x_valid": dataset.x_valid[:0], "y_valid": dataset.y_valid[:0]}
    dataset = dataclasses.replace(dataset, **parts)
    config = _config()
    recipe = make_recipe(config, DataInfo.of(dataset))
    fitted, stage = recipe.stages
    weights = {"whitening": fitted.fit(None, dataset, {})[0]}
    example = jax.tree.map(lambda s: np.zeros(s.shape, s.dtype), stage.example)
    weights["flow"], _ = jax.jit(stage.init)(jax.random.key(0), example, weights)
    none = {k: np.zeros_like(v) for k, v in weights["whitening"].items()}
    weights["whitening"] = none | {"mean": weights["whitening"]["mean"]}
    x = recipe.assemble(weights).program(jax.random.key(1), np.full(2000, 2, np.int32))
    away = np.asarray(x).reshape(2000, 1, -1) - weights["whitening"]["mean"][None]
    share = (np.abs(away).max(-1).argmin(-1) == 0).mean()
    np.testing.assert_allclose(share, 6 / 8, atol=0.04)


def test_training_noise_leaves_deviations_as_they_are():
    """By a flow whose log-likelihood is minus the sum of squares."""
    flow = types.SimpleNamespace(
        init=lambda *args: {"params": {}},
        apply=lambda variables, u, label, method: -(u**2).sum(-1),
    )
    config = _config(noise=0.8)
    network = types.SimpleNamespace(modes=16, dim=16, dequantise=False, flow=flow)
    stage = flow_stage.make_stage(config, network)
    u = np.random.default_rng(0).normal(size=(4000, 16)).astype(np.float32)
    batch = {"x": u, "label": np.zeros(4000, np.int32)}
    loss, _ = stage.loss_fn({}, {}, batch, jax.random.key(0))
    np.testing.assert_allclose(loss, 1, atol=0.02)
