"""Judges: aeon's loader, pandas' reader of the same file, the archive's own sizes."""

import os

import numpy as np
import pandas as pd
import pytest

from tsgen_jax.data.sources import archive

_HEADER = (
    "@timeStamps false\n@univariate true\n@equalLength true\n@classLabel true 1 2\n"
)
_GOOD = "1\t0.5\t1.5\n2\t2.5\t3.5\n"
_GOOD_TS = _HEADER + "@data\n0.5,1.5:1\n2.5,3.5:2\n"


def _write(root, train, test, extension=".tsv", name="Own"):
    os.makedirs(root / name, exist_ok=True)
    (root / name / f"{name}_TRAIN{extension}").write_text(train)
    (root / name / f"{name}_TEST{extension}").write_text(test)
    return str(root)


@pytest.mark.parametrize("name", ["GunPoint", "BasicMotions", "JapaneseVowels_eq"])
def test_aeon_sets_equal_aeons_own_loader(name):
    from aeon.datasets import load_classification

    raw = archive.load_archive(name, "")
    for part, x, y in (
        ("train", raw.x_train, raw.y_train),
        ("test", raw.x_test, raw.y_test),
    ):
        expected_x, expected_y = load_classification(name, split=part)
        assert x.dtype == np.float64
        np.testing.assert_array_equal(x.transpose(0, 2, 1), expected_x)
        np.testing.assert_array_equal(y, expected_y)
    assert raw.source == "aeon"


def test_ucr_files_equal_pandas(ucr_root):
    raw = archive.load_archive("ECG5000", ucr_root)
    path = os.path.join(ucr_root, "ECG5000", "ECG5000_TRAIN.tsv")
    table = pd.read_csv(path, sep="\t", header=None, float_precision="round_trip")
    np.testing.assert_array_equal(raw.x_train[:, :, 0], table.iloc[:, 1:])
    np.testing.assert_array_equal(raw.y_train, table[0].astype(str))
    assert raw.x_test.shape == (4500, 140, 1)
    assert raw.source == "ECG5000_TRAIN.tsv"


@pytest.mark.parametrize(
    ("text", "extension"),
    [
        (_GOOD, ".tsv"),
        ("1\t0.5\t1.5\t\r\n\r\n2\t2.5\t3.5\t\r\n", ".tsv"),
        ("1,0.5,1.5\n2,2.5,3.5\n", ".csv"),
        ("1, 0.5, 1.5\n2, 2.5, 3.5", ".txt"),
        ("  1.0000000e+00  5.0e-01 1.5\n  2.0000000e+00  2.5 3.5\n\n", ".txt"),
        ("\ufeff" + _GOOD, ".tsv"),
        (_GOOD_TS, ".ts"),
    ],
)
def test_separators_and_formats_give_the_same_set(tmp_path, text, extension):
    raw = archive.load_archive("Own", _write(tmp_path, text, text, extension))
    np.testing.assert_array_equal(raw.x_test[:, :, 0], [[0.5, 1.5], [2.5, 3.5]])
    assert raw.y_train.tolist() == ["1", "2"]
    assert raw.source == f"Own_TRAIN{extension}"


def test_multivariate_ts_is_channels_last_and_keeps_missing_values(tmp_path):
    header = _HEADER.replace("@univariate true", "@univariate false")
    text = header + "@data\n1,2,?:4,NaN,6:1\n7,8,9:10,11,12:2\n"
    raw = archive.load_archive("Own", _write(tmp_path, text, text, ".ts"))
    expected = [[[1, 4], [2, np.nan], [np.nan, 6]], [[7, 10], [8, 11], [9, 12]]]
    np.testing.assert_array_equal(raw.x_train, expected)


