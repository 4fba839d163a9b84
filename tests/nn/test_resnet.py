import jax
import numpy as np
import pytest

from tsgen_jax.nn import resnet


def _gradient(options):
    """Of a small encoder, as XLA compiles it with these options."""
    model = resnet.Encoder(
        width=32, num_res_blocks=1, num_halvings=2, dtype="float32", remat=False
    )
    u = jax.random.normal(jax.random.key(0), (16, 5, 64, 2))
    variables = model.init(jax.random.key(1), u, train=False)

    def loss(params):
        z, _ = model.apply(
            {**variables, "params": params}, u, train=True, mutable=["batch_stats"]
        )
        return (z**3).mean()

    return jax.jit(jax.grad(loss), compiler_options=options)(variables["params"])


def test_gradients_do_not_depend_on_how_the_program_is_fused():
    """All tests compile without effort (`compiling`); runs do not."""
    as_runs_do = {
        "xla_backend_optimization_level": 3,
        "xla_cpu_use_fusion_emitters": True,
        "xla_cpu_parallel_codegen_split_count": 32,
    }
    with_effort, without = _gradient(as_runs_do), _gradient({})
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(
            a, b, atol=1e-4 * max(1e-3, np.abs(b).max())
        ),
        with_effort,
        without,
    )


@pytest.mark.parametrize("half", [resnet.Encoder, resnet.Decoder])
def test_blocks_computed_again_have_the_same_gradients_and_statistics(half):
    x = jax.random.normal(jax.random.key(0), (4, 3, 8, 6))
    found = []
    for remat in (False, True):
        shape = {"features": 2} if half is resnet.Decoder else {}
        model = half(6, 2, 1, **shape, dtype="float32", remat=remat)
        frames = (8,) if half is resnet.Decoder else ()
        shapes = jax.eval_shape(
            lambda key, m=model, f=frames: m.init(key, x, *f, train=False),
            jax.random.key(1),
        )
        rng = np.random.default_rng(0)
        variables = jax.tree.map(
            lambda s, r=rng: r.uniform(0.5, 1, s.shape).astype("float32"), shapes
        )

        def loss(params, x, m=model, f=frames, v=variables):
            y, moved = m.apply(
                {**v, "params": params}, x, *f, train=True, mutable=["batch_stats"]
            )
            return (y**3).mean(), moved

        gradients = jax.jit(jax.grad(loss, argnums=(0, 1), has_aux=True))
        found.append(gradients(variables["params"], x))
    assert jax.tree.structure(found[0]) == jax.tree.structure(found[1])
    for a, b in zip(*map(jax.tree.leaves, found), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5, rtol=1e-4)
