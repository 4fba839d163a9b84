"""Generators that learn nothing: each sample against what it was made of."""

import dataclasses

import jax
import numpy as np
import pytest

from tests import tiny
from tests.generators import trained
from tsgen_jax.data.scaling import EndScaler
from tsgen_jax.generators import block_bootstrap, gaussian

_KEY = jax.random.key(4)
_DATA = tiny.make_dataset(channels=2)
_X = np.concatenate([_DATA.x_train, _DATA.x_valid])
_Y = np.concatenate([_DATA.y_train, _DATA.y_valid])


def _sample(name, label, dataset=_DATA, **changes):
    config = trained.make_config(name, **changes)
    return trained.assemble(config, dataset)[0].sample(_KEY, label)["x"]


def _nearest(x, of):
    """Distance of every series to the nearest of others, and which that is."""
    distance = np.abs(x[:, None] - of[None]).max((2, 3))
    return distance.min(1), distance.argmin(1)


def test_resampled_series_are_those_of_the_class():
    x = _sample("resample", np.repeat([0, 1, 2], 200))
    distance, which = _nearest(x, _X)
    assert distance.max() < 1e-4
    for k in (0, 1):
        assert set(which[k * 200 :][:200]) == set(np.flatnonzero(_Y == k))
    assert set(which[400:]) == set(range(len(_X)))  # No class: all of them.


def test_noise_has_the_size_that_is_asked_for():
    x = _sample("noise", np.zeros(300, int), **{"noise.scale": 0.02})
    _, which = _nearest(x, _X)
    assert set(_Y[which]) == {0}
    added = (x - _X[which]) / np.asarray(_DATA.scaler.std)
    np.testing.assert_allclose(added.std((0, 1)), 0.02, rtol=0.05)
    np.testing.assert_allclose(added.mean(), 0, atol=2e-3)


@pytest.mark.parametrize("aligned", [True, False])
def test_blocks_are_pieces_of_series_of_the_class(aligned):
    changes = {"block_bootstrap.num_blocks": 5, "block_bootstrap.aligned": aligned}
    x = _sample("block_bootstrap", np.repeat([0, 1], 40), **changes)
    block = block_bootstrap.block_length(24, 5)
    assert block == 5
    sources = set()
    for series, label in zip(x, np.repeat([0, 1], 40), strict=True):
        for start in range(0, 24, block):
            piece = series[start : start + block]
            places = [start] if aligned else range(24 - len(piece) + 1)
            windows = np.stack(
                [_X[_Y == label][:, p:][:, : len(piece)] for p in places]
            )
            error = np.abs(windows - piece).max((2, 3))
            assert error.min() < 1e-4
            sources.add((start, *np.unravel_index(error.argmin(), error.shape)))
    assert len(sources) > 60  # Blocks are drawn, and each for itself.
    if not aligned:
        assert len({place for _, place, _ in sources}) > 10


def test_a_gaussian_has_the_moments_of_the_class():
    x = _sample("gaussian", np.repeat([0, 2], 20_000)).reshape(2, 20_000, -1)
    for drawn, real in zip(x, (_X[_Y == 0], _X), strict=True):
        real = real.reshape(len(real), -1)
        scale = real.std()
        np.testing.assert_allclose(drawn.mean(0), real.mean(0), atol=0.05 * scale)
        judge = np.cov(real.T)
        np.testing.assert_allclose(np.cov(drawn.T), judge, atol=0.06 * judge.max())
    rank = np.linalg.matrix_rank(np.cov(x[0].T), tol=1e-4)
    assert rank == (_Y == 0).sum() - 1


def test_axes_of_one_series_are_none():
    mean, root = gaussian.axes(np.ones((1, 3)), 2)
    np.testing.assert_array_equal(mean, np.ones(3))
    assert not root.any()


def test_a_covariance_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(gaussian, "_LARGEST", 100)
    with pytest.raises(ValueError, match="keeps 3 covariances of 31 axes"):
        trained.assemble(trained.make_config("gaussian"), _DATA)


def test_warped_series_keep_their_range_and_their_ends():
    x = _sample("warp", np.zeros(64, int))
    own = _X[_Y == 0]
    assert x.min() >= own.min() - 1e-4
    assert x.max() <= own.max() + 1e-4
    ends = np.abs(x[:, None, [0, -1]] - own[None, :, [0, -1]]).max((2, 3)).min(1)
    assert ends.max() < 1e-4
    assert (_nearest(x, own)[0] > 0.01).mean() > 0.9


_NAMES = ("resample", "noise", "block_bootstrap", "gaussian", "warp")


@pytest.mark.parametrize("name", _NAMES)
def test_few_are_the_first_of_many_and_keys_differ(name):
    of, _ = trained.assemble(trained.make_config(name), _DATA)
    label = np.arange(20) % 3
    many = of.sample(_KEY, label)["x"]
    np.testing.assert_allclose(of.sample(_KEY, label[:5])["x"], many[:5], atol=1e-4)
    other = of.sample(jax.random.key(5), label)["x"]
    assert np.abs(other - many).max((1, 2)).mean() > 0.05
    scaled = jax.jit(of.program)(_KEY, label[:5])
    np.testing.assert_allclose(_DATA.scaler.inverse(scaled), many[:5], atol=1e-4)


@pytest.mark.parametrize("name", _NAMES)
def test_series_of_unequal_lengths(name):
    x = _X.copy()
    x[::2, 17:] = np.nan
    train, valid = x[: len(_DATA.x_train)], x[len(_DATA.x_train) :]
    dataset = dataclasses.replace(
        _DATA, scaler=EndScaler(_DATA.scaler), x_train=train, x_valid=valid
    )
    drawn = _sample(name, np.zeros(16, int), dataset)
    ends = np.isfinite(drawn[..., 0]).sum(1)
    assert ends.min() >= 1
    if name in ("resample", "noise", "block_bootstrap"):
        assert set(ends) <= {17, 24} or name == "block_bootstrap"


def test_axes_are_a_root_of_the_sample_covariance():
    x = np.random.default_rng(3).normal(size=(4, 3))
    mean, root = gaussian.axes(x, 5)
    np.testing.assert_allclose(mean, x.mean(0), atol=1e-6)
    np.testing.assert_allclose(root.T @ root, np.cov(x.T), atol=1e-6)
