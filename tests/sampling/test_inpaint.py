import functools
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tsgen_jax.sampling import decode, inpaint

_L, _F, _W, _K = 24, 2, 4, 5


def _masks(num=40, channels=2, seed=0):
    """Masks with runs: blocks, single samples, nothing observed, all observed."""
    rng = np.random.default_rng(seed)
    observed = np.ones((num, _L, channels), bool)
    for i in range(num):
        for c in range(channels):
            for _ in range(rng.integers(0, 4)):
                start, size = rng.integers(0, _L), rng.integers(1, 12)
                observed[i, start : start + size, c] = False
    observed[0], observed[1] = True, False
    observed[2], observed[2, 7] = False, True
    return observed


@pytest.fixture(scope="module")
def case():
    observed = _masks()
    rng = np.random.default_rng(1)
    x, x_hat = rng.normal(size=(2, *observed.shape)).astype(np.float32)
    return x, x_hat, observed


def test_gaps_are_filled_as_numpy_interpolates(case):
    x, _, observed = case
    found = np.asarray(inpaint.interpolate(np.where(observed, x, np.nan), observed))
    time = np.arange(_L)
    for i, c in np.ndindex(len(x), 2):
        seen = observed[i, :, c]
        judge = np.zeros(_L)
        if seen.any():
            judge = np.interp(time, time[seen], x[i, seen, c])
        np.testing.assert_allclose(found[i, :, c], judge, atol=1e-5)
    np.testing.assert_array_equal(found[observed], x[observed])


def _join_one(x_hat, x, seen, reach):
    """One channel, gap by gap, from the definition."""
    y, at = x.copy(), 0
    while at < len(x):
        if seen[at]:
            at += 1
            continue
        end = at
        while end < len(x) and not seen[end]:
            end += 1
        for t in range(at, end):
            left, right = at - 1, end
            if at == 0 and end == len(x):
                offset = 0.0
            elif end == len(x):
                offset = (x[left] - x_hat[left]) * np.exp(-(t - left) / reach)
            elif at == 0:
                offset = (x[right] - x_hat[right]) * np.exp(-(right - t) / reach)
            else:
                ends = np.array([left, right])  # Kriging from both.
                corr = np.exp(-np.abs(np.subtract.outer(ends, ends)) / reach)
                with_t = np.exp(-np.abs(t - ends) / reach)
                offset = with_t @ np.linalg.solve(corr, (x - x_hat)[ends])
            y[t] = x_hat[t] + offset
        at = end
    return y


def test_joins_are_those_of_a_loop_over_gaps(case):
    x, x_hat, observed = case
    found = np.asarray(inpaint.join(x_hat, np.where(observed, x, 7e7), observed, 3.0))
    for i, c in np.ndindex(len(x), 2):
        judge = _join_one(x_hat[i, :, c], x[i, :, c], observed[i, :, c], 3.0)
        np.testing.assert_allclose(found[i, :, c], judge, atol=2e-5)
    np.testing.assert_array_equal(found[observed], x[observed])


def test_a_draw_that_is_the_truth_plus_a_line_is_mended_exactly():
    time = np.arange(_L, dtype=np.float32)[None, :, None]
    x = np.sin(time)
    observed = (time < 6) | (time > 15)
    found = inpaint.join(x + 3 - 0.2 * time, x, observed, 1e4)
    np.testing.assert_allclose(found, x, atol=1e-4)


@pytest.mark.parametrize(("length", "columns"), [(24, 4), (25, 4), (7, 3), (150, 9)])
def test_columns_share_the_samples_evenly(length, columns):
    shares = inpaint.column_shares(length, columns)
    fine = 1000  # Judge: count fine points of every sample in every column.
    at = (np.arange(length * fine) + 0.5) / fine
    column = np.floor(at * columns / length).astype(int)
    counts = np.zeros((length, columns))
    np.add.at(counts, (np.floor(at).astype(int), column), 1)
    np.testing.assert_allclose(shares, counts / counts.sum(0), atol=2e-3)
    np.testing.assert_allclose(shares.sum(0), 1, rtol=1e-5)


def test_columns_are_known_by_their_observed_share():
    observed = np.ones((1, _L, 2), bool)
    observed[:, 6:9] = False  # Half of column 1, in both channels.
    observed[:, 12:18, 0] = False  # Column 2, in one of two channels.
    observed[:, 23] = False  # A sixth of column 3.
    known = functools.partial(inpaint.known_columns, observed, _W)
    np.testing.assert_array_equal(known(1.0)[0], [True, False, False, False])
    np.testing.assert_array_equal(known(0.8)[0], [True, False, False, True])
    np.testing.assert_array_equal(known(0.5)[0], [True, True, True, True])
    np.testing.assert_array_equal(known(0.51)[0], [True, False, False, True])


def _tokenize(x):
    """The mean of a column says its token, in every row of the map."""
    means = x.mean(-1).reshape(len(x), _W, -1).mean(-1)
    column = jnp.clip(jnp.round(means), 0, _K - 1).astype(jnp.int32)
    return jnp.tile(column, (1, _F))


