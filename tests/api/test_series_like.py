"""Series as other libraries hold them, each against the plain array."""

import numpy as np
import pandas as pd
import pytest

from tsgen_jax.api import arguments

_X = np.arange(24, dtype=np.float64).reshape(3, 4, 2)  # [n, L, C]
_NAMES = ["a", "b"]


def _series(x, layout="nlc"):
    return arguments.as_series(x, layout, 0, "x", np.float64)


def _nested():
    """sktime's nested_univ: a row for each series, a whole channel in each cell."""
    cells = {c: [pd.Series(one[:, i]) for one in _X] for i, c in enumerate(_NAMES)}
    return pd.DataFrame(cells)


def _long():
    """sktime's pd-multiindex: rows (series, time)."""
    index = pd.MultiIndex.from_product([range(3), range(4)])
    return pd.DataFrame(_X.reshape(12, 2), index=index, columns=_NAMES)


@pytest.mark.parametrize(
    ("x", "layout"),
    [
        (_X.swapaxes(1, 2), "ncl"),  # aeon, sktime's numpy3D.
        (list(_X), "nlc"),
        ([one.T for one in _X], "ncl"),  # aeon's list.
        ([pd.DataFrame(one) for one in _X], "nlc"),  # sktime's df-list,
        ([pd.DataFrame(one) for one in _X], "ncl"),  # rows are times in any layout.
        (_nested(), "nlc"),
        (_nested(), "ncl"),
        (_long(), "nlc"),
        (_long(), "ncl"),
        (_X.tolist(), "nlc"),
        (np.array([*_X, None], object)[:3], "nlc"),
    ],
)
def test_the_same_series_in_every_shape(x, layout):
    np.testing.assert_array_equal(_series(x, layout), _X)


def test_wide_tables_have_a_series_in_each_row():
    wide = pd.DataFrame(_X[:, :, 0])
    np.testing.assert_array_equal(_series(wide), _X[:, :, :1])
    wide = wide.astype("Float64")
    wide.iloc[1, 2] = pd.NA
    assert np.argwhere(np.isnan(_series(wide))).tolist() == [[1, 2, 0]]
    with pytest.raises(ValueError, match=r"column 'kind' .* classes go into y"):
        _series(wide.assign(kind=["u", "v", "w"]))


def test_shorter_series_end_in_nan_and_masked_values_are_missing():
    unequal = _series([one[: 2 + i] for i, one in enumerate(_X)])
    assert unequal.shape == (3, 4, 2)
    for i, one in enumerate(unequal):
        np.testing.assert_array_equal(one[: 2 + i], _X[i, : 2 + i])
        assert np.isnan(one[2 + i :]).all()
    masked = np.ma.masked_greater(_X, 20)
    np.testing.assert_array_equal(np.isnan(_series(masked)), _X > 20)
    whole = np.ma.array(_X.astype(int), mask=_X == 3)
    assert np.argwhere(np.isnan(_series(whole))).tolist() == [[0, 1, 1]]


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([_X[0], _X[1, :, :1]], "series 1 has 1 channels, series 0 2"),
        ([one.T for one in (_X[0], _X[1, :3])], "series 1 has 3 channels.*'ncl'"),
        ([_X[0], "word"], "series 1 must hold numbers"),
        ([_X[0], np.zeros((2, 2, 2))], r"series 1 has the shape \(2, 2, 2\)"),
        ([], "no series"),
        (pd.DataFrame(), "empty table"),
        (np.array(["a", "b"]), "numbers"),
    ],
)
def test_what_is_no_series_is_named(x, message):
    with pytest.raises(ValueError, match=message):
        _series(x)
