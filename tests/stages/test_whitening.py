import jax
import numpy as np
import pytest
import scipy.stats

from tests import tiny
from tsgen_jax.data.info import DataInfo
from tsgen_jax.stages import whitening


def _series(num=400, length=6, channels=2):
    """Two classes of correlated series, of other means and covariances."""
    draws = np.random.default_rng(0)
    label = draws.integers(0, 2, num)
    x = draws.normal(size=(num, length, channels)).cumsum(1)
    x[label == 1] *= 3
    return (x + label[:, None, None]).astype(np.float32), label


def _fitted(x, label, own, shrinkage, class_weight):
    mean = whitening.class_means(x.reshape(len(x), -1), label, 2)
    names = ("to_noise", "to_series", "log_det")
    each = whitening.matrices(x, label, mean, own, shrinkage, class_weight)
    return {"mean": mean, **dict(zip(names, each, strict=True))}


def test_each_class_becomes_uncorrelated_with_deviation_1():
    x, label = _series()
    u = whitening.whiten(_fitted(x, label, 2, 0.0, 0.0), x, label)
    for k in (0, 1):
        of = u[label == k]
        np.testing.assert_allclose(of.mean(0), 0, atol=1e-4)
        np.testing.assert_allclose(np.cov(of.T), np.eye(12), atol=2e-3)


@pytest.mark.parametrize("own", [1, 2])
def test_colour_undoes_whiten_and_the_density_is_scipys(own):
    x, label = _series()
    weights = _fitted(x, label, own, 0.1, 5.0)
    u = whitening.whiten(weights, x, label)
    weights32 = jax.tree.map(lambda a: np.asarray(a, np.float32), weights)
    back = whitening.colour(weights32, u, label)
    np.testing.assert_allclose(back, x.reshape(len(x), -1), atol=1e-3)
    found = scipy.stats.norm.logpdf(u).sum(1) + whitening.log_det(weights, label)
    for i in (0, 1, 2, 3):
        root = weights["to_series"][label[i] % own]
        normal = scipy.stats.multivariate_normal(
            weights["mean"][label[i]], root.T @ root
        )
        np.testing.assert_allclose(found[i], normal.logpdf(x[i].ravel()), atol=1e-3)


def test_the_smooth_covariance_has_the_variances_of_the_cosine_transform():
    from scipy.fft import dct

    x, _ = _series()
    found = whitening._diagonal_in_cosines(x, len(x)).reshape(6, 2, 6, 2)
    matrix = dct(np.eye(6), norm="ortho", axis=0)
    power = (dct(x.astype(np.float64), axis=1, norm="ortho") ** 2).mean(0)
    for c in (0, 1):
        diagonal = matrix @ found[:, c, :, c] @ matrix.T
        np.testing.assert_allclose(diagonal, np.diag(power[:, c]), atol=1e-8)
    assert (found[:, 0, :, 1] == 0).all()


def test_few_series_and_constant_values_are_no_trouble():
    x = np.zeros((3, 6, 2), np.float32)
    x[:, :, 0] = np.random.default_rng(0).normal(size=(3, 6))
    weights = _fitted(x, np.array([0, 0, 1]), 2, 0.0, 5.0)
    u = whitening.whiten(weights, x, np.array([0, 0, 1]))
    assert np.isfinite(u).all()
    assert np.abs(u).max() < 100


def test_the_stage_has_the_shapes_that_it_says():
    dataset = tiny.make_dataset(channels=2)
    stage = whitening.make_whitening(DataInfo.of(dataset), 0.1, 5.0)
    weights, _ = stage.fit(jax.random.key(0), dataset, {})
    assert jax.tree.map(np.shape, weights) == jax.tree.map(np.shape, stage.shapes)
