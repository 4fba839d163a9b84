"""What every method of a model needs: its facts, and arguments checked and converted."""

from __future__ import annotations

import dataclasses
import functools
import math

import jax
import numpy as np
from ml_collections import ConfigDict
from numpy.typing import ArrayLike

from tsgen_jax import generators
from tsgen_jax.api import arguments
from tsgen_jax.constraints import rules as constraints
from tsgen_jax.constraints.rules import Rules
from tsgen_jax.data import class_shares, missing
from tsgen_jax.data.info import DataInfo
from tsgen_jax.data.series import UNLABELLED
from tsgen_jax.generators.constrained import Constrained
from tsgen_jax.recipe import Generator, Tokenizes, can
from tsgen_jax.types import PyTree

Label = ArrayLike | None  # Names of classes: one, or one for each series.
_NUM_SEEDS = 2**32  # jax keeps 32 bits of a seed.
_SHOWN = 6  # Classes, and scores, in the repr.
# Scores that say most of samples, in this order; others follow as they come.
_FIRST = ("fid", "context_fid", "cas", "discriminative_score", "coverage", "precision")
_FIRST = (*_FIRST, "share_closer_to_train", "reconstruction_mse")


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Trained:
    """A trained model without what it can do.

    Attributes:
        generator: the trained networks.
        config: that they were trained with, locked.
        facts: shape, classes and units of the training data.
        metrics: scores of the run by name; empty if it was never evaluated.
    """

    generator: Generator
    config: ConfigDict
    facts: DataInfo
    metrics: dict[str, float]

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in the order of their numbers."""
        return self.facts.classes

    @property
    def length(self) -> int:
        """Time points L of a window."""
        return self.facts.length

    @property
    def num_channels(self) -> int:
        """Channels C."""
        return self.facts.num_channels

    @property
    def uses_classes(self) -> bool:
        """Whether there are classes that series can be asked for."""
        known = self.classes != (UNLABELLED,) and len(self.classes) > 1
        return known and self.generator.label_use != "never"

    @property
    def num_tokens(self) -> int:
        """Tokens N of a window; ValueError for a generator without tokens."""
        self._check_can(Tokenizes)
        return sum(math.prod(band.map_shape) for band in self.generator.bands)

    @functools.cached_property
    def rules(self) -> Rules:
        """What every series that is generated satisfies, by `config.constraints`."""
        return constraints.make(self.config.constraints, self.facts)

    @functools.cached_property
    def _constrained(self) -> Constrained:
        return Constrained(self.generator, self.rules)

    @functools.cached_property
    def _outpainting(self) -> Constrained:
        """The generator of long series: with the noise of `sample` in later windows."""
        return Constrained(self.generator.outpainting(), self.rules)

    def _check_can(self, capability: type) -> None:
        """ValueError where the generator cannot; says which ones can."""
        generators.check_can(self.generator, capability, self.config.generator)

    def labels(self, num: int) -> np.ndarray | None:
        """Names of classes, str [num], in the shares of the training data, in order.

        `sample(num)` draws these when no label is given; None: it draws without a
        class.
        """
        index = self.label_indices(num)
        none = len(self.classes)
        return None if (index == none).any() else np.array(self.classes)[index]

    def label_indices(self, num: int) -> np.ndarray:
        """`labels` as class numbers, int32 [num]; Y stands for no class."""
        num = arguments.as_count(num, "num", 1)
        return class_shares.of_training(
            self.config.sample, self.facts.class_counts, num
        )

    def _label(self, label: Label, num: int, index: Label = None) -> np.ndarray:
        """Class numbers [num], by name or by place; without both Y, no class."""
        used = self.generator.label_use
        if label is None and index is None:
            if used == "always":
                raise ValueError(
                    "This model always saw the class in training: give label, of "
                    f"{', '.join(map(repr, self.classes))}."
                )
            return np.full(num, self.facts.num_classes, np.int32)
        if used == "never":
            raise ValueError("This model never saw a class: leave label out.")
        if index is None:
            return arguments.as_label(label, num, self.classes)
        if label is not None:
            raise ValueError("label and label_index both name classes: give one.")
        return arguments.as_label_index(index, num, self.classes)

    def _drawn_label(self, label: Label, num: int, index: Label) -> np.ndarray:
        """As `_label`; without a class those of training."""
        if label is None and index is None:
            return self.label_indices(num)
        return self._label(label, num, index)

    def _overlap(self, overlap: int | None) -> int:
        overlap = max(1, self.length // 2) if overlap is None else overlap
        overlap = arguments.as_count(overlap, "overlap", 1)
        if overlap >= self.length:
            raise ValueError(
                f"overlap={overlap} must be below the window of {self.length}."
            )
        return overlap

    def _shaped(self, x: ArrayLike, layout: str, name: str) -> np.ndarray:
        dtype = self.facts.scaler.dtype
        x = arguments.as_series(x, layout, self.num_channels, name, dtype)
        if self.facts.has_ends and x.shape[1] < self.length:
            after = self.length - x.shape[1]  # The longest of them ends earlier.
            x = np.pad(x, ((0, 0), (0, after), (0, 0)), constant_values=np.nan)
        if x.shape[1] != self.length:
            raise ValueError(
                f"{name} has {x.shape[1]} time points, the model {self.length}."
            )
        return x

    def _window(self, x: ArrayLike, layout: str, name: str) -> np.ndarray:
        """Series of L time points with all values; ends where the model knows ends."""
        x = self._shaped(x, layout, name)
        ends = np.maximum(missing.lengths(x), 1) if self.facts.has_ends else self.length
        inside = np.arange(self.length) < np.reshape(ends, (-1, 1))
        check_no_nan(np.where(inside[..., None], x, 0), name)
        return x

    def __reduce__(self):
        """What it is made of: compiled programs are made again when needed."""
        of = self.generator.weights.items()  # In their order, which `tree.map` sorts.
        weights = {name: jax.tree.map(np.asarray, tree) for name, tree in of}
        return _assemble, (type(self), weights, self.config, self.facts, self.metrics)

    def __repr__(self) -> str:
        facts = self.facts
        names = [repr(name) for name in facts.classes[:_SHOWN]]
        names += ["..."] * (len(facts.classes) > _SHOWN)
        ranked = sorted(self.metrics, key=_importance)  # Stable: others as they come.
        scores = [f"{k}={self.metrics[k]:.3g}" for k in ranked[:_SHOWN]]
        scores += ["..."] * (len(ranked) > _SHOWN)
        sizes = {k: _size(w) for k, w in self.generator.weights.items()}
        weights = ", ".join(f"{stage} {size:,}" for stage, size in sizes.items())
        tokens = ""
        if can(self.generator, Tokenizes):
            codes = " and ".join(str(b.num_codes) for b in self.generator.bands)
            tokens = f"  tokens   {self.num_tokens} of {codes} codes\n"
        return (
            f"Model {self.config.name!r} of {facts.name}\n"
            f"  series   length {facts.length}, channels {facts.num_channels}, "
            f"{facts.num_classes} classes: {', '.join(names)}\n"
            f"{tokens}  weights  {weights}\n"
            f"  scores   {', '.join(scores) or 'not evaluated'}"
        )


def _assemble(kind: type, weights, config, facts, metrics) -> Trained:
    """A model of its weights again."""
    recipe = generators.make_recipe(config, facts)
    return kind(recipe.assemble(weights), config, facts, metrics)


def _size(weights: PyTree) -> int:
    return sum(np.size(a) for a in jax.tree.leaves(weights))


def _importance(score: str) -> int:
    """Place of a score such as 'fid_fcn' in `_FIRST`."""
    names = [score, *(score[:i] for i, c in enumerate(score) if c == "_")]
    places = [_FIRST.index(name) for name in names if name in _FIRST]
    return min(places, default=len(_FIRST))


def key_of(seed: int) -> jax.Array:
    """A key from a whole number in [0, 2^32); others would repeat those or overflow."""
    seed = arguments.as_count(seed, "seed", 0)
    if seed >= _NUM_SEEDS:
        raise ValueError(f"seed={seed} must be below 2^32 = {_NUM_SEEDS}.")
    return jax.random.key(seed)


def check_no_nan(x: np.ndarray, name: str) -> None:
    """Raises ValueError that names the first series with missing values."""
    if np.isnan(x).any():
        series = int(np.argwhere(np.isnan(x))[0][0])
        raise ValueError(
            f"{name} has missing values, the first in series {series}: fill them, for "
            "instance by model.impute."
        )
