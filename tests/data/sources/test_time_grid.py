"""Judges: grids by hand; pandas' own resampling of a gapped series."""

import numpy as np
import pandas as pd
import pytest

from tsgen_jax.data.sources import time_grid


def _regular(times, x, are_dates=False):
    times, x = np.array(times, float), np.array(x, float)[:, None]
    made = time_grid.regular([times], [x], are_dates, "own")
    return made.series[0][:, 0], made.said


def test_a_regular_grid_is_left_alone():
    made, said = _regular([0, 0.5, 1.0, 1.5], [1, 2, 3, 4])
    assert made.tolist() == [1, 2, 3, 4]
    assert said == "regular time step of 0.5"


def test_gaps_become_missing_values():
    stamps = pd.date_range("2024-01-01", periods=50, freq="15min", tz="UTC")
    values = pd.Series(np.arange(50.0), stamps).drop(stamps[[3, 4, 10, 30]])
    column = pd.Series(values.index.strftime("%Y-%m-%d %H:%M"))
    times = time_grid.seconds(pd.to_datetime(column).to_numpy())
    made, said = _regular(times, values.to_numpy(), True)
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
    made = time_grid.regular([times], [x], False, "own").series
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


_WORK = "1111100"


@pytest.mark.parametrize(
    ("freq", "start", "shown"),
    [
        ("MS", "1990-01-01", "1 month (first day)"),
        ("ME", "1990-01-31", "1 month (last day)"),
        ("BMS", "1990-01-01", "1 month (first business day)"),
        ("BME", "1990-01-31", "1 month (last business day)"),
        ("QS", "1990-01-01", "1 quarter (first day)"),
        ("QE", "1990-03-31", "1 quarter (last day)"),
        ("YS", "1990-01-01", "1 year (first day)"),
        ("YE", "1990-12-31", "1 year (last day)"),
        ("2MS", "1990-01-01", "2 months (first day)"),
        ("B", "1990-01-01", "1 business day (Monday to Friday)"),
        ("W-WED", "1990-01-03", "7 days"),
        ("28D", "1990-01-01", "28 days"),
        ("15min", "1990-01-01", "15 minutes"),
    ],
)
def test_steps_of_a_calendar_are_regular(freq, start, shown):
    """Judge: pandas' date_range, also for the stamps that follow."""
    stamps = pd.date_range(start, periods=60, freq=freq)
    x = np.random.default_rng(0).normal(size=(50, 1))
    times = time_grid.seconds(stamps.to_numpy())
    found = time_grid.regular([times[:50]], [x], True, "own")
    np.testing.assert_array_equal(found.series[0], x)
    assert found.said == f"regular time step of {shown}"
    np.testing.assert_array_equal(found.starts, stamps[:1])
    later = found.step.continue_from(stamps[49], 10)
    np.testing.assert_array_equal(later, stamps[50:])


@pytest.mark.parametrize("freq", ["MS", "ME", "QE", "YE", "B", "BME"])
def test_a_step_left_out_of_a_calendar_is_missing(freq):
    stamps = pd.date_range("1990-01-01", periods=60, freq=freq)
    given = np.delete(np.arange(60), [3, 4, 30])
    times = time_grid.seconds(stamps.to_numpy())[given]
    made, said = _regular(times, 10.0 + given, True)
    expected = 10.0 + np.arange(60)
    expected[[3, 4, 30]] = np.nan
    np.testing.assert_array_equal(made, expected)
    assert said.endswith("; 3 time points left out are missing")


@pytest.mark.parametrize(
    ("days", "later"),
    [
        (["2023-11-15", "2023-12-15", "2024-01-15"], "2024-02-15"),
        (["2023-12-30", "2024-01-30", "2024-02-29"], "2024-03-30"),
        (["2020-02-28", "2021-02-28", "2022-02-28"], "2023-02-28"),
        (["2021-07-01", "2021-08-01", "2021-09-01"], "2021-10-01"),  # 31 days each.
    ],
)
def test_any_day_of_the_month(days, later):
    times = time_grid.seconds(np.array(days, "datetime64[us]"))
    found = time_grid.regular([times], [np.ones((3, 1))], True, "own")
    assert found.step.unit == "month"
    assert len(found.series[0]) == 3
    assert str(found.step.continue_from(days[-1], 1)[0])[:10] == later


def test_series_of_other_days_of_the_month_keep_their_own():
    days = [["2024-01-01", "2024-02-01", "2024-03-01"], ["2024-01-20", "2024-02-20"]]
    times = [time_grid.seconds(np.array(d, "datetime64[us]")) for d in days]
    series = [np.ones((len(d), 1)) for d in days]
    found = time_grid.regular(times, series, True, "own")
    assert found.step.describe() == "1 month"
    later = [str(found.step.continue_from(d[-1], 1)[0])[:10] for d in days]
    assert later == ["2024-04-01", "2024-03-20"]


@pytest.mark.parametrize(("weekmask", "num"), [("1111110", 6), ("1111001", 5)])
def test_other_weeks_than_monday_to_friday(weekmask, num):
    days = np.busday_offset("2024-01-01", np.arange(40), "forward", weekmask)
    times = time_grid.seconds(days.astype("datetime64[us]"))
    found = time_grid.regular([times], [np.ones((40, 1))], True, "own")
    assert (found.step.weekmask, len(found.series[0])) == (weekmask, 40)
    assert f"{num} (Monday" in found.said


def test_days_at_random_are_no_week_of_their_own():
    rng = np.random.default_rng(0)
    days = np.sort(rng.choice(100, 30, replace=False)) + np.datetime64("2024-01-01")
    times = time_grid.seconds(days.astype("datetime64[us]"))
    found = time_grid.regular([times], [np.ones((30, 1))], True, "own")
    assert not found.step.is_calendar


def test_days_of_a_zone_are_days():
    """Over a clock change a day has 23 or 25 hours; one that is left out is a gap."""
    local = pd.date_range("2024-03-20", periods=20, freq="D", tz="Europe/Berlin")
    times = time_grid.seconds(local.tz_convert("UTC").tz_localize(None).to_numpy())
    for given in (np.arange(20), np.delete(np.arange(20), 5)):
        x = 1.0 * given[:, None]
        found = time_grid.regular([times[given]], [x], True, "own", "Europe/Berlin")
        assert found.step.describe() == "1 day"
        made = found.series[0][:, 0]
        np.testing.assert_array_equal(made[~np.isnan(made)], given)
        assert len(made) == 20
    assert found.step.text(found.step.stamps(found.starts[0], np.arange(20))) == [
        stamp.isoformat(sep=" ") for stamp in local
    ]
