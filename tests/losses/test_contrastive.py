import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tsgen_jax.losses import contrastive

_hierarchical = jax.jit(contrastive.hierarchical)


def _naive_pair(anchor, positive, others):
    """-log of the positive's share among `others`, from dot products."""
    shares = [np.exp(anchor @ other) for other in others]
    return -np.log(np.exp(anchor @ positive) / sum(shares))


def _naive_instance(z_a, z_b):
    """Equation 2, mean over series, time points and both directions."""
    size, length, _ = z_a.shape
    losses = []
    for t in range(length):
        for x, y in ((z_a, z_b), (z_b, z_a)):
            for i in range(size):
                others = [y[j, t] for j in range(size)]
                others += [x[j, t] for j in range(size) if j != i]
                losses.append(_naive_pair(x[i, t], y[i, t], others))
    return np.mean(losses)


def _naive_temporal(z_a, z_b):
    """Equation 1, the same over time points of one series."""
    return _naive_instance(z_a.swapaxes(0, 1), z_b.swapaxes(0, 1))


def _naive_hierarchical(z_a, z_b, alpha):
    """Algorithm 1: both losses at each level, pooled down to one time point."""
    losses = []
    while True:
        loss = alpha * _naive_instance(z_a, z_b)
        if z_a.shape[1] > 1:
            loss += (1 - alpha) * _naive_temporal(z_a, z_b)
        losses.append(loss)
        if z_a.shape[1] == 1:
            return np.mean(losses)
        half = z_a.shape[1] // 2
        z_a, z_b = (
            np.stack([z[:, 2 * t : 2 * t + 2].max(1) for t in range(half)], axis=1)
            for z in (z_a, z_b)
        )


def _views(length, size=3, width=4):
    rng = np.random.default_rng(length)
    return rng.normal(size=(2, size, length, width))


@pytest.mark.parametrize("length", [1, 2, 5, 8])
@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_it_is_the_papers_loop(length, alpha):
    views = _views(length)
    got = _hierarchical(*map(jnp.asarray, views), length, alpha)
    np.testing.assert_allclose(got, _naive_hierarchical(*views, alpha), rtol=1e-5)


def test_time_points_beyond_num_do_not_exist():
    views = _views(11)
    for num in (1, 2, 3, 6, 7, 11):
        got = _hierarchical(*map(jnp.asarray, views), num, 0.5)
        expected = _naive_hierarchical(*(v[:, :num] for v in views), 0.5)
        np.testing.assert_allclose(got, expected, rtol=1e-5)
    wild = views.copy()
    wild[:, :, 6:] = 1e3
    both = [_hierarchical(*map(jnp.asarray, v), 6, 0.5) for v in (views, wild)]
    np.testing.assert_allclose(*both, rtol=1e-6)


def test_gradients_are_finite_and_none_goes_beyond_num():
    z_a, z_b = map(jnp.asarray, _views(9))
    grad = jax.jit(jax.grad(contrastive.hierarchical))(z_a, z_b, 4, 0.5)
    assert np.isfinite(grad).all()
    np.testing.assert_array_equal(grad[:, 4:], 0)
    assert np.abs(grad[:, :4]).min() > 0


def test_agreeing_views_are_better_than_shuffled_ones():
    z, _ = _views(8)
    z = jnp.asarray(3 * z)
    same = _hierarchical(z, z, 8, 0.5)
    assert same < _hierarchical(z, jnp.flip(z, 1), 8, 0.5)
    assert same < _hierarchical(z, jnp.flip(z, 0), 8, 0.5)


def test_views_of_different_shapes_are_refused():
    z = jnp.zeros((2, 4, 3))
    with pytest.raises(ValueError, match=r"\(2, 4, 3\), \(2, 3, 3\)"):
        contrastive.hierarchical(z, z[:, :3], 3, 0.5)
