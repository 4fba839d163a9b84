"""LSTNet against loops over time points, from the paper."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special

from tsgen_jax.models import cells, lstnet

_L, _W, _S, _TAPS, _P = 13, 6, 4, 3, 5


def _dense(p, x):
    return x @ p["kernel"] + p.get("bias", 0)


def _gru(p, h, c):
    a, u = np.split(_dense(p["input"], c), 3), np.split(p["kernel"], 3, axis=1)
    r, z = (scipy.special.expit(a[i] + h @ u[i]) for i in range(2))
    return (1 - z) * np.tanh(a[2] + r * (h @ u[2] + p["bias"])) + z * h


def _naive(memory, p, e):
    """Section 3 of the paper: equations 3 to 6, or 7; one time point at a time."""
    h, skip, out = [], [], []
    for t in range(_L):
        window = [e[s] if s >= 0 else np.zeros(_W) for s in range(t - _TAPS + 1, t + 1)]
        c = np.maximum(_dense(p["conv"], np.concatenate(window)), 0)
        h.append(_gru(p["gru"], h[-1] if h else np.zeros(_W), c))
        if memory == "skip":
            back = skip[t - _P] if t >= _P else np.zeros(_S)
            skip.append(_gru(p["skip"], back, c))
            last = range(t - _P + 1, t + 1)
            past = np.concatenate([skip[s] if s >= 0 else np.zeros(_S) for s in last])
        else:
            past, states = np.zeros(_W), h[max(t - _P, 0) : t]
            if states:
                scores = np.stack(states) @ _dense(p["query"], h[t]) / _W**0.5
                past = scipy.special.softmax(scores) @ np.stack(states)
        out.append(_dense(p["leave"], np.concatenate([h[t], past])))
    return np.stack(out)


@pytest.mark.parametrize("memory", lstnet.MEMORIES)
def test_the_trunk_equals_a_naive_loop(memory):
    net = lstnet.Trunk(_W, _TAPS, memory, _P, _S, 0.0)
    e = np.random.default_rng(0).normal(size=(2, _L, _W)).astype("f4")
    shapes = jax.eval_shape(lambda k: net.init(k, e, train=False), jax.random.key(0))
    rng = np.random.default_rng(1)
    params = jax.tree.map(lambda s: 0.5 * rng.normal(size=s.shape), shapes["params"])
    found = net.apply({"params": jax.tree.map(jnp.float32, params)}, e, train=False)
    judge = np.stack([_naive(memory, params, np.float64(series)) for series in e])
    np.testing.assert_allclose(found, judge, atol=1e-4)


def test_the_highway_is_a_linear_autoregression_and_begins_as_the_value_before():
    trunk = cells.Cells("elman", 4, 1, 0.0)
    net = lstnet.Highway(trunk, 4, 8, 2, 1, 3, 0.01, 2, num_values=3)
    x, label = jax.random.normal(jax.random.key(0), (2, 8, 2)), jnp.zeros(2, int)
    params = net.init(jax.random.key(1), x, label, train=False)["params"]

    def mean(coefficients):
        of = {"params": {**params, "coefficients": jnp.array(coefficients)}}
        out = net.apply(of, x, label, train=False)[..., 3:9]
        return np.asarray(out).reshape(2, 8, 3, 2)

    np.testing.assert_array_equal(params["coefficients"], [0, 0, 1])
    left = mean([0.0, 0.0, 0.0])  # What the network says.
    change = mean([0.2, -0.3, 0.9]) - left
    for t in range(8):
        past = [x[:, t - k] if t >= k else np.zeros((2, 2)) for k in (3, 2, 1)]
        judge = 0.2 * past[0] - 0.3 * past[1] + 0.9 * past[2]
        for part in range(3):
            np.testing.assert_allclose(change[:, t, part], judge, atol=1e-5)
