import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from tsgen_jax.models.sequential_vae import SequentialVAE

_LENGTH, _DIM = 7, 3


def _network(bayesian):
    return SequentialVAE(
        length=_LENGTH,
        channels=2,
        num_classes=2,
        latent=_DIM,
        width=8,
        num_layers=2,
        embed_width=4,
        bayesian=bayesian,
        prior_std=1.0,
        num_series=20,
    )


@pytest.fixture(scope="module", params=[False, True], ids=["point", "bayesian"])
def case(request):
    network = _network(request.param)
    draws = np.random.default_rng(0)
    x = draws.normal(size=(4, _LENGTH, 2)).astype(np.float32)
    label = np.arange(4) % 3
    noise = draws.normal(size=(4, network.noise_size)).astype(np.float32)
    params = network.init(jax.random.key(0), x, label, noise)
    return network, params, x, label, noise


def _softplus(x):
    return np.log1p(np.exp(10 * x)) + 1e-3


def _naive(params, noise, label):
    """States of one series by the formula, in a loop; and A, W and h."""
    p = jax.tree.map(lambda a: np.asarray(a, np.float64), params["params"])
    a, w, h = p["A"], p["W"], p["h"][label]
    rest = noise[_LENGTH * _DIM :].astype(np.float64)
    if len(rest):
        a = a + np.exp(p["A_log_std"]) * rest[:_DIM]
        more = rest[_DIM : _DIM + _DIM**2].reshape(_DIM, _DIM)
        w = w + np.exp(p["W_log_std"]) * more
        h = h + np.exp(p["h_log_std"][label]) * rest[_DIM + _DIM**2 :]
    w = w - np.diag(np.diag(w))
    e = noise[: _LENGTH * _DIM].reshape(_LENGTH, _DIM)
    z = [p["first"][label] + _softplus(p["raw_first"][label]) * e[0]]
    for t in range(1, _LENGTH):
        moved = np.tanh(a) * z[-1] + w @ np.tanh(z[-1]) + h
        z.append(moved + _softplus(p["raw_process"]) * e[t])
    return np.stack(z), (np.tanh(a), w, h), p


def test_decoding_is_the_formula(case):
    network, params, _, label, noise = case
    parts, std = network.apply(params, noise, label, method="decode")
    for i in range(4):
        z, _, p = _naive(params, noise[i], label[i])
        want = z @ p["observe"]["kernel"] + p["observe"]["bias"]
        np.testing.assert_allclose(parts.sum(0)[i], want, atol=1e-4)
        np.testing.assert_allclose(std[i, 3], _softplus(p["raw_std"][0, 0]), rtol=1e-5)


def test_the_elbo_is_below_the_exact_density_of_linear_dynamics():
    """With W = 0 the model is a Gaussian state-space model, whose density is known."""
    network = _network(False)
    draws = np.random.default_rng(1)
    x = draws.normal(size=(4, _LENGTH, 2)).astype(np.float32)
    label, noise = np.arange(4) % 3, draws.normal(size=(4, network.noise_size))
    params = network.init(jax.random.key(0), x, label, noise.astype(np.float32))
    params["params"]["W"] = jnp.zeros((_DIM, _DIM))
    zero = np.zeros_like(noise[0])
    mean_z, _, p = _naive(params, zero, 0)
    observe = p["observe"]["kernel"]
    # The mean and covariance of x by the response to each unit of noise.
    units = np.stack([_naive(params, u, 0)[0] - mean_z for u in np.eye(len(zero))])
    response = (units @ observe).reshape(len(zero), -1)
    covariance = response.T @ response
    covariance += np.diag(np.tile(_softplus(p["raw_std"][0, 0]) ** 2, _LENGTH))
    mean = (mean_z @ observe + p["observe"]["bias"]).ravel()
    exact = stats.multivariate_normal(mean, covariance).logpdf(x.reshape(4, -1))
    found = []
    for seed in range(200):
        noise = np.random.default_rng(seed).normal(size=(4, network.noise_size))
        found.append(noise.astype(np.float32))
    elbo = jax.jit(jax.vmap(lambda n: network.apply(params, x, np.zeros(4, int), n)))
    given, kl = elbo(np.stack(found))
    values = np.asarray(given - kl, np.float64)
    error = values.std(0) / np.sqrt(200)
    assert (values.mean(0) - 4 * error < exact).all()


def test_the_posterior_over_weights_costs_its_kl(case):
    network, params, x, label, noise = case
    if not network.bayesian:
        return
    wider = jax.tree.map(lambda a: a, params)
    for name in ("A", "W", "h"):
        wider["params"][f"{name}_log_std"] = jnp.zeros_like(
            params["params"][f"{name}_log_std"]
        )
    kls = [network.apply(p, x, label, noise)[1] for p in (params, wider)]
    lost = 0.0
    for name in ("A", "W", "h"):
        mean = np.asarray(params["params"][name], np.float64).ravel()
        lost += 0.5 * (np.exp(-8.0) - 1 + 8) * mean.size  # log-deviation -4 against 0.
    np.testing.assert_allclose(kls[0] - kls[1], lost / 20, rtol=1e-3)
