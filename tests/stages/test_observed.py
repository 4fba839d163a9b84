"""Masks: nothing under them counts. Judge: loops in NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests import lessons, tiny
from tsgen_jax.data.augment import time as augment
from tsgen_jax.losses import reconstruction
from tsgen_jax.models import vqvae
from tsgen_jax.nn import stft
from tsgen_jax.stages import observed, tokenizer

_RNG = np.random.default_rng(0)
_MODEL = tokenizer.make_model(tiny.make_config(), 24, 2)  # Window 8, hop 2.
_X = _RNG.normal(size=(3, 24, 2)).astype("float32")
_U_HAT = _RNG.normal(size=(3, 5, 13, 4)).astype("float32")
_OBSERVED = _RNG.random(_X.shape) < 0.7
_OBSERVED[0, 5:16] = False  # Whole frames.


@jax.jit
def _errors(x, mask):
    return observed.errors(_MODEL, x, _MODEL.to_map(x), _U_HAT, mask)


def _share(mask):
    """Share of the squared window over given values, frame by frame."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(8) / 8)
    padded = np.pad(mask.astype(float), ((0, 0), (4, 4), (0, 0)), mode="reflect")
    share = np.zeros((3, 13, 2))
    for row, frame, channel in np.ndindex(share.shape):
        total = 0.0
        for n in range(8):
            total += window[n] ** 2 * padded[row, 2 * frame + n, channel]
        share[row, frame, channel] = total / (window**2).sum()
    return share


def test_share_equals_a_loop():
    found = stft.observed_share(_OBSERVED.astype("float32"), 8, 2)
    assert found.shape == (3, 1, 13, 4)
    np.testing.assert_allclose(found[:, 0, :, ::2], _share(_OBSERVED), atol=1e-6)
    np.testing.assert_array_equal(found[..., 1::2], found[..., ::2])
    whole = stft.observed_share(np.ones_like(_X), 8, 2)
    np.testing.assert_allclose(whole, 1, rtol=1e-6)


