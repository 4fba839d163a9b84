import threading
import time

import numpy as np
import pytest

from tsgen_jax.runtime.batching import in_batches


def _rows(num):
    return {"x": np.arange(num, dtype=np.float32), "label": np.arange(num) % 3}


def test_all_rows_come_back_in_order_and_once():
    sizes = []

    def fn(number, batch):
        sizes.append(len(batch["x"]))
        time.sleep(0.01 * (number % 2))  # Later batches are done first.
        return 100 * number + batch["x"] + batch["label"]

    for num, size, seen in ((50, 8, [8] * 7), (16, 20, [16]), (3, 2, [2, 2])):
        for _ in range(2):
            sizes.clear()
            out = in_batches(fn, _rows(num), "counting", size, set())
            rows = np.arange(num)
            np.testing.assert_array_equal(
                out, 100 * (rows // sizes[0]) + rows + rows % 3
            )
            assert sizes == seen


def test_two_at_once_but_for_the_first_of_a_new_size():
    both = threading.Barrier(2, timeout=5)
    alone = []

    def fn(number, batch):
        if number in alone:
            assert both.n_waiting == 0
        else:
            both.wait()  # Breaks when nobody else comes.
        return batch["x"]

    compiled = set()
    alone.append(0)
    in_batches(fn, _rows(20 * 5), "counting", 20, compiled)
    alone.clear()
    in_batches(fn, _rows(20 * 4), "counting", 20, compiled)
    with pytest.raises(threading.BrokenBarrierError):
        in_batches(fn, _rows(20 * 2), "something else", 20, compiled)


def test_an_error_stops_what_has_not_begun():
    begun = []

    def fn(number, batch):
        begun.append(number)
        if number == 1:
            raise RuntimeError("no memory")
        time.sleep(0.02)
        return batch["x"]

    with pytest.raises(RuntimeError, match="no memory"):
        in_batches(fn, _rows(20 * 50), "counting", 20, set())
    assert len(begun) < 10


def test_no_rows_are_an_error():
    with pytest.raises(ValueError, match="No series"):
        in_batches(lambda _, batch: batch["x"], _rows(0), "counting", 4, set())
