"""What a generator is: stages in order, and what their weights are together.

A generator is one file with `make_recipe(config, info) -> Recipe`. Training, loading,
export, judges and report go through `Recipe.stages`, and ask the assembled generator
what it can do. Nothing here holds data, weights or a run.
"""

import dataclasses
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

import jax
import numpy as np

from tsgen_jax.data.dataset import Dataset
from tsgen_jax.data.info import DataInfo
from tsgen_jax.types import Array, Batch, Metrics, PyTree

Weights = Mapping[str, PyTree]  # Stage name -> what that stage left.


class Part(NamedTuple):
    """TRAIN without its validation part, that part, or TEST, as networks see it."""

    x: np.ndarray  # Scaled, float32 [n, L, C'].
    label: np.ndarray  # int32 [n] in [0, Y).
    observed: (
        np.ndarray | None
    )  # bool [n, L, C'], False where missing; None: all given.


def part_of(dataset: Dataset, name: str) -> Part:
    """The part 'train', 'valid' or 'test' of a data set."""
    data = dataset.network_data(name)
    label = np.asarray(getattr(dataset, f"y_{name}"), np.int32)
    return Part(data["x"], label, data.get("observed"))


class Measure(NamedTuple):
    """The row of the score table that a metric of `Stage.evaluate` gets on TEST."""

    name: str
    better: str  # 'lower' or 'higher'.
    ideal: float | None
    note: str
    floors: Mapping[str, float] = MappingProxyType({})


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Stage:
    """A network that `training.loop` trains. Nothing of a run: seeds share a program.

    Attributes:
        name: of its directory, of `config.train[name]` and in metrics.jsonl.
        example: one batch of `jax.ShapeDtypeStruct`: all shapes without any data.
        init: (key, batch, given) -> (params, model_state).
        loss_fn: (params, model_state, batch, key) ->
            (loss, (model_state, metrics)); pure.
        export: (params, model_state) -> weights, all that using the network needs.
        needs: earlier stages whose weights it is given.
        rows: (part, given, train) -> arrays [n, ...] to draw batches from; `train`:
            to train on, not to evaluate. None: rows are handed to the loop directly.
        evaluate: (weights, rows) -> metrics; 'loss' is what selection watches. None:
            the last weights are selected.
        measures: metric of `evaluate` -> its row of the score table.
        make_optimizer: `config.train[name]` -> optimiser; None: AdamW of `optim`.
        about: what it does, for the log.
    """

    name: str
    example: Batch
    init: Callable[[Array, Batch, Weights], tuple[PyTree, PyTree]]
    loss_fn: Callable[..., tuple[jax.Array, tuple[PyTree, Metrics]]]
    export: Callable[[PyTree, PyTree], PyTree]
    needs: tuple[str, ...] = ()
    rows: Callable[[Part, Weights, bool], Batch] | None = None
    evaluate: Callable[[PyTree, Batch], Metrics] | None = None
    measures: Mapping[str, Measure] = dataclasses.field(default_factory=dict)
    make_optimizer: Callable[[Mapping[str, Any]], Any] | None = None
    about: str = ""


def example_of(rows: Batch) -> Batch:
    """The shapes of one row as a batch, for `Stage.example`."""
    return jax.tree.map(
        lambda a: jax.ShapeDtypeStruct((1, *a.shape[1:]), a.dtype), rows
    )


def given_to(stage: Any, weights: Weights) -> Weights:
    """What a stage needs of the weights that earlier stages left."""
    return {name: weights[name] for name in stage.needs}


def abstract_weights(stage: Stage, given: Weights) -> PyTree:
    """Shapes and dtypes of the weights of a stage that is given such weights."""
    return jax.eval_shape(
        lambda key, batch, given: stage.export(*stage.init(key, batch, given)),
        jax.random.key(0),
        stage.example,
        given,
    )


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Fitted:
    """What is measured or solved in one go, not trained by steps.

    Attributes:
        name: of its directory and of its weights.
        shapes: of its weights, `jax.ShapeDtypeStruct`s.
        fit: (key, dataset, given) -> (weights, summary); TEST is not to be read.
            `summary` is kept in done.json; what it says is logged by `fit`.
        needs: earlier stages whose weights it is given.
        about: what it does, for the log.
    """

    name: str
    shapes: PyTree
    fit: Callable[[Array, Dataset, Weights], tuple[PyTree, dict[str, Any]]]
    needs: tuple[str, ...] = ()
    about: str = ""


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Recipe:
    """A generator before it has weights.

    Attributes:
        stages: in the order in which they are made.
        assemble: weights of all stages -> the generator. It compiles nothing: programs
            belong to the recipe and take weights as arguments.
        settings: sections of the config that need no training, such as 'sample'.
        about: one sentence for the model card.
    """

    stages: tuple[Stage | Fitted, ...]
    assemble: Callable[[Weights], "Generator"]
    settings: tuple[str, ...]
    about: str


class Generator(Protocol):
    """The whole of every recipe: what draws series.

    Attributes:
        info: shape, classes and units of the training data.
        weights: of every stage by name.
    """

    info: DataInfo
    weights: Weights

    def sample(self, key: Array, label: Array) -> dict[str, np.ndarray]:
        """Draws series.

        Args:
            key: a key; the first series of many are those of few.
            label: int [n] in [0, Y]; Y for no class.

        Returns:
            'x' float32 [n, L, C] in original units, and what else was drawn, such as
            'tokens' int32 [n, N].
        """


def abstract_recipe(recipe: Recipe) -> dict[str, PyTree]:
    """Shapes and dtypes of the weights of all stages; nothing is computed."""
    weights = {}
    for stage in recipe.stages:
        if isinstance(stage, Fitted):
            weights[stage.name] = stage.shapes
        else:
            weights[stage.name] = abstract_weights(stage, given_to(stage, weights))
    return weights
