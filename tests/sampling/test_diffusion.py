"""Diffusion with networks that know the answer: Gaussians and their mixtures."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tsgen_jax.sampling import diffusion

_COVARIANCE = np.array([[1.0, 0.8], [0.8, 1.5]])


_COSINE = diffusion.PROCESSES["cosine"]


def _gaussian_v(x, time, process=_COSINE, covariance=_COVARIANCE):
    """v of series [B, 2, 1] from N(0, covariance), by the rules of normal variables."""
    cos, sin = (a[:, :, 0] for a in process.levels(time))
    flat = x[..., 0]
    total = (
        cos[..., None] ** 2 * covariance[None] + sin[..., None] ** 2 * jnp.eye(2)[None]
    )
    solved = jnp.linalg.solve(total, flat[..., None])[..., 0]
    series = cos * jnp.einsum("ij,bj->bi", covariance, solved)
    noise = sin * solved
    if process is not _COSINE:
        return (noise - series)[..., None]
    return (cos * noise - sin * series)[..., None]


def test_noise_and_v_give_series_and_noise_back():
    x, noise = np.random.default_rng(0).normal(size=(2, 5, 7, 3))
    time = np.linspace(0, 1, 5)
    noisy, v = diffusion.add_noise(_COSINE, x, noise, time)
    angle = np.pi * time[:, None, None] / 2
    np.testing.assert_allclose(np.cos(angle) * noisy - np.sin(angle) * v, x, atol=1e-6)
    np.testing.assert_allclose(
        np.sin(angle) * noisy + np.cos(angle) * v, noise, atol=1e-6
    )
    np.testing.assert_allclose(noisy[0], x[0], atol=1e-6)
    np.testing.assert_allclose(noisy[-1], noise[-1], atol=1e-6)


def test_a_step_of_eta_1_is_that_of_ddpm():
    """Ho et al. 2020, equations 6 and 7, written with alphas and betas."""
    x = np.random.default_rng(1).normal(size=(4000, 1, 1)).astype("f4")
    now, then = 0.5, 0.4
    said = np.full_like(x, 0.3)
    step = jax.jit(
        lambda x: diffusion.step(
            _COSINE,
            jax.random.key(0),
            lambda x, t: jnp.asarray(said),
            x,
            now,
            then,
            1.0,
        )
    )
    found, series = step(x)
    bar, bar_then = np.cos(np.pi * now / 2) ** 2, np.cos(np.pi * then / 2) ** 2
    alpha = bar / bar_then
    x_0 = np.sqrt(bar) * x - np.sqrt(1 - bar) * said
    np.testing.assert_allclose(series, x_0, atol=1e-5)
    mean = np.sqrt(bar_then) * (1 - alpha) / (1 - bar) * x_0
    mean = mean + np.sqrt(alpha) * (1 - bar_then) / (1 - bar) * x
    variance = (1 - bar_then) / (1 - bar) * (1 - alpha)
    residual = np.asarray(found) - mean
    assert abs(residual.mean()) < 4 * np.sqrt(variance / len(x))
    np.testing.assert_allclose(residual.var(), variance, rtol=0.08)


@pytest.mark.parametrize(
    ("process", "eta"),
    [
        ("cosine", 0.0),
        ("cosine", 1.0),
        ("rectified_flow", 0.0),
        ("rectified_flow", 1.0),
    ],
)
def test_samples_of_a_known_gaussian_have_its_covariance(process, eta):
    process = diffusion.PROCESSES[process]
    sample = functools.partial(
        diffusion.sample,
        process,
        v_fn=functools.partial(_gaussian_v, process=process),
        shape=(6000, 2, 1),
        num_steps=80,
        eta=eta,
    )
    x, seen = jax.jit(sample)(jax.random.key(2))
    assert seen.shape == (80, 6000, 2, 1)
    np.testing.assert_allclose(np.cov(x[..., 0].T), _COVARIANCE, atol=0.12)
    np.testing.assert_allclose(seen[-1], x, atol=0.1)  # Almost no noise is left.


def test_a_step_of_a_rectified_flow_is_eulers():
    flow = diffusion.PROCESSES["rectified_flow"]
    x, v = np.random.default_rng(5).normal(size=(2, 4, 3, 1)).astype("f4")
    found, _ = diffusion.step(
        flow,
        jax.random.key(0),
        lambda x, t: jnp.asarray(v),
        jnp.asarray(x),
        0.7,
        0.6,
        0.0,
    )
    np.testing.assert_allclose(found, x - 0.1 * v, atol=1e-5)
    time = np.full(4, 0.25, "f4")
    noisy, target = diffusion.add_noise(flow, x, v, time)
    np.testing.assert_allclose(noisy, 0.75 * x + 0.25 * v, atol=1e-6)
    np.testing.assert_allclose(target, v - x, atol=1e-6)


def test_inpainting_comes_near_the_conditional_distribution():
    """RePaint is an approximation; the more it repeats a step, the better a one."""
    given = 1.5
    x = jnp.full((4000, 2, 1), given)
    observed = jnp.broadcast_to(jnp.array([True, False])[None, :, None], x.shape)
    away = {}
    for repeats in (1, 8):
        draw = functools.partial(
            diffusion.inpaint,
            _COSINE,
            v_fn=_gaussian_v,
            num_steps=40,
            eta=1.0,
            num_repeats=repeats,
        )
        drawn = np.asarray(jax.jit(draw)(jax.random.key(3), x=x, observed=observed))
        np.testing.assert_allclose(drawn[:, 0], given, atol=1e-5)
        of = drawn[:, 1, 0]
        away[repeats] = abs(of.mean() - 0.8 * given)
    assert away[8] < min(0.2, away[1])
    np.testing.assert_allclose(of.var(), 1.5 - 0.8**2, rtol=0.2)


def test_samples_of_a_known_mixture_have_its_weights():
    """Two narrow Gaussians of weights 0.3 and 0.7 in two dimensions."""
    means, share, width = np.array([[-1.0, -1], [1, 0.5]]), np.array([0.3, 0.7]), 0.1

    def v_fn(x, time):
        cos, sin = (a[:, :, 0] for a in _COSINE.levels(time))
        flat, variance = x[..., 0], cos**2 * width**2 + sin**2
        away = flat[:, None] - cos[:, None] * means[None]  # [B, 2, 2]
        logits = jnp.log(share)[None] - jnp.square(away).sum(-1) / (2 * variance)
        of = jax.nn.softmax(logits)[..., None]
        gain = (cos * width**2 / variance)[:, None]
        series = (of * (means[None] + gain * away)).sum(1)
        noise = (flat - cos * series) / jnp.maximum(sin, 1e-6)
        return (cos * noise - sin * series)[..., None]

    draw = functools.partial(
        diffusion.sample, _COSINE, v_fn=v_fn, shape=(4000, 2, 1), num_steps=100, eta=1.0
    )
    x = np.asarray(jax.jit(draw)(jax.random.key(4))[0])[..., 0]
    first = np.linalg.norm(x - means[0], axis=1) < np.linalg.norm(x - means[1], axis=1)
    assert abs(first.mean() - 0.3) < 0.03
    near = np.minimum(*(np.linalg.norm(x - m, axis=1) for m in means))
    assert np.quantile(near, 0.95) < 4 * width


def test_nothing_observed_is_completed_as_it_is_sampled():
    """With one try a step, and none of new noise: no noise is put back before it."""
    x = jnp.zeros((5, 2, 1))
    nothing = jnp.zeros(x.shape, bool)

    @jax.jit
    def both(one, other):
        sampled, _ = diffusion.sample(_COSINE, one, _gaussian_v, x.shape, 8, 0.0)
        of = _COSINE, other, _gaussian_v, x, nothing
        return sampled, diffusion.inpaint(*of, 8, 0.0, 1)

    sampled, drawn = both(jax.random.key(6), jax.random.key(6))
    np.testing.assert_allclose(drawn, sampled, atol=1e-4)
