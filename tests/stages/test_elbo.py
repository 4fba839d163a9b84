"""The loss of a VAE, by a network whose two terms are known."""

import jax
import numpy as np
import pytest

from tests import tiny_generators
from tsgen_jax.stages import elbo


class _Network:
    """log p(x | z) is -6 with a class and -12 without; the KL term is 3."""

    length, channels, num_classes, noise_size = 6, 2, 2, 1

    def apply(self, variables, x, label, noise, observed=None):
        given = jax.numpy.where(label == self.num_classes, -12.0, -6.0)
        return given, jax.numpy.full(len(x), 3.0)


@pytest.mark.parametrize("rate", [0.0, 0.5, 1.0])
def test_the_weight_of_the_kl_term_rises_and_classes_are_hidden(rate):
    changes = {"beta": 2.0, "warmup_steps": 4, "label_drop_rate": rate}
    changes = {f"vae.{key}": value for key, value in changes.items()}
    stage = elbo.make_stage(
        tiny_generators.make_config("vae", **changes), "vae", _Network()
    )
    batch = {"x": np.zeros((2000, 6, 2), "f4"), "label": np.zeros(2000, np.int32)}
    state = {"step": np.int32(0)}
    for weight in (0.5, 1.0, 1.5, 2.0, 2.0):
        loss, (state, terms) = stage.loss_fn({}, state, batch, jax.random.key(1))
        np.testing.assert_allclose(terms["loss_kl"], 3 / 12, rtol=1e-5)
        given = terms["loss_reconstruction"]
        np.testing.assert_allclose(given, (6 + 6 * rate) / 12, rtol=0.05)
        np.testing.assert_allclose(loss, given + weight * 3 / 12, rtol=1e-5)
    found = stage.evaluate({}, {k: v[:8] for k, v in batch.items()})["loss"]
    np.testing.assert_allclose(found, (6 + 3) / 12, rtol=1e-6)  # The ELBO itself.
