"""Logits of many series a part at a time: on the CPU faster than all at once.

The maps of 64 series stay in a core's cache between one layer and the next. Measured
on two cores, 256 series of 45 tokens: 27 % less time at width 128, 19 % at 256; with
75 tokens no difference.
"""

from collections.abc import Callable

import jax
from jax.export import is_symbolic_dim

from tsgen_jax.types import Array

_ROWS = 64

LabelledLogitsFn = Callable[[Array, Array], jax.Array]


def in_chunks(logits_fn: LabelledLogitsFn, rows: int = _ROWS) -> LabelledLogitsFn:
    """The same function, `rows` series after `rows` series.

    Args:
        logits_fn: (tokens int [B, N], label int [B]) -> float [B, N, K], each series
            for itself.
        rows: of a part, at least 1. A batch that it does not divide, or whose size
            is not known yet, is left whole.
    """

    def chunked(tokens: Array, label: Array) -> jax.Array:
        size, length = tokens.shape
        if is_symbolic_dim(size) or size <= rows or size % rows:
            return logits_fn(tokens, label)
        parts = tokens.reshape(-1, rows, length), label.reshape(-1, rows)
        logits = jax.lax.map(lambda part: logits_fn(*part), parts)
        return logits.reshape(size, *logits.shape[2:])

    return chunked
