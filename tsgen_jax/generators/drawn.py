"""Generators that are a program from a key and a class to series, or to its steps."""

import dataclasses
from collections.abc import Callable
from typing import Literal

import jax
import numpy as np

from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators.batched import Batched, check_label
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


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Unfolding(Drawn):
    """Samples of `draw`, and the steps to them; `Traceable`, `Unfolds`.

    Attributes:
        unfolded: jitted, of the recipe: (key, weights, label [B]) -> the scaled series
            of every step [B, S + 1, L, C'], the last as of `draw`.
    """

    unfolded: Draw

    def unfold(self, key: Array, label: Array) -> dict[str, np.ndarray]:
        """Series 'x' of every step [S + 1, n, L, C] in original units."""
        steps = self.batched.map(
            lambda number, batch: self.unfolded(
                jax.random.fold_in(key, number), self.weights, batch["label"]
            ),
            {"label": check_label(label, self.info.num_classes)},
            "unfolding",
        )
        return {"x": self.info.scaler.inverse(steps.swapaxes(0, 1))}


def programs_of(states: Draw) -> dict[str, Draw]:
    """`draw` and `unfolded` of an `Unfolding`, jitted.

    Args:
        states: (key, weights, label [B]) -> scaled series [S + 1, B, L, C'].
    """
    return {
        "draw": jax.jit(lambda *args: states(*args)[-1]),
        "unfolded": jax.jit(lambda *args: states(*args).swapaxes(0, 1)),
    }
