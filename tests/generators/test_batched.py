"""Programs over any number of series: what goes in with what, and what comes out."""

import jax
import jax.numpy as jnp
import numpy as np

from tests import tiny
from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators.batched import Batched


def test_every_draw_of_a_series_is_given_that_series_and_its_class():
    dataset = tiny.make_dataset(channels=2)
    batched = Batched(DataInfo.of(dataset), 4)
    x, label = dataset.x_test[:3], np.array([0, 1, 2])
    observed = np.ones(x.shape, bool)
    observed[:, 20:] = False
    seen = []

    def draw(
        key, x, observed, label
    ):  # What is missing: the value at 0, and the class.
        seen.append(np.asarray(observed))
        return jnp.where(observed, x, x[:, :1] + label[:, None, None])

    drawn = batched.inpaint(jax.random.key(0), x, observed, label, 5, draw)
    assert drawn.shape == (5, *x.shape)
    units = label[:, None, None] * np.asarray(dataset.scaler.std)
    want = np.where(observed, x, x[:, :1] + units)
    for one in drawn:
        np.testing.assert_allclose(one, want, atol=1e-4)
        np.testing.assert_array_equal(one[observed], x[observed])
    assert not any(part[:, 20:].any() for part in seen)
