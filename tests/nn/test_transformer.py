import jax
import numpy as np
import scipy.special

from tsgen_jax.nn import transformer


def test_attention_equals_a_loop_over_heads_and_positions():
    layer = transformer.SelfAttention(num_heads=2, head_width=4, dtype="float32")
    x = np.random.default_rng(0).normal(size=(1, 5, 6)).astype("float32")
    variables = layer.init(jax.random.key(0), x)
    qkv = np.asarray(variables["params"]["qkv"]["kernel"])  # [6, 3, 2, 4]
    out = np.asarray(variables["params"]["DenseGeneral_0"]["kernel"])  # [2, 4, 6]
    judge = np.zeros((5, 6))
    for h in range(2):
        q, k, v = (x[0] @ qkv[:, i, h] for i in range(3))
        for i in range(5):
            weight = scipy.special.softmax(q[i] @ k.T / 2.0)
            judge[i] += (weight @ v) @ out[h]
    np.testing.assert_allclose(layer.apply(variables, x)[0], judge, atol=1e-5)


def test_trunk_without_positions_does_not_know_the_order():
    trunk = transformer.Trunk(
        width=16,
        num_layers=2,
        num_heads=2,
        head_width=8,
        mlp_ratio=1,
        dropout=0.0,
        positions=False,
        dtype="float32",
        remat=False,
    )
    x = np.random.default_rng(1).normal(size=(2, 7, 4)).astype("float32")
    variables = trunk.init(jax.random.key(0), x, train=False)
    order = np.random.default_rng(2).permutation(7)
    y = trunk.apply(variables, x, train=False)
    shuffled = trunk.apply(variables, x[:, order], train=False)
    np.testing.assert_allclose(shuffled, np.asarray(y)[:, order], atol=1e-5)
    assert np.abs(np.asarray(shuffled - y)).max() > 1e-3


def test_dropout_keeps_the_mean_and_drops_its_share():
    layer = transformer.Dropout(0.25)
    x = np.ones((500, 9, 7), "float32")
    rngs = {"dropout": jax.random.key(0)}
    y = np.asarray(layer.apply({}, x, train=True, rngs=rngs))
    np.testing.assert_allclose((y == 0).mean(), 0.25, atol=0.01)
    np.testing.assert_allclose(y[y > 0], 4 / 3, rtol=1e-6)
    share = (y == 0).mean((0, 1))  # No position within a word is special.
    np.testing.assert_allclose(share, 0.25, atol=0.03)
    np.testing.assert_array_equal(layer.apply({}, x, train=False), x)


def test_layers_computed_again_have_the_same_gradients_under_dropout():
    x = np.random.default_rng(1).normal(size=(2, 7, 4)).astype("float32")
    sizes = {"width": 8, "num_layers": 2, "num_heads": 2, "head_width": 4}
    how = {"mlp_ratio": 1, "dropout": 0.3, "positions": True, "dtype": "float32"}
    found = []
    for remat in (False, True):
        trunk = transformer.Trunk(**sizes, **how, remat=remat)
        params = trunk.init(jax.random.key(0), x, train=False)

        def loss(params, key, trunk=trunk):
            y = trunk.apply(params, x, train=True, rngs={"dropout": key})
            return (y**3).mean()

        found.append(jax.jit(jax.grad(loss))(params, jax.random.key(2)))
    assert jax.tree.structure(found[0]) == jax.tree.structure(found[1])
    for a, b in zip(*map(jax.tree.leaves, found), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6, rtol=1e-4)
