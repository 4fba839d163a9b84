"""A batch as a function of (data, key, step): no iterator, nothing to save."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from tsgen_jax.types import Array, Batch


def batch_at(data: Batch, key: Array, step: Array, batch_size: int) -> Batch:
    """Rows of `data` for one step; each epoch is a new permutation.

    What an epoch cannot fill a batch with is left out of that epoch only.

    Args:
        data: arrays of one leading axis n.
        key: the run's key for batches, the same at every step.
        step: scalar int, from 0.
        batch_size: B, at most n.

    Raises:
        ValueError: the batch is larger than the data.
    """
    num = len(jax.tree.leaves(data)[0])
    if not 1 <= batch_size <= num:
        raise ValueError(f"A batch of {batch_size} from {num} series.")
    epoch, place = jnp.divmod(step, num // batch_size)
    order = jax.random.permutation(jax.random.fold_in(key, epoch), num)
    rows = jax.lax.dynamic_slice_in_dim(order, place * batch_size, batch_size)
    return jax.tree.map(lambda a: a[rows], data)


def map_batches(fn: Callable[..., Array], data: Batch, batch_size: int) -> np.ndarray:
    """Applies `fn(batch) -> array [B, ...]` to all rows, in order.

    Every batch has `batch_size` rows, the last one filled up with repeats of the
    first row and cut again: one compiled program serves every part of a data set.

    Returns:
        Array [n, ...] on the host.

    Raises:
        ValueError: there are no rows.
    """
    num = len(jax.tree.leaves(data)[0])
    if num == 0:
        raise ValueError("No series to go through.")
    parts = []
    for start in range(0, num, batch_size):
        rows = np.arange(start, start + batch_size)
        rows = np.where(rows < num, rows, 0)
        part = np.asarray(fn(jax.tree.map(lambda a, r=rows: np.asarray(a)[r], data)))
        parts.append(part[: num - start])
    return np.concatenate(parts)