def test_errors_equal_a_loop():
    time, frequency = _errors(_X, _OBSERVED)
    x_hat = np.asarray(_MODEL.to_series(_U_HAT), "float64")
    gaps = [(_X[i] - x_hat[i]) ** 2 for i in np.ndindex(_X.shape) if _OBSERVED[i]]
    np.testing.assert_allclose(time, np.mean(gaps), rtol=1e-5)
    target = np.where(_OBSERVED, _X, x_hat).astype("float32")
    u, share, total, weight = np.asarray(_MODEL.to_map(target)), _share(_OBSERVED), 0, 0
    for b, f, t, c in np.ndindex(u.shape):
        w = share[b, t, c // 2]
        total += w * (u[b, f, t, c] - _U_HAT[b, f, t, c]) ** 2
        weight += w
    np.testing.assert_allclose(frequency, total / weight, rtol=1e-5)


@pytest.mark.parametrize("garbage", [1e6, np.nan, np.inf])
def test_what_is_under_the_mask_does_not_count(garbage):
    spoilt = np.where(_OBSERVED, _X, np.float32(garbage))
    np.testing.assert_array_equal(_errors(spoilt, _OBSERVED), _errors(_X, _OBSERVED))


def test_no_gradient_comes_from_under_the_mask():
    def loss(u_hat, x):
        return sum(observed.errors(_MODEL, x, _MODEL.to_map(x), u_hat, _OBSERVED))

    grad = jax.jit(jax.grad(loss))
    spoilt = np.where(_OBSERVED, _X, np.float32(np.nan))
    found = grad(_U_HAT, spoilt)
    np.testing.assert_array_equal(found, grad(_U_HAT, _X))
    assert np.isfinite(found).all()
    silent = _share(_OBSERVED)[0] == 0  # Frames without any given value ...
    assert silent.any()
    reach = ~np.pad(~silent, ((1, 1), (0, 0)), constant_values=True)
    inner = reach[:-2] & reach[1:-1] & reach[2:]  # ... nor any such neighbour.
    assert inner.any()
    np.testing.assert_allclose(found[0][:, inner.repeat(2, -1)], 0, atol=1e-7)


def test_a_full_mask_is_no_mask():
    ones = np.ones_like(_OBSERVED)
    np.testing.assert_allclose(_errors(_X, ones), _errors(_X, None), rtol=1e-5)
    each = observed.errors_per_series(_MODEL, _X, _U_HAT, ones)
    bare = observed.errors_per_series(_MODEL, _X, _U_HAT, None)
    np.testing.assert_allclose(each[:, :2], bare, rtol=1e-5)
    with pytest.raises(ValueError, match="differ"):
        reconstruction.weighted_squared_error(_X, _X[1:], ones)


def test_without_a_mask_the_program_is_the_old_one():
    """The jaxpr of two plain means: equal bit for bit, and as fast."""

    def old(x, u):
        x_hat = _MODEL.to_series(u)
        return ((x - x_hat) ** 2).mean(), ((_MODEL.to_map(x) - u) ** 2).mean()

    def new(x, u):
        return observed.errors(_MODEL, x, _MODEL.to_map(x), u, None)

    a, b = (jax.jit(f).lower(_X, _U_HAT).compile() for f in (old, new))
    assert a.cost_analysis()["flops"] == b.cost_analysis()["flops"]
    for p, q in zip(a(_X, _U_HAT), b(_X, _U_HAT), strict=True):
        np.testing.assert_array_equal(p, q)


def test_errors_per_series_average_to_those_of_the_batch():
    rows = np.asarray(observed.errors_per_series(_MODEL, _X, _U_HAT, _OBSERVED))
    found = np.average(rows[:, :2], 0, weights=rows[:, 2:])
    np.testing.assert_allclose(found, _errors(_X, _OBSERVED), rtol=1e-5)


@pytest.mark.parametrize("names", ["gauss", "slice", "warp", "flip"])
def test_the_mask_moves_with_the_view(names):
    """Missing values are marked by being enormous: where the view is, they went."""
    view = augment.make_augment(**tiny.make_config(**{"augment.names": names}).augment)
    mark = np.where(_OBSERVED, _X, np.float32(1e9))
    key = jax.random.key(1)
    x_b, mask = observed.view_and_mask(view, key, jnp.asarray(mark), _OBSERVED)
    x_b, mask = np.abs(x_b), np.asarray(mask)
    assert (x_b[mask] < 1e8).all()  # A tenth at most is missing there.
    if names != "warp":  # It makes values between two neighbours of some of each.
        np.testing.assert_array_equal(x_b < 1e6, mask)
    assert mask.any()
    assert not mask.all()


def test_a_task_with_a_mask_counts_given_values_alone():
    changes = {"ssl.augmented_weight": 0.2, "tokenizer.num_res_blocks": 0}
    config = tiny.make_config("none", **changes)
    model = tokenizer.make_model(config, 24, 2)
    mask = np.ones((16, 24, 2), bool)
    mask[:, 3:9] = False
    x = _RNG.normal(size=mask.shape).astype("float32")
    task = lessons.of_tokenizer(config, x, x, mask, mask)
    assert set(task.rows) == {"x", "observed"}

    @jax.jit
    def run(key_init, key):
        params, state = task.init(key_init, task.rows)
        return params, state, task.loss_fn(params, state, task.rows, key)[1][1]

    params, state, metrics = run(jax.random.key(0), jax.random.key(1))
    assert all(np.isfinite(v) for v in metrics.values())
    assert metrics["loss_augmented"] > 0
    weights = task.export(params, state)
    found = task.evaluate(weights, task.valid)["reconstruction_mse"]

    @jax.jit
    def there_and_back(x):
        tokens = vqvae.tokenize(model, weights, x)
        return vqvae.detokenize(model, weights, tokens)

    x_hat = np.asarray(there_and_back(x), "float64")
    np.testing.assert_allclose(found, ((x_hat - x) ** 2)[mask].mean(), rtol=1e-4)
