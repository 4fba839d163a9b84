"""What a generator shows of what it learned: arrays that a report draws.

Of first layers, attention and latents. What it draws in the course of training is kept
by the loop, see `recipe.Stage.snapshot`.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol, runtime_checkable

from tsgen_jax.types import Array


class Filters(NamedTuple):
    """What a first layer multiplies windows of scaled series with."""

    layer: str  # Such as "the critic's first convolution".
    weights: Array  # float [K, taps, C'], a tap for each time point, in order.


class Attention(NamedTuple):
    """How much a network reads of every place for what it says of a place."""

    layers: Mapping[str, Array]  # Name -> float [n, Q, T]; a row sums to 1 at most.
    x: Array  # The series [n, L, C], in original units.
    names: tuple[str, ...]  # Of the classes of the series.
    what: str  # Of the network and of a place, in a sentence.
    place: str = "time point"  # What the axes count.
    size: int = 1  # Time points of a place of T; those of Q fill the series.
    breaks: tuple[
        int, ...
    ] = ()  # First places of T = Q in which something else begins.
    observed: Array | None = None  # bool [n, L, C], False where drawn; None: all given.


class Traversal(NamedTuple):
    """Series while one number behind them moves and all others stay."""

    rows: tuple[str, ...]  # The D numbers.
    values: tuple[str, ...]  # The S values that each takes.
    x: Array  # float [D, S, L, C], in original units.
    what: str  # Which numbers, and where the others stay, in a sentence.
    title: str = "Latents"


View = Filters | Attention | Traversal


@runtime_checkable
class Shows(Protocol):
    """Has something of what it learned to draw."""

    def show(self, key: Array, x: Array, label: Array) -> Mapping[str, View]:
        """What there is, by name: letters, digits and underscores.

        Args:
            key: a key.
            x: real series in original units, such as one of each class, [n, L, C].
            label: their classes, int [n] in [0, Y).
        """


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Showing:
    """A part of generators that show what a function of their recipe gives; `Shows`.

    Attributes:
        views: (generator, key, x, label) -> what `show` gives.
    """

    views: Callable[[Any, Array, Array, Array], Mapping[str, View]]

    def show(self, key: Array, x: Array, label: Array) -> Mapping[str, View]:
        """See `Shows`."""
        return self.views(self, key, x, label)
