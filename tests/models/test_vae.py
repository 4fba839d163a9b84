import jax
import jax.numpy as jnp
import numpy as np
from scipy import integrate, stats

from tsgen_jax.models import vae

_SIZES = dict(latent=3, widths=(4, 6), degree=2, seasons=(5,), hidden=8, embed_width=4)


def _network(length=21, channels=2):
    return vae.VAE(length=length, channels=channels, num_classes=2, **_SIZES)


def _started(network, length=21, channels=2):
    x = np.random.default_rng(0).normal(size=(6, length, channels)).astype(np.float32)
    label, noise = np.arange(6) % 3, np.zeros((6, 3), np.float32)
    return network.init(jax.random.key(0), x, label, noise), x, label


def test_kl_is_that_of_numerical_integration():
    mean, std = 0.7, 0.4
    q, p = stats.norm(mean, std), stats.norm()
    want, _ = integrate.quad(lambda z: q.pdf(z) * (q.logpdf(z) - p.logpdf(z)), -3, 4)
    found = vae.kl_to_normal(jnp.array([mean, 0.0]), jnp.array([np.log(std), 0.0]))
    np.testing.assert_allclose(found, want, rtol=1e-5)


def test_parts_are_a_level_a_trend_and_a_season():
    network = _network()
    params, _, label = _started(network)
    z = np.random.default_rng(1).normal(size=(6, 3)).astype(np.float32)
    (level, trend, season, rest), std = network.apply(params, z, label, method="decode")
    assert level.shape == rest.shape == std.shape == (6, 21, 2)
    assert np.ptp(level, axis=1).max() == 0
    time = np.arange(21)
    fit = np.polynomial.polynomial.polyfit(time, np.asarray(trend[0]), 2)
    line = np.polynomial.polynomial.polyval(time, fit).T
    np.testing.assert_allclose(trend[0], line, atol=1e-4)
    assert np.ptp(trend, axis=1).min() > 1e-3
    np.testing.assert_array_equal(season[:, 5:], season[:, :-5])
    assert np.ptp(season, axis=1).min() > 1e-3


def test_without_trend_and_seasons_these_parts_are_nothing():
    network = vae.VAE(
        length=8, channels=1, num_classes=1, **{**_SIZES, "degree": 0, "seasons": ()}
    )
    params, _, label = _started(network, 8, 1)
    parts, _ = network.apply(
        params, np.ones((6, 3), np.float32), label, method="decode"
    )
    assert (np.asarray(parts[1:3]) == 0).all()


def test_the_two_terms_of_the_elbo():
    network = _network()
    params, x, label = _started(network)
    noise = np.random.default_rng(2).normal(size=(6, 3)).astype(np.float32)
    given, kl = network.apply(params, x, label, noise)
    mean, log_std = network.apply(params, x, label, method="encode")
    z = mean + np.exp(log_std) * noise
    parts, std = network.apply(params, z, label, method="decode")
    want = stats.norm(parts.sum(0), std).logpdf(x).sum((1, 2))
    np.testing.assert_allclose(given, want, rtol=1e-4)
    q = 0.5 * (np.exp(2 * log_std) + np.square(mean) - 1 - 2 * log_std).sum(1)
    np.testing.assert_allclose(kl, q, rtol=1e-4)


def test_missing_values_count_for_nothing():
    network = _network()
    params, x, label = _started(network)
    noise, seen = np.zeros((6, 3), np.float32), np.ones(x.shape, bool)
    whole, _ = network.apply(params, x, label, noise, seen)
    seen[:, 4:9] = False
    part, _ = network.apply(params, x, label, noise, seen)
    mean, _ = network.apply(params, x, label, method="encode")
    parts, std = network.apply(params, mean, label, method="decode")
    again = network.apply(params, x, label, method="reconstruct")
    np.testing.assert_allclose(again, parts.sum(0), atol=1e-5)
    each = stats.norm(parts.sum(0), std).logpdf(x)
    np.testing.assert_allclose(whole - part, each[:, 4:9].sum((1, 2)), rtol=2e-3)
