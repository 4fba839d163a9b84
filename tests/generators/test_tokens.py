"""Noise in samples, with weights drawn at random."""

import dataclasses

import jax
import numpy as np
import pytest
from ml_collections import ConfigDict

from tests import tiny
from tsgen_jax import generators
from tsgen_jax.data.info import DataInfo
from tsgen_jax.data.scaling import EndScaler, QuantileScaler
from tsgen_jax.sampling import decode

_KEY = jax.random.key(5)


def _scaled_to(of, scale):
    return dataclasses.replace(of, residual_scale=scale)


def _drawn(of, key, label):
    drawn = of.sample(key, label)
    return drawn["x"], drawn["tokens"]


def test_without_noise_samples_are_decoded_tokens(tiny_model):
    plain = tiny_model.generator
    assert plain.residual_scale == 0
    label = np.arange(5) % 2
    x, tokens = _drawn(plain, _KEY, label)
    np.testing.assert_array_equal(tokens, plain.sample_tokens(_KEY, label)[-1])
    np.testing.assert_array_equal(x, plain.decode(tokens))


@pytest.mark.parametrize("guidance_scale", [1.0, 2.0])
def test_a_first_round_for_all_of_a_class_is_that_of_each(tiny_model, guidance_scale):
    of, label = tiny_model.generator, np.array([0, 1, 2, 1, 0])
    settings = ConfigDict({**of.settings, "guidance_scale": guidance_scale})
    programs = of.programs.changed(settings=settings)
    of = dataclasses.replace(of, programs=programs)
    history = of.sample_tokens(_KEY, label)
    batch = np.append(label, np.full(11, label[-1]))  # As many as few are filled up to.
    prior = programs.priors[""]
    masks = np.full((16, prior.num_tokens), prior.num_codes)
    (drawn,) = programs.maps(of.prior_weights, batch)
    names = "num_decode_steps", "choice_temperature", "token_temperature", "schedule"
    _, judge = decode.decode(
        jax.random.fold_in(_KEY, 0),
        lambda tokens: drawn.logits_fn(tokens, tokens[:, :0]),
        masks,
        mask_token=prior.num_codes,
        **{name: settings[name] for name in names},
    )
    np.testing.assert_array_equal(history, judge[:, :5])


def test_noise_has_the_size_that_is_asked_for(tiny_model):
    plain, label = tiny_model.generator, np.zeros(2000, int)
    noisy = _scaled_to(plain, 0.75)
    (x, tokens), (y, same) = _drawn(plain, _KEY, label), _drawn(noisy, _KEY, label)
    np.testing.assert_array_equal(tokens, same)  # Independent of the tokens.
    added = (y - x) / np.asarray(plain.scaler.std)
    judge = 0.75**2 * np.square(plain.residual.std * plain.residual.class_scale[0])
    np.testing.assert_allclose(np.var(added, 0), judge, rtol=0.15)
    np.testing.assert_allclose(added.mean(), 0, atol=0.02)
    # Twice the scale, twice the same noise.
    twice = _scaled_to(plain, 1.5).sample(_KEY, label)["x"]
    np.testing.assert_allclose(twice - x, 2 * (y - x), atol=1e-4)
    # Series and batches differ in it, and it is the same of few and of many.
    flat = added.reshape(2000, -1)
    assert len(np.unique(flat[:, 0])) > 1990
    np.testing.assert_allclose(noisy.sample(_KEY, label[:5])["x"], y[:5], atol=1e-4)
    np.testing.assert_array_equal(noisy.decode(tokens), plain.decode(tokens))


def test_noise_depends_on_the_key_alone(tiny_model):
    of, label = tiny_model.generator, np.zeros(20, int)
    noise = of.noise(_KEY, label)
    np.testing.assert_array_equal(of.noise(_KEY, label), noise)
    other = of.noise(jax.random.key(6), label)
    assert abs(np.corrcoef(noise.ravel(), other.ravel())[0, 1]) < 0.2


@pytest.mark.parametrize("values", ["standard", "quantile"])
def test_ends_stay_where_they_are(values):
    dataset = tiny.make_dataset()
    inner = dataset.scaler
    if values == "quantile":
        inner = QuantileScaler(np.linspace(-2, 2, 9)[:, None])
    dataset = dataclasses.replace(dataset, scaler=EndScaler(inner))
    config, facts = tiny.make_config("none"), DataInfo.of(dataset)
    weights = tiny.untrained_weights(config, facts, jax.random.key(1))
    ones = np.ones((24, 2), np.float32)
    weights["residual"] = weights["residual"].replace(std=ones)
    of = _scaled_to(generators.make_recipe(config, facts).assemble(weights), 0.0)
    label = np.zeros(16, int)
    x, y = (each.sample(_KEY, label)["x"] for each in (of, _scaled_to(of, 2.0)))
    assert np.isnan(x).any()
    np.testing.assert_array_equal(np.isnan(x), np.isnan(y))
    assert np.abs(y - x)[np.isfinite(x)].max() > 0.5
    noise = of.noise(_KEY, label)
    np.testing.assert_array_equal(noise[..., 1], 0)
    assert noise[..., 0].std() > 0.8
