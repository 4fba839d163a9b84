"""Generators that are trained by the ELBO."""

import dataclasses

import jax
import numpy as np
import pytest

from tests import tiny, tiny_generators
from tsgen_jax import checks
from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators import make_recipe
from tsgen_jax.runs.seeds import SeedRun
from tsgen_jax.training.train_recipe import train_recipe


def _config(name, **changes):
    own = {f"{name}.{key}": value for key, value in changes.items()}
    config = tiny_generators.make_config(name, **own)
    checks.check_config(config)
    return config


@pytest.fixture(
    scope="module",
    params=["vae", "sequential_vae", "sequential_vae:bayesian"],
)
def trained(request, tmp_path_factory):
    """Of series [24, 2] of two classes, and the data."""
    name, _, bayesian = request.param.partition(":")
    changes = {"bayesian": True} if bayesian else {}
    config = _config(name, noise_scales=(1.0,), **changes)
    dataset = tiny.make_dataset(channels=2)
    recipe = make_recipe(config, DataInfo.of(dataset))
    run = SeedRun(config, str(tmp_path_factory.mktemp(name)), "")
    return recipe.assemble(train_recipe(recipe, [run], dataset)[0]), dataset


def test_unfolds_to_the_sample_which_is_that_of_the_program(trained):
    generator, _ = trained
    key, label = jax.random.key(1), np.arange(5) % 3
    x = generator.sample(key, label)["x"]
    assert x.shape == (5, 24, 2)
    assert np.isfinite(x).all()
    states = generator.unfold(key, label)["x"]
    np.testing.assert_allclose(states[-1], x, atol=1e-4)
    assert np.abs(states[-2] - x).max() > 1e-2  # Observation noise.
    padded = np.concatenate([label, np.full(3, label[-1])]).astype(np.int32)
    scaled = jax.jit(generator.program)(key, padded)[:5]
    np.testing.assert_allclose(generator.info.scaler.inverse(scaled), x, atol=1e-4)


def test_the_bound_is_a_mean_over_draws_and_its_error_falls(trained):
    generator, dataset = trained
    key, label = jax.random.key(0), dataset.y_test[:4]
    few, error = generator.log_likelihood(key, dataset.x_test[:4], label, 8)
    many, less = generator.log_likelihood(key, dataset.x_test[:4], label, 200)
    assert (less < error).all()
    assert (np.abs(few - many) < 6 * error).all()
    _, none = generator.log_likelihood(key, dataset.x_test[:4], label, 1)
    assert np.isnan(none).all()
    density = generator.log_density(key, dataset.x_test[:4], label, 8)
    slope = 24 * np.log(generator.info.scaler.std).sum()
    np.testing.assert_allclose(density, few - slope, rtol=1e-6)


def test_correlated_noise_is_as_the_errors_of_reconstructions(trained):
    generator, dataset = trained
    network, name = generator.network, generator.name
    found = []
    for x, label in zip(
        tiny.scaled(dataset), (dataset.y_train, dataset.y_valid), strict=True
    ):
        of = {"params": generator.weights[name]}, x, label
        scale = generator.weights["residual"].class_scale[label][:, None, None]
        found.append((x - network.apply(*of, method="reconstruct")) / scale)
    size = np.square(found[1]).mean((0, 1))  # Of the validation part.
    std = generator.weights["residual"].std
    np.testing.assert_allclose(np.square(std).mean(0), size, rtol=1e-3)


@pytest.mark.parametrize(
    ("changes", "stages"),
    [
        ({}, ["vae", "latents", "residual", "residual_scale"]),
        ({"observation_noise": "independent"}, ["vae", "latents", "residual_scale"]),
        ({"observation_noise": "none", "sample_from": "prior"}, ["vae"]),
    ],
)
def test_stages_are_those_that_samples_need(changes, stages):
    config = _config("vae", **changes)
    recipe = make_recipe(config, DataInfo.of(tiny.make_dataset()))
    assert [stage.name for stage in recipe.stages] == stages


def test_samples_have_so_much_of_the_noise_as_was_chosen(trained):
    generator, _ = trained
    key, label = jax.random.key(1), np.arange(5) % 3

    def noise(scale):
        weights = generator.weights | {"residual_scale": {"scale": np.float32(scale)}}
        own = dataclasses.replace(generator, weights=weights)
        before, last = own.unfold(key, label)["x"][-2:]
        return last - before

    np.testing.assert_allclose(noise(0.25), noise(1) / 4, atol=1e-5)
    assert np.abs(noise(1)).max() > 1e-2
    assert np.abs(noise(0)).max() == 0


def test_latents_of_samples_are_where_the_encoder_puts_training_series(trained):
    """Of class 0: far from the prior in the mean, as the encoder is there."""
    generator, dataset = trained
    if "latents" not in generator.weights:
        pytest.skip("latents of the prior")
    x = np.concatenate(tiny.scaled(dataset))
    label = np.concatenate([dataset.y_train, dataset.y_valid])
    of = {"params": generator.weights["vae"]}, x[label == 0], label[label == 0]
    mean, _ = generator.network.apply(*of, method="encode")
    found = generator.weights["latents"]["mean"][0]
    np.testing.assert_allclose(found, np.asarray(mean).mean(0), atol=1e-5)


@pytest.mark.slow
def test_the_weight_of_the_kl_term_rises():
    config = _config("vae", warmup_steps=4, beta=2.0)
    dataset = tiny.make_dataset(channels=2)
    stage = make_recipe(config, DataInfo.of(dataset)).stages[0]
    batch = {"x": tiny.scaled(dataset)[0][:4], "label": dataset.y_train[:4]}
    params, state = stage.init(jax.random.key(0), batch, {})
    for weight in (0.5, 1.0, 1.5, 2.0, 2.0):
        loss, (state, terms) = stage.loss_fn(params, state, batch, jax.random.key(1))
        want = terms["loss_reconstruction"] + weight * terms["loss_kl"]
        np.testing.assert_allclose(loss, want, rtol=1e-5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"widths": ()}, "name one width at least"),
        ({"widths": (0,)}, r"vae.widths has \[0\]"),
        ({"seasons": (1,)}, r"vae.seasons has \[1\]"),
        ({"beta": -1.0}, "vae.beta"),
    ],
)
def test_wrong_values_are_named(changes, message):
    with pytest.raises(ValueError, match=message):
        _config("vae", **changes)
