"""A generator that is one program from a key and a class to series, and no more."""

import dataclasses
from collections.abc import Callable
from typing import Literal

import jax
import numpy as np

from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators.batched import Batched
from tsgen_jax.recipe import Weights
from tsgen_jax.types import Array

Draw = Callable[[Array, Weights, Array], jax.Array]


@dataclasses.dataclass(frozen=True, eq=False)
class Drawn:
    """Samples of `draw` in original units; `Traceable`.

    Attributes:
        batched: of the recipe.
        draw: jitted, of the recipe: (key, weights, label [B]) -> scaled series
            [B, L, C'].
        weights: of every stage by name.
        label_use: as of `Generator`.
        remarks: as of `Generator`.
    """

    batched: Batched
    draw: Draw
    weights: Weights
    label_use: Literal["never", "optional", "always"] = "optional"
    remarks: str = ""

    @property
    def info(self) -> DataInfo:
        """Shape, classes and units of the training data."""
        return self.batched.info

    def sample(self, key: Array, label: Array) -> dict[str, np.ndarray]:
        """Draws series: 'x' [n, L, C] in original units."""
        return {"x": self.batched.sample(key, label, self._draw)}

    def program(self, key: Array, label: Array) -> jax.Array:
        """Traced: a key and labels int32 [B] -> scaled series [B, L, C]."""
        return self._draw(jax.random.fold_in(key, 0), label)

    def _draw(self, key, label):
        return self.draw(key, self.weights, label)
