import dataclasses
import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from tsgen_jax.models import flows

_SIZES = dict(
    num_classes=2,
    num_blocks=2,
    hidden=16,
    num_layers=2,
    embed_width=4,
    num_bins=6,
    bound=4.0,
    num_squares=2,
    degree=1,
    num_units=4,
)


def _flow(kind, dim, **changes):
    return flows.Flow(kind=kind, dim=dim, **{**_SIZES, **changes})


def _moved(params, scale=0.2):
    """Weights away from where a flow is nearly the identity."""
    leaves, tree = jax.tree.flatten(params)
    keys = jax.random.split(jax.random.key(7), len(leaves))
    moved = [
        a + scale * jax.random.normal(k, a.shape)
        for a, k in zip(leaves, keys, strict=True)
    ]
    return jax.tree.unflatten(tree, moved)


@pytest.fixture(scope="module", params=flows.KINDS)
def case(request):
    """A flow of 5 dimensions with weights that training could give; data and labels."""
    flow = _flow(request.param, 5)
    x = np.random.default_rng(0).normal(2, 3, (8, 5)).astype(np.float32)
    label = np.arange(8) % 3
    params = flow.init(jax.random.key(0), x, label)
    return flow, _moved(params), x, label


def test_inverse_of_forward_is_the_series(case):
    flow, params, x, label = case
    z, log_det = jax.jit(flow.apply)(params, x, label)
    back, other = jax.jit(lambda *a: flow.apply(*a, method="inverse"))(params, z, label)
    assert np.abs(z - x).max() > 0.1  # Not the identity.
    np.testing.assert_allclose(back, x, atol=2e-3)
    np.testing.assert_allclose(other, -log_det, atol=2e-3)


def test_log_determinant_is_that_of_the_jacobian(case):
    flow, params, x, label = case

    def one(x, label):
        return flow.apply(params, x[None], label[None])[0][0]

    jacobian = jax.jit(jax.vmap(jax.jacfwd(one)))(x, label)
    sign, want = np.linalg.slogdet(np.asarray(jacobian, np.float64))
    _, log_det = flow.apply(params, x, label)
    assert (np.abs(sign) == 1).all()
    np.testing.assert_allclose(log_det, want, atol=1e-3)


@pytest.mark.parametrize("dim", range(2, 12))
def test_two_couplings_change_every_dimension(dim):
    place, changed = np.arange(dim), set()
    for i in (2, 3):
        place = place[np.array(flows.order_of("spline", dim, i))]
        changed |= {*place[dim // 2 :].tolist()}
    assert changed == {*range(dim)}


def test_class_decides(case):
    flow, params, x, _ = case
    of = [
        flow.apply(params, x, np.full(8, label), method="log_prob") for label in (0, 1)
    ]
    assert np.abs(of[0] - of[1]).min() > 1e-3


@pytest.mark.parametrize("kind", flows.KINDS)
def test_density_integrates_to_one_in_two_dimensions(kind):
    flow = _flow(kind, 2)
    grid = np.linspace(-14, 14, 561, dtype=np.float32)
    points = np.stack(np.meshgrid(grid, grid), -1).reshape(-1, 2)
    first = np.random.default_rng(0).normal(size=(64, 2)).astype(np.float32)
    params = flow.init(jax.random.key(0), first, np.zeros(64, int))
    label = np.zeros(len(points), int)
    log_prob = jax.jit(lambda p, x: flow.apply(p, x, label, method="log_prob"))
    mass = np.exp(np.asarray(log_prob(_moved(params), points), np.float64)).sum()
    np.testing.assert_allclose(mass * (grid[1] - grid[0]) ** 2, 1, atol=3e-3)


def test_first_batch_leaves_activation_norm_at_mean_0_and_deviation_1():
    flow = _flow("real_nvp", 6)
    x = np.random.default_rng(0).normal(-3, 5, (40, 6)).astype(np.float32)
    label = np.zeros(40, int)
    z, _ = flow.apply(flow.init(jax.random.key(0), x, label), x, label)
    np.testing.assert_allclose(z.mean(0), 0, atol=1e-4)
    np.testing.assert_allclose(z.std(0), 1, atol=1e-4)


@pytest.mark.parametrize("kind", flows.KINDS)
def test_bits_per_value_of_a_known_gaussian_are_its_entropy(kind):
    """Trained on a correlated Gaussian, judged on other draws of it."""
    mixing = np.array([[1.0, 0, 0], [0.8, 0.6, 0], [-0.5, 0.9, 0.7]])
    entropy = 0.5 * math.log2(2 * math.pi * math.e) + math.log2(0.6 * 0.7) / 3
    blocks = 4 if kind in ("real_nvp", "spline") else 2  # Couplings change halves.
    flow, label = _flow(kind, 3, num_blocks=blocks), np.zeros(512, int)
    optimizer = optax.adam(optax.cosine_decay_schedule(1e-2, 600))

    def draw(key, num):
        return jax.random.normal(key, (num, 3)) @ mixing.T.astype(np.float32)

    def bits(params, x, label):
        log_prob = flow.apply(params, x, label, method="log_prob")
        return -log_prob.mean() / (3 * math.log(2))

    @jax.jit
    def train(key):
        key_init, key_first, key_steps, key_last = jax.random.split(key, 4)
        params = flow.init(key_init, draw(key_first, 512), label)

        def step(carry, key):
            params, state = carry
            grads = jax.grad(bits)(params, draw(key, 512), label)
            updates, state = optimizer.update(grads, state)
            return (optax.apply_updates(params, updates), state), None

        carry = params, optimizer.init(params)
        (params, _), _ = jax.lax.scan(step, carry, jax.random.split(key_steps, 600))
        x = draw(key_last, 20_000)
        # Against the entropy of just these draws: no error of the sample.
        z = x @ np.linalg.inv(mixing).T.astype(np.float32)
        own = jax.scipy.stats.norm.logpdf(z).sum(-1) - math.log(0.6 * 0.7)
        return bits(params, x, np.zeros(20_000, int)), -own.mean() / (3 * math.log(2))

    found, exact = train(jax.random.key(3))
    assert abs(exact - entropy) < 0.02
    assert abs(found - exact) < 0.01, (found, exact)


def test_autoregressive_network_sees_earlier_dimensions_only():
    from tsgen_jax.nn.flows import masked

    net = masked.Made(dim=6, hidden=16, num_layers=2, num_params=2, width=3)
    weights = net.apply(_moved(net.init(jax.random.key(0))))
    x, context = jnp.arange(6.0)[None], jnp.ones((1, 3))
    seen = jax.jacfwd(lambda x: masked.made(weights, x, context)[0])(x)[:, :, 0]
    seen = np.abs(seen).max(1)  # [output, input]
    assert (seen[np.triu_indices(6)] == 0).all()
    assert (seen[np.tril_indices(6, -1)] > 0).all()


def test_kinds_are_all_six():
    assert dataclasses.fields(flows.Flow)  # A dataclass of plain fields.
    others = {"sum_of_squares", "naf"}
    assert set(flows.KINDS) == {"real_nvp", "spline", "maf", "iaf", *others}
