"""Draws of missing values against the exact conditional distribution on a grid."""

import jax
import jax.numpy as jnp
import numpy as np
import scipy.stats

from tests.models.test_autoregressive import _params
from tsgen_jax.models import autoregressive, cells, mixture, particles

_L, _NUM = 3, 1000
_NET = autoregressive.Values(cells.Cells("gru", 6, 1, 0.0), 6, _L, 1, 1, 2, 0.3, 2)
_PARAMS = _params(_NET, jnp.zeros((1, _L, 1)), jnp.zeros(1, int))


def _log_p(x):
    """log p of series [n, L] of class 0."""
    x = jnp.asarray(x, jnp.float32)[..., None]
    outputs = _NET.apply({"params": _PARAMS}, x, jnp.zeros(len(x), int), train=False)
    return np.float64(_NET.log_prob(outputs, x, None).sum(1))


def _draw(x, observed, num):
    x, observed = (
        jnp.tile(jnp.asarray(a)[None, :, None], (_NUM, 1, 1)) for a in (x, observed)
    )
    label = jnp.zeros(_NUM, int)
    draw = jax.jit(particles.complete, static_argnums=(0, 6))
    drawn = draw(_NET, _PARAMS, jax.random.key(1), x, observed, label, num)
    return np.asarray(drawn)[..., 0]


def test_a_gap_before_an_observed_value():
    x, observed = np.float32([0.0, 1.5, 0.4]), np.array([False, True, True])
    drawn = _draw(x, observed, 32)
    np.testing.assert_array_equal(drawn[:, 1:], np.tile(x[1:], (_NUM, 1)))
    grid = np.linspace(-6, 6, 481)
    log_p = _log_p(np.stack([grid, np.full(481, 1.5), np.full(481, 0.4)], 1))
    density = np.exp(log_p - log_p.max())
    density /= density.sum()
    free = _draw(x, np.zeros(3, bool), 1)[:, 0]
    mean = density @ grid
    assert abs(free.mean() - mean) > 0.3  # What comes after does matter.
    np.testing.assert_allclose(drawn[:, 0].mean(), mean, atol=0.08)
    spread = (density @ (grid - mean) ** 2) ** 0.5
    np.testing.assert_allclose(drawn[:, 0].std(), spread, rtol=0.1)


def test_a_forecast_needs_one_particle():
    x, observed = np.float32([0.7, 0.0, 0.0]), np.array([True, False, False])
    one, many = (_draw(x, observed, num) for num in (1, 8))
    for t in (1, 2):
        assert scipy.stats.ks_2samp(one[:, t], many[:, t]).pvalue > 1e-3
    assert (np.diff(np.sort(one[:, 1])) > 0).mean() > 0.99


def test_channels_that_are_observed_say_which_component_it_was():
    of = mixture.Mixture(
        jnp.zeros((1000, 2)),
        jnp.tile(jnp.array([[-5.0, -5.0], [5.0, 5.0]])[None], (1000, 1, 1)),
        jnp.ones((1000, 2, 2)),
    )
    x = jnp.tile(jnp.array([[4.0, 0.0]]), (1000, 1))
    seen = jnp.tile(jnp.array([[True, False]]), (1000, 1))
    log_p, drawn = mixture.draw_given(jax.random.key(0), of, x, seen)
    np.testing.assert_array_equal(drawn[:, 0], 4)
    np.testing.assert_allclose(drawn[:, 1].mean(), 5, atol=0.15)
    judge = np.log(0.5) + scipy.stats.norm.logpdf(-1)
    np.testing.assert_allclose(log_p, judge, rtol=1e-5)


def test_heavy_particles_replace_light_ones():
    weight = jnp.log(jnp.array([[0.7, 0.1, 0.1, 0.1], [0.25, 0.25, 0.25, 0.25]]))
    many = jnp.tile(weight, (500, 1))
    left, chosen = jax.jit(particles._resample)(jax.random.key(0), many)
    share = (np.asarray(chosen[::2]) == 0).mean()
    np.testing.assert_allclose(share, 0.7, atol=0.03)
    assert not np.any(left[::2])
    np.testing.assert_array_equal(chosen[1::2], np.tile(np.arange(4), (500, 1)))


def test_given_tokens_weigh_as_much_as_their_logits():
    net = autoregressive.Tokens(None, 4, 2, 1, 3)
    logits = jnp.log(jnp.array([[[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]]]))
    x, seen = jnp.array([[1, 0]]), jnp.array([[True, False]])
    log_p, drawn = net.draw_given(jax.random.key(0), logits, x, seen)
    np.testing.assert_allclose(log_p, np.log(0.3), rtol=1e-5)
    assert drawn[0, 0] == 1
