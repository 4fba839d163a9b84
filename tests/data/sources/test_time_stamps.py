"""Judges: dates by hand, pandas' formats and clocks."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from tsgen_jax.configs import default
from tsgen_jax.data.sources import reading, time_grid, time_order, time_stamps

_FIELDS = [f.name for f in dataclasses.fields(reading.Reading)]
_HOW = reading.Reading(**{k: default.get_config().data[k] for k in _FIELDS})


def _read(cells, groups=None, **how):
    column = pd.Series(cells)
    rows = [np.array(r) for r in groups or [range(len(column))]]
    how = dataclasses.replace(_HOW, **how)
    return time_stamps.read(column, "own.csv", 2, rows, how)


def _utc(found):
    return time_grid.instants(found.values)


def _step(found):
    times = [found.values]
    return time_grid.find_step(times, True, found.zone, found.time_format)[0]


_FORMS = [
    "%Y-%m-%d",
    "%Y/%m/%d %H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y%m%d",
    "%Y%m%dT%H%M%S",
    "%d.%m.%Y %H.%M",
    "%d/%m/%Y",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%y %I:%M:%S%p",
    "%d-%b-%Y",
    "%d %B %Y %H:%M",
    "%B %d, %Y",
    "%b %d %Y %I:%M %p",
    "%a, %d %b %Y %H:%M:%S",
    "%d/%b/%Y:%H:%M:%S",
    "%G-W%V-%u",
]


@pytest.mark.parametrize("form", _FORMS)
def test_dates_as_they_are_written(form):
    freq = "7h" if "%H" in form or "%I" in form else "D"
    expected = pd.date_range("2023-12-28", periods=60, freq=freq)
    written = expected.strftime(form).tolist()
    found = _read(written)
    np.testing.assert_array_equal(_utc(found), expected)
    assert found.are_dates
    later = pd.date_range(expected[-1], periods=4, freq=freq)[1:]
    step = _step(found)
    assert step.text(step.continue_from(written[-1], 3)) == list(later.strftime(form))


@pytest.mark.parametrize(
    ("cells", "dates"),
    [
        (["2024-01", "2024-02", "2024-03"], ["2024-01-01", "2024-02-01", "2024-03-01"]),
        (
            ["Nov 2023", "Dec 2023", "Jan 2024"],
            ["2023-11-01", "2023-12-01", "2024-01-01"],
        ),
        (["11/2023", "12/2023", "01/2024"], ["2023-11-01", "2023-12-01", "2024-01-01"]),
        (["Nov-23", "Dec-23", "Jan-24"], ["2023-11-01", "2023-12-01", "2024-01-01"]),
        (["2023-Q3", "2023-Q4", "2024-Q1"], ["2023-07-01", "2023-10-01", "2024-01-01"]),
        (["Q3 2023", "Q4 2023", "Q1 2024"], ["2023-07-01", "2023-10-01", "2024-01-01"]),
        ([202311, 202312, 202401], ["2023-11-01", "2023-12-01", "2024-01-01"]),
    ],
)
def test_months_and_quarters(cells, dates):
    found = _read(cells)
    assert [str(d)[:10] for d in _utc(found)] == dates
    step = _step(found)
    assert step.unit == "month"
    assert step.text(step.stamps(dates[0], np.arange(3))) == list(map(str, cells))


def test_days_without_leading_zeros_and_times_left_out():
    found = _read(
        ["9/30/2024", "9/30/2024 12:00:00 PM", "10/1/2024", "10/1/2024 12:00 PM"]
    )
    assert [str(d)[5:16] for d in _utc(found)] == [
        "09-30T00:00",
        "09-30T12:00",
        "10-01T00:00",
        "10-01T12:00",
    ]
    found = _read(["1/9/2024 0:05", "15/9/2024 13:05"])
    assert found.time_format == "%-d/%-m/%Y %-H:%M"


def _daily(form, num, freq="D"):
    stamps = pd.date_range("2024-01-01", periods=num, freq=freq)
    return stamps.strftime(form).tolist(), stamps


@pytest.mark.parametrize("form", ["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%y", "%d-%m-%Y"])
def test_the_one_order_that_makes_dates_valid(form):
    cells, expected = _daily(form, 40)
    found = _read(cells)
    np.testing.assert_array_equal(_utc(found), expected)
    order = "month-first" if form.startswith("%m") else "day-first"
    assert f"read {order}, as {form}" in found.notes[0]
    assert "Warning" not in found.notes[0]


def test_the_one_order_in_which_dates_go_on():
    # Two series, neither with a day above 12; read month first, each goes back.
    cells = ["05/11/2023", "02/12/2023", "01/01/2024"]
    found = _read(cells * 2, [[0, 1, 2], [3, 4, 5]])
    assert [str(d)[:10] for d in _utc(found)[:2]] == ["2023-11-05", "2023-12-02"]
    assert "go back" in found.notes[0]


def test_an_order_that_is_regular_is_a_guess_with_a_warning():
    cells, expected = _daily("%d/%m/%Y %H:%M", 96, "h")
    found = _read(cells)
    np.testing.assert_array_equal(_utc(found), expected)
    assert found.notes[0].startswith("Warning: ")
    assert "data.time_format=month-first" in found.notes[0]
    other = _read(cells, time_format="month-first")
    assert str(_utc(other)[-1]) == "2024-04-01T23:00:00.000000"


def test_one_day_that_reads_alike_in_either_order():
    found = _read(["1/1/2024 10:00", "1/1/2024 11:00", "1/1/2024 12:00"])
    assert str(_utc(found)[0]) == "2024-01-01T10:00:00.000000"
    assert "later times are written day-first (guessed; data.time_fo" in found.notes[0]


def test_dates_of_either_order_are_refused_until_it_is_said():
    cells, expected = _daily("%d/%m/%Y", 12)  # Or the first days of 12 months.
    with pytest.raises(
        ValueError, match="data.time_format=day-first or data.time_format=mon"
    ):
        _read(cells)
    for form in ("day-first", "%d/%m/%Y"):
        np.testing.assert_array_equal(_utc(_read(cells, time_format=form)), expected)
    months = pd.date_range("2024-01-01", periods=12, freq="MS")
    found = _read(cells, time_format="month-first")
    np.testing.assert_array_equal(_utc(found), months)
    # The newest first: the order is as clear as the other way round.
    with pytest.raises(ValueError, match="cannot be told apart"):
        _read(cells[::-1])
    cells, expected = _daily("%d/%m/%Y", 40)
    np.testing.assert_array_equal(_utc(_read(cells[::-1])), expected[::-1])


@pytest.mark.parametrize(
    ("cells", "how", "words"),
    [
        (["2024-01-01", None], {}, "row 3: the time is missing"),
        (["2024-01-01", "soon"], {}, "row 3: 'soon' is no time.*data.time_format"),
        (["13/14/2024", "14/13/2024"], {}, "row 2: '13/14/2024' is no date"),
        (["2024-02-30", "2024-03-01"], {}, "row 2: '2024-02-30' is no time"),
        (["2024-01-01", "2024-01-02"], {"time_format": "%d/%m/%Y"}, "not written as"),
        (
            ["2024-01-01", "2024-01-02"],
            {"time_format": "day-first"},
            "does not go with",
        ),
        (["2024-01-01", "2024-01-02"], {"time_format": "number"}, "is no time"),
        ([1, 2, 3], {"time_format": "day-first"}, "is no time"),
        (["2024-01-01 10:00 CET"], {}, "in CET.*data.time_zone=Europe/Berlin"),
        (["2024-01-01 10:00 EST", "2024-07-01 10:00 EDT"], {}, "EDT, EST"),
        (
            ["2024-01-01 10:00 EST"],
            {"time_zone": "Europe/Berlin"},
            "is not what clocks",
        ),
        (["2024-01-01 10:00Z", "2024-01-01 11:00"], {}, "row 3: .* lacks the zone"),
        (["2024-03-31 02:30"], {"time_zone": "Europe/Berlin"}, "is skipped by clocks"),
    ],
)
def test_what_is_no_time_is_told_by_row(cells, how, words):
    with pytest.raises(ValueError, match=f"(?s)own.csv.*{words}"):
        _read(cells, **how)


def test_numbers_stay_numbers_and_dates_in_numbers_are_said():
    found = _read([0, 1, 2.5])
    assert (found.are_dates, found.values.tolist()) == (False, [0, 1, 2.5])
    cells, expected = _daily("%Y%m%d", 40)
    found = _read([int(c) for c in cells])
    np.testing.assert_array_equal(_utc(found), expected)
    assert "YYYYMMDD (guessed; data.time_format=number" in found.notes[0]
    plain = _read([int(c) for c in cells], time_format="number")
    assert not plain.are_dates
    assert not _read([20240101, 20240132]).are_dates


@pytest.mark.parametrize(("unit", "scale"), [("s", 1), ("ms", 10**3), ("ns", 10**9)])
def test_seconds_since_1970(unit, scale):
    stamps = pd.date_range("2024-01-01", periods=5, freq="10min")
    cells = stamps.as_unit("s").astype("int64") * scale
    for how in ({}, {"time_format": f"epoch-{unit}"}):
        found = _read(cells, **how)
        np.testing.assert_array_equal(_utc(found), stamps)
        assert (found.zone, found.time_format) == ("UTC", f"epoch-{unit}")
    found = _read(cells)
    assert found.notes[0].startswith(f"times are {unit} since 1970 (guessed; ")
    step = _step(found)
    assert step.text(step.continue_from(int(cells[-1]), 1)) == [
        str(cells[-1] + 600 * scale)
    ]


def test_offsets_are_brought_together():
    found = _read(["2024-01-01T00:00:00+01:00", "2024-01-01T00:00:00Z"])
    np.testing.assert_array_equal(np.diff(found.values), 3600)
    found = _read(["2024-01-01 00:00+0530", "2024-01-01 01:00+0530"])
    assert found.zone == "+05:30"
    assert _step(found).text(_utc(found)) == [
        "2024-01-01 00:00+0530",
        "2024-01-01 01:00+0530",
    ]
    berlin = pd.date_range("2024-10-26", periods=60, freq="h", tz="Europe/Berlin")
    cells = [stamp.isoformat() for stamp in berlin]
    found = _read(cells)
    assert found.zone == "Europe/Berlin"
    assert _step(found).text(_utc(found)) == cells
    frame = _read(berlin)
    assert (frame.zone, frame.values.tolist()) == (
        "Europe/Berlin",
        found.values.tolist(),
    )


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Europe/London", "America/New_York"])
@pytest.mark.parametrize("minutes", [15, 60])
def test_clock_changes_are_recognised(zone, minutes):
    for start in ("2024-03-05", "2024-10-20"):
        aware = pd.date_range(start, "2024-12-01", freq=f"{minutes}min", tz=zone)
        aware = aware[: 31 * 24 * 60 // minutes]
        cells = aware.strftime("%Y-%m-%d %H:%M").tolist()
        found = _read(cells)
        assert found.zone == zone
        np.testing.assert_array_equal(np.diff(found.values), 60 * minutes)
        assert "data.time_zone" in found.notes[0]
        assert _step(found).text(_utc(found)) == cells
        named = _read(cells, time_zone=zone)
        assert named.notes == ()
        utc = aware.tz_convert("UTC").tz_localize(None).to_numpy()
        np.testing.assert_array_equal(_utc(named), utc)
        assert _read(cells, time_zone="UTC").zone == "UTC"


def test_a_gap_or_a_double_elsewhere_is_no_clock_change():
    cells = pd.date_range("2024-03-01", periods=48, freq="h").strftime("%Y-%m-%d %H:%M")
    cells = cells.tolist()
    assert _read(cells[:10] + cells[11:]).zone == ""
    assert _read(cells[:10] + cells[9:]).zone == ""


def test_abbreviations_are_read_by_the_zone_that_is_named():
    aware = pd.date_range("2024-10-26", periods=48, freq="h", tz="Europe/Berlin")
    cells = aware.strftime("%Y-%m-%d %H:%M %Z").tolist()
    found = _read(cells, time_zone="Europe/Berlin")
    utc = aware.tz_convert("UTC").tz_localize(None).to_numpy()
    np.testing.assert_array_equal(_utc(found), utc)
    assert _step(found).text(_utc(found)) == cells
    gmt = _read(["2024-07-01 10:00 GMT", "2024-07-01 11:00 GMT"])
    assert (gmt.zone, str(_utc(gmt)[0])[:16]) == ("UTC", "2024-07-01T10:00")


def test_times_of_day_alone_go_on_over_midnight():
    cells = [f"{h % 24:02d}:00" for h in range(20, 70)]
    found = _read(cells)
    np.testing.assert_array_equal(np.diff(found.values), 3600)
    assert found.notes[0].startswith("Warning: times of day without a date")
    step = _step(found)
    assert step.text(step.continue_from("23:00", 2)) == ["00:00", "01:00"]


def _arrange(times, x, **how):
    how = dataclasses.replace(_HOW, **how)
    made = time_order.arrange(
        [np.array(times, float)], [np.array(x, float)[:, None]], how, "own.csv", [""]
    )
    return made[0][0].tolist(), made[1][0][:, 0].tolist(), made[2]


def test_time_points_are_sorted_where_it_is_allowed():
    with pytest.raises(
        ValueError, match="point 2 is earlier.*1 such.*data.sort_time=True"
    ):
        _arrange([2, 1, 3], [20, 10, 30])
    found = _arrange([2, 1, 3], [20, 10, 30], sort_time=True)
    assert found[:2] == ([1, 2, 3], [10, 20, 30])
    assert found[2] == ["2 time points sorted by time"]
    assert _arrange([3, 2, 2], [3, 1, 2], sort_time=True, duplicates="first")[1] == [
        2,
        3,
    ]


@pytest.mark.parametrize(
    ("how", "kept"), [("mean", [1, 3, 5]), ("first", [1, 2, 5]), ("last", [1, 4, 5])]
)
def test_time_points_of_one_time_are_merged_where_it_is_allowed(how, kept):
    with pytest.raises(
        ValueError, match="the same time.*data.duplicates=mean, first or"
    ):
        _arrange([0, 1, 1, 1, 2], [1, 2, np.nan, 4, 5])
    times, x, said = _arrange([0, 1, 1, 1, 2], [1, 2, np.nan, 4, 5], duplicates=how)
    assert (times, x) == ([0, 1, 2], kept)
    assert said[0].startswith("2 time points of a time already there")
    with pytest.raises(ValueError, match="data.sort_time=True"):
        _arrange([1, 0, 0], [1, 2, 3], duplicates=how)
