"""A Gaussian of where the encoder puts the series of a class."""

import jax
import numpy as np
import pytest

from tests import tiny
from tsgen_jax.stages import aggregate


def test_moments_are_those_of_the_mixture_where_series_are_many():
    """Means N((1, -2), diag(4, 1)) with variances 0.5 and 0.25: variances 4.5, 1.25."""
    rng = np.random.default_rng(0)
    means = rng.normal(size=(20_000, 2)) * (2, 1) + (1, -2)
    variances = np.broadcast_to([0.5, 0.25], means.shape)
    mean, root = aggregate.moments(means, variances)
    np.testing.assert_allclose(mean, [1, -2], atol=0.05)
    np.testing.assert_allclose(root.T @ root, np.diag([4.5, 1.25]), atol=0.1)


def test_one_series_has_its_own_posterior():
    mean, root = aggregate.moments(np.array([[3.0, 4.0]]), np.array([[0.25, 1.0]]))
    np.testing.assert_allclose(mean, [3, 4])
    np.testing.assert_allclose(root.T @ root, np.diag([0.25, 1.0]), atol=1e-6)


def test_few_series_are_shrunk_to_a_round_covariance():
    """Ledoit and Wolf's formula by hand, 3 means in 4 dimensions."""
    means = np.random.default_rng(1).normal(size=(3, 4))
    centred = means - means.mean(0)
    sample = centred.T @ centred / 3
    size = np.trace(sample) / 4
    gap = ((sample - size * np.eye(4)) ** 2).sum() / 4
    noise = sum(((np.outer(x, x) - sample) ** 2).sum() for x in centred) / 9 / 4
    share = min(noise, gap) / gap
    wanted = share * size * np.eye(4) + (1 - share) * sample
    _, root = aggregate.moments(means, np.zeros((3, 4)))
    np.testing.assert_allclose(root.T @ root, wanted, atol=1e-5)


def test_draws_have_the_moments_of_their_class():
    rng = np.random.default_rng(2)
    found = [
        aggregate.moments(rng.normal(k, 1 + k, (50, 3)), np.ones((50, 3)))
        for k in (0, 3)
    ]
    weights = {"mean": np.stack([m for m, _ in found])}
    weights["root"] = np.stack([r for _, r in found])
    label = np.repeat([0, 1], 20_000)
    noise = jax.random.normal(jax.random.key(0), (len(label), 3))
    z = np.asarray(aggregate.draw(weights, noise, label))
    for k in (0, 1):
        mine = z[label == k]
        root = weights["root"][k]
        np.testing.assert_allclose(mine.mean(0), weights["mean"][k], atol=0.15)
        np.testing.assert_allclose(np.cov(mine.T), root.T @ root, rtol=0.1, atol=0.3)


@pytest.mark.parametrize("source", aggregate.SOURCES)
def test_sources_are_words_of_the_config(source):
    from tsgen_jax import checks
    from tsgen_jax.configs import vae

    config = vae.get_config()
    with config.unlocked():
        config.vae.sample_from = source
    checks.check_config(config)
    config.vae.sample_from = "elsewhere"
    with pytest.raises(ValueError, match="posterior"):
        checks.check_config(config)


class _Encoder:
    """Puts a series at its first value, with deviation 0.5."""

    num_classes, noise_size = 2, 1

    def apply(self, variables, x, label, method):
        mean = x[:, 0]
        return mean, jax.numpy.full(mean.shape, np.log(0.5))


def test_variances_of_the_posterior_are_squares_of_its_deviations():
    dataset = tiny.make_dataset()
    stage = aggregate.make_fitted("vae", _Encoder(), 8)
    weights, _ = stage.fit(None, dataset, {"vae": {}})
    first = [dataset.network_data(part)["x"][:, 0] for part in ("train", "valid")]
    first, label = np.concatenate(first), np.r_[dataset.y_train, dataset.y_valid]
    for k, mine in enumerate((label == 0, label == 1, label >= 0)):
        np.testing.assert_allclose(weights["mean"][k], first[mine].mean(), atol=1e-5)
        variance = first[mine].var() + 0.25
        np.testing.assert_allclose(weights["root"][k] ** 2, [[variance]], rtol=1e-4)
