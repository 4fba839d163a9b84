import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import NamedSharding, PartitionSpec

from tsgen_jax.losses import self_supervised

BARLOW = {"weight": 0.7, "off_diagonal_weight": 0.05}
VICREG = {
    "weight": 0.01,
    "invariance_weight": 25.0,
    "variance_weight": 20.0,
    "covariance_weight": 3.0,
}
HYPER = {"barlow_twins": BARLOW, "vicreg": VICREG, "vibcreg": VICREG}
# Those that compare two projections; BYOL's takes four arrays.
PAIRS = {n: m.loss for n, m in self_supervised.METHODS.items() if not m.slow_copy}
SHAPES = [(5, 12), (12, 5)]  # B < P goes through the Gram matrix, B > P does not.


def _views(shape, seed=0):
    rng = np.random.default_rng(seed)
    p_a = rng.normal(size=shape) * rng.uniform(0.3, 2, shape[1]) + 0.5
    p_b = p_a + 0.4 * rng.normal(size=shape)
    return p_a.astype(np.float32), p_b.astype(np.float32)


def _naive_barlow_twins(p_a, p_b, weight, off_diagonal_weight):
    size, width = p_a.shape
    z = []
    for p in (p_a, p_b):
        columns = []
        for i in range(width):
            mean = sum(p[:, i]) / size
            variance = sum((v - mean) ** 2 for v in p[:, i]) / size
            columns.append([(v - mean) / variance**0.5 for v in p[:, i]])
        z.append(columns)
    on = off = 0.0
    for i in range(width):
        for j in range(width):
            c = sum(z[0][i][b] * z[1][j][b] for b in range(size)) / size
            if i == j:
                on += (1 - c) ** 2
            else:
                off += c**2
    terms = {"invariance": on / width, "redundancy": off / width}
    return weight / width * (on + off_diagonal_weight * off), terms


def _naive_variance(p):
    size, width = p.shape
    total = 0.0
    for i in range(width):
        mean = sum(p[:, i]) / size
        variance = sum((v - mean) ** 2 for v in p[:, i]) / (size - 1)
        total += max(0.0, 1 - (variance + 1e-4) ** 0.5)
    return total / width


def _naive_off_diagonal(p, correlation):
    size, width = p.shape
    total = 0.0
    for i in range(width):
        for j in range(width):
            if i != j:
                a, b = p[:, i] - sum(p[:, i]) / size, p[:, j] - sum(p[:, j]) / size
                if correlation:
                    c = sum(a * b) / (sum(a * a) * sum(b * b)) ** 0.5
                else:
                    c = sum(a * b) / (size - 1)
                total += c**2
    return total / (width**2 if correlation else width)


def _naive_vicreg(correlation):
    def loss(p_a, p_b, weight, invariance_weight, variance_weight, covariance_weight):
        terms = {
            "invariance": sum((p_a - p_b).ravel() ** 2) / p_a.size,
            "variance": _naive_variance(p_a) + _naive_variance(p_b),
            "covariance": _naive_off_diagonal(p_a, correlation)
            + _naive_off_diagonal(p_b, correlation),
        }
        total = invariance_weight * terms["invariance"]
        total += variance_weight * terms["variance"]
        total += covariance_weight * terms["covariance"]
        return weight * total, terms

    return loss


