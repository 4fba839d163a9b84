"""Filters: what they say of a series is what the layer gives of it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tsgen_jax.models import attention, first_layer, gan, prior
from tsgen_jax.models.causal_transformer import CausalTransformer

_X = np.random.default_rng(0).normal(size=(1, 20, 2)).astype(np.float32)


def test_those_of_a_convolution_are_its_kernel():
    critic = gan.Critic(num_classes=2, width=4, taps=5, num_codes=0)
    variables = critic.init(jax.random.key(0), _X, np.array([1]))

    def layer(x):
        return first_layer.output(critic, variables, ("_Conv_0",), x, np.array([1]))

    kernel = np.asarray(variables["params"]["_Conv_0"]["kernel"])[0]
    found = first_layer.filters(layer, 20, 2)
    np.testing.assert_allclose(found, kernel.transpose(2, 0, 1), atol=1e-6)
    judge = np.einsum("tc,tck->k", _X[0, 8:13], kernel)  # Around time point 10.
    np.testing.assert_allclose(layer(_X)[0, 10], judge, atol=1e-5)


def test_whatever_is_in_front_of_them_belongs_to_them():
    """A difference of neighbours, then every other time point: two taps."""

    def layer(x):
        return (x[:, 1:] - 3 * x[:, :-1])[:, ::2] + 7

    found = first_layer.filters(layer, 20, 1)
    np.testing.assert_allclose(found, [[[-3], [1]]])
    assert first_layer.filters(lambda x: 0 * x, 20, 1).shape == (1, 1, 1)


def _softmax(logits):
    of = np.exp(logits - logits.max(-1, keepdims=True))
    return of / of.sum(-1, keepdims=True)


@pytest.mark.parametrize("num_layers", [2, 11])
def test_attention_is_the_softmax_of_the_layers_in_their_order(num_layers):
    width, heads = 8, 2
    network = CausalTransformer(width, num_layers, heads, 4, 2, 6, "sinusoidal", 0.0)
    e = np.random.default_rng(1).normal(size=(3, 6, width)).astype(np.float32)
    variables = network.init(jax.random.key(0), e, train=False)
    found = attention.weights(network, variables, e, train=False)
    assert [*found] == [f"layer {i + 1}" for i in range(num_layers)]
    last = found[f"layer {num_layers}"]
    assert last.shape == (3, 6, 6)
    np.testing.assert_array_equal(np.triu(last, 1), 0)
    for each in found.values():
        np.testing.assert_allclose(each.sum(-1), 1, atol=1e-6)
    # The first layer by hand: positions, RMS norm, queries and keys.
    block = variables["params"]["blocks_0"]
    table = np.asarray(network.apply(variables, method="_table"))
    x = e + table
    x = x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-6)
    x = x * np.asarray(block["norm_1"]["scale"])
    qkv = x @ np.asarray(block["attention"]["qkv"]["kernel"])
    q, k, _ = qkv.reshape(3, 6, 3, heads, 4).transpose(2, 0, 3, 1, 4)
    logits = q @ k.swapaxes(-1, -2) / 2
    logits = np.where(np.tri(6, dtype=bool), logits, -1e30)
    np.testing.assert_allclose(found["layer 1"], _softmax(logits).mean(1), atol=1e-5)


def test_nothing_is_kept_where_it_is_not_asked_for():
    network = prior.Prior(
        num_tokens=4,
        num_codes=3,
        num_classes=2,
        kind="tied",
        codebook="frozen",
        width=8,
        num_layers=2,
        num_heads=2,
        head_width=4,
        mlp_ratio=1,
        dropout=0.0,
        trunk_positions=False,
        dtype=jnp.float32,
        remat=True,
    )
    given = np.zeros((1, 4), int), np.array([1]), np.ones((3, 5), np.float32)
    variables = network.init(jax.random.key(0), *given, train=False)
    assert {*variables} == {"params"}
    found = attention.weights(network, variables, *given, train=False)
    assert [w.shape for w in found.values()] == [(1, 5, 5)] * 2
