"""Where a trained encoder puts the series of a class: a Gaussian to draw latents from.

Latents of real series seldom fill the prior N(0, I), and a decoder knows nothing of the
rest. A density fitted to them after training (Ghosh et al. 2020,
https://arxiv.org/abs/1903.12436, section 4) is drawn from in the prior's place.
"""

import jax
import jax.numpy as jnp
import numpy as np

from tsgen_jax.recipe import Fitted, part_of
from tsgen_jax.training import batches
from tsgen_jax.types import Array

NAME = "latents"
SOURCES = ("posterior", "prior")


def moments(mean: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and root of the covariance of a mixture of Gaussians with equal weights.

    The covariance of the means is shrunk to a multiple of the unit matrix (Ledoit and
    Wolf 2004, by scikit-learn); the mean variance is added.

    Args:
        mean: of each, float [n, D].
        variance: of each, float [n, D].

    Returns:
        float32 [D], and [D, D] whose transpose times itself is the covariance.
    """
    from sklearn.covariance import ledoit_wolf

    mean = np.asarray(mean, np.float64)
    covariance = np.diag(np.asarray(variance, np.float64).mean(0))
    if len(mean) > 1:
        covariance = covariance + ledoit_wolf(mean)[0]
    size, axes = np.linalg.eigh(covariance)
    root = np.sqrt(np.maximum(size, 0.0))[:, None] * axes.T
    return mean.mean(0).astype(np.float32), root.astype(np.float32)


def make_fitted(name: str, network, batch_size: int) -> Fitted:
    """The stage 'latents': moments of each class, and of all as the last.

    Args:
        name: of the stage that has the network's weights.
        network: has `encode`: series [B, L, C] and classes -> mean and log-deviation.
        batch_size: series at once.
    """
    count, size = network.num_classes, network.noise_size

    def fit(key, dataset, given):
        del key

        @jax.jit
        def encode(batch):
            of = {"params": given[name]}, batch["x"], batch["label"]
            mean, log_std = network.apply(*of, method="encode")
            return jnp.stack([mean, jnp.exp(2 * log_std)], 1)

        parts = [part_of(dataset, part) for part in ("train", "valid")]
        x = np.concatenate([part.x for part in parts])
        label = np.concatenate([part.label for part in parts]).astype(np.int32)

        def of(rows, label) -> tuple[np.ndarray, np.ndarray]:
            found = batches.map_batches(encode, {"x": rows, "label": label}, batch_size)
            return moments(found[:, 0], found[:, 1])

        found = [of(x, np.full_like(label, count))]
        for k in reversed(range(count)):
            mine = label == k
            found.insert(0, of(x[mine], label[mine]) if mine.any() else found[-1])
        mean, root = zip(*found, strict=True)
        return {"mean": np.stack(mean), "root": np.stack(root)}, {}

    return Fitted(
        name=NAME,
        shapes={
            "mean": jax.ShapeDtypeStruct((count + 1, size), jnp.float32),
            "root": jax.ShapeDtypeStruct((count + 1, size, size), jnp.float32),
        },
        fit=fit,
        needs=(name,),
        about="where the encoder puts the series of each class is measured",
    )


def draw(weights: dict[str, Array], noise: Array, label: Array) -> jax.Array:
    """Standard normal numbers [B, D] as latents of classes int [B], float [B, D]."""
    root = weights["root"][label]
    return weights["mean"][label] + jnp.einsum("bd,bde->be", noise, root)