def _detokenize(tokens):
    row = tokens.reshape(-1, _F, _W)[:, 0]
    return jnp.repeat(row, _L // _W, axis=1)[..., None].astype(jnp.float32)


def _white(key, num):
    return jax.random.normal(key, (num, _L, 1))


def _maps(logits_fn):
    return (decode.Map("", (_F, _W), _K, lambda tokens, before: logits_fn(tokens)),)


def _inpaint(x, observed, logits, **changes):
    settings = {
        "keep_share": 1.0,
        "join_reach": 1e-3,
        "residual_scale": 0.0,
        "num_rounds": 2,
        "num_decode_steps": 3,
        "choice_temperature": 1.0,
        "token_temperature": 1.0,
        "schedule": "cosine",
    }
    return inpaint.inpaint(
        jax.random.key(0),
        x,
        observed,
        tokenize=_tokenize,
        detokenize=_detokenize,
        draw_residual=_white,
        maps=_maps(lambda tokens: jnp.broadcast_to(logits, (*tokens.shape, _K))),
        **settings | changes,
    )


def test_known_tokens_are_kept_and_missing_ones_follow_the_prior():
    x = np.repeat(np.array([0.0, 3, 2, 1]), 6)[None, :, None].astype(np.float32)
    observed = np.ones(x.shape, bool)
    observed[:, 12:] = False
    sure = 50 * jax.nn.one_hot(jnp.array(4), _K)  # The prior says 4 everywhere.
    found = np.asarray(_inpaint(x, observed, sure))[0, :, 0]
    np.testing.assert_array_equal(found[:12], x[0, :12, 0])
    np.testing.assert_allclose(found[12:], 4, atol=1e-5)


def test_draws_follow_the_priors_shares():
    x = np.zeros((3000, _L, 1), np.float32)
    observed = np.zeros(x.shape, bool)
    observed[:, :18] = True
    p = np.array([0.4, 0.3, 0.2, 0.1, 1e-9])
    found = _inpaint(x, observed, np.log(p), num_decode_steps=1, num_rounds=1)
    drawn = np.asarray(found)[:, 20, 0]
    counts = np.bincount(drawn.round().astype(int), minlength=_K) / len(x)
    np.testing.assert_allclose(counts, p, atol=0.03)


def test_every_round_draws_anew_from_the_result_of_the_one_before():
    """With nothing known but an end, the second round sees what the first drew."""
    x = np.zeros((1, _L, 1), np.float32)
    observed = np.zeros(x.shape, bool)
    observed[:, 12:15] = True  # Half of column 2 is observed: it is kept.
    seen = []

    def tokenize(series):
        seen.append(series)
        return _tokenize(series)

    inpaint.inpaint(
        jax.random.key(0),
        x,
        observed,
        tokenize=tokenize,
        detokenize=_detokenize,
        draw_residual=_white,
        maps=_maps(lambda t: 50 * jax.nn.one_hot(jnp.full(t.shape, 3), _K)),
        keep_share=0.5,
        join_reach=1e-3,
        residual_scale=1.0,
        num_rounds=2,
        num_decode_steps=2,
        choice_temperature=0.0,
        token_temperature=1.0,
        schedule="cosine",
    )
    np.testing.assert_array_equal(seen[0], 0)  # Lines through zeros.
    np.testing.assert_allclose(seen[1][0, :11, 0], 3, atol=1e-5)


def test_residuals_are_added_in_gaps_alone():
    x = np.zeros((4000, _L, 1), np.float32)
    observed = np.ones(x.shape, bool)
    observed[:, 6:18] = False
    zero = 50 * jax.nn.one_hot(jnp.array(0), _K)  # All tokens decode to 0.
    found = np.asarray(_inpaint(x, observed, zero, residual_scale=0.7))
    np.testing.assert_array_equal(found[observed], 0)
    np.testing.assert_allclose(found[:, 6:18].std(0), 0.7, rtol=0.06)


def test_a_smooth_residual_grows_from_the_observed_samples():
    """Of correlation exp(-d / reach), drawn and joined: the exact conditional."""
    reach = 4.0
    time = np.arange(_L)
    covariance = np.exp(-np.abs(np.subtract.outer(time, time)) / reach)
    root = np.linalg.cholesky(covariance).astype(np.float32)
    white = np.random.default_rng(3).normal(size=(20000, _L)).astype(np.float32)
    seen = (time < 5) | ((time > 14) & (time < 19))
    observed = np.broadcast_to(seen[None, :, None], (len(white), _L, 1))
    drawn = (white @ root.T)[..., None]
    found = np.asarray(inpaint.join(drawn, 0 * drawn, observed, reach))[..., 0]
    given = covariance[np.ix_(seen, seen)]
    across = covariance[np.ix_(~seen, seen)]
    judge = covariance[np.ix_(~seen, ~seen)]
    judge = judge - across @ np.linalg.solve(given, across.T)
    np.testing.assert_allclose(np.cov(found[:, ~seen].T), judge, atol=0.04)
    np.testing.assert_array_equal(found[:, seen], 0)


def test_tokens_of_every_round_and_the_residual_have_keys_of_their_own(monkeypatch):
    seen = {"tokens": [], "residual": []}

    def decode(key, logits_fn, tokens, **settings):
        seen["tokens"].append(key)
        done = jnp.where(tokens == _K, 0, tokens)
        return done, done[None]

    def draw_residual(key, num):
        seen["residual"].append(key)
        return jnp.zeros((num, _L, 1))

    monkeypatch.setattr(inpaint.decode, "decode", decode)
    monkeypatch.setattr(inpaint, "interpolate", lambda x, observed: x)
    monkeypatch.setattr(inpaint, "join", lambda x_hat, *_: x_hat)
    monkeypatch.setattr(sys.modules[__name__], "_white", draw_residual)
    x, observed = np.zeros((2, _L, 1), np.float32), np.ones((2, _L, 1), bool)
    observed[:, 6:12] = False
    _inpaint(x, observed, jnp.zeros(_K), num_rounds=3, residual_scale=1.0)
    of_residual, of_tokens = jax.random.split(jax.random.key(0))
    judge = [of_residual, *(jax.random.fold_in(of_tokens, i) for i in range(3))]
    found = [*seen["residual"], *seen["tokens"]]
    for a, b in zip(found, judge, strict=True):
        np.testing.assert_array_equal(jax.random.key_data(a), jax.random.key_data(b))
