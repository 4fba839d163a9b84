"""Networks over time: cells, convolutions, attention, and what is drawn from them."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import scipy.stats

from tsgen_jax.models import autoregressive, causal_transformer, cells, lstnet, mixture
from tsgen_jax.models.causal_conv import CausalConv

_B, _L, _C, _W, _Y = 3, 12, 2, 8, 2
_RNG = np.random.default_rng(0)
_TRUNKS = {
    **{kind: cells.Cells(kind, _W, 2, 0.0) for kind in cells.KINDS},
    "tdnn": CausalConv(_W, 3, (1, 1), False, 0.0),
    "wavenet": CausalConv(_W, 2, (1, 2, 4), True, 0.0),
    "sinusoidal": causal_transformer.CausalTransformer(
        _W, 2, 2, 4, 2, _L, "sinusoidal", 0.0
    ),
    "rotary": causal_transformer.CausalTransformer(_W, 2, 2, 4, 2, _L, "rotary", 0.0),
    "lstnet_skip": lstnet.Trunk(_W, 3, "skip", 5, 4, 0.0),
    "lstnet_attention": lstnet.Trunk(_W, 3, "attention", 4, 4, 0.0),
}


def _values(trunk):
    fields = _TRUNKS[trunk], _W, _L, _C, _Y, 3, 0.01, 4
    if trunk.startswith("lstnet"):
        return lstnet.Highway(*fields, num_values=3)
    return autoregressive.Values(*fields)


def _tokens(trunk):
    return autoregressive.Tokens(_TRUNKS[trunk], _W, _C, _Y, 5)


def _params(network, *args):
    """Weights of another scale than the first ones, biases too."""
    shapes = jax.eval_shape(
        functools.partial(network.init, train=False), jax.random.key(0), *args
    )["params"]
    rng = np.random.default_rng(1)
    return jax.tree.map(
        lambda s: jnp.asarray(0.4 * rng.normal(size=s.shape), jnp.float32), shapes
    )


def _sigmoid(v):
    return 1 / (1 + np.exp(-v))


def _naive(kind, p, series):
    """The equations of the papers, one series, one time point at a time."""
    p = jax.tree.map(np.float64, p)
    w, b, u = p["input"]["kernel"], p["input"]["bias"], p["kernel"]
    h, memory, states = np.zeros(_W), np.zeros(_W), []
    for e in np.float64(series):
        a = np.split(e @ w + b, cells._GATES[kind])
        k = np.split(u, cells._GATES[kind], axis=1)
        if kind == "elman":
            h = np.tanh(a[0] + h @ k[0])
        elif kind == "jordan":
            hidden = np.tanh(a[0] + h @ k[0])
            h = np.tanh(hidden @ p["output"]["kernel"] + p["output"]["bias"])
        elif kind == "mgu":
            f = _sigmoid(a[0] + h @ k[0])
            n = np.tanh(a[1] + (f * h) @ k[1])
            h = (1 - f) * h + f * n
        elif kind == "gru":
            r, z = _sigmoid(a[0] + h @ k[0]), _sigmoid(a[1] + h @ k[1])
            n = np.tanh(a[2] + r * (h @ k[2] + p["bias"]))
            h = (1 - z) * n + z * h
        else:
            i, f, o = (_sigmoid(a[j] + h @ k[j] + (j == 1)) for j in range(3))
            memory = f * memory + i * np.tanh(a[3] + h @ k[3])
            h = o * np.tanh(memory)
        states.append(h)
    return np.stack(states)


@pytest.mark.parametrize("kind", cells.KINDS)
def test_cells_equal_a_naive_loop(kind):
    layer, e = cells.Layer(kind, _W), _RNG.normal(size=(_B, _L, 3)).astype("f4")
    shapes = jax.eval_shape(layer.init, jax.random.key(0), e)["params"]
    rng = np.random.default_rng(1)
    params = jax.tree.map(lambda s: rng.normal(size=s.shape).astype("f4"), shapes)
    h = layer.apply({"params": params}, e)
    judge = np.stack([_naive(kind, params, series) for series in e])
    np.testing.assert_allclose(h, judge, atol=1e-4)


def test_a_tdnn_layer_is_a_bank_of_fir_filters():
    net, e = CausalConv(_W, 3, (2,), False, 0.0), _RNG.normal(size=(1, _L, _W))
    params = _params(net, e.astype("f4"))
    kernel, bias = (np.asarray(params["fir_0"][k]) for k in ("kernel", "bias"))
    judge = np.full((_L, _W), 0.0)
    for t in range(_L):
        judge[t] = bias
        for tap in range(3):
            past = t - 2 * (2 - tap)
            if past >= 0:
                judge[t] += e[0, past] @ kernel[tap * _W : (tap + 1) * _W]
    y = net.apply({"params": params}, e.astype("f4"), train=False)
    np.testing.assert_allclose(y[0], np.tanh(judge), atol=1e-5)
    assert net.reach == 5


def test_attention_equals_a_naive_loop():
    """Rotary positions: scores depend on distances alone; the future has no weight."""
    net = causal_transformer.Attention(2, 4, _W, _L, True)
    x = _RNG.normal(size=(1, _L, _W)).astype("f4")
    params = jax.jit(net.init)(jax.random.key(0), x)["params"]
    qkv = (x[0] @ np.asarray(params["qkv"]["kernel"])).reshape(_L, 3, 2, 4)
    mixed = np.zeros((_L, 2, 4))
    for t in range(_L):
        for head in range(2):
            scores = []
            for s in range(t + 1):
                q, k = qkv[t, 0, head], qkv[s, 1, head]
                q, k = (v[:2] + 1j * v[2:] for v in (q, k))
                turn = np.exp(1j * (t - s) * 10_000.0 ** (-np.array([0, 2]) / 4))
                scores.append((q * turn * k.conj()).real.sum() / 2)
            weights = scipy.special.softmax(scores)
            mixed[t, head] = weights @ qkv[: t + 1, 2, head]
    judge = mixed.reshape(_L, 8) @ np.asarray(params["out"]["kernel"])
    np.testing.assert_allclose(net.apply({"params": params}, x)[0], judge, atol=1e-4)


def test_sinusoidal_positions_are_those_of_the_paper():
    table = causal_transformer.sinusoidal(5, 6)
    for t in range(5):
        for i in range(3):
            angle = t / 10_000 ** (2 * i / 6)
            np.testing.assert_allclose(
                table[t, [i, 3 + i]], [np.sin(angle), np.cos(angle)], atol=1e-5
            )


@pytest.mark.parametrize("trunk", _TRUNKS)
def test_step_by_step_is_all_at_once_and_sees_no_future(trunk):
    """Then the likelihood of a series is the product of what is drawn from."""
    network, label = _values(trunk), jnp.array([0, 1, 2])
    x = jnp.asarray(_RNG.normal(size=(_B, _L, _C)), jnp.float32)
    params = _params(network, x, label)
    variables = {"params": params}

    def by_steps(carry, before, t):
        carry, out = network.apply(variables, carry, before, t, label, method="step")
        return carry, out

    @jax.jit
    def all_of_it(x):
        whole = network.apply(variables, x, label, train=False)
        begin = network.apply(variables, _B, method="start")
        before = jnp.concatenate([jnp.zeros((1, _B, _C)), x.swapaxes(0, 1)[:-1]])
        _, steps = jax.lax.scan(lambda c, v: by_steps(c, *v), begin, (before, time))
        log_p = network.apply(variables, whole, x, None, method="log_prob")
        return whole, steps.swapaxes(0, 1), log_p

    time = jnp.arange(_L)
    whole, steps, log_p = all_of_it(x)
    np.testing.assert_allclose(whole, steps, atol=1e-4)
    assert np.abs(np.diff(whole, axis=0)).min(1).max() > 1e-3  # Series, classes.
    changed, *_ = all_of_it(x.at[:, 5].add(1.0))
    np.testing.assert_array_equal(changed[:, :6], whole[:, :6])
    assert np.abs(changed - whole)[:, 6].max(-1).min() > 1e-3
    # The mixture by SciPy, time point by time point.
    of = jax.tree.map(np.float64, mixture.from_outputs(steps, _C, 0.01))
    weights = scipy.special.softmax(of.logits, -1)
    density = scipy.stats.norm(of.mean, of.scale).pdf(x[:, :, None]).prod(-1)
    np.testing.assert_allclose(log_p, np.log((weights * density).sum(-1)), atol=1e-3)


def test_a_series_is_drawn_from_its_conditionals():
    """Moments of many first two values against the mixtures of teacher forcing."""
    network, num = _values("gru"), 4000
    params = _params(network, jnp.zeros((1, _L, _C)), jnp.zeros(1, int))
    label = jnp.ones(num, int)
    draw = jax.jit(
        lambda k: autoregressive.free_run(network, params, k, label, _L, 1.0)
    )
    x = draw(jax.random.key(3))
    outputs = network.apply({"params": params}, x, label, train=False)
    of = jax.tree.map(np.float64, mixture.from_outputs(outputs, _C, 0.01))
    weights = scipy.special.softmax(of.logits, -1)[..., None]
    mean = (weights * of.mean).sum(-2)
    square = (weights * (of.mean**2 + of.scale**2)).sum(-2)
    error = (np.asarray(x) - mean) / np.sqrt(square - mean**2)
    np.testing.assert_allclose(error[:, :3].mean(0), 0, atol=0.06)
    np.testing.assert_allclose(error[:, :3].std(0), 1, atol=0.06)
    assert abs(np.corrcoef(error[:, 1, 0], error[:, 2, 0])[0, 1]) < 0.06
    few = autoregressive.free_run(
        network, params, jax.random.key(3), label[:4], _L, 1.0
    )
    np.testing.assert_allclose(few, x[:4], atol=1e-3)


def test_tokens_are_drawn_from_their_logits():
    network, num = _tokens("lstm"), 3000
    tokens = jnp.asarray(_RNG.integers(0, 5, (_B, _L, _C)))
    label = jnp.array([0, 1, 2])
    params = _params(network, tokens, label)
    of = {"params": params}
    logits = network.apply(of, tokens, label, train=False)
    log_p = network.apply(of, logits, tokens, None, method="log_prob")
    judge = np.log(scipy.special.softmax(np.float64(logits), -1))
    naive = sum(
        np.take_along_axis(judge[:, :, c], np.asarray(tokens)[:, :, c, None], -1)[
            ..., 0
        ]
        for c in range(_C)
    )
    np.testing.assert_allclose(log_p, naive, atol=1e-4)
    label = jnp.ones(num, int)
    x = jax.jit(lambda k: autoregressive.free_run(network, params, k, label, _L, 1.0))(
        jax.random.key(0)
    )
    shares = jax.nn.softmax(network.apply(of, x, label, train=False)).mean(0)
    for t in (0, 1, 5):
        for c in range(_C):
            found = np.bincount(x[:, t, c], minlength=5) / num
            np.testing.assert_allclose(found, shares[t, c], atol=0.04)


def test_temperature_and_missing_values():
    of = mixture.Mixture(jnp.zeros((4000, 1)), jnp.zeros((4000, 1, 2)), None)
    of = of._replace(scale=jnp.ones((4000, 1, 2)))
    x = mixture.draw(jax.random.key(0), of, 0.25)
    np.testing.assert_allclose(x.std(0), 0.5, atol=0.03)
    seen = jnp.array([[True, False]])
    one = jax.tree.map(lambda a: a[:1], of)
    found = mixture.log_prob(one, jnp.array([[0.5, 9.0]]), seen)
    np.testing.assert_allclose(found, scipy.stats.norm.logpdf(0.5), rtol=1e-5)


def test_an_lstm_learns_a_sum_over_three_steps():
    """y(t) = x(t) + x(t - 3), series that it has not seen."""
    net = cells.Cells("lstm", 16, 1, 0.0)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(164, 16, 1)).astype("f4")
    y = x.copy()
    y[:, 3:] += x[:, :-3]
    params = {
        "net": net.init(jax.random.key(0), x[:1], train=False)["params"],
        "out": jnp.zeros(16),
    }
    optimizer = optax.adam(optax.cosine_decay_schedule(0.03, 300))

    def error(params, x, y):
        h = net.apply({"params": params["net"]}, x, train=False)
        return ((h @ params["out"] - y[..., 0]) ** 2).mean()

    @jax.jit
    def train(params):
        def step(carry, _):
            params, state = carry
            updates, state = optimizer.update(
                jax.grad(error)(params, x[:100], y[:100]), state
            )
            return (optax.apply_updates(params, updates), state), None

        begin = params, optimizer.init(params)
        return jax.lax.scan(step, begin, None, 300)[0][0]

    trained = train(params)
    assert error(trained, x[100:], y[100:]) < 0.02 * y.var()


def test_errors():
    e = jnp.zeros((1, 4, 2))
    with pytest.raises(ValueError, match="known are elman, jordan, mgu, gru, lstm"):
        cells.Cells("rnn", 4, 1, 0.0).init(jax.random.key(0), e, train=False)
    with pytest.raises(ValueError, match="at least 1"):
        CausalConv(2, 0, (1,), False, 0.0).init(jax.random.key(0), e, train=False)
    with pytest.raises(ValueError, match="known are sinusoidal, rotary"):
        causal_transformer.CausalTransformer(2, 1, 1, 2, 1, 4, "learned", 0.0).init(
            jax.random.key(0), e, train=False
        )
