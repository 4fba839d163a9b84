import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tsgen_jax.nn import norm


class _Flax(nn.Module):
    """What flax computes, with automatic differentiation."""

    slope: float

    @nn.compact
    def __call__(self, x, train):
        x = nn.BatchNorm(use_running_average=not train, momentum=0.9, epsilon=1e-5)(x)
        return jnp.where(x >= 0, x, self.slope * x)


@pytest.mark.parametrize("slope", [1.0, 0.01, 0.0])
@pytest.mark.parametrize("shape", [(7, 4), (3, 5, 2, 4)])
def test_values_gradients_and_running_statistics_are_those_of_flax(shape, slope):
    rng = np.random.default_rng(0)
    x, g = (rng.normal(2, 3, shape).astype("float32") for _ in range(2))
    params = {"scale": rng.normal(1, 0.3, 4), "bias": rng.normal(0, 0.5, 4)}
    stats = {"mean": rng.normal(0, 1, 4), "var": rng.uniform(0.5, 2, 4)}
    params, stats = jax.tree.map(lambda a: a.astype("float32"), (params, stats))

    def outputs(model, wrap, train):
        def run(params, x):
            variables = {"params": wrap(params), "batch_stats": wrap(stats)}
            return model.apply(variables, x, train, mutable=["batch_stats"])

        y, pull, moved = jax.vjp(run, params, x, has_aux=True)
        return y, pull(g), list(jax.tree.leaves(moved))

    for train in (True, False):
        ours = outputs(norm.BatchNorm(slope, jnp.float32), lambda a: a, train)
        judge = outputs(_Flax(slope), lambda a: {"BatchNorm_0": a}, train)
        for a, b in zip(*map(jax.tree.leaves, (ours, judge)), strict=True):
            np.testing.assert_allclose(a, b, atol=2e-5, rtol=1e-4)


def test_statistics_of_half_precision_are_those_of_single():
    x = np.random.default_rng(1).normal(100, 1, (4096, 2)).astype("float32")
    x = jnp.asarray(x, jnp.bfloat16)  # Sums in bfloat16 would stop growing at 256.
    model = norm.BatchNorm(1.0, jnp.bfloat16)
    variables = model.init(jax.random.key(0), x, True)
    y, moved = model.apply(variables, x, True, mutable=["batch_stats"])
    assert y.dtype == jnp.bfloat16
    judge = 0.1 * np.asarray(x, np.float64).mean(0)  # From 0 by a tenth.
    np.testing.assert_allclose(moved["batch_stats"]["mean"], judge, rtol=1e-4)
    assert moved["batch_stats"]["mean"].dtype == jnp.float32


def test_initialising_does_not_move_the_running_statistics():
    x = np.full((3, 2), 5, np.float32)
    stats = norm.BatchNorm(1.0, jnp.float32).init(jax.random.key(0), x, True)
    np.testing.assert_array_equal(stats["batch_stats"]["mean"], np.zeros(2))


def test_leaky_and_its_slope():
    x = jnp.array([-2.0, -0.5, 0.5, 3.0])
    np.testing.assert_allclose(norm.leaky(x), [-0.02, -0.005, 0.5, 3.0])
    slope = jax.vmap(jax.grad(norm.leaky))(x)
    np.testing.assert_allclose(slope, [0.01, 0.01, 1.0, 1.0])
