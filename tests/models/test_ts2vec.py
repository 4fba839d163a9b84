import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import erf

from tsgen_jax.models import ts2vec

_MODEL = ts2vec.Encoder(width=6, num_blocks=3, features=8, dropout=0.1)


@pytest.fixture(scope="module")
def case():
    x = jax.random.normal(jax.random.key(0), (3, 12, 2))
    every = jnp.ones((3, 12), bool)
    init = functools.partial(_MODEL.init, train=False)
    params = jax.jit(init)(jax.random.key(1), x, every, every)["params"]
    return params, x, every


@jax.jit
def _apply(params, x, kept, inside):
    return _MODEL.apply({"params": params}, x, kept, inside, train=False)


def _naive_conv(x, layer, dilation):
    """One output at a time, from a series [L, C]."""
    kernel, bias = (np.asarray(layer[k], np.float64) for k in ("kernel", "bias"))
    y = np.zeros((len(x), kernel.shape[-1]))
    for t in range(len(x)):
        y[t] = bias
        for tap, shift in enumerate((-dilation, 0, dilation)):
            if 0 <= t + shift < len(x):
                y[t] += x[t + shift] @ kernel[tap]
    return y


def _naive(params, x, kept):
    """The encoder of one series [L, C], from the paper and its published sizes."""

    def linear(x, layer):
        return x @ np.asarray(layer["kernel"], np.float64) + np.asarray(layer["bias"])

    def gelu(x):
        return x * (1 + erf(x / np.sqrt(2))) / 2

    z = linear(x, params["input"]) * kept[:, None]
    for i, name in enumerate(["block_0", "block_1", "block_2", "last"]):
        block = params[name]
        skip = linear(z, block["skip"]) if name == "last" else z
        h = _naive_conv(gelu(z), block["conv_0"], 2**i)
        z = skip + _naive_conv(gelu(h), block["conv_1"], 2**i)
    return z


def test_it_is_the_loop_over_time_points(case):
    params, x, every = case
    kept = jax.random.bernoulli(jax.random.key(2), 0.5, every.shape)
    got = _apply(params, x, kept, every)
    for i in range(len(x)):
        expected = _naive(params, np.asarray(x[i], np.float64), np.asarray(kept[i]))
        np.testing.assert_allclose(got[i], expected, atol=1e-5)


@pytest.mark.parametrize(("first", "last"), [(0, 7), (3, 12), (5, 8)])
def test_a_view_is_a_series_of_its_own(case, first, last):
    params, x, every = case
    inside = jnp.zeros_like(every).at[:, first:last].set(True)
    of_view = _apply(params, x, every, inside)[:, first:last]
    short, ones = x[:, first:last], every[:, first:last]
    np.testing.assert_allclose(of_view, _apply(params, short, ones, ones), atol=1e-5)


def test_masked_time_points_are_not_seen(case):
    params, x, every = case
    kept = every.at[:, 4].set(False)
    changed = x.at[:, 4].set(100.0)
    np.testing.assert_array_equal(
        _apply(params, x, kept, every), _apply(params, changed, kept, every)
    )


def test_a_series_is_the_largest_of_its_time_points(case):
    params, x, every = case
    z = _apply(params, x, every, every)
    got = ts2vec.encode(_MODEL, params, x)
    np.testing.assert_array_equal(got, np.max(z, axis=1))
    alone = ts2vec.encode(_MODEL, params, x[1:2])
    np.testing.assert_allclose(alone[0], got[1], atol=1e-5)


def test_dropout_is_for_training_only(case):
    params, x, every = case
    rngs = {"dropout": jax.random.key(3)}
    z = _MODEL.apply({"params": params}, x, every, every, train=True, rngs=rngs)
    share = (np.asarray(z) == 0).mean()
    assert 0.03 < share < 0.2
    assert not (np.asarray(_apply(params, x, every, every)) == 0).any()
