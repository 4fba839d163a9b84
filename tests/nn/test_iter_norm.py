import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tsgen_jax.nn.iter_norm import iter_norm, largest_group


def _inputs(size, width, seed=0):
    rng = np.random.default_rng(seed)
    mixing = np.eye(width) + 0.3 * rng.normal(size=(width, width))
    x = rng.normal(size=(size, width)) @ mixing + rng.normal(size=width)
    scale, bias = rng.uniform(0.5, 2, width), rng.normal(size=width)
    return [np.asarray(a, np.float32) for a in (x, scale, bias)]


def _naive(x, scale, bias, group_size, num_steps):
    """Channel by channel as in the paper: columns are the series, float64."""
    x, out = x.astype(np.float64), np.zeros(x.shape)
    for start in range(0, x.shape[1], group_size):
        channels = x[:, start : start + group_size].T
        centred = np.array([row - sum(row) / len(row) for row in channels])
        sigma = 1e-5 * np.eye(group_size)
        for i in range(group_size):
            for j in range(group_size):
                sigma[i, j] += sum(centred[i] * centred[j]) / x.shape[0]
        trace = sum(sigma[i, i] for i in range(group_size))
        root = np.eye(group_size)
        for _ in range(num_steps):
            root = 1.5 * root - 0.5 * root @ root @ root @ (sigma / trace)
        out[:, start : start + group_size] = ((root / trace**0.5) @ centred).T
    return out * scale + bias


@pytest.mark.parametrize("size", [40, 3])  # 3: less than full rank.
@pytest.mark.parametrize("num_steps", [1, 5])
def test_equals_a_naive_loop(size, num_steps):
    inputs = _inputs(size, 12)
    result = iter_norm(*inputs, group_size=4, num_steps=num_steps)
    expected = _naive(*inputs, group_size=4, num_steps=num_steps)
    np.testing.assert_allclose(result, expected, rtol=2e-5, atol=2e-5)


def test_many_steps_whiten():
    x, _, _ = _inputs(400, 16)
    out = iter_norm(x, jnp.ones(16), jnp.zeros(16), group_size=8, num_steps=15)
    covariance = np.cov(out.T, ddof=0)
    for start in (0, 8):
        block = covariance[start : start + 8, start : start + 8]
        np.testing.assert_allclose(block, np.eye(8), atol=2e-3)
    assert abs(covariance[:8, 8:]).max() > 0.01  # Groups stay apart.
    np.testing.assert_allclose(out.mean(0), 0, atol=1e-5)


def test_gradient_equals_finite_differences():
    with jax.enable_x64(True):
        inputs = [jnp.asarray(a, jnp.float64) for a in _inputs(10, 4)]
        target = jnp.asarray(np.random.default_rng(2).normal(size=(10, 4)))

        def loss(x):
            out = iter_norm(x, *inputs[1:], group_size=4, num_steps=5)
            return (out * target).sum()

        direction = jnp.asarray(np.random.default_rng(3).normal(size=(10, 4)))
        step = 1e-6
        ahead = loss(inputs[0] + step * direction)
        back = loss(inputs[0] - step * direction)
        slope = (jax.grad(loss)(inputs[0]) * direction).sum()
        np.testing.assert_allclose(slope, (ahead - back) / (2 * step), rtol=1e-6)


def test_names_what_does_not_fit():
    x, scale, bias = _inputs(8, 12)
    with pytest.raises(ValueError, match="group_size 5 does not divide the 12"):
        iter_norm(x, scale, bias, group_size=5, num_steps=5)
    with pytest.raises(ValueError, match=r"scale \(11,\)"):
        iter_norm(x, scale[:11], bias, group_size=4, num_steps=5)


@pytest.mark.parametrize(
    ("group_size", "batch_size", "width", "expected"),
    [
        (64, 128, 1024, 64),
        (64, 127, 1024, 32),
        (64, 20, 1024, 8),
        (48, 500, 1024, 32),
        (64, 500, 24, 8),
        (64, 500, 7, 1),
        (64, 1, 1024, 1),
    ],
)
def test_largest_group(group_size, batch_size, width, expected):
    assert largest_group(group_size, batch_size, width) == expected
    fits = [
        g
        for g in range(1, 65)
        if g & (g - 1) == 0 and g <= min(group_size, batch_size // 2) and width % g == 0
    ]
    assert max(fits, default=1) == expected
