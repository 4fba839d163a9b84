"""In which order tokens of a map are filled, where their confidence has no say.

Halton order: Besnier et al. 2025, https://arxiv.org/abs/2503.17076. Tokens of one round
lie far from each other, so that they say little of one another and may be drawn at
once.
"""

import jax
import jax.numpy as jnp
import numpy as np

from tsgen_jax.types import Array

_BASES = (2, 3)


def radical_inverse(number: int, base: int) -> float:
    """The digits of `number` behind the point in reverse order, in [0, 1)."""
    found, place = 0.0, 1.0 / base
    while number:
        number, digit = divmod(number, base)
        found += digit * place
        place /= base
    return found


def halton(map_shape: tuple[int, int]) -> np.ndarray:
    """Place in the Halton order of every token of a map [F, T], row by row.

    A point of the sequence is the cell that it falls in; cells that were met before do
    not count.

    Returns:
        int32 [F T], a permutation.
    """
    rows, columns = map_shape
    met, number = {}, 0
    while len(met) < rows * columns:
        number += 1
        row, column = (radical_inverse(number, base) for base in _BASES)
        cell = int(row * rows) * columns + int(column * columns)
        met.setdefault(cell, len(met))
    return np.array([met[cell] for cell in range(rows * columns)], np.int32)


def shifted(key: Array, place: Array, map_shape: tuple[int, int], num: int) -> Array:
    """`halton` for `num` series, for each moved around the map by chance; [num, F T].

    So that no token is always the first.
    """
    rows, columns = map_shape
    key_row, key_column = jax.random.split(key)
    row = jax.random.randint(key_row, (num, 1, 1), 0, rows)
    column = jax.random.randint(key_column, (num, 1, 1), 0, columns)
    at_row = (jnp.arange(rows)[None, :, None] + row) % rows
    at_column = (jnp.arange(columns)[None, None, :] + column) % columns
    return jnp.asarray(place)[at_row * columns + at_column].reshape(num, -1)
