"""Series of unequal lengths as tokens and back."""

import dataclasses

import numpy as np
import pytest

from tests import tiny
from tsgen_jax import generators
from tsgen_jax.api.model import Model
from tsgen_jax.data.info import DataInfo
from tsgen_jax.data.scaling import EndScaler


@pytest.fixture(scope="module")
def uneven(tiny_model):
    """`tiny_model`, its second channel taken for the one that tells the end."""
    dataset = tiny.make_dataset()
    dataset = dataclasses.replace(dataset, scaler=EndScaler(dataset.scaler))
    config, facts = tiny_model.config, DataInfo.of(dataset)
    weights = tiny_model.generator.weights
    generator = generators.make_recipe(config, facts).assemble(weights)
    return Model(generator, config, facts, {}), dataset.x_train[:3]


def test_missing_after_the_end_is_the_end(uneven):
    model, x = uneven
    short = x.copy()
    short[1, 17:] = np.nan
    tokens = model.encode(short)
    scaled = model.facts.scaler.transform(short)
    of = model.generator
    wanted = of.programs.tokenize(of.tokenizer_weights, scaled)
    np.testing.assert_array_equal(tokens, wanted)
    assert model.reconstruct(short).shape == x.shape
    density = model.log_density(short)
    assert np.isfinite(density).all()
    np.testing.assert_allclose(density[::2], model.log_density(x)[::2], rtol=1e-5)
    assert density[1] != model.log_density(x)[1]


def test_all_may_end_before_the_longest_of_training(uneven):
    model, x = uneven
    padded = np.pad(x[:, :20], ((0, 0), (0, 4), (0, 0)), constant_values=np.nan)
    np.testing.assert_array_equal(model.encode(x[:, :20]), model.encode(padded))
    lists = [row[:n] for row, n in zip(x, (20, 9, 14), strict=True)]
    assert model.encode(lists).shape == (3, model.num_tokens)


def test_a_gap_is_no_end(uneven):
    model, x = uneven
    gap = x.copy()
    gap[2, 5] = np.nan
    with pytest.raises(ValueError, match="missing values, the first in series 2"):
        model.encode(gap)
    gap[2] = np.nan  # No value at all.
    with pytest.raises(ValueError, match="the first in series 2"):
        model.encode(gap)
