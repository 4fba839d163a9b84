"""Judges: grids by hand; pandas' own resampling of a gapped series."""

import numpy as np
import pandas as pd
import pytest

from tsgen_jax.data.sources import time_grid


def _regular(times, x, are_dates=False):
    times, x = np.array(times, float), np.array(x, float)[:, None]
    made, said = time_grid.regular([times], [x], are_dates, "own")
    return made[0][:, 0], said


def test_a_regular_grid_is_left_alone():
    made, said = _regular([0, 0.5, 1.0, 1.5], [1, 2, 3, 4])
    assert made.tolist() == [1, 2, 3, 4]
    assert said == "regular time step of 0.5"


def test_gaps_become_missing_values():
    stamps = pd.date_range("2024-01-01", periods=50, freq="15min", tz="UTC")
    values = pd.Series(np.arange(50.0), stamps).drop(stamps[[3, 4, 10, 30]])
    column = pd.Series(values.index.strftime("%Y-%m-%d %H:%M"))
    found = time_grid.read(column, "own", 1)
    assert found.are_dates
    made, said = _regular(found.values, values.to_numpy(), True)
    np.testing.assert_array_equal(made, values.resample("15min").asfreq().to_numpy())
    assert "time stamps with gaps (15 minutes to 45 minutes)" in said
    assert "4 values without a near neighbour count as missing" in said


def test_irregular_stamps_are_interpolated_where_neighbours_are_near():
    #                grid 0  1    2    3  4  5
    times = [0, 1.0, 1.5, 2.6, 3.6, 5.0]
    made, said = _regular(times, [10 * t for t in times])
    np.testing.assert_allclose(made, [0, 10, 20, 30, 40, 50])  # A line stays one.
    assert (
        "irregular time stamps (0.5 to 1.4): resampled to the median step of 1" in said
    )
    far, _ = _regular([0, 1, 2, 4.5, 5.5, 6.5, 7.5], [0, 1, 2, 4.5, 5.5, 6.5, 7.5])
    np.testing.assert_array_equal(np.isnan(far), [0, 0, 0, 1, 1, 0, 0, 0])


def test_a_missing_value_of_one_channel_is_not_made_up():
    x = np.array([[0, 0], [1, np.nan], [np.nan, 2], [3, 3], [4, 4.0]])
    times = np.array([0, 1, 2, 3, 5.0])
    made, _ = time_grid.regular([times], [x], False, "own")
    assert np.isnan(made[0]).tolist() == [
        [False, False],
        [False, True],
        [True, False],
        [False, False],
        [True, True],
        [False, False],
    ]


@pytest.mark.parametrize(
    ("step", "shown"),
    [(3600, "1 hour"), (900, "15 minutes"), (86400, "1 day"), (0.02, "0.02 seconds")],
)
def test_steps_in_words(step, shown):
    assert time_grid.describe_step(step, True) == shown


def test_zones_are_brought_together():
    column = pd.Series(["2024-01-01T00:00:00+01:00", "2024-01-01T00:00:00+00:00"])
    np.testing.assert_array_equal(
        np.diff(time_grid.read(column, "own", 1).values), 3600
    )
