import jax
import numpy as np
import pytest

from tsgen_jax.training import batches


def test_an_epoch_takes_every_row_once_and_the_next_in_another_order():
    data = {"x": np.arange(12) * 10, "y": np.arange(12)}
    key = jax.random.key(0)
    epochs = []
    for epoch in range(2):
        steps = [batches.batch_at(data, key, 3 * epoch + i, 4) for i in range(3)]
        rows = np.concatenate([b["y"] for b in steps])
        assert sorted(rows) == list(range(12))
        assert all((b["x"] == b["y"] * 10).all() for b in steps)
        epochs.append(rows)
    assert (epochs[0] != epochs[1]).any()


def test_what_does_not_fill_a_batch_changes_from_epoch_to_epoch():
    data = {"x": np.arange(5)}
    left_out = {
        frozenset(range(5))
        - {
            int(v)
            for i in range(2)
            for v in batches.batch_at(data, jax.random.key(1), 2 * e + i, 2)["x"]
        }
        for e in range(8)
    }
    assert len(left_out) > 1
    assert all(len(rows) == 1 for rows in left_out)


@pytest.mark.parametrize("size", [0, 6])
def test_a_batch_must_fit_the_data(size):
    with pytest.raises(ValueError, match=f"batch of {size} from 5"):
        batches.batch_at({"x": np.arange(5)}, jax.random.key(0), 0, size)


@pytest.mark.parametrize("num", [1, 4, 11])
def test_map_batches_goes_through_all_rows_in_order(num):
    sizes = []

    def fn(batch):
        sizes.append(len(batch["x"]))
        return batch["x"] * 2

    x = np.arange(num * 3).reshape(num, 3)
    np.testing.assert_array_equal(batches.map_batches(fn, {"x": x}, 4), 2 * x)
    assert set(sizes) == {4}


def test_map_batches_of_nothing_says_so():
    with pytest.raises(ValueError, match="No series"):
        batches.map_batches(lambda b: b["x"], {"x": np.zeros((0, 3))}, 4)
