import functools
import itertools
import math

import jax
import jax.numpy as jnp
import numpy as np

from tsgen_jax.evaluation.measures import likelihood

_N, _K = 4, 3
_TOKENS = np.array([0, 2, 1, 2])


def _logits(tokens):
    """A prior that sees its input: the more is masked, the less sure it is."""
    known = (tokens != _K).sum(-1)[:, None, None]
    place = jnp.arange(_N)[None, :, None] + jnp.arange(_K)[None, None, :]
    neighbour = jnp.roll(tokens, 1, axis=1)[..., None]
    return known * jnp.sin(place + 0.7 * neighbour)


def _exact():
    """The mean over all sizes, and all masks of a size, each equally likely."""
    means = []
    for size in range(1, _N + 1):
        values = []
        for hidden in itertools.combinations(range(_N), size):
            mask = np.isin(np.arange(_N), hidden)
            logits = np.asarray(_logits(jnp.array([np.where(mask, _K, _TOKENS)])))[0]
            log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
            values.append(-log_p[np.arange(_N), _TOKENS][mask].mean())
        assert len(values) == math.comb(_N, size)
        means.append(np.mean(values))
    return _N * np.mean(means)


@functools.partial(jax.jit, static_argnums=0)
def _of_copies(num, num_draws):
    """Estimates and errors of one map under masks that are independent."""
    tokens = jnp.broadcast_to(jnp.asarray(_TOKENS), (num, _N))
    digest = jnp.arange(num, dtype=jnp.uint32)
    return likelihood.any_order_bound(
        jax.random.key(0), _logits, tokens, digest, num_draws, _K
    )


def test_the_estimate_is_unbiased_and_its_error_is_its_deviation():
    exact = _exact()
    for num_draws, most in ((2, 3.0), (9, 1.3), (60, 1.15)):
        found, error = np.asarray(_of_copies(2000, num_draws)).T
        deviation = found.std()
        np.testing.assert_allclose(found.mean(), exact, atol=4 * deviation / 2000**0.5)
        stated = np.sqrt((error**2).mean())
        assert 0.95 * deviation < stated < most * deviation
    one, none = np.asarray(_of_copies(2000, 1)).T
    np.testing.assert_allclose(one.mean(), exact, atol=4 * one.std() / 2000**0.5)
    assert np.isnan(none).all()


def test_a_digest_is_that_of_the_tokens_alone():
    tokens = np.random.default_rng(0).integers(0, 9, (5, 7))
    found = likelihood.digests(tokens)
    assert found.dtype == np.uint32
    assert len(np.unique(found)) == 5
    np.testing.assert_array_equal(likelihood.digests(tokens[::-1]), found[::-1])
    np.testing.assert_array_equal(likelihood.digests(tokens.astype(np.int16)), found)
