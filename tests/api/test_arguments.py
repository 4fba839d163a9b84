import numpy as np
import pytest

from tsgen_jax.api import arguments

_CLASSES = ("walk", "1", "run")


def test_layouts_are_the_same_series():
    x = np.arange(24.0).reshape(2, 4, 3)
    for given, layout in ((x, "nlc"), (x.swapaxes(1, 2), "ncl")):
        found = arguments.as_series(given, layout, 3, "x")
        np.testing.assert_array_equal(found, x)
        assert found.dtype == np.float32
    flat = arguments.as_series(x[:, :, 0].tolist(), "ncl", 1, "x")
    np.testing.assert_array_equal(flat, x[:, :, :1])
    mask = x % 2 == 0
    np.testing.assert_array_equal(arguments.as_mask(mask, x, "nlc", "m"), mask)
    turned = mask.swapaxes(1, 2).astype(int)
    np.testing.assert_array_equal(arguments.as_mask(turned, x, "ncl", "m"), mask)
    wide = arguments.as_mask(mask[:, :, 0], x, "ncl", "m")
    np.testing.assert_array_equal(wide, np.repeat(mask[:, :, :1], 3, axis=2))


@pytest.mark.parametrize(
    ("x", "layout", "message"),
    [
        (np.zeros((2, 4, 3)), "lnc", "known are nlc, ncl"),
        (np.zeros((2, 3, 4)), "nlc", "4 channels, the model 3; is it layout='ncl'"),
        (np.zeros((2, 4, 5)), "nlc", "5 channels, the model 3"),
        (np.zeros(4), "nlc", r"shape \(4,\)"),
        (np.zeros((0, 4, 3)), "nlc", "at least one series"),
        (np.array([["a", "b"]]), "nlc", "must hold numbers"),
        ([[1.0, 2.0], [1.0]], "nlc", "1 channels, the model 3"),
        (np.full((2, 4, 3), np.inf), "nlc", "infinite values, the first in series 0"),
    ],
)
def test_other_series_are_refused(x, layout, message):
    with pytest.raises(ValueError, match=message):
        arguments.as_series(x, layout, 3, "x")


def test_a_name_is_a_name_and_a_place_a_place():
    for given, judge in {
        "run": [2, 2, 2],
        "1": [1, 1, 1],
        1: [1, 1, 1],  # The class named '1', whatever its place.
        ("1", 1, 1.0): [1, 1, 1],
        ("1", "walk", "run"): [1, 0, 2],
        ("walk", 1, "run"): [0, 1, 2],
    }.items():
        given = list(given) if isinstance(given, tuple) else given
        found = arguments.as_label(given, 3, _CLASSES)
        np.testing.assert_array_equal(found, judge)
        assert found.dtype == np.int32
    numbers = ("2", "1", "0")  # Names in another order than places.
    np.testing.assert_array_equal(arguments.as_label([0, 2], 2, numbers), [2, 0])
    np.testing.assert_array_equal(arguments.as_label_index([0, 2], 2, numbers), [0, 2])
    np.testing.assert_array_equal(arguments.as_label_index(1, 3, _CLASSES), [1, 1, 1])
    for given, message in (
        ("fly", "'fly'; known: 'walk', '1', 'run'"),
        (2, "'2'; known: .*label_index takes numbers"),
        (-1, "-1"),
        (0.5, "no class in 1 of 1 rows .* first is 0.5"),
        (["run", None, np.nan], r"2 of 3 rows \(counting from 0: 1, 2\).* is None"),
        (["run", 1], "give one class, or 3"),
    ):
        with pytest.raises(ValueError, match=message):
            arguments.as_label(given, 3, _CLASSES)
    for given, message in (
        (3, "3 to 3; known are 0: 'walk', 1: '1', 2: 'run'"),
        (-1, "-1 to -1"),
        (0.5, "whole numbers, not 0.5"),
        ("run", "whole numbers, not 'run'"),
        ([0, 1], "give one class, or 3"),
    ):
        with pytest.raises(ValueError, match=message):
            arguments.as_label_index(given, 3, _CLASSES)


def test_masks_and_counts_are_checked():
    x = np.zeros((2, 4, 3))
    with pytest.raises(ValueError, match=r"\[n, L\] = \(2, 4\)"):
        arguments.as_mask(np.zeros((4, 2), bool), x, "nlc", "keep")
    with pytest.raises(ValueError, match="true or false"):
        arguments.as_mask(np.full((2, 4), 0.5), x, "nlc", "keep")
    for value in (0, 1.0, True, "3"):
        with pytest.raises(ValueError, match="num="):
            arguments.as_count(value, "num", 1)
    assert arguments.as_count(np.int64(3), "num", 1) == 3


def test_series_keep_the_digits_that_are_asked_for():
    x = 1.7e9 + np.arange(6.0).reshape(1, 6, 1)
    assert len(np.unique(arguments.as_series(x, "nlc", 1, "x", np.float64))) == 6
    assert len(np.unique(arguments.as_series(x, "nlc", 1, "x"))) < 6
    for dtype in (np.float32, np.float64):
        with pytest.raises(ValueError, match=r"x has values .* such as 1e\+39"):
            arguments.as_series(np.full((1, 3, 1), 1e39), "nlc", 1, "x", dtype)
