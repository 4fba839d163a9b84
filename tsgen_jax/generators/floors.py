"""Generators that learn nothing: what every other one has to beat.

They keep the training series (the validation part among them), sorted by class, and
draw from them. So a model file of theirs holds the series themselves.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.dataset import Dataset
from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators.batched import Batched
from tsgen_jax.generators.drawn import Drawn
from tsgen_jax.recipe import Fitted, Recipe
from tsgen_jax.types import Array

SERIES = "series"
HOLDS = " Its model files hold the training series themselves: no privacy."


def whole(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Scaled series [n, L, C'] and labels [n] of TRAIN, the validation part included."""
    parts = [dataset.network_data(part)["x"] for part in ("train", "valid")]
    return np.concatenate(parts), np.concatenate([dataset.y_train, dataset.y_valid])


class Rows:
    """Places of series that are sorted by class."""

    def __init__(self, info: DataInfo):
        """All of them are the series of the class Y, which is no class."""
        counts = np.array([*info.class_counts, sum(info.class_counts)], np.int32)
        first = np.cumsum([0, *info.class_counts])[:-1]
        self._counts, self._first = counts, np.array([*first, 0], np.int32)

    def draw(self, key: Array, label: Array, num: int) -> jax.Array:
        """`num` places of the class of each label, with replacement, int [B, num]."""
        level = jax.random.uniform(key, (label.shape[0], num))
        count = jnp.asarray(self._counts)[label][:, None]
        place = jnp.minimum(jnp.floor(level * count).astype(jnp.int32), count - 1)
        return jnp.asarray(self._first)[label][:, None] + place


def make_series(info: DataInfo) -> Fitted:
    """The stage that keeps the training series, sorted by class as `Rows` has them."""
    shape = sum(info.class_counts), info.length, info.scaled_channels

    def fit(key, dataset, given):
        del key, given
        x, label = whole(dataset)
        return {"x": x[np.argsort(label, kind="stable")]}, {}

    return Fitted(
        name=SERIES,
        shapes={"x": jax.ShapeDtypeStruct(shape, jnp.float32)},
        fit=fit,
        about="the training series are kept",
    )


def make_recipe(
    config: ConfigDict,
    info: DataInfo,
    draw: Callable[[Array, Array, Rows, Array], jax.Array],
    about: str,
) -> Recipe:
    """The recipe of a floor that draws from the series themselves.

    Args:
        config: section `sample` is read.
        info: of the series.
        draw: (key, series [n, L, C'], their places, label [B]) -> series [B, L, C'].
        about: one sentence.
    """
    rows, batched = Rows(info), Batched(info, config.sample.batch_size)
    stage = make_series(info)
    program = jax.jit(
        lambda key, weights, label: draw(key, weights[SERIES]["x"], rows, label)
    )
    return Recipe(
        stages=(stage,),
        assemble=lambda weights: Drawn(batched, program, weights),
        settings=("sample", config.generator),
        about=about + HOLDS,
    )


def channels_of_values(info: DataInfo) -> np.ndarray:
    """Bool [C']: False for one that says where a series ends."""
    return np.arange(info.scaled_channels) < info.num_channels
