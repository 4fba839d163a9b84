"""Files like the training file, read as that one was understood."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from tsgen_jax.data import frames
from tsgen_jax.data.sources import files, similar
from tsgen_jax.data.sources.description import describe_arrays
from tsgen_jax.data.sources.reading import Reading

_ONE = describe_arrays(Reading.plain(), "wide", (np.array([[0.5], [1.5]]),))
_TWO = describe_arrays(Reading.plain(), "wide", (np.array([[0.5, 1.5]]),))


def _learned(tmp_path, text, **how):
    (tmp_path / "train.csv").write_text(text)
    reading = dataclasses.replace(Reading.plain(), **how)
    return files.find(str(tmp_path / "train.csv"), reading)


def _read(tmp_path, text, described, trailing="missing"):
    (tmp_path / "new.csv").write_text(text)
    return similar.read(str(tmp_path / "new.csv"), described, trailing)


def test_wide_tables_of_a_model_that_learned_from_arrays(tmp_path):
    judge = np.array([[1, 2.5, np.nan], [4, np.nan, 6.5]])
    texts = {
        "1,2.5,\n4,,6.5\n": None,
        "label,t0,t1,t2\nup,1,2.5,\nno,4,,6.5\n": ["up", "no"],
        "0,1,2\n1,2.5,?\n4,?,6.5\n": None,  # A header that counts.
        ",t0,t1,t2\n7,1,2.5,\n8,4,,6.5\n": None,  # An index.
        "1,2.5,?\n4,?,6.5\n": None,
    }
    for text, label in texts.items():
        found = _read(tmp_path, text, _ONE)
        np.testing.assert_array_equal(np.stack(found.series)[:, :, 0], judge)
        assert (found.label is None) == (label is None)
        assert label is None or found.label.tolist() == label
    assert _read(tmp_path, list(texts)[3], _ONE).ids == ("7", "8")


def test_numbers_alone_are_one_series_where_the_model_has_as_many_channels(tmp_path):
    text = "a,b\n1,2.5\n3,4.5\n5,\n"
    found = _read(tmp_path, text, _TWO)
    assert len(found.series) == 1
    assert found.series[0].shape == (3, 2)
    with pytest.raises(ValueError, match="the model 2 .channel_0"):
        _read(tmp_path, "a,b,c\n1,2.5,1\n3,4.5,2\n", _TWO)


_LONG = (
    "patient,day,pulse,weight,ward\nb,2024-01-01,60,70.5,x\nb,2024-01-02,61,70,x\n"
    "a,2024-01-01,62,71,y\na,2024-01-02,63,72,y\n"
)


def test_the_file_that_was_learned_from_is_read_the_same(tmp_path):
    learned = _learned(tmp_path, _LONG, id_column="patient", label_column="ward")
    found = _read(tmp_path, _LONG, learned.described)
    for a, b in zip(found.series, learned.series, strict=True):
        np.testing.assert_array_equal(a, b)
    assert found.ids == learned.ids == ("b", "a")
    assert found.label.tolist() == learned.label.tolist()
    # Columns in another order, without labels; a frame in place of a file.
    frame = pd.read_csv(tmp_path / "new.csv")[["weight", "pulse", "day", "patient"]]
    again = similar.read(frame, learned.described, "missing")
    np.testing.assert_array_equal(again.series[1], learned.series[1])
    assert again.label is None
    assert list(frame.columns) == ["weight", "pulse", "day", "patient"]


def test_what_the_model_writes_is_read_again(tmp_path):
    learned = _learned(tmp_path, _LONG, id_column="patient", label_column="ward")
    series = frames.Series(
        learned.series,
        learned.ids,
        learned.label,
        learned.times,
        observed=[np.ones((2, 2), bool)] * 2,
    )
    written = frames.make(series, learned.described).to_csv(index=False)
    found = _read(tmp_path, written, learned.described)
    np.testing.assert_array_equal(found.series[0], learned.series[0])
    assert found.label.tolist() == ["x", "y"]
    one = _learned(tmp_path, "a,b\n1,2.5\n3,4.5\n5,6.5\n")
    samples = frames.Series([one.series[0], one.series[0] + 1])
    written = frames.make(samples, one.described).to_csv(index=False)
    found = _read(tmp_path, written, one.described)
    np.testing.assert_array_equal(found.series[1], one.series[0] + 1)


def test_wide_tables_without_names_have_a_label_where_they_had_one(tmp_path):
    learned = _learned(
        tmp_path, "2,1.5,2,3\n1,4,5,6.5\n2,7,8,9\n", layout="wide", label_column="1"
    )
    found = _read(tmp_path, "1,2.5,,4\n2,5,6,7\n", learned.described)
    assert found.label.tolist() == ["1", "2"]
    assert found.series[0].shape == (3, 1)
    found = _read(tmp_path, "2.5,,4\n5,6,7\n", learned.described)
    assert found.label is None
    assert found.series[0].shape == (3, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("a,b\n1,x\n", "'x' is not"),
        ("1,2\n1,2,3\n", "new.csv, row 2"),
    ],
)
def test_other_tables_are_refused(text, message, tmp_path):
    learned = _learned(tmp_path, "a,b\n1,2.5\n3,4.5\n5,6.5\n")
    with pytest.raises(ValueError, match=message):
        _read(tmp_path, text, learned.described)


def test_arrays_are_series_or_one_recording(tmp_path):
    np.save(tmp_path / "a.npy", np.ones((4, 7)))
    found = similar.read(str(tmp_path / "a.npy"), _ONE, "missing")
    assert len(found.series) == 4
    np.save(tmp_path / "a.npy", np.ones((9, 2)))
    found = similar.read(str(tmp_path / "a.npy"), _TWO, "missing")
    assert [x.shape for x in found.series] == [(9, 2)]
    np.save(tmp_path / "a.npy", np.ones((3, 9, 2)))
    found = similar.read(str(tmp_path / "a.npy"), _TWO, "missing")
    assert [x.shape for x in found.series] == [(9, 2)] * 3


def test_a_file_may_differ_in_what_is_said(tmp_path):
    """The same values, under other names and signs, as the other file would give."""
    learned = _learned(tmp_path, _LONG, id_column="patient", label_column="ward")
    text = (
        "who;when;kind;mass;rate;age\nb;02.01.2024;x;70,5;60;-9\nb;03.01.2024;x;-9;61;7\n"
        "a;02.01.2024;y;71;62;7\na;03.01.2024;y;72;63;7\n"
    )
    (tmp_path / "new.csv").write_text(text)
    differs = {
        "separator": ";",
        "decimal": ",",
        "missing_values": "-9",
        "id_column": "who",
        "time_column": "when",
        "time_format": "day-first",
        "channels": "rate+mass",
        "label_column": "kind",
    }

    def read(**more):
        path = str(tmp_path / "new.csv")
        return similar.read(path, learned.described, "missing", differs | more)

    found = read()
    assert found.ids == ("b", "a")
    assert found.label.tolist() == ["x", "y"]
    np.testing.assert_array_equal(found.series[0], [[60, 70.5], [61, np.nan]])
    np.testing.assert_array_equal(found.series[1], [[62, 71], [63, 72]])
    written = found.described.step.text(np.concatenate(found.times))
    assert written[:2] == ["02.01.2024", "03.01.2024"]
    assert read(label_column="none").label is None
    with pytest.raises(ValueError, match=r"no column 'whom' .data.id_column.*'who'"):
        read(id_column="whom")
    with pytest.raises(ValueError, match="has 1 channels"):
        read(channels="rate")
    with pytest.raises(ValueError, match="'window' is nothing .* known are label_col"):
        read(window=3)


def test_what_is_not_said_to_differ_is_as_the_training_file_had_it(tmp_path):
    learned = _learned(tmp_path, _LONG, id_column="patient", label_column="ward")
    text = _LONG.replace("patient", "who").replace("weight,ward", "weight,age")
    text = text.replace(",x\n", ",3\n").replace(",y\n", ",4\n")
    (tmp_path / "new.csv").write_text(text)
    path, differs = str(tmp_path / "new.csv"), {"id_column": "who"}
    found = similar.read(path, learned.described, "missing", differs)
    assert found.channels == ("pulse", "weight")
    np.testing.assert_array_equal(found.series[1], learned.series[1])
    assert found.label is None


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        (pd.bdate_range("2024-01-01", periods=40), "1 business day (Monday to Friday)"),
        (pd.date_range("2020-01-31", periods=40, freq="ME"), "1 month (last day)"),
    ],
)
def test_few_stamps_are_on_the_calendar_that_was_learned(dates, said, tmp_path):
    frame = pd.DataFrame({"time": dates, "v": np.arange(40.0)})
    frame.to_csv(tmp_path / "all.csv", index=False)
    how = dataclasses.replace(Reading.plain(), window=5)
    learned = files.read(str(tmp_path / "all.csv"), how).described
    frame[2:8].drop(5).to_csv(tmp_path / "few.csv", index=False)  # One is left out.
    found = similar.read(str(tmp_path / "few.csv"), learned, "end")
    np.testing.assert_array_equal(found.series[0][:, 0], [2, 3, 4, np.nan, 6, 7])
    assert any(
        f"step of {said}; 1 time points left out" in note for note in found.notes
    )
    later = found.described.step.continue_from(found.times[0][-1], 3)
    assert list(pd.DatetimeIndex(later)) == list(dates[8:11])
    frame[2:3].to_csv(tmp_path / "one.csv", index=False)
    one = similar.read(str(tmp_path / "one.csv"), learned, "end")
    assert one.described.step == learned.step
    daily = pd.DataFrame({"time": pd.date_range("2024-01-01", periods=9), "v": 1.0})
    daily.to_csv(tmp_path / "daily.csv", index=False)
    found = similar.read(str(tmp_path / "daily.csv"), learned, "end")
    assert found.described.step.unit == "day"  # It is another calendar: as it stands.
