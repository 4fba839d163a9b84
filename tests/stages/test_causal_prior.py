"""The causal prior against what any autoregression must satisfy."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests import tiny
from tsgen_jax.data.info import DataInfo
from tsgen_jax.evaluation.measures import likelihood
from tsgen_jax.generators import make_recipe
from tsgen_jax.models import prior as priors
from tsgen_jax.recipe import abstract_recipe
from tsgen_jax.sampling import decode
from tsgen_jax.stages import causal_prior, masked_prior

_K, _MAP, _Y = 3, (2, 3), 2
_N = 6


@pytest.fixture(scope="module", params=[0, 2])
def prior(request):
    """A network drawn at random, with and without context, and its weights."""
    config = tiny.make_config(**{"prior.order": "causal", "quantizer.num_codes": _K})
    model = causal_prior.make_model(config, _MAP, _Y, request.param)
    codes = np.random.default_rng(0).normal(size=(_K, 8)).astype("f4")
    state = {"codes": codes} | ({"context_codes": codes} if request.param else {})
    tokens = np.zeros((1, request.param + _N), int)
    init = jax.jit(
        lambda key: model.init(key, tokens, np.array([0]), **state, train=False)
    )
    params = init(jax.random.key(1))["params"]
    params = jax.tree.map(lambda a: 2 * a, params)  # Far from indifferent.
    return model, {"params": params, **state}


def _logits(prior):
    model, weights = prior
    return jax.jit(masked_prior.make_logits_fn(model, weights))


def test_tokens_follow_each_other_in_time():
    np.testing.assert_array_equal(priors.in_time(_MAP), [0, 3, 1, 4, 2, 5])


def test_a_token_depends_on_those_before_it_and_on_the_class_alone(prior):
    model, _ = prior
    logits_fn, context = _logits(prior), prior[0].num_context
    tokens = np.random.default_rng(2).integers(0, _K, (1, context + _N))
    base = np.asarray(logits_fn(tokens, np.array([0])))[0]
    order = list(priors.in_time(_MAP))
    for place, at in enumerate(order):
        other = tokens.copy()
        other[0, context + at] = (other[0, context + at] + 1) % _K
        moved = np.abs(np.asarray(logits_fn(other, np.array([0])))[0] - base).max(-1)
        assert (moved[order[: place + 1]] == 0).all()
        if place + 1 < _N:
            assert moved[order[place + 1]] > 1e-4
    moved = np.abs(np.asarray(logits_fn(tokens, np.array([1])))[0] - base).max(-1)
    assert (moved > 1e-5).all()
    if model.num_context:
        other = tokens.copy()
        other[0, 0] = (other[0, 0] + 1) % _K
        moved = np.asarray(logits_fn(other, np.array([0])))[0] - base
        assert np.abs(moved).max() > 1e-4


def test_probabilities_of_all_maps_add_up_to_one_and_samples_have_them(prior):
    logits_fn, context = _logits(prior), prior[0].num_context
    every = np.array(list(itertools.product(range(_K), repeat=_N)))
    given = np.tile([[1, 2]], (len(every), 1))[:, :context]
    label = np.zeros(len(every), int)
    nll, error = likelihood.exact(
        lambda tokens: logits_fn(np.concatenate([given, tokens], 1), label), every
    ).T
    p = np.exp(-np.asarray(nll, np.float64))
    np.testing.assert_allclose(p.sum(), 1, atol=1e-4)
    assert (np.asarray(error) == 0).all()
    num = 20_000
    before = jnp.tile(jnp.array([[1, 2]]), (num, 1))[:, :context]
    each = decode.Map(
        "",
        _MAP,
        _K,
        lambda own, none: logits_fn(
            jnp.concatenate([before, own], 1), jnp.zeros(num, int)
        ),
        np.argsort(priors.in_time(_MAP)),
    )
    masks = jnp.full((num, _N), _K)
    tokens, history = jax.jit(
        lambda key: decode.decode_maps(key, [each], masks, None, 1.0)
    )(jax.random.key(3))
    assert history.shape == (_N + 1, num, _N)
    place = np.asarray(tokens) @ _K ** np.arange(_N)[::-1]
    share = np.bincount(place, minlength=len(every)) / num
    assert 0.5 * np.abs(share - p).sum() < 0.12  # 729 maps, 20,000 draws.
    first = share.reshape(_K, -1).sum(1)
    np.testing.assert_allclose(first, p.reshape(_K, -1).sum(1), atol=0.015)


def test_a_recipe_takes_it_by_a_word():
    config = tiny.make_config(**{"prior.order": "causal"})
    recipe = make_recipe(config, DataInfo.of(tiny.make_dataset()))
    stage = recipe.stages[1]
    assert [*stage.measures] == ["loss"]
    assert stage.measures["loss"].name == "token_nll"
    assert "params" in abstract_recipe(recipe)["prior"]
