"""Judges: aeon's reader of the same text; values by hand where it fails."""

import dataclasses

import numpy as np
import pytest
from aeon.datasets import load_from_ts_file

from tsgen_jax.configs import default
from tsgen_jax.data import frames
from tsgen_jax.data.sources import files, reading
from tsgen_jax.data.sources.description import Description

_FIELDS = [f.name for f in dataclasses.fields(reading.Reading)]
_HOW = reading.Reading(**{k: default.get_config().data[k] for k in _FIELDS})
_TAGS = (
    "@problemName x\n@timeStamps {}\n@missing false\n@univariate false\n"
    "@equalLength {}\n@classLabel true 1 2\n@data\n"
)


def _read(tmp_path, text, **changes):
    (tmp_path / "own.ts").write_text(text)
    return files.read(str(tmp_path / "own.ts"), dataclasses.replace(_HOW, **changes))


def test_values_as_aeon_reads_them(tmp_path):
    text = _TAGS.format("false", "true") + "1,-2.5,3:4,?,6:1\n7,8,9e-1:1,2,3:2\n"
    found = _read(tmp_path, text)
    x, label, _ = load_from_ts_file(str(tmp_path / "own.ts"), return_meta_data=True)
    np.testing.assert_array_equal(found.series, np.transpose(x, (0, 2, 1)))
    assert found.label.tolist() == label.tolist()


@pytest.mark.parametrize(
    "times",
    [
        ["0", "1", "2"],
        ["2024-01-01 00:00:00", "2024-01-01 01:00:00", "2024-01-01 02:00:00"],
        ["2024-01-31", "2024-02-29", "2024-03-31"],
    ],
)
def test_time_stamps_are_read(tmp_path, times):
    def pairs(values):
        return ",".join(f"({t},{v})" for t, v in zip(times, values, strict=True))

    rows = [([1.5, -2, 3], [4, 5, -6]), ([7, -8.25, 9], [1, 2, 3])]
    lines = "".join(f"{pairs(a)}:{pairs(b)}:{i + 1}\n" for i, (a, b) in enumerate(rows))
    found = _read(tmp_path, _TAGS.format("true", "true") + lines)
    np.testing.assert_array_equal(found.series, np.transpose(rows, (0, 2, 1)))
    assert found.label.tolist() == ["1", "2"]
    assert any(
        n.startswith("time stamps: regular time step of 1 ") for n in found.notes
    ) or (times[0] == "0" and "time stamps: regular time step of 1" in found.notes)


def test_time_stamps_with_a_gap_leave_a_missing_value(tmp_path):
    text = _TAGS.format("true", "false") + "(0,1),(1,2),(2,3),(4,5):1\n(0,1),(1,3):2\n"
    found = _read(tmp_path, text)
    np.testing.assert_array_equal(found.series[0][:, 0], [1, 2, 3, np.nan, 5])
    np.testing.assert_array_equal(found.series[1][:, 0], [1, 3])


def test_comments_and_blank_lines_are_left_out(tmp_path):
    text = _TAGS.format("false", "true") + "# one\n1,2:1\n\n  # two\n3,4:2\n"
    found = _read(tmp_path, text)
    np.testing.assert_array_equal(np.array(found.series)[:, :, 0], [[1, 2], [3, 4]])


def test_channels_of_unequal_lengths_end_in_missing_values(tmp_path):
    text = _TAGS.format("false", "false") + "1,2,3:4,5:1\n6,7:8,9:2\n"
    found = _read(tmp_path, text)
    np.testing.assert_array_equal(found.series[0], [[1, 4], [2, 5], [3, np.nan]])
    np.testing.assert_array_equal(found.series[1], [[6, 8], [7, 9]])
    assert any("1 series have channels of unequal lengths" in n for n in found.notes)


def test_no_class_line_and_no_labels(tmp_path):
    found = _read(tmp_path, "@problemName x\n@data\n1,2,3\n4,5,7\n")
    assert found.label is None
    assert [s[:, 0].tolist() for s in found.series] == [[1, 2, 3], [4, 5, 7]]
    found = _read(tmp_path, "@problemName x\n@data\n1,2,3:a\n4,5,7:b\n")
    assert found.label.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("1,2,:1", "row 8: a comma stands behind the last value"),
        ("1 2 3:1", "row 8: blanks stand between values"),
        ("1,x,3:1", "row 8: could not convert string to float: 'x'"),
        ("1,2,3:1,2,3:4,5,6:1", None),
        ("1,2,3", "row 8 is not 'values:label'"),
    ],
)
def test_what_is_wrong_is_told_by_row(tmp_path, row, words):
    text = _TAGS.format("false", "true") + row + "\n1,2,3:1,2,3:2\n"
    with pytest.raises(ValueError, match=words or "row 9 has 2 channels, the first"):
        _read(tmp_path, text)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("(0,1),(1,2):(0,1),(2,2):1", "its channels have values at different times"),
        ("1,2,3:1", "is not '.time,value.,.time,value.'"),
        ("(0,1),(0,2):1", "the same time.*data.duplicates"),
    ],
)
def test_time_stamps_that_make_no_series(tmp_path, row, words):
    with pytest.raises(ValueError, match=words):
        _read(tmp_path, _TAGS.format("true", "true") + row + "\n")


def test_time_stamps_are_kept_and_written_on(tmp_path):
    days = ["2024-01-30", "2024-01-31", "2024-02-01", "2024-02-02"]
    row = ",".join(f"({day},{i})" for i, day in enumerate(days))
    other = ",".join(f"(2024-03-0{i},{i})" for i in range(1, 4))
    text = _TAGS.format("true", "false") + f"{row}:1\n{other}:2\n"
    found = _read(tmp_path, text)
    assert found.times[0].astype("M8[D]").astype(str).tolist() == days
    assert [len(t) for t in found.times] == [4, 3]
    assert "time from 2024-01-30 00:00:00 to 2024-03-03 00:00:00" in found.notes
    series = frames.Series(
        [np.zeros((3, 1))] * 2,
        times=[found.described.step.continue_from(t[-1], 3) for t in found.times],
    )
    table = frames.make(series, found.described)
    assert table["time"].tolist() == [
        *("2024-02-03", "2024-02-04", "2024-02-05"),
        *("2024-03-04", "2024-03-05", "2024-03-06"),
    ]
    assert found.described.start == "2024-01-30"
    again = Description.from_json(found.described.to_json())
    assert again == found.described
