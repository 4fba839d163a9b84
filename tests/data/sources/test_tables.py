"""What files write in their own way: signs of numbers, encodings, missing values."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from tsgen_jax.data.sources import files
from tsgen_jax.data.sources.reading import Reading

_PLAIN = Reading.plain()


def _read(path, content, window=2, **options):
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content, encoding="utf-8")
    how = dataclasses.replace(_PLAIN, window=window, **options)
    return files.read(str(path), how)


_NAN = float("nan")
_NUMBERS = {  # What: (content, options, values of the one series, words that are said).
    "decimal comma": ("v\n10,38\n9,6\n-3\n", {}, [10.38, 9.6, -3], "decimal comma"),
    "with tabs": ("a\tb\n1,5\t2\n2,5\t3\n", {}, [[1.5, 2], [2.5, 3]], "separator: tab"),
    "with bars": ("a|b\n1,5|2\n2,5|3\n", {}, [[1.5, 2], [2.5, 3]], "decimal comma"),
    "quoted": ('a,b\n"1,5",2\n"2,5",3\n', {}, [[1.5, 2], [2.5, 3]], "decimal comma"),
    "exponent": ("v\n1,5e3\n-2,5E-1\n", {}, [1500, -0.25], "decimal comma"),
    "points beside it": ("v;w\n1.234,5;0\n0,5;1\n", {}, [[1234.5, 0], [0.5, 1]], "'.'"),
    "points in others": ("v;w\n1.234;0,5\n2.345;1\n", {}, [[1234, 0.5], [2345, 1]], ""),
    "commas": ('v,w\n"1,234.5",0\n"9",1\n', {}, [[1234.5, 0], [9, 1]], "separator ','"),
    "commas in others": ('v,w\n"1,234",0.5\n"9",1\n', {}, [[1234, 0.5], [9, 1]], ""),
    "millions": ('v\n"1,234,567"\n"2,000,000"\n', {}, [1234567, 2e6], "separator ','"),
    "lakhs": ('v\n"12,34,567"\n"1,00,000"\n', {}, [1234567, 1e5], "separator ','"),
    "apostrophes": ("v\n1'234.5\n12’345.5\n", {}, [1234.5, 12345.5], '"\'"'),
    "blanks": ("v;w\n1 234,5;0\n2\u202f345;1\n", {}, [[1234.5, 0], [2345, 1]], "' '"),
    "either: beside small": ('v\n"1,234"\n"567"\n', {}, [1234, 567], "--decimal=,"),
    "either: semicolons": ("v;w\n1,234;0\n2,345;1\n", {}, [[1.234, 0], [2.345, 1]], "--d"),
    "either: said": ('v\n"1,234"\n"2,345"\n', {"decimal": ","}, [1.234, 2.345], ""),
    "point said": ("v;w\n1.234;1\n567;2\n", {"thousands": "."}, [[1234, 1], [567, 2]], ""),
    "point warned of": ("v;w\n1.234;1\n567;2\n", {}, [[1.234, 1], [567, 2]], "thousands=."),
    "two columns": ("10,38\n11,12\n", {}, [[10, 38], [11, 12]], "--decimal=,"),
    "one column": ("10,38\n11,12\n", {"decimal": ","}, [10.38, 11.12], ""),
    "minus": ("v\n\u22121.5\n2\n", {}, [-1.5, 2], ""),
    "words": ("v\n1\nN/A\n-\n#N/A\nnull\n2\n", {}, [1, *[_NAN] * 4, 2], "'#N/A' (1)"),
    "own words": ("v\n1\nbad\n-9,99\n2,5\n", {"missing_values": "bad,-9.99"}, [1, _NAN, _NAN, 2.5], ""),
    "comment": ("# a\n#b\nv,w\n1,2\n3,4\n", {}, [[1, 2], [3, 4]], "beginning: 2"),
    "names in a comment": ("# v, w\n1,2.5\n3,4.5\n", {}, [[1, 2.5], [3, 4.5]], "names the"),
    "no comment": ("v,w\n1,2\n#N/A,4\n", {}, [[1, 2], [_NAN, 4]], ""),
    "first is missing": ("#N/A,2\n1,4\n", {"header": "no"}, [[_NAN, 2], [1, 4]], ""),
    "excel's": ("sep=;\nv;w\n1;2\n3;4\n", {}, [[1, 2], [3, 4]], "semicolon"),
    "empty rows at the end": ("v,w\n1,2\n3,4\n,\n,\n", {}, [[1, 2], [3, 4]], ""),
    "separators at the end": ("v,w\n1,2,\n3,4,\n", {}, [[1, 2], [3, 4]], ""),
}  # fmt: skip


@pytest.mark.parametrize("what", _NUMBERS)
def test_numbers_are_read_as_they_are_meant(what, tmp_path):
    content, options, values, words = _NUMBERS[what]
    found = _read(tmp_path / "a.csv", content, **({"layout": "series"} | options))
    values = np.array(values, float).reshape(len(values), -1)
    np.testing.assert_array_equal(found.series[0], values)
    said = "\n".join(found.notes)
    assert words in said
    if not words:
        assert "Warning" not in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "' (guessed)"),
        ({"decimal": ","}, "' (thousands separator guessed)"),
        ({"thousands": "."}, "' (decimal comma guessed)"),
        ({"decimal": ",", "thousands": "."}, "as in '0,5'"),
    ],
)
def test_only_what_was_guessed_is_said_to_be_guessed(options, said, tmp_path):
    notes = _read(tmp_path / "a.csv", "v;w\n1.234,5;0\n0,5;1\n", **options).notes
    (numbers,) = (note for note in notes if note.startswith("numbers: "))
    assert numbers.endswith(said)


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252"]
)
def test_encodings(encoding, tmp_path):
    text = "Größe,Temperatur °C\n1.5,2\n3,4\n"
    found = _read(tmp_path / "a.csv", text.encode(encoding))
    assert found.channels == ("Größe", "Temperatur °C")
    np.testing.assert_array_equal(found.series[0], [[1.5, 2], [3, 4]])
    assert ("encoding" in "".join(found.notes)) == (encoding != "utf-8-sig")


_REFUSED = {
    "two signs": ("v;w\n1,5;2.5\n2,5;3.5\n", {}, "'2.5'.*decimal point.*'1,5'"),
    "unit": ("v\n1.5 kW\n2.5 kW\n3 kW\n", {}, "row 2, column 'v': '1.5 kW' has the unit"),
    "percent": ("v\n1%\n2%\n3%\n", {}, "the unit '%'"),
    "currency": ("v\n€ 1\n€ 2\n€ 3\n", {}, "the unit '€'"),
    "few words": ("v\n1\n2\n3\nbad\n5\n", {}, "row 5.*'bad' is not.*--missing-values=bad"),
    "wide has no time": ("day,t0,t1\n1,2,3\n2,4,9\n", {"layout": "wide", "time_column": "day"}, "time_column=day does not go"),
    "both signs": ("v\n1\n2\n", {"decimal": ",", "thousands": ","}, "are both ','"),
    "long cell": ("a" * 200_000 + "\n1\n", {}, "field larger than"),
}  # fmt: skip


@pytest.mark.parametrize("what", _REFUSED)
def test_what_means_nothing_is_refused(what, tmp_path):
    content, options, words = _REFUSED[what]
    with pytest.raises(ValueError, match=words):
        _read(tmp_path / "a.csv", content, **options)


def test_numbered_channels_beside_times(tmp_path):
    rows = "".join(f"2024-01-{i:02d},{i},{-i}\n" for i in range(1, 9))
    found = _read(tmp_path / "a.csv", "day,x1,x2\n" + rows)
    assert [x.shape for x in found.series] == [(8, 2)]
    assert "--layout=wide" in found.notes[1]
    wide = _read(tmp_path / "a.csv", "day,x1,x2\n" + rows, window=0, layout="wide")
    assert [x.shape for x in wide.series] == [(2, 1)] * 8


def test_ends_of_long_tables(tmp_path):
    text = "id,time,v\n" + "".join(
        f"{name},{t},{'' if name == 'b' and t > 2 else t}\n"
        for name in "ab"
        for t in range(5)
    )
    found = _read(tmp_path / "a.csv", text, window=0)
    assert [len(x) for x in found.series] == [5, 3]
    assert "1 series end in empty cells" in "\n".join(found.notes)
    kept = _read(tmp_path / "a.csv", text, window=0, trailing="missing")
    assert [len(x) for x in kept.series] == [5, 5]


def test_an_unnamed_index_of_times(tmp_path):
    pytest.importorskip("pyarrow")
    index = pd.date_range("2024-01-01", periods=6, freq="h")
    pd.DataFrame({"v": np.arange(6.0)}, index=index).to_parquet(tmp_path / "a.parquet")
    how = dataclasses.replace(_PLAIN, window=3)
    found = files.read(str(tmp_path / "a.parquet"), how)
    assert "time in column 'time'" in found.notes[0]
    assert "1 hour" in "\n".join(found.notes)


def test_labels_stay_as_they_are_written(tmp_path):
    rows = [
        f"{name},{i},{i % 5}" for i, name in enumerate(["01", "1", "1e3", "x "] * 3)
    ]
    text = "label,t0,t1\n" + "\n".join(rows) + "\n"
    found = _read(tmp_path / "a.csv", text, window=0)
    assert found.label.tolist() == ["01", "1", "1e3", "x "] * 3
    whole = text.replace("01,", "2.0,").replace("1e3,", "3.0,").replace("x ,", "4.0,")
    found = _read(tmp_path / "a.csv", whole.replace("\n1,", "\n1.0,"), window=0)
    assert found.label.tolist() == ["2", "1", "3", "4"] * 3


@pytest.mark.parametrize(
    ("values", "options", "warned"),
    [
        ([-999] * 3, {}, "-999"),
        ([9999.0], {}, "9999"),
        ([-1234.5] * 3, {}, "-1234.5"),
        ([-1234.5], {}, ""),
        ([7.0], {}, ""),
        ([-999] * 3, {"missing_values": "-999"}, ""),
    ],
)
def test_sentinels_are_warned_of(values, options, warned, tmp_path):
    rest = np.sin(np.arange(60)) * 5
    np.save(tmp_path / "a.npy", np.concatenate([rest, values]))
    how = dataclasses.replace(_PLAIN, window=8, **options)
    found = files.read(str(tmp_path / "a.npy"), how)
    said = [n for n in found.notes if n.startswith("Warning")]
    assert len(said) == bool(warned)
    assert not warned or f"--missing-values={warned} " in said[0]
    assert np.isnan(found.series[0]).sum() == (3 if options else 0)


def test_a_table_of_many_columns(tmp_path):
    """100,000 columns took minutes; the numbers of all are read at once."""
    x = np.round(np.random.default_rng(0).normal(size=(4, 20_000)), 3)
    head = ",".join(f"t{i}" for i in range(20_000))
    np.savetxt(tmp_path / "a.csv", x, fmt="%g", delimiter=",", header=head, comments="")
    found = files.read(str(tmp_path / "a.csv"), _PLAIN)
    np.testing.assert_array_equal([s[:, 0] for s in found.series], x)


def test_more_columns_than_can_be_read_in_seconds_are_refused(tmp_path):
    with pytest.raises(ValueError, match="has 300001 columns; at most 200000 are read"):
        _read(tmp_path / "a.csv", "1," * 300_000 + "2\n")
