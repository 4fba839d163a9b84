"""Independent series of a Gaussian with the mean and covariance of a class in TRAIN.

The floor of everything that learns more than two moments. The covariance is the sample
covariance of whole series: with n series its rank is n - 1, and samples are mixtures
of them. Kept are its principal axes, not the series.
"""

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators import floors
from tsgen_jax.generators.batched import Batched
from tsgen_jax.generators.drawn import Drawn
from tsgen_jax.recipe import Fitted, Recipe

GENERATOR = Drawn
LIMITS = ()
_LARGEST = 2**28  # Numbers of all axes: 1 GiB.


def rank_of(info: DataInfo) -> int:
    """Axes that are kept of every class: no covariance has more."""
    num_values = info.length * info.scaled_channels
    return max(1, min(sum(info.class_counts) - 1, num_values))


def axes(x: np.ndarray, rank: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and a root of the sample covariance.

    Args:
        x: float [n, d].
        rank: rows of the root; at least those that are not 0.

    Returns:
        float32 [d], and [rank, d], whose product with its transpose is the covariance.
    """
    x = np.asarray(x, np.float64)
    mean = x.mean(0)
    root = np.zeros((rank, x.shape[1]))
    if len(x) > 1:
        _, size, along = np.linalg.svd((x - mean) / (len(x) - 1) ** 0.5, False)
        found = (size[:, None] * along)[:rank]
        root[: len(found)] = found
    return mean.astype(np.float32), root.astype(np.float32)


def make_recipe(config: ConfigDict, info: DataInfo) -> Recipe:
    """The recipe of `config` for series like these.

    Raises:
        ValueError: the axes of all classes are too many numbers.
    """
    rank, width = rank_of(info), info.length * info.scaled_channels
    shape = len(info.class_counts) + 1, rank, width
    if np.prod(shape, dtype=np.float64) > _LARGEST:
        raise ValueError(
            f"generator='gaussian' keeps {shape[0]} covariances of {rank} axes and "
            f"{width} values, which is too much for this data set: take "
            "generator='block_bootstrap' as the floor, or shorter windows "
            "(data.window)."
        )

    def fit(key, dataset, given):
        del key, given
        x, label = floors.whole(dataset)
        x = x.reshape(len(x), -1)
        groups = [x[label == k] for k in range(shape[0] - 1)]
        mean, root = zip(*(axes(of, rank) for of in [*groups, x]), strict=True)
        return {"mean": np.stack(mean), "root": np.stack(root)}, {}

    @jax.jit
    def draw(key, weights, label):
        of = weights["moments"]
        noise = jax.random.normal(key, (label.shape[0], rank))

        def one(noise, label):  # One by one: no root for every series at once.
            return of["mean"][label] + noise @ of["root"][label]

        x = jax.lax.map(lambda args: one(*args), (noise, label))
        return x.reshape(-1, info.length, info.scaled_channels)

    shapes = {
        "mean": jax.ShapeDtypeStruct((shape[0], width), jnp.float32),
        "root": jax.ShapeDtypeStruct(shape, jnp.float32),
    }
    stage = Fitted(
        name="moments",
        shapes=shapes,
        fit=fit,
        about="mean and covariance of the series of every class",
    )
    batched = Batched(info, config.sample.batch_size)
    return Recipe(
        stages=(stage,),
        assemble=lambda weights: Drawn(batched, draw, weights),
        settings=("sample",),
        about="A Gaussian with the mean and covariance of the training series by class.",
    )
