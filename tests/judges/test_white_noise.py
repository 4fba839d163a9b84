"""White noise has TRAIN's mean and deviation and nothing else."""

import numpy as np

from tsgen_jax.evaluation.measures import fidelity
from tsgen_jax.judges import white_noise


def test_noise_has_mean_and_deviation_of_each_channel_and_no_memory():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 40, 2)).cumsum(1) * [1, 5] + [3, -70]
    noise = white_noise.draw(x.astype(np.float32), 4000, 1)
    assert (noise.shape, noise.dtype) == ((4000, 40, 2), np.float32)
    for c in range(2):
        np.testing.assert_allclose(noise[..., c].mean(), x[..., c].mean(), rtol=0.02)
        np.testing.assert_allclose(noise[..., c].std(), x[..., c].std(), rtol=0.02)
        within = noise[..., c] - noise[..., c].mean()
        assert abs((within[:, 1:] * within[:, :-1]).mean()) < 0.02 * within.var()


def test_distances_are_fid_of_noise_by_every_judge():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(30, 12, 1))
    extract = {"a": lambda x: x[:, :3, 0], "b": lambda x: x[:, :9, 0] ** 2}
    features = {
        name: {"test": of(x[:20]), "samples": of(x[20:])}
        for name, of in extract.items()
    }
    found = white_noise.read(white_noise.distances(extract, features, x, 5))
    noise = white_noise.draw(x, 10, 5)
    wanted = {
        "a": fidelity.fid(x[:20, :3, 0], noise[:, :3, 0], False),
        "b": fidelity.fid(x[:20, :9, 0] ** 2, noise[:, :9, 0] ** 2, False),
    }
    assert found == wanted
    assert white_noise.read({"points/series/TEST": x}) == {}
