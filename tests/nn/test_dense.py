"""A dense layer gives what flax's gives, with gradients that copy nothing."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from tsgen_jax.nn.dense import Dense


def _both(make):
    layer = make(5)
    x = jax.random.normal(jax.random.key(0), (2, 3, 4, 6))
    params = nn.Dense(5).init(jax.random.key(1), x)

    def loss(params, x):
        return (layer.apply(params, x) ** 2).sum()

    y = layer.apply(params, x)
    return y, jax.grad(loss, (0, 1))(params, x)


def test_it_is_the_dense_layer_of_flax():
    for a, b in zip(
        *map(jax.tree.leaves, (_both(Dense), _both(nn.Dense))), strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)
    drawn = [
        make(5).init(jax.random.key(1), jnp.zeros((2, 3, 6)))
        for make in (Dense, nn.Dense)
    ]
    for a, b in zip(*map(jax.tree.leaves, drawn), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_gradient_of_the_kernel_sums_over_one_axis():
    layer, x = Dense(5), jnp.zeros((2, 3, 6))
    params = layer.init(jax.random.key(1), x)
    grad = jax.grad(lambda p: (layer.apply(p, x) ** 2).sum())
    products = [
        e for e in jax.make_jaxpr(grad)(params).eqns if "dot" in str(e.primitive)
    ]
    summed = [e.params["dimension_numbers"][0] for e in products]
    assert summed
    assert all(len(axes) == 1 for pair in summed for axes in pair)
