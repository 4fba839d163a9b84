import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tsgen_jax.sampling import decode, guidance

_K = 6
_SETTINGS = {
    "mask_token": _K,
    "num_decode_steps": 10,
    "choice_temperature": 4.0,
    "token_temperature": 1.0,
    "schedule": "cosine",
}


def _masks(batch, num_tokens):
    return jnp.full((batch, num_tokens), _K)


def _flat(tokens):
    return jnp.zeros((*tokens.shape, _K))


def test_every_position_is_uncovered_once_on_the_published_schedule():
    tokens, history = decode.decode(
        jax.random.key(0), _flat, _masks(3, 75), **_SETTINGS
    )
    left = np.asarray((history == _K).sum(-1))
    np.testing.assert_array_equal(
        left[:, 0], [75, 74, 71, 66, 60, 53, 44, 34, 23, 11, 0]
    )
    assert (left == left[:, :1]).all()
    known = np.asarray(history) != _K
    for before, after, seen in zip(history[:-1], history[1:], known[:-1], strict=True):
        np.testing.assert_array_equal(np.asarray(before)[seen], np.asarray(after)[seen])
    np.testing.assert_array_equal(tokens, history[-1])
    assert 0 <= tokens.min() <= tokens.max() < _K


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("power:2", [77, 76, 73, 70, 64, 57, 49, 39, 27, 14, 0]),
        ("power:3", [77, 76, 75, 74, 72, 67, 60, 50, 37, 20, 0]),
    ],
)
def test_other_schedules_reveal_less_at_first(schedule, expected):
    settings = _SETTINGS | {"schedule": schedule}
    _, history = decode.decode(jax.random.key(0), _flat, _masks(3, 77), **settings)
    left = np.asarray((history == _K).sum(-1))
    np.testing.assert_array_equal(left[:, 0], expected)


def test_ranks_are_those_of_a_stable_sort():
    x = np.random.default_rng(0).integers(0, 9, (6, 30)).astype(np.float32)
    x[:, ::4] = np.inf
    judge = x.argsort(-1, kind="stable").argsort(-1, kind="stable")
    np.testing.assert_array_equal(decode._rank(x), judge)


def test_given_tokens_stay():
    start = _masks(2, 20).at[:, 5:9].set(jnp.array([1, 2, 3, 4]))
    start = start.at[1].set(3)  # Nothing to do in the second series.
    tokens, _ = decode.decode(jax.random.key(1), _flat, start, **_SETTINGS)
    np.testing.assert_array_equal(tokens[0, 5:9], [1, 2, 3, 4])
    np.testing.assert_array_equal(tokens[1], 3)


def test_more_rounds_than_tokens_still_fills_all():
    settings = _SETTINGS | {"num_decode_steps": 12}
    tokens, history = decode.decode(jax.random.key(2), _flat, _masks(2, 5), **settings)
    assert (tokens < _K).all()
    left = np.asarray((history == _K).sum(-1))
    assert (np.diff(left, axis=0) <= 0).all()


def test_a_sure_prior_is_followed_and_the_surest_come_first():
    target = jnp.arange(12) % _K
    sure = 5 + jnp.arange(12.0)  # Later positions are surer.
    logits = jax.nn.one_hot(target, _K) * sure[:, None] * 4

    def logits_fn(tokens):
        return jnp.broadcast_to(logits[None], (*tokens.shape, _K))

    settings = _SETTINGS | {"choice_temperature": 0.0}
    tokens, history = decode.decode(
        jax.random.key(3), logits_fn, _masks(4, 12), **settings
    )
    np.testing.assert_array_equal(tokens, np.tile(target, (4, 1)))
    for step in history:
        hidden = np.asarray(step == _K)
        assert (np.diff(hidden.astype(int), axis=-1) <= 0).all()


def test_tokens_follow_the_prior_where_positions_are_independent():
    p = jnp.array([0.5, 0.2, 0.1, 0.1, 0.06, 0.04])

    def logits_fn(tokens):
        return jnp.broadcast_to(jnp.log(p), (*tokens.shape, _K))

    # Without pressure to keep the probable ones, i.e. in one round.
    settings = _SETTINGS | {"num_decode_steps": 1}
    tokens, _ = decode.decode(
        jax.random.key(4), logits_fn, _masks(2000, 10), **settings
    )
    found = np.bincount(np.asarray(tokens).ravel(), minlength=_K) / tokens.size
    np.testing.assert_allclose(found, p, atol=0.01)


