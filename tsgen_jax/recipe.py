"""What a generator is: stages in order, and what their weights are together.

A generator is one file with `make_recipe(config, info) -> Recipe`. Training, loading,
export, judges and report go through `Recipe.stages`, and ask the assembled generator
what it can do. Nothing here holds data, weights or a run.
"""

import dataclasses
import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

import jax
import numpy as np

from tsgen_jax.data.dataset import Dataset
from tsgen_jax.data.info import DataInfo
from tsgen_jax.shown import Shows
from tsgen_jax.types import Array, Batch, Metrics, PyTree

Weights = Mapping[str, PyTree]  # Stage name -> what that stage left.


class Part(NamedTuple):
    """TRAIN without its validation part, that part, or TEST, as networks see it."""

    x: np.ndarray  # Scaled, float32 [n, L, C'].
    label: np.ndarray  # int32 [n] in [0, Y).
    observed: np.ndarray | None  # bool [n, L, C'], False: missing; None: all given.


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
    band: str = ""  # Of the tokens that it is about; '': of all.


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
        curves: metrics that the report draws by step.
        snapshot: (weights, rows) -> a few scaled series 'x' [n, L, C'] and their 'label',
            of the same noise always, which the report draws by step; None: nothing.
        sections: of the config, on which its weights depend besides data, seed,
            precision and `train[name]`; None: unknown, nobody else can take them over.
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
    curves: tuple[str, ...] = ("loss",)
    snapshot: Callable[[PyTree, Batch], Batch] | None = None
    sections: tuple[str, ...] | None = None
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
        say: summary -> title and sentence for the report; None: nothing to say.
        about: what it does, for the log.
    """

    name: str
    shapes: PyTree
    fit: Callable[[Array, Dataset, Weights], tuple[PyTree, dict[str, Any]]]
    needs: tuple[str, ...] = ()
    say: Callable[[dict[str, Any]], tuple[str, str]] | None = None
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
    """The whole of every recipe: what draws series. What else it can do: below, `Shows`.

    Attributes:
        info: shape, classes and units of the training data.
        weights: of every stage by name.
        label_use: whether it was trained with classes: 'never'; 'optional', with and
            without; or 'always'.
        remarks: what a model card should say besides `Recipe.about`; may be ''.
    """

    info: DataInfo
    weights: Weights
    label_use: Literal["never", "optional", "always"]
    remarks: str

    def sample(self, key: Array, label: Array) -> dict[str, np.ndarray]:
        """Draws series.

        Args:
            key: a key; the first series of many are those of few.
            label: int [n] in [0, Y]; Y for no class.

        Returns:
            'x' float32 [n, L, C] in original units, and what else was drawn, such as
            'tokens' int32 [n, N].
        """


class Band(NamedTuple):
    """Those of a series' N tokens that belong to one codebook."""

    name: str  # '' where there is one band only.
    start: int  # Place of its first token.
    map_shape: tuple[int, int]  # Frequency bins by frames; tokens row by row.
    codes: np.ndarray  # float [K, D], what tokens stand for.

    @property
    def num_codes(self) -> int:
        """K; also the mask token."""
        return len(self.codes)

    def of(self, tokens: Array) -> Array:
        """Its part of tokens [..., N]."""
        return tokens[..., self.start : self.start + math.prod(self.map_shape)]


@runtime_checkable
class Tokenizes(Protocol):
    """Series are tokens and tokens are series."""

    bands: tuple[Band, ...]

    def encode(self, x: Array) -> np.ndarray:
        """Series [n, L, C] in original units -> tokens int32 [n, N]."""

    def decode(self, tokens: Array) -> np.ndarray:
        """Tokens int [n, N] -> series float32 [n, L, C] in original units."""


@runtime_checkable
class Inpaints(Protocol):
    """Missing values can be drawn, given the others."""

    def inpaint(
        self, key: Array, x: Array, observed: Array, label: Array, num: int
    ) -> np.ndarray:
        """Draws what is missing, `num` times.

        Args:
            key: a key.
            x: series in original units, float [n, L, C]; anything where not observed.
            observed: bool [n, L, C].
            label: int [n] in [0, Y]; Y for no class.
            num: draws of each series.

        Returns:
            float [num, n, L, C], exactly `x` where observed.
        """

    def outpainting(self) -> "Inpaints":
        """The one that goes on with series that it drew itself."""


@runtime_checkable
class Rates(Protocol):
    """Says how probable series are."""

    rates: str  # What `log_likelihood` is of, and whether it is a bound.

    def log_likelihood(
        self, key: Array, x: Array, label: Array, num_draws: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Of series [n, L, C] in original units: nats, and their standard error.

        Both float64 [n]; the error is 0 where nothing is drawn at random, and NaN where
        one draw says nothing of it.
        """

    def log_density(
        self, key: Array, x: Array, label: Array, num_draws: int
    ) -> np.ndarray:
        """log p(series), or a lower bound, nats in original units, float64 [n]."""


@runtime_checkable
class Unfolds(Protocol):
    """Shows the steps from nothing to a series."""

    def unfold(self, key: Array, label: Array) -> dict[str, np.ndarray]:
        """As `sample`, every step: 'x' [S + 1, n, L, C], perhaps 'tokens' likewise."""


@runtime_checkable
class Traceable(Protocol):
    """Samples by a program of jax alone, for jax.export."""

    def program(self, key: Array, label: Array) -> jax.Array:
        """Traced: key, labels int32 [B] (of one batch) -> `sample`, scaled [B, L, C]."""


# Capability -> the method that it goes by, and what that does, in words.
CAPABILITIES = {
    Tokenizes: ("encode", "encode series as tokens"),
    Inpaints: ("inpaint", "draw missing values (impute, edit, forecast)"),
    Rates: ("log_likelihood", "say how probable series are"),
    Unfolds: ("unfold", "show the steps to a series"),
    Traceable: ("program", "be exported as a sampler of jax alone"),
    Shows: ("show", "show what its networks learned"),
}


def can(generator: Any, capability: type) -> bool:
    """Whether a generator, or a class of generators, has a capability."""
    return callable(getattr(generator, CAPABILITIES[capability][0], None))


def abstract_recipe(recipe: Recipe) -> dict[str, PyTree]:
    """Shapes and dtypes of the weights of all stages; nothing is computed."""
    weights = {}
    for stage in recipe.stages:
        if isinstance(stage, Fitted):
            weights[stage.name] = stage.shapes
        else:
            weights[stage.name] = abstract_weights(stage, given_to(stage, weights))
    return weights
