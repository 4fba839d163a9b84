"""The density of series about their decoded tokens."""

import numpy as np
import pytest
import scipy.stats

from tsgen_jax.data import scaler_fit
from tsgen_jax.evaluation.measures import density


@pytest.fixture
def drawn():
    rng = np.random.default_rng(0)
    x = rng.gamma(2.0, size=(50, 6, 2)) * [1.0, 30.0] + [0.0, 5.0]
    return x, rng.normal(size=(50, 6, 2)) / 2, rng.uniform(0.1, 0.5, (6, 2))


@pytest.mark.parametrize("kind", ["standard", "robust"])
def test_it_is_the_normal_density_in_original_units(kind, drawn):
    x, decoded, std = drawn
    scaler = scaler_fit.fit(kind, x, None)
    found = density.log_normal(x, decoded, std, scaler)
    mean, scale = np.asarray(scaler.mean), np.asarray(scaler.std)
    judge = scipy.stats.norm(decoded * scale + mean, std * scale).logpdf(x)
    np.testing.assert_allclose(found, judge.sum((1, 2)), rtol=1e-4)
    x[0, 2:] = np.nan  # After the end of a series nothing counts.
    found = density.log_normal(x, decoded, std, scaler)
    np.testing.assert_allclose(found[0], judge[0, :2].sum(), rtol=1e-4)


def test_it_is_a_density_whatever_the_scaling(drawn):
    """Over all values of one time point it integrates to 1."""
    x, _, _ = drawn
    scaler = scaler_fit.fit("quantile", x[..., :1], None)
    grid = np.linspace(-20, 40, 6001)
    values = density.log_normal(
        grid[:, None, None],
        np.full((len(grid), 1, 1), 0.3),
        np.full((1, 1), 0.2),
        scaler,
    )
    np.testing.assert_allclose(np.trapezoid(np.exp(values), grid), 1, rtol=1e-3)


def test_a_constant_channel_has_a_density_as_well(drawn):
    x, decoded, std = drawn
    scaler = scaler_fit.fit("standard", x, None)
    found = density.log_normal(x, decoded, 0 * std, scaler)
    assert np.isfinite(found).all()
