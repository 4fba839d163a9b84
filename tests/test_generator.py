import numpy as np
import pytest

from tsgen_jax.generator import share_labels


@pytest.mark.parametrize(
    ("counts", "num", "shares"),
    [
        ([20, 20], 8, [4, 4]),
        ([19, 21], 256, [122, 134]),
        ([233, 141, 8, 15, 3], 8, [3, 2, 1, 1, 1]),
        ([5, 0, 5], 4, [2, 0, 2]),
        ([100, 1, 1], 2, [1, 0, 1]),
        ([1, 1, 1], 7, [3, 2, 2]),
    ],
)
def test_labels_are_shared_as_in_train(counts, num, shares):
    labels = share_labels(np.array(counts), num)
    np.testing.assert_array_equal(np.bincount(labels, minlength=len(counts)), shares)
    assert labels.dtype == np.int32
    assert (np.diff(labels) >= 0).all()
