import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate

from tsgen_jax.nn.flows import transforms

ALL = {
    "affine": transforms.affine(),
    "spline": transforms.spline(5, 3.0),
    "sum_of_squares": transforms.sum_of_squares(2, 2),
    "sigmoids": transforms.sigmoids(5),
}


@pytest.fixture(params=ALL)
def case(request):
    """A transform, numbers beyond its bounds as well, and parameters."""
    transform = ALL[request.param]
    draws = np.random.default_rng(0)
    x = draws.normal(size=(6, 40)).astype(np.float32) * 2
    params = draws.normal(size=(6, 40, transform.num_params)).astype(np.float32)
    return transform, x, params


def test_inverse_undoes_forward(case):
    transform, x, params = case
    z, _ = jax.jit(transform.forward)(x, params)
    back = jax.jit(transform.inverse)(z, params)
    np.testing.assert_allclose(back, x, atol=2e-4, rtol=2e-4)


def test_log_slope_is_that_of_the_derivative(case):
    transform, x, params = case
    slope = jax.vmap(jax.grad(lambda x, p: transform.forward(x, p)[0]))
    slope = slope(x.ravel(), params.reshape(-1, transform.num_params)).reshape(x.shape)
    assert (slope > 0).all()
    np.testing.assert_allclose(
        transform.forward(x, params)[1], np.log(slope), atol=1e-3
    )


def test_parameters_of_zero_are_the_identity(case):
    transform, x, params = case
    z, log_slope = transform.forward(x, np.zeros_like(params))
    np.testing.assert_allclose(z, x, atol=1e-5)
    np.testing.assert_allclose(log_slope, 0, atol=1e-5)


def test_gradients_are_finite_at_the_edges_of_a_spline():
    transform = ALL["spline"]
    x = jnp.array([-3.0, 3.0, 0.0, 50.0])
    params = jnp.ones((4, transform.num_params))

    def total(x, params):
        z, log_slope = transform.forward(x, params)
        return (z + log_slope + transform.inverse(x, params)).sum()

    for grad in jax.grad(total, (0, 1))(x, params):
        assert jnp.isfinite(grad).all()


def test_spline_against_the_papers_formula():
    """Equation 4 of Durkan et al. 2019 in one bin with knots taken from the values."""
    transform = transforms.spline(3, 2.0)
    raw = np.random.default_rng(1).normal(size=8)
    share = lambda a: 1e-2 + (1 - 3e-2) * np.exp(a) / np.exp(a).sum()  # noqa: E731
    xs = np.concatenate([[-2], -2 + 4 * np.cumsum(share(raw[:3]))])
    ys = np.concatenate([[-2], -2 + 4 * np.cumsum(share(raw[3:6]))])
    inner = 1e-2 + np.log1p(np.exp(raw[6:] + np.log(np.expm1(1 - 1e-2))))
    slopes = np.array([1, *inner, 1])
    for x in np.linspace(-1.9, 1.9, 9):
        k = np.searchsorted(xs, x) - 1
        s = (ys[k + 1] - ys[k]) / (xs[k + 1] - xs[k])
        t = (x - xs[k]) / (xs[k + 1] - xs[k])
        above = (ys[k + 1] - ys[k]) * (s * t**2 + slopes[k] * t * (1 - t))
        below = s + (slopes[k + 1] + slopes[k] - 2 * s) * t * (1 - t)
        z, _ = transform.forward(jnp.float32(x), jnp.asarray(raw, jnp.float32))
        np.testing.assert_allclose(z, ys[k] + above / below, atol=1e-5)


def test_sum_of_squares_against_numerical_integration():
    transform = transforms.sum_of_squares(2, 2)
    params = np.random.default_rng(2).normal(size=7)
    a = params[1:].reshape(2, 3) + [[np.sqrt(0.45), 0, 0]] * 2

    def slope(u):
        return 0.1 + sum(np.polynomial.polynomial.polyval(u, row) ** 2 for row in a)

    for x in (-2.0, -0.3, 1.5):
        want = params[0] + integrate.quad(slope, 0, x)[0]
        z, log_slope = transform.forward(
            jnp.float32(x), jnp.asarray(params, jnp.float32)
        )
        np.testing.assert_allclose(z, want, rtol=1e-5)
        np.testing.assert_allclose(log_slope, np.log(slope(x)), rtol=1e-5)


def test_sigmoids_against_the_papers_formula():
    """Equation 9 of Huang et al. 2018, and the line that is added."""
    params = np.random.default_rng(3).normal(size=9)
    weights = np.exp(params[:3]) / np.exp(params[:3]).sum()
    a = 1e-3 + np.log1p(np.exp(params[3:6] + np.log(np.expm1(1 - 1e-3))))
    b = params[6:] * [-2, 0, 2]
    for x in (-3.0, 0.4, 2.5):
        mean = (weights / (1 + np.exp(-(a * x + b)))).sum()
        want = 0.9 * np.log(mean / (1 - mean)) + 0.1 * x
        z, _ = transforms.sigmoids(3).forward(
            jnp.float32(x), jnp.asarray(params, jnp.float32)
        )
        np.testing.assert_allclose(z, want, rtol=1e-4)
