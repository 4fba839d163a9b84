import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tsgen_jax.models.recurrent import GRU, Recurrent

_B, _L, _C, _H = 3, 5, 2, 4


def _x():
    return np.random.default_rng(0).normal(size=(_B, _L, _C)).astype("float32")


def _params(module):
    """Weights of `module`, all of them non-zero, biases too."""
    shapes = jax.eval_shape(module.init, jax.random.key(0), _x())["params"]
    rng = np.random.default_rng(1)
    return jax.tree.map(lambda s: rng.normal(size=s.shape).astype("float32"), shapes)


def _sigmoid(v):
    return 1 / (1 + np.exp(-v))


def _naive_states(params, x):
    """torch.nn.GRU's equations, with b_hr = b_hz = 0: one series, one step at a time.

    The published equations apply r before the recurrent product; torch's, as here,
    after it: n = tanh(W_in x + b_in + r * (W_hn h + b_hn)).
    """
    w, b = (np.float64(params["input"][k]) for k in ("kernel", "bias"))
    u, c = (np.float64(params[k]) for k in ("kernel", "candidate_bias"))
    size = len(c)
    r_of, z_of, n_of = (slice(i * size, (i + 1) * size) for i in range(3))
    states = np.zeros((*x.shape[:2], size))
    for i, series in enumerate(np.float64(x)):
        h = np.zeros(size)
        for t, value in enumerate(series):
            r = _sigmoid(value @ w[:, r_of] + b[r_of] + h @ u[:, r_of])
            z = _sigmoid(value @ w[:, z_of] + b[z_of] + h @ u[:, z_of])
            n = np.tanh(value @ w[:, n_of] + b[n_of] + r * (h @ u[:, n_of] + c))
            h = (1 - z) * n + z * h
            states[i, t] = h
    return states


def test_states_equal_a_naive_loop():
    params = _params(GRU(_H))
    states = GRU(_H).apply({"params": params}, _x())
    np.testing.assert_allclose(states, _naive_states(params, _x()), atol=1e-5)


def test_states_and_gradients_equal_flax():
    params = _params(GRU(_H))
    x = _x()

    def to_flax(params):
        """Our stacked gates as the six layers of flax.linen.GRUCell."""
        w, b = params["input"]["kernel"], params["input"]["bias"]
        cell = {}
        for i, gate in enumerate("rzn"):
            at = slice(i * _H, (i + 1) * _H)
            cell[f"i{gate}"] = {"kernel": w[:, at], "bias": b[at]}
            cell[f"h{gate}"] = {"kernel": params["kernel"][:, at]}
        cell["hn"]["bias"] = params["candidate_bias"]
        return cell

    weights = np.random.default_rng(2).normal(size=(_B, _L, _H)).astype("float32")
    judge = nn.RNN(nn.GRUCell(_H, parent=None))

    def ours(params):
        return (weights * GRU(_H).apply({"params": params}, x)).sum()

    def theirs(params):
        variables = {"params": {"cell": to_flax(params)}}
        return (weights * judge.apply(variables, x)).sum()

    a, b = (jax.jit(jax.value_and_grad(f))(params) for f in (ours, theirs))
    jax.tree.map(lambda p, q: np.testing.assert_allclose(p, q, atol=1e-4), a, b)


def test_output_is_linear_in_the_state_and_causal():
    module = Recurrent(_H)
    params = _params(module)
    x = _x()
    y = module.apply({"params": params}, x)
    kernel, bias = params["head"]["kernel"], params["head"]["bias"]
    expected = _naive_states(params["gru"], x) @ kernel[:, 0] + bias
    np.testing.assert_allclose(y, expected, atol=1e-5)
    changed = x.copy()
    changed[:, 3] += 1
    after = np.asarray(module.apply({"params": params}, changed))
    np.testing.assert_array_equal(after[:, :3], y[:, :3])
    assert (after[:, 3:] != y[:, 3:]).all()


def test_first_weights():
    """Each gate's recurrence is orthogonal, biases are 0, gates differ."""
    params = jax.jit(GRU(_H).init)(jax.random.key(0), _x())["params"]
    gates = np.split(np.asarray(params["kernel"]), 3, axis=1)
    for gate in gates:
        np.testing.assert_allclose(gate @ gate.T, np.eye(_H), atol=1e-5)
    assert np.abs(gates[0] - gates[1]).max() > 0.1
    assert not np.any(params["input"]["bias"])
    assert not np.any(params["candidate_bias"])


def test_errors():
    with pytest.raises(ValueError, match=r"\[B, L, C\], not \(3, 5\)"):
        GRU(_H).init(jax.random.key(0), jnp.zeros((3, 5)))
    with pytest.raises(ValueError, match="hidden=1 or more, not 0"):
        GRU(0).init(jax.random.key(0), _x())
