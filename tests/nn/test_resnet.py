import jax
import jax.numpy as jnp
import numpy as np

from tsgen_jax.nn import resnet


def _gradient(optimise):
    """Of a small encoder, as XLA compiles it at that level."""
    model = resnet.Encoder(width=32, num_res_blocks=1, num_halvings=2)
    u = jax.random.normal(jax.random.key(0), (16, 5, 64, 2))
    variables = model.init(jax.random.key(1), u, train=False)

    def loss(params):
        z, _ = model.apply(
            {**variables, "params": params}, u, train=True, mutable=["batch_stats"]
        )
        return (z**3).mean()

    options = {"xla_backend_optimization_level": optimise}
    return jax.jit(jax.grad(loss), compiler_options=options)(variables["params"])


def test_gradients_do_not_depend_on_how_the_program_is_fused():
    """All tests compile without effort (conftest); runs do not."""
    with_effort, without = _gradient(3), _gradient(0)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(
            a, b, atol=1e-4 * max(1e-3, np.abs(b).max())
        ),
        with_effort,
        without,
    )


def test_leaky_and_its_slope():
    x = jnp.array([-2.0, -0.5, 0.5, 3.0])
    np.testing.assert_allclose(resnet.leaky(x), [-0.02, -0.005, 0.5, 3.0])
    slope = jax.vmap(jax.grad(resnet.leaky))(x)
    np.testing.assert_allclose(slope, [0.01, 0.01, 1.0, 1.0])
