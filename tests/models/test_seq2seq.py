"""Sequence to sequence: attention by hand, step by step, and what is visible."""

import jax
import numpy as np
import scipy.special

from tests.models.test_lstnet import _dense, _gru
from tsgen_jax.models import seq2seq
from tsgen_jax.models.autoregressive import places
from tsgen_jax.stages.seq2seq import draw_visible

_B, _L, _C, _W, _A, _T = 3, 10, 2, 6, 4, 4
_NET = seq2seq.Seq2Seq("gru", _W, _A, 3, _L, _C, 2, 3, 0.01, 2, 0.0)
_RNG = np.random.default_rng(0)
_X = _RNG.normal(size=(_B, _L, _C)).astype("f4")
_SEEN = _RNG.random((_B, _L, _C)) < 0.5
_LABEL = np.array([0, 1, 2])


def _params():
    of = _X, _SEEN, _LABEL
    init = lambda key: _NET.init(key, *of, train=False)["params"]  # noqa: E731
    rng = np.random.default_rng(1)
    shapes = jax.eval_shape(init, jax.random.key(0))
    return jax.tree.map(lambda s: 0.5 * rng.normal(size=s.shape).astype("f4"), shapes)


def _naive(p, x, seen, label):
    """Outputs of one series: sections 3.1, 3.2 and A.1.2 of the paper, time by time."""
    x, seen = np.float64(x), np.float64(seen)
    frames = np.zeros((_T * 3, 2 * _C))
    frames[:_L] = np.concatenate([x * seen, seen], axis=1)
    frames, place = frames.reshape(_T, -1), places(_T, 2)
    read = [
        _dense(p["read"], np.concatenate([f, at])) + p["read_class"]["embedding"][label]
        for f, at in zip(frames, place, strict=True)
    ]
    ahead, back, h, g = [None] * _T, [None] * _T, np.zeros(_W), np.zeros(_W)
    for i in range(_T):
        ahead[i] = h = _gru(p["ahead"], h, read[i])
        back[_T - 1 - i] = g = _gru(p["back"], g, read[_T - 1 - i])
    said = np.concatenate([ahead, back], axis=1)
    s, outputs, all_weights = np.tanh(_dense(p["begin"], back[0])), [], []
    before = np.concatenate([np.zeros((1, _C)), x[:-1]])
    for t in range(_L):
        scores = [
            p["score"] @ np.tanh(_dense(p["of_state"], s) + j @ p["of_said"]["kernel"])
            for j in said
        ]
        weights = scipy.special.softmax(scores)
        context = weights @ said
        e = _dense(p["enter"], np.concatenate([before[t], places(_L, 2)[t]]))
        e += p["enter_class"]["embedding"][label]
        s = _gru(p["decoder"], s, np.concatenate([e, context]))
        out = _dense(p["leave"], np.concatenate([s, context]))
        out[3 : 3 + 3 * _C] += np.tile(before[t], 3) + p["apart"].reshape(-1)
        outputs.append(out)
        all_weights.append(weights)
    return outputs, all_weights


def test_it_equals_a_naive_loop():
    params = _params()
    found = _NET.apply({"params": params}, _X, _SEEN, _LABEL, train=False)
    wide = jax.tree.map(np.float64, params)
    of = zip(_X, _SEEN, _LABEL, strict=True)
    judge = [_naive(wide, *one) for one in of]
    for got, want in zip(found, zip(*judge, strict=True), strict=True):
        np.testing.assert_allclose(got, want, atol=1e-4)


def test_what_is_drawn_has_the_outputs_of_teacher_forcing():
    """With nothing random left, the drawn series is its own mean, time by time."""
    params = _params()
    params["leave"]["kernel"][:, -3 * _C :] = 0
    params["leave"]["bias"][-3 * _C :] = -50  # Deviations: 0.01.
    params["leave"]["bias"][:3] = [0, 90, 0]  # One component.
    draw = jax.jit(lambda key: seq2seq.complete(_NET, params, key, _X, _SEEN, _LABEL))
    drawn, weights = draw(jax.random.key(5))
    np.testing.assert_array_equal(drawn[_SEEN], _X[_SEEN])
    again = _NET.apply({"params": params}, drawn, _SEEN, _LABEL, train=False)
    mean = np.asarray(again[0])[..., 3 + _C : 3 + 2 * _C]
    error = np.asarray(drawn - mean)[~_SEEN]
    assert 0.005 < error.std() < 0.02
    assert np.abs(error).max() < 0.05
    np.testing.assert_allclose(weights, again[1], atol=1e-5)
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-5)


def test_only_what_is_visible_is_read_also_from_the_future():
    params = {"params": _params()}
    of = lambda x, seen: _NET.apply(params, x, seen, _LABEL, train=False)[0]  # noqa: E731
    seen = np.zeros(_X.shape, bool)
    seen[:, 8] = True
    first = of(_X, seen)
    hidden, visible = _X.copy(), _X.copy()
    hidden[:, 9] += 1  # Neither visible nor before anything.
    visible[:, 8] += 1
    np.testing.assert_array_equal(of(hidden, seen), first)
    assert np.abs(of(visible, seen) - first)[:, 0].max() > 1e-3


def test_series_are_hidden_in_four_ways():
    draw = jax.jit(lambda key: draw_visible(key, (4000, 20, 2), 0.4))
    seen = np.asarray(draw(jax.random.key(2)))
    whole = ~seen.any((1, 2))
    assert 0.38 < whole.mean() < 0.46  # Some of the others by chance.
    one = seen[..., 0]
    changes = np.abs(np.diff(one, axis=1)).sum(1)
    ahead = one[:, 0] & ~one[:, -1] & (changes == 1)
    stretch = one[:, 0] & one[:, -1] & (changes == 2)
    for share in (ahead.mean(), stretch.mean(), (changes > 2).mean()):
        assert 0.1 < share < 0.25
    same = (seen[..., 0] == seen[..., 1]).all(1)
    assert 0.4 < same[~whole].mean() < 0.65
