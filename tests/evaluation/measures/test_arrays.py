"""What fits comes back as it was; what does not is refused in words."""

import numpy as np
import pytest

from tsgen_jax.evaluation.measures import arrays


def test_what_fits_comes_back_as_float64():
    x = np.arange(24, dtype=np.float32)
    series = arrays.check_series("x", x.reshape(2, 4, 3).tolist(), 2)
    features = arrays.check_features("x", x.reshape(8, 3), 8)
    assert series.dtype == features.dtype == np.float64
    np.testing.assert_array_equal(series.ravel(), x)
    np.testing.assert_array_equal(features.ravel(), x)
    labels = np.array([3, 1, 3], np.uint8)
    assert arrays.check_labels("y", labels, 3) is labels
    arrays.check_classes("y", labels)
    arrays.check_finite("x", x)
    arrays.check_alike("a and b", (9, 4, 3), (4, 3))


def test_feature_sets_keep_their_order_and_need_one_width():
    a, b, c = np.zeros((2, 3)), np.ones((5, 3)), np.full((4, 3), 2.0)
    got = arrays.check_feature_sets(2, z=a, y=b, x=c)
    for one, other in zip(got, (a, b, c), strict=True):
        np.testing.assert_array_equal(one, other)
    with pytest.raises(ValueError, match="z are 3 wide, x 2"):
        arrays.check_feature_sets(2, z=a, y=b, x=c[:, :2])
    with pytest.raises(ValueError, match="y needs 3 rows or more; there are 2"):
        arrays.check_feature_sets(3, x=b, y=a)


HOLE = np.array([[1.0, np.nan], [np.inf, 2.0]])


@pytest.mark.parametrize(
    ("check", "match"),
    [
        (lambda: arrays.check_finite("x", HOLE), "x has 2 of 4 values not finite"),
        (lambda: arrays.check_series("x", HOLE[..., None], 1), "x has 2 of 4"),
        (lambda: arrays.check_series("x", HOLE, 1), r"x must be series .* \(2, 2\)"),
        (lambda: arrays.check_series("x", np.ones((2, 0, 1)), 1), "x must be series"),
        (lambda: arrays.check_series("x", np.ones((2, 3, 1)), 3), "at least 3 series"),
        (lambda: arrays.check_alike("a and b", (4, 3), (5, 3)), "length: 4 and 5"),
        (lambda: arrays.check_alike("a and b", (4, 3), (4, 1)), "channels: 3 and 1"),
        (lambda: arrays.check_features("x", HOLE, 1), "x has 2 of 4 values not finite"),
        (lambda: arrays.check_features("x", HOLE[0], 1), r"x must be \[n, d\]"),
        (lambda: arrays.check_features("x", HOLE[:, :0], 1), r"x must be \[n, d\]"),
        (lambda: arrays.check_labels("y", np.ones(3), 3), "y must be 3 .* float64"),
        (lambda: arrays.check_labels("y", [1, 2], 3), "y must be 3 integers"),
        (lambda: arrays.check_labels("y", [True], 1), "y must be 1 integers.* bool"),
        (lambda: arrays.check_classes("y", np.array([4, 4])), r"one class only \(4\)"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(check, match):
    with pytest.raises(ValueError, match=match):
        check()