NAIVE = {
    "barlow_twins": _naive_barlow_twins,
    "vicreg": _naive_vicreg(correlation=False),
    "vibcreg": _naive_vicreg(correlation=True),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("method", sorted(PAIRS))
def test_equals_the_formula(method, shape):
    views = _views(shape)
    loss, terms = PAIRS[method](*views, **HYPER[method])
    expected, expected_terms = NAIVE[method](
        *(p.astype(np.float64) for p in views), **HYPER[method]
    )
    np.testing.assert_allclose(loss, expected, rtol=2e-5)
    assert terms.keys() == expected_terms.keys()
    for name, value in expected_terms.items():
        np.testing.assert_allclose(terms[name], value, rtol=5e-5, err_msg=name)


@pytest.mark.parametrize("shape", SHAPES)
def test_sum_of_squares_of_the_product(shape):
    a, b = _views(shape)
    expected = np.linalg.norm(a.T.astype(np.float64) @ b) ** 2
    result = self_supervised._sum_squares_of_product(a, b)
    np.testing.assert_allclose(result, expected, rtol=1e-6)


def test_no_matrix_of_width_by_width_exists_when_the_batch_is_smaller():
    views = _views((4, 50))
    for method, function in PAIRS.items():

        def run(p_a, p_b, f=function, hyper=HYPER[method]):
            return f(p_a, p_b, **hyper)[0]

        assert "50,50" not in str(jax.make_jaxpr(jax.grad(run))(*views))


@pytest.mark.parametrize("method", sorted(PAIRS))
def test_gradient_equals_that_of_the_direct_form(method, monkeypatch):
    def gradients(views):
        def loss(p_a, p_b):
            return PAIRS[method](p_a, p_b, **HYPER[method])[0]

        return jax.grad(loss, argnums=(0, 1))(*views)

    views = _views((5, 12))
    gram = gradients(views)
    with jax.enable_x64(True):
        with monkeypatch.context() as patch:
            patch.setattr(
                self_supervised,
                "_sum_squares_of_product",
                lambda a, b: (jnp.matmul(a.T, b) ** 2).sum(),
            )
            direct = gradients([jnp.asarray(p, jnp.float64) for p in views])
        direct = [np.asarray(g) for g in direct]
    assert direct[0].dtype == np.float64
    for g, d in zip(gram, direct, strict=True):
        np.testing.assert_allclose(g, d, atol=1e-5 * abs(d).max())


@pytest.mark.parametrize("shape", SHAPES)
def test_identical_views_have_zero_invariance(shape):
    p, _ = _views(shape)
    for method, function in PAIRS.items():
        _, terms = function(p, p, **HYPER[method])
        assert abs(float(terms["invariance"])) < 1e-12, method


def test_identical_whitened_views_cost_nothing():
    rng = np.random.default_rng(1)
    centred = rng.normal(size=(40, 6))
    centred -= centred.mean(0)
    u, _, vt = np.linalg.svd(centred, full_matrices=False)
    p = jnp.asarray(1.1 * u @ vt * 39**0.5, jnp.float32)  # Var 1.21, no covariance.
    for method, function in PAIRS.items():
        loss, _ = function(p, p, **HYPER[method])
        assert abs(float(loss)) < 1e-6, method


def test_collapsed_columns_have_finite_gradients():
    p = jnp.ones((4, 6))
    for method, function in PAIRS.items():
        grads = jax.grad(lambda a, f=function, m=method: f(a, p, **HYPER[m])[0])(p)
        assert np.isfinite(grads).all(), method
    zeros = jnp.zeros((4, 6))
    grads = jax.grad(lambda a: self_supervised.byol(a, a, zeros, zeros, weight=1.0)[0])(
        zeros
    )
    assert np.isfinite(grads).all()


@pytest.mark.parametrize("shape", [(8, 24), (16, 4)])
def test_a_sharded_batch_gives_the_same_loss(shape):
    mesh = jax.make_mesh((8,), ("data",), axis_types=(jax.sharding.AxisType.Auto,))
    views = _views(shape)
    sharded = jax.device_put(views, NamedSharding(mesh, PartitionSpec("data")))

    def losses(p_a, p_b):
        found = [f(p_a, p_b, **HYPER[m])[0] for m, f in PAIRS.items()]
        return jnp.stack(
            [*found, self_supervised.byol(p_a, p_b, p_b, p_a, weight=1.0)[0]]
        )

    np.testing.assert_allclose(
        jax.jit(losses)(*sharded), losses(*views), rtol=1e-5, atol=1e-6
    )


def _four(seed=3):
    rng = np.random.default_rng(seed)
    return [jnp.asarray(rng.normal(size=(6, 5)), jnp.float32) for _ in range(4)]


def test_byol_equals_the_formula():
    q_a, q_b, t_a, t_b = _four()
    loss, terms = self_supervised.byol(q_a, q_b, t_a, t_b, weight=0.3)

    def cosine(a, b):
        a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
        return a @ b / (a @ a) ** 0.5 / (b @ b) ** 0.5

    pairs = [(cosine(q_a[i], t_b[i]), cosine(q_b[i], t_a[i])) for i in range(6)]
    expected = sum(2 - 2 * c + 2 - 2 * d for c, d in pairs) / 6
    np.testing.assert_allclose(loss, 0.3 * expected, rtol=1e-6)
    np.testing.assert_allclose(terms["similarity"], np.mean(pairs), rtol=1e-5)


def test_byol_pairs_across_views():
    q_a, q_b, t_a, t_b = _four()
    right, _ = self_supervised.byol(t_b, t_a, t_a, t_b, weight=1.0)
    np.testing.assert_allclose(right, 0, atol=1e-6)
    one, _ = self_supervised.byol(q_a, q_b, t_a, t_b, weight=1.0)
    swapped, _ = self_supervised.byol(q_a, q_b, t_b, t_a, weight=1.0)
    assert abs(float(one - swapped)) > 1e-3


def test_byol_gives_no_gradient_to_its_targets():
    def loss(*arrays):
        return self_supervised.byol(*arrays, weight=1.0)[0]

    grads = jax.grad(loss, argnums=(0, 1, 2, 3))(*_four())
    assert all(np.abs(g).max() > 1e-3 for g in grads[:2])
    assert all(np.abs(g).max() == 0 for g in grads[2:])


def test_rejects_other_shapes_and_batches_of_one():
    p = jnp.ones((4, 6))
    for method, function in PAIRS.items():
        with pytest.raises(ValueError, match=r"\(4, 6\) and \(4, 5\)"):
            function(p, p[:, :5], **HYPER[method])
        with pytest.raises(ValueError, match=r"one shape"):
            function(p[0], p[0], **HYPER[method])
        with pytest.raises(ValueError, match="B >= 2"):
            function(p[:1], p[:1], **HYPER[method])
    with pytest.raises(ValueError, match=r"\(4, 6\) and \(3, 6\)"):
        self_supervised.byol(p, p, p, p[:3], weight=1.0)
