"""What the denoiser is shown of the class of a series."""

import jax
import numpy as np
import pytest

from tests import tiny_generators
from tsgen_jax.stages import denoiser


class _Network:
    """Says the class of a series, for every value."""

    num_classes = 2

    def apply(self, params, x, time, label, train, rngs=None):
        return jax.numpy.broadcast_to(10.0 * label[:, None, None], x.shape)


@pytest.mark.parametrize("rate", [0.0, 0.25, 1.0])
def test_so_many_classes_are_hidden_in_training(rate):
    """A series of class 0 has an error of about 1, one of no class (2) of about 401."""
    config = tiny_generators.make_config("ddpm", **{"denoiser.label_drop_rate": rate})
    stage = denoiser.make_stage(config, _Network(), (6, 1))
    rows = {"x": np.zeros((4000, 6, 1), "f4"), "label": np.zeros(4000, np.int32)}
    loss, _ = stage.loss_fn({}, {}, rows, jax.random.key(0))
    np.testing.assert_allclose(loss, 0.5 + 400 * rate, rtol=0.08)
    held_out = {k: v[:8] for k, v in rows.items()}
    assert stage.evaluate({}, held_out)["loss"] < 1  # There the class is always given.
