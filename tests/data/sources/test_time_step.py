"""Judges: pandas' date_range with its own offsets; calendars by hand."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from tsgen_jax.data.sources.time_step import TimeStep

_WORK = "1111100"


@pytest.mark.parametrize(
    ("step", "first", "freq"),
    [
        (TimeStep("second", 900), "2024-02-28 23:30", "15min"),
        (TimeStep("day", 7), "2024-02-28", "7D"),
        (TimeStep("weekday", 1, weekmask=_WORK), "2024-02-01", "B"),
        (TimeStep("month", 1, 1), "2023-11-01", "MS"),
        (TimeStep("month", 1, 31), "2023-11-30", "ME"),
        (TimeStep("month", 1, 31, _WORK), "2023-11-30", "BME"),
        (TimeStep("month", 1, 1, _WORK), "2023-11-01", "BMS"),
        (TimeStep("month", 3, 31), "2023-11-30", "QE-NOV"),
        (TimeStep("month", 3, 1), "2023-11-01", "QS-NOV"),
        (TimeStep("month", 12, 31), "2019-02-28", "YE-FEB"),
        (TimeStep("month", 12, 1), "2019-04-01", "YS-APR"),
    ],
)
def test_stamps_go_on_as_in_pandas(step, first, freq):
    expected = pd.date_range(first, periods=40, freq=freq)
    assert str(expected[0]) == str(pd.Timestamp(first))
    np.testing.assert_array_equal(step.stamps(first, np.arange(40)), expected)
    later = step.continue_from(expected[9], 30)
    np.testing.assert_array_equal(later, expected[10:])
    assert later.dtype == "datetime64[us]"
    assert step.text(later[:1]) == [str(expected[10])]


def test_the_day_of_a_month_is_kept_where_the_month_has_it():
    days = [
        str(d)[:10] for d in TimeStep("month", 1, 30).continue_from("2024-01-30", 3)
    ]
    assert days == ["2024-02-29", "2024-03-30", "2024-04-30"]
    # From February the day comes from the step, or from the stamp where it has none.
    (known,) = TimeStep("month", 1, 30).continue_from("2024-02-29 06:00", 1)
    assert str(known) == "2024-03-30T06:00:00.000000"
    (own,) = TimeStep("month", 1, 0).continue_from("2024-02-29", 1)
    assert str(own)[:10] == "2024-03-29"


def test_numbers_and_epochs():
    step = TimeStep("number", 0.5)
    assert step.continue_from(3, 3).tolist() == [3.5, 4.0, 4.5]
    assert step.text(step.continue_from(3, 2)) == ["3.5", "4"]
    assert TimeStep("number", 2).text(np.array([4.0, 6.0])) == ["4", "6"]
    for unit, now in (("s", 1700000000), ("ms", 1700000000000), ("ns", 17 * 10**17)):
        step = TimeStep("second", 60, time_format=f"epoch-{unit}")
        scale = now // 1700000000
        assert step.text(step.continue_from(now, 2)) == [
            str(now + 60 * scale),
            str(now + 120 * scale),
        ]


def test_hours_of_a_zone_pass_over_clock_changes():
    step = TimeStep("second", 3600, zone="Europe/Berlin", time_format="%d.%m. %H:%M")
    autumn = step.continue_from("2024-10-27 01:00", 3)
    assert step.text(autumn) == ["27.10. 02:00", "27.10. 02:00", "27.10. 03:00"]
    assert (np.diff(autumn) == np.timedelta64(1, "h")).all()
    assert step.text(step.continue_from("2024-03-31 01:00", 1)) == ["31.03. 03:00"]
    day = TimeStep("day", 1, zone="Europe/Berlin")
    assert day.text(day.continue_from("2024-10-26", 2)) == [
        "2024-10-27 00:00:00+02:00",
        "2024-10-28 00:00:00+01:00",
    ]


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ("%d/%m/%Y", "01/02/2024"),
        ("%-m/%-d/%Y %-I:%M %p", "2/1/2024 1:30 PM"),
        ("%Y-%m-%dT%H:%M:%S.%3f%:z", "2024-02-01T13:30:00.250+01:00"),
        ("%Y-Q%q", "2024-Q1"),
    ],
)
def test_stamps_are_written_as_in_the_file(form, shown):
    step = TimeStep("day", 1, zone="Europe/Berlin", time_format=form)
    assert step.text(np.array(["2024-02-01T12:30:00.25"], "datetime64[us]")) == [shown]


def test_a_step_is_plain_values():
    step = TimeStep("month", 3.0, 31, zone="UTC", time_format="%Y")
    assert TimeStep(**json.loads(json.dumps(dataclasses.asdict(step)))) == step


@pytest.mark.parametrize(
    ("step", "shown"),
    [
        (TimeStep("second", 3600), "1 hour"),
        (TimeStep("second", 900), "15 minutes"),
        (TimeStep("day", 1), "1 day"),
        (TimeStep("day", 7), "7 days"),
        (TimeStep("second", 0.02), "0.02 seconds"),
        (TimeStep("number", 0.5), "0.5"),
        (TimeStep("weekday", 1, weekmask=_WORK), "1 business day (Monday to Friday)"),
        (TimeStep("month", 1, 1), "1 month (first day)"),
        (TimeStep("month", 3, 31), "1 quarter (last day)"),
        (TimeStep("month", 12, 15), "1 year (day 15)"),
        (TimeStep("month", 1, 31, _WORK), "1 month (last business day)"),
    ],
)
def test_steps_in_words(step, shown):
    assert step.describe() == shown
    assert step.is_calendar == (step.unit in ("month", "weekday"))
