"""Orders and samplers of tokens against what is known without them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from ml_collections import ConfigDict
from scipy.stats import qmc

from tsgen_jax.sampling import mask_schedule, order, remask, samplers

_K = 3


def _settings(**changes):
    values = {
        "sampler": "confidence",
        "num_decode_steps": 6,
        "choice_temperature": 4.0,
        "token_temperature": 1.0,
        "schedule": "power:1",
        "remask_rate": 0.2,
    }
    return ConfigDict(values | changes)


def test_the_halton_order_is_scipys():
    points = qmc.Halton(2, scramble=False).random(400)[1:]  # The first is (0, 0).
    rows, columns = 5, 8
    cells = (points[:, 0] * rows).astype(int) * columns
    cells += (points[:, 1] * columns).astype(int)
    judge = list(dict.fromkeys(cells.tolist()))
    place = order.halton((rows, columns))
    assert sorted(place) == list(range(rows * columns))
    np.testing.assert_array_equal(np.argsort(place), judge)


def test_every_series_has_the_order_moved_around_the_map():
    place = order.halton((3, 4))
    moved = np.asarray(order.shifted(jax.random.key(0), place, (3, 4), 40))
    grid = place.reshape(3, 4)
    rolled = {
        np.roll(grid, (-i, -j), (0, 1)).tobytes() for i in range(3) for j in range(4)
    }
    assert {row.tobytes() for row in moved} <= rolled
    assert len({row.tobytes() for row in moved}) > 6


def test_rounds_of_halton_follow_the_order():
    masks = jnp.full((4, 12), _K)
    tokens, history = samplers.sample(
        jax.random.key(1),
        lambda tokens: jnp.zeros((*tokens.shape, _K)),
        masks,
        mask_token=_K,
        map_shape=(3, 4),
        settings=_settings(sampler="halton"),
    )
    key = jax.random.fold_in(jax.random.key(1), 2**32 - 1)
    place = np.asarray(order.shifted(key, order.halton((3, 4)), (3, 4), 4))
    for step, state in enumerate(np.asarray(history)):
        np.testing.assert_array_equal(state != _K, place < 2 * step)
    assert (np.asarray(tokens) < _K).all()


@pytest.mark.parametrize("rate", [0.0, 0.3])
def test_remdm_keeps_the_schedule_and_the_distribution(rate):
    """Equation 5 keeps the share of masks, and of independent tokens their shares."""
    p = np.array([0.5, 0.3, 0.2])
    masks = jnp.full((3000, 8), _K).at[:, 0].set(2)

    @jax.jit
    def run(key):
        return remask.decode(
            key,
            lambda tokens: jnp.broadcast_to(jnp.log(p)[None, None], (*tokens.shape, 3)),
            masks,
            mask_token=_K,
            num_decode_steps=5,
            token_temperature=1.0,
            schedule="power:2",
            remask_rate=rate,
        )

    tokens, history = run(jax.random.key(2))
    history = np.asarray(history)
    assert (history[:, :, 0] == 2).all()  # What was given stays.
    free = history[:, :, 1:]
    left = (free == _K).mean((1, 2))
    steps = np.arange(6) / 5
    judge = np.asarray(mask_schedule.mask_ratio(steps, "power:2"))
    np.testing.assert_allclose(left, judge, atol=0.02)
    share = np.bincount(np.asarray(tokens)[:, 1:].ravel(), minlength=_K) / free[0].size
    np.testing.assert_allclose(share[:3], p, atol=0.02)
    again = ((free[:-1] != _K) & (free[1:] == _K)).sum()
    assert (again > 0) == (rate > 0)


def test_rates_are_those_of_the_papers_posterior():
    """A token filled at t stays so at s with alpha_s in all: equation 6's marginal."""
    for known, then in ((0.2, 0.5), (0.6, 0.9), (0.9, 1.0), (0.0, 0.3)):
        fill, back = remask.rates(jnp.float32(known), jnp.float32(then), 0.25)
        total = known * (1 - back) + (1 - known) * fill
        np.testing.assert_allclose(total, then, atol=1e-6)
        assert back <= 0.25
    assert remask.rates(jnp.float32(0.9), jnp.float32(1.0), 0.25)[1] == 0
