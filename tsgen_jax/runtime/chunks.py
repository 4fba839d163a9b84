"""A program over many series a part at a time: on the CPU faster than all at once.

The maps of 64 series stay in a core's cache between one layer and the next. Measured
on two cores, 256 series of 45 tokens: the prior takes 27 % less time at width 128,
19 % at 256 (with 75 tokens no difference), the tokenizer's decoder about 45 % less.
"""

from collections.abc import Callable

import jax
from jax.export import is_symbolic_dim

from tsgen_jax.types import Array

_ROWS = 64

RowsFn = Callable[..., jax.Array]


def in_chunks(fn: RowsFn, rows: int = _ROWS) -> RowsFn:
    """The same function, `rows` series after `rows` series.

    Args:
        fn: arrays [B, ...] -> array [B, ...], each series for itself.
        rows: of a part, at least 1. A batch that it does not divide, or whose size
            is not known yet, is left whole.
    """

    def chunked(*arrays: Array) -> jax.Array:
        size = arrays[0].shape[0]
        if is_symbolic_dim(size) or size <= rows or size % rows:
            return fn(*arrays)
        parts = jax.tree.map(lambda a: a.reshape(-1, rows, *a.shape[1:]), arrays)
        done = jax.lax.map(lambda part: fn(*part), parts)
        return done.reshape(size, *done.shape[2:])

    return chunked
