import numpy as np
import pytest
from ml_collections import ConfigDict

from tsgen_jax.data import class_shares


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
    found = class_shares.share(np.array(counts), num)
    np.testing.assert_array_equal(np.bincount(found, minlength=len(counts)), shares)
    assert found.dtype == np.int32
    assert (np.diff(found) >= 0).all()


def test_without_classes_nobody_has_one():
    of_classes = ConfigDict({"class_conditional": True})
    np.testing.assert_array_equal(
        class_shares.of_training(of_classes, (1, 2), 3), [0, 1, 1]
    )
    without = ConfigDict({"class_conditional": False})
    np.testing.assert_array_equal(
        class_shares.of_training(without, (1, 2), 3), [2, 2, 2]
    )