def test_missing_values_of_a_tsv_stay_nan(tmp_path):
    text = "1\tNaN\t1.5\n2\t2.5\tnan\n"
    raw = archive.load_archive("Own", _write(tmp_path, text, text))
    expected = [[np.nan, 1.5], [2.5, np.nan]]
    np.testing.assert_array_equal(raw.x_train[:, :, 0], expected)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        (" \n\n", "empty"),
        ("1\t1\t2\n2\t1\n", "row 2 has 1 values, row 1 has 2.*not supported yet"),
        ("\n1\t1\t2\n2\t1\t2\t3\n", "row 3 has 3 values, row 2 has 2"),
        ("1\t1\t2\n2\t1\tx7\n", "row 2: 'x7' is not a number.*NaN"),
        ("class\tt0\tt1\n1\t1\t2\n", "row 1: 't0' is not a number.*header"),
        ("1\t\t2\n", "row 1: '' is not a number"),
        ("1;1;2\n2;3;4\n", "row 1 has no values.*tabs, commas or spaces"),
        ("1\t1\t2\n\t1\t2\n", "row 2 has no label.*column 1"),
        ("1\t1\t2\nNaN\t1\t2\n", "row 2 has no label"),
        ("1\n2\n", "row 1 has no values"),
        ("1\t1\t2\n2\tinf\t2\n", "row 2, value 1 of channel 1 is inf"),
        ("1\t1\t2\n2\t1\t-1e39\n", "row 2, value 2 of channel 1 is -1e"),
    ],
)
def test_malformed_text_is_told_by_file_and_row(tmp_path, text, words):
    for train, test, file in ((text, _GOOD, "TRAIN"), (_GOOD, text, "TEST")):
        root = _write(tmp_path, train, test)
        with pytest.raises(ValueError, match=f"(?s)Own_{file}.tsv.*{words}"):
            archive.load_archive("Own", root)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        (_HEADER + "1,2:1\n", "empty: .*'@data'"),
        (_HEADER + "@data\n", "empty"),
        (_HEADER + "@data\n1,2:1\n1,2,3:2\n", r"row 7 has \[3\] values.*row 6 \[2\]"),
        (
            _HEADER.replace("@equalLength true", "@equalLength false")
            + "@data\n1,2:1\n1,2,3:2\n",
            "data row 2 has 3 values, row 1 has 2.*not supported yet",
        ),
        (
            _HEADER.replace("univariate true", "univariate false")
            + "@data\n1,2:3:1\n1,2:3,4:2\n",
            r"row 6 has \[2, 1\] values",
        ),
        (_HEADER + "@data\n1,2:1\n1,zwei:2\n", "row 7: 'zwei' is not a number"),
        (_HEADER + "@data\n1,2:1\n\n", "row 7 is not 'values:label'"),
        (_HEADER + "@data\n1,2\n3,4\n", "row 1 is not 'values:label'"),
        (_HEADER + "@data\n1,2:1\n3,4:\n", "data row 2 has no label"),
        (_HEADER + "@data\n1,2:1\n3,4:?\n", "data row 2 has no label"),
        (_HEADER + "@data\n1,2:1\n3,inf:2\n", "data row 2, value 2 .* is inf"),
        (
            _HEADER.replace("timeStamps false", "timeStamps true")
            + "@data\n(0,1.5),(1,-2.5):1\n",
            "time stamps",
        ),
        (
            "@targetLabel true\n@classLabel false\n@data\n1,2:0.5\n",
            "no class labels",
        ),
        ("@classLabel\n@data\n1,2:1\n", "header cannot be read"),
        ("@missing\n@data\n1,2:1\n", "header cannot be read .*missing"),
        ("1,2:1\n3,4:2,:", "empty"),
    ],
)
def test_malformed_ts_is_told_by_file_and_row(tmp_path, text, words):
    root = _write(tmp_path, text, _GOOD_TS, ".ts")
    with pytest.raises(ValueError, match=f"(?s)Own_TRAIN.ts.*{words}"):
        archive.load_archive("Own", root)


def test_train_and_test_must_agree(tmp_path):
    root = _write(tmp_path, _GOOD, "1\t1\t2\t3\n")
    with pytest.raises(ValueError, match="2 time points and 1 channels.*of 3 and 1"):
        archive.load_archive("Own", root)
    two = _HEADER.replace("@univariate true", "@univariate false")
    root = _write(tmp_path, _GOOD_TS, two + "@data\n1,2:3,4:1\n", ".ts", "Two")
    with pytest.raises(ValueError, match="of 2 and 2"):
        archive.load_archive("Two", root)


def test_set_not_in_root_lists_what_is_there(tmp_path):
    root = _write(tmp_path, _GOOD, _GOOD, name="GunPoint")
    _write(tmp_path, _GOOD_TS, _GOOD_TS, ".ts", "Wafer")
    (tmp_path / "Half").mkdir()
    (tmp_path / "Half" / "Half_TRAIN.tsv").write_text(_GOOD)
    message = "in .*gunpiont. Did you mean GunPoint.* Sets in .*: GunPoint, Wafer[.]$"
    with pytest.raises(ValueError, match=message):
        archive.load_archive("gunpiont", root)
    with pytest.raises(ValueError, match="No Half_TRAIN and Half_TEST"):
        archive.load_archive("Half", root)
    with pytest.raises(ValueError, match="Move the files from"):
        archive.load_archive("Wafer", str(tmp_path / "Wafer"))
    with pytest.raises(ValueError, match="nowhere is not a directory"):
        archive.load_archive("Wafer", str(tmp_path / "nowhere"))


@pytest.mark.parametrize("name", ["", ".", "../GunPoint", "a/b"])
def test_a_name_is_not_a_path(name, tmp_path):
    with pytest.raises(ValueError, match="not the name of a set"):
        archive.load_archive(name, str(tmp_path))


def test_unknown_name_suggests_known_ones():
    with pytest.raises(
        ValueError, match="(?s)GunPont is not .*mean GunPoint.*ArrowHead"
    ):
        archive.load_archive("GunPont", "")


def test_unequal_lengths_of_aeon_point_to_the_equal_version():
    with pytest.raises(ValueError, match="row 2 has 26 values, row 1 has 20.*_eq"):
        archive.load_archive("JapaneseVowels", "")


def test_failed_download_says_what_to_do(monkeypatch, tmp_path):
    from aeon.datasets import _data_loaders

    def refuse(*_args, **_kwargs):
        raise OSError("no network")

    monkeypatch.setenv("AEON_DATA", str(tmp_path))
    monkeypatch.setattr(_data_loaders, "urlopen", refuse)
    with pytest.raises(
        ValueError, match="not bundled.*no network.*config.data.root=DIR"
    ):
        archive.load_archive("CBF", "")


def test_cached_file_that_aeon_cannot_read(monkeypatch, tmp_path):
    monkeypatch.setenv("AEON_DATA", str(tmp_path))
    _write(tmp_path, _GOOD_TS, _HEADER + "@data\n1,2:1\n1,\n", ".ts", "CBF")
    with pytest.raises(ValueError, match="cannot read CBF.*delete it there"):
        archive.load_archive("CBF", "")


def test_class_names_sort_by_value_when_numeric():
    assert archive.class_names(np.array(["10", "2", "-1", "2"])) == ("-1", "2", "10")
    assert archive.class_names(np.array(["b", "10", "2"])) == ("10", "2", "b")
