"""A program over many rows in batches of few sizes, on the CPU two at a time.

What XLA computes on one core in one batch, such as attention's products, then leaves
the other cores to the other batch: a fifth more series per second on two cores, and
the same numbers.
"""

import contextlib
from collections.abc import Callable, Iterator
from concurrent import futures

import jax
import numpy as np

from tsgen_jax.types import Array, Batch

_FEW = 16  # Rows; more go in whole batches.
_PATIENCE = 2.0  # Seconds without a progress bar.
_AT_ONCE = 2  # Batches on the CPU; other devices have one after the other.

BatchFn = Callable[[int, Batch], Array]


def in_batches(
    fn: BatchFn, rows: Batch, what: str, batch_size: int, compiled: set
) -> np.ndarray:
    """Applies `fn(number of the batch, batch) -> [B, ...]` to all rows, in order.

    A batch has 16 rows where that is enough, else `batch_size`; the last is filled up
    with its last row. What takes longer than 2 s shows a progress bar on a terminal,
    called `what`.

    Args:
        fn: sees two sizes of batches only, so that it compiles twice at most; on the
            CPU two threads call it at once.
        rows: arrays [n, ...].
        what: is done, always by the same program.
        batch_size: B.
        compiled: what has been done in which size; added to. Other batches wait for
            the first of a new one, lest both threads compile.

    Returns:
        Array [n, ...] on the host.

    Raises:
        ValueError: there are no rows.
    """
    num = len(jax.tree.leaves(rows)[0])
    if num == 0:
        raise ValueError("No series to go through.")
    size = min(batch_size, _FEW) if num <= _FEW else batch_size

    def part(number: int) -> np.ndarray:
        start = number * size
        at = np.minimum(np.arange(start, start + size), num - 1)
        batch = jax.tree.map(lambda a: np.asarray(a)[at], rows)
        return np.asarray(fn(number, batch))[: num - start]

    parts = []
    with _progress(what, num) as advance:
        alone = 0 if (what, size) in compiled else 1
        for done in _in_order(part, -(-num // size), alone):
            parts.append(done)
            advance(len(done))
            compiled.add((what, size))
    return np.concatenate(parts)


@contextlib.contextmanager
def _progress(what: str, num: int) -> Iterator[Callable[[int], object]]:
    """A bar on a terminal, and what moves it; nothing where tqdm is not installed."""
    try:
        from tqdm import tqdm
    except ModuleNotFoundError:  # Sampling needs jax, flax and numpy alone.
        yield lambda count: None
        return
    with tqdm(
        desc=what, total=num, unit="series", delay=_PATIENCE, disable=None
    ) as bar:
        yield bar.update


def _in_order(
    part: Callable[[int], np.ndarray], num: int, alone: int
) -> Iterator[np.ndarray]:
    """`part` of 0 to num - 1 in order, the first so many alone."""
    if num - alone < 2 or jax.default_backend() != "cpu":
        alone = num
    yield from map(part, range(alone))
    if alone == num:
        return
    with futures.ThreadPoolExecutor(_AT_ONCE) as pool:
        ahead = [pool.submit(part, i) for i in range(alone, num)]
        try:
            for each in ahead:
                yield each.result()
        finally:  # An error, or Ctrl-C: what has not begun never will.
            pool.shutdown(cancel_futures=True)
