import jax
import jax.numpy as jnp
import numpy as np

from tsgen_jax.nn import projector


def test_pool_is_mean_and_maximum():
    z = np.random.default_rng(0).normal(size=(3, 5, 4, 6)).astype("float32")
    judge = np.concatenate([z.mean((1, 2)), z.max((1, 2))], -1)
    np.testing.assert_allclose(projector.pool(z), judge, atol=1e-6)


def test_the_maximums_gradient_goes_to_its_first_place():
    z = jnp.zeros((1, 2, 3, 1)).at[0, 1, 0, 0].set(2.0).at[0, 1, 2, 0].set(2.0)
    grad = jax.grad(lambda z: projector.pool(z)[0, 1])(z)
    np.testing.assert_array_equal(grad[0, :, :, 0], [[0, 0, 0], [1, 0, 0]])


def test_projector_layers_equal_numpy():
    x = np.random.default_rng(1).normal(size=(8, 6)).astype("float32")
    head = projector.Projector(
        hidden=5, width=4, num_hidden=2, use_bias=False, dtype="float32"
    )
    variables = head.init(jax.random.key(0), x)
    kernels = [
        np.asarray(variables["params"][f"Dense_{i}"]["kernel"]) for i in range(3)
    ]
    judge = x
    for kernel in kernels[:2]:
        judge = judge @ kernel
        judge = (judge - judge.mean(0)) / np.sqrt(judge.var(0) + 1e-5)
        judge = np.maximum(judge, 0)
    np.testing.assert_allclose(head.apply(variables, x), judge @ kernels[2], atol=1e-5)
