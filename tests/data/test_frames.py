"""Tables that are written, against what stands in the file learned from."""

import dataclasses
import io

import numpy as np
import pandas as pd
import pytest

from tsgen_jax.data import frames
from tsgen_jax.data.sources import files
from tsgen_jax.data.sources.reading import Reading


def _found(tmp_path, text, **how):
    (tmp_path / "a.csv").write_text(text)
    reading = dataclasses.replace(Reading.plain(), **how)
    return files.find(str(tmp_path / "a.csv"), reading)


def _again(found, **more):
    series = frames.Series(found.series, found.ids, found.label, found.times, **more)
    return frames.make(series, found.described)


_FILES = {
    "wide, label last": ("t0,t1,t2,kind\n1.5,2,3,u\n4,,6.25,v\n7,8,9,u\n", {}),
    "wide, label first": ("kind,t0,t1,t2\nu,1.5,2,3\nv,4,,6.25\nu,7,8,9\n", {}),
    "wide, index": (",t1,t2\n7,1.5,2.5\n9,3,4\n", {}),
    "wide, integers": ("t0,t1\n1,2\n30000000001,\n5,6\n", {"trailing": "missing"}),
    "long": (
        "who,day,a,b,group\nx,8,1,0.1,p\nx,9,,0.2,p\n"
        "x,10,3,0.3,p\ny,3,4,0.4,q\ny,4,5,0.5,q\n",
        {"id_column": "who", "label_column": "group"},
    ),
    "one series": (
        "date,load,temp\n2024-02-01 00:00:00,1.5,-2\n2024-02-01 01:00:00,2.5,-3\n"
        "2024-02-01 02:00:00,,-4\n",
        {},
    ),
    "days of the file's own form": (
        "Datum,load\n30.01.2024 00:00,1.5\n30.01.2024 01:00,2.5\n"
        "30.01.2024 02:00,3.25\n30.01.2024 03:00,3.5\n",
        {},
    ),
    "months": (
        "month,sales\n2023-11-01,1.5\n2023-12-01,2.5\n2024-01-01,3.5\n"
        "2024-02-01,4.5\n2024-03-01,4.25\n",
        {},
    ),
    "numbers for times": ("time,a,b\n10,1.5,1\n12,2.5,2\n14,3.5,3\n", {}),
    "no times": ("open,close\n1.5,2.5\n3.5,4.5\n2.5,1.5\n", {}),
}


@pytest.mark.parametrize("kind", list(_FILES))
def test_what_was_read_is_written_as_it_was(kind, tmp_path):
    text, how = _FILES[kind]
    found = _found(tmp_path, text, **how)
    written = _again(found).to_csv(index=False)
    judge = pd.read_csv(io.StringIO(text), dtype=str)
    table = pd.read_csv(io.StringIO(written), dtype=str)
    assert list(table.columns) == list(judge.columns)
    for name in judge:
        for a, b in zip(table[name], judge[name], strict=True):
            assert a == b or float(a) == float(b) or (a != a and b != b)
    for name, whole in zip(
        found.described.channels, found.described.integer, strict=True
    ):
        if whole and name in table:
            assert not table[name].dropna().str.contains(r"\.").any()


@pytest.mark.parametrize(
    ("times", "judge"),
    [
        (pd.bdate_range("2024-01-01", periods=30), ["12.02.2024", "13.02.2024"]),
        (
            pd.date_range("2023-01-31", periods=12, freq="ME"),
            ["31.01.2024", "29.02.2024"],
        ),
    ],
)
def test_times_go_on_by_the_calendar(times, judge, tmp_path):
    frame = pd.DataFrame({"day": times.strftime("%d.%m.%Y")})
    frame["sales"] = np.arange(len(frame)) + 0.5
    found = _found(tmp_path, frame.to_csv(index=False))
    assert len(found.series[0]) == len(frame)
    step = found.described.step
    future = frames.Series(
        [np.array([[1.5], [2.5]])], times=[step.continue_from(found.times[0][-1], 2)]
    )
    assert frames.make(future, found.described)["day"].tolist() == judge


def test_a_wide_table_says_which_stretches_were_observed(tmp_path):
    found = _found(tmp_path, _FILES["wide, label last"][0])
    seen = [np.array([[s]] * 3).reshape(3, 1) for s in (True, False, True)]
    seen[1] = np.array([[True], [False], [True]])
    table = _again(found, observed=seen)
    assert table["observed"].tolist() == ["t0:t2", "t0:t0 t2:t2", "t0:t2"]
    assert list(table.columns) == ["t0", "t1", "t2", "kind", "observed"]


def test_columns_of_a_future_go_on_counting(tmp_path):
    found = _found(tmp_path, "x01,x02,x03\n1,2,3\n4,5,6.5\n")
    assert frames.step_names(found.described, 5) == ["x01", "x02", "x03", "x04", "x05"]
    future = [np.array([[7.5], [8.5]]), np.array([[9.5], [1.5]])]
    series = frames.Series(future, first=[3, 2])
    table = frames.make(series, found.described)
    assert list(table.columns) == ["x03", "x04", "x05"]
    np.testing.assert_array_equal(
        table.to_numpy(float), [[np.nan, 7.5, 8.5], [9.5, 1.5, np.nan]]
    )
    with pytest.raises(ValueError, match="known are wide, long"):
        frames.make(series, found.described, "tall")


def test_layouts_change_on_request_and_ends_stay(tmp_path):
    found = _found(tmp_path, _FILES["wide, label last"][0])
    series = frames.Series(
        [np.array([[1.0], [2.0], [np.nan]]), np.ones((3, 1))], label=["u", "v"]
    )
    long = frames.make(series, found.described, "long")
    assert list(long.columns) == ["series", "time", "value", "kind"]
    assert len(long) == 5
    assert long["time"].tolist() == [0, 1, 0, 1, 2]
    several = _found(tmp_path, _FILES["one series"][0]).described
    with pytest.raises(ValueError, match="layout=wide is of one channel"):
        frames.make(frames.Series([np.ones((3, 2))]), several, "wide")


def test_float32_keeps_its_own_digits(tmp_path):
    x = np.array([0.1, 1e-7, 123456.7], np.float32)
    assert frames.as_float64(x).tolist() == [0.1, 1e-7, 123456.7]
    found = _found(tmp_path, "t0,t1,t2\n1.5,2,3\n4,5,6.25\n7,8,9\n")
    for layout in frames.LAYOUTS:
        table = frames.make(frames.Series([x[:, None]]), found.described, layout)
        assert "0.1" in table.to_csv(index=False).replace("\n", ",").split(",")


@pytest.mark.parametrize(
    ("bounds", "written"),
    [
        (None, [0, 1, 3, 3]),
        ((-np.inf, 2.7), [0, 1, 2, 3]),  # 2.8 was read: it was above the bound before.
        ((0.4, np.inf), [1, 1, 3, 3]),
        ((2.0, 2.7), [0, 1, 2, 3]),
        ((0.4, 0.45), [0.45, 1.2, 2.6, 2.8]),  # There is no whole number between.
        ((np.nan, np.nan), [0.45, 1.2, 2.6, 2.8]),
    ],
)
def test_whole_numbers_are_rounded_within_their_bounds(bounds, written, tmp_path):
    found = _found(tmp_path, "t0,t1,t2,t3\n1,2,3,4\n5,6,7,8\n")
    bounds = None if bounds is None else [bounds]
    series = frames.Series([np.array([[0.45], [1.2], [2.6], [2.8]])], bounds=bounds)
    table = frames.make(series, found.described)
    assert table.iloc[0].tolist() == written