@pytest.mark.parametrize("scale", [0.0, 1.0, 2.5])
def test_guidance_goes_from_the_unconditional_to_the_conditional(scale):
    def logits_fn(tokens, label):
        return tokens[..., None] * 1.0 + label[:, None, None] * jnp.ones((1, 1, _K))

    label, tokens = jnp.array([0, 2]), jnp.array([[1, 2, 3], [4, 5, 0]])
    guided = guidance.guide(logits_fn, label, 7, scale)(tokens)
    cond = logits_fn(tokens, label)
    uncond = logits_fn(tokens, jnp.array([7, 7]))
    np.testing.assert_allclose(guided, (1 - scale) * uncond + scale * cond, atol=1e-5)


def test_guidance_one_calls_the_prior_once():
    sizes = []

    def logits_fn(tokens, label):
        sizes.append(len(tokens))
        return jnp.zeros((*tokens.shape, _K))

    for scale in (1.0, 2.0):
        guidance.guide(logits_fn, jnp.zeros(3, int), 7, scale)(jnp.zeros((3, 4), int))
    assert sizes == [3, 6]


def test_known_logits_of_the_first_round_are_used():
    target = jnp.arange(12) % _K

    def logits_fn(tokens):
        known = (tokens != _K).sum(-1)[:, None, None]
        return jnp.broadcast_to(
            jnp.sin(known + jnp.arange(_K)[None, None]), (*tokens.shape, _K)
        )

    masks = _masks(4, 12)
    for steps in (1, 2, 7):
        settings = _SETTINGS | {"num_decode_steps": steps}
        whole = decode.decode(jax.random.key(0), logits_fn, masks, **settings)
        first = logits_fn(masks)
        known = decode.decode(
            jax.random.key(0), logits_fn, masks, **settings, first_logits=first
        )
        for a, b in zip(whole, known, strict=True):
            np.testing.assert_array_equal(a, b)
    other = jnp.tile(100 * jax.nn.one_hot(target, _K), (4, 1, 1))
    settings = _SETTINGS | {"num_decode_steps": 1}
    tokens, _ = decode.decode(
        jax.random.key(0), logits_fn, masks, **settings, first_logits=other
    )
    np.testing.assert_array_equal(tokens, np.tile(target, (4, 1)))


def _moody(tokens):
    """Logits that differ by place, by class, and by how many tokens are known."""
    known = (tokens != _K).sum(-1)[:, None, None]
    place = jnp.arange(tokens.shape[1])[None, :, None]
    return 3 * jnp.sin(known + 1.7 * place + 2.3 * jnp.arange(_K)[None, None, :])


def _naive_decode(key, start, num_decode_steps, choice_temperature, token_temperature):
    """MaskGIT's loop, series by series, with the random numbers of `decode`."""
    tokens, history = np.array(start), [np.array(start)]
    first = (tokens == _K).sum(-1)
    for step in range(num_decode_steps):
        key_token, key_choice = jax.random.split(jax.random.fold_in(key, step))
        logits = np.asarray(_moody(jnp.asarray(tokens)), np.float64)
        p = np.exp(logits / token_temperature)
        p /= p.sum(-1, keepdims=True)
        level = np.asarray(jax.random.uniform(key_token, (*tokens.shape, 1)))
        drawn = (p.cumsum(-1) <= level).sum(-1)
        log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        noise = np.asarray(jax.random.gumbel(key_choice, tokens.shape))
        progress = (step + 1) / num_decode_steps
        for i, row in enumerate(tokens):
            hidden = np.flatnonzero(row == _K)
            confidence = log_p[i, hidden, drawn[i, hidden]]
            confidence += choice_temperature * (1 - progress) * noise[i, hidden]
            left = int(first[i] * np.cos(np.pi / 2 * progress) + 1e-9)
            left = max(0, min(left, len(hidden) - 1))
            shown = hidden[confidence.argsort()[left:]]
            row[shown] = drawn[i, shown]
        history.append(tokens.copy())
    return tokens, np.stack(history)


@pytest.mark.parametrize(
    ("choice_temperature", "token_temperature"), [(2.0, 0.4), (9.0, 1.0), (0.0, 2.5)]
)
def test_it_is_a_loop_over_series(choice_temperature, token_temperature):
    temperatures = choice_temperature, token_temperature
    start = _masks(5, 20).at[1, 3:9].set(2)
    settings = dict(_SETTINGS, num_decode_steps=6)
    settings["choice_temperature"], settings["token_temperature"] = temperatures
    found = decode.decode(jax.random.key(5), _moody, start, **settings)
    judge = _naive_decode(jax.random.key(5), start, 6, *temperatures)
    for a, b in zip(found, judge, strict=True):
        np.testing.assert_array_equal(a, b)
