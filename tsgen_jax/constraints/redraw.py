"""Series that violate their rules drawn again, a few times, then projected."""

from collections.abc import Callable

import numpy as np

from tsgen_jax.constraints import outcome
from tsgen_jax.constraints.rules import Rules
from tsgen_jax.constraints.satisfy import project

Draw = Callable[[int, np.ndarray], tuple[np.ndarray, ...]]
Scale = Callable[[np.ndarray], np.ndarray]


def generate(
    rules: Rules,
    draw: Draw,
    num: int,
    scale: Scale,
    observed: np.ndarray | None = None,
) -> tuple[tuple[np.ndarray, ...], outcome.Outcome]:
    """Draws series until they satisfy the rules, then projects what still does not.

    A series is drawn again while its projection moves a value by more than
    `rules.redraw_above`, at most `rules.num_redraws` times; the draw that is moved
    least is kept. This is rejection sampling cut short: what is kept follows the
    model's distribution among series that need little projection. Rounding to integers
    counts for nothing here, since no draw has integers by itself.

    The k-th violating series has place k among those that are drawn again: where first
    draws of few are those of many, so are these.

    Args:
        rules: of the channels.
        draw: (number of the draw from 0, rows int [m]) -> arrays [m, ...], series
            float32 [m, L, C] in original units first.
        num: series n.
        scale: series in original units -> scaled ones, of the same shape or with more
            channels; displacements are compared there.
        observed: bool [n, L, C], values that were given; None: none.

    Returns:
        The arrays of `draw` for all n series, the first projected; and what changed.
    """
    kept = [np.array(a) for a in draw(0, np.arange(num))]
    free_of_integers = rules.without_integers()

    def distance(x, rows):
        given = None if observed is None else observed[rows]
        moved = scale(project(free_of_integers, x, given)) - scale(x)
        return np.abs(moved).max(axis=(1, 2))

    redraws = np.zeros(num, int)
    if rules and rules.num_redraws:
        distances = distance(kept[0], np.arange(num))
        for number in range(1, rules.num_redraws + 1):
            rows = np.flatnonzero(distances > rules.redraw_above)
            if not len(rows):
                break
            again = draw(number, rows)
            redraws[rows] = number
            new = distance(again[0], rows)
            better = new < distances[rows]
            distances[rows[better]] = new[better]
            for old, array in zip(kept, again, strict=True):
                old[rows[better]] = array[better]
    before = kept[0]
    kept[0] = project(rules, before, observed)
    given = np.zeros(before.shape, bool) if observed is None else observed
    found = outcome.measure(rules.channels, before, kept[0], ~given, redraws)
    return tuple(kept), found
