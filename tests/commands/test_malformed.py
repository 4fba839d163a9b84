"""Malformed inputs, one table: each ends in words, and nothing is left behind."""

import sys

import numpy as np
import pytest

from tsgen_jax import __main__ as tsgen

_RNG = np.random.default_rng(0)
_X = np.round(_RNG.normal(size=(12, 24)), 3)
_HEAD = [f"t{i}" for i in range(24)]


def _csv(rows, header=None):
    rows = [header, *rows] if header else rows
    return "".join(",".join(map(str, row)) + "\n" for row in rows)


def _wide(change=None, label=True):
    """A good table of 12 series and two classes, spoilt by `change(rows)`."""
    rows = [[*x, "ab"[i % 2]] if label else [*x] for i, x in enumerate(_X)]
    if change:
        rows = change(rows) or rows
    return _csv(rows, [*_HEAD, "label"] if label else _HEAD)


def _set(row, column, value):
    def change(rows):
        rows[row][column] = value

    return change


def _long(change=None):
    rows = [[f"s{i}", t, v, -v] for i, x in enumerate(_X) for t, v in enumerate(x)]
    if change:
        rows = change(rows) or rows
    return _csv(rows, ["id", "time", "a", "b"])


def _swap(rows):
    rows[30], rows[31] = rows[31], rows[30]


def _blank_series(rows):
    for row in rows[24:48]:
        row[2] = row[3] = ""


def _blank_channel(rows):
    for row in rows:
        row[3] = ""


def _shorten(rows):
    rows[3].pop()


_ONE = _csv([[v] for v in np.arange(100) % 7], ["load"])
_LABEL = np.arange(12) % 2
_OBJECTS = np.array([{}, []], dtype=object)
_TS = "@problemName x\n@classLabel true a b\n"

# What is wrong: (name of the file, what is in it, options, words of the error).
_CASES = {
    "empty file": ("a.csv", "", [], "is empty"),
    "blank lines only": ("a.csv", "\n\n", [], "is empty"),
    "header without rows": ("a.csv", ",".join(_HEAD) + "\n", [], "no rows below"),
    "ragged rows": ("a.csv", _wide(_shorten), [], "row 5 has 24 cells"),
    "text in values": (
        "a.csv",
        _wide(_set(2, 7, "high")),
        [],
        "row 4, column 't7': 'high' is not a number",
    ),
    "infinite value": ("a.csv", _wide(_set(1, 3, "inf")), [], "series 2, time point 4"),
    "too large for float32": (
        "a.csv",
        _wide(_set(1, 3, 1e39)),
        [],
        "no finite float32",
    ),
    "constant data": (
        "a.csv",
        _wide(lambda r: [[5] * 24 + [row[-1]] for row in r]),
        [],
        "all values are equal",
    ),
    "a label per series missing": (
        "a.csv",
        _wide(_set(4, 24, "")),
        [],
        "series 5 has no label",
    ),
    "unknown label column": (
        "a.csv",
        _wide(),
        ["--label=labels"],
        "no column 'labels' (--label). Did you mean 'label'?",
    ),
    "unknown channel": ("a.csv", _long(), ["--channels=a+z"], "no column 'z'"),
    "columns of one name": (
        "a.csv",
        _csv(_X[:, :2], ["a", "a"]),
        [],
        "more than one column named a",
    ),
    "words that are not explained": (
        "a.csv",
        _csv([[i, v, "xyz"[i % 3]] for i, v in enumerate(_X[0])], ["time", "a", "b"]),
        ["--window=8"],
        "column b holds words",
    ),
    "binary in place of text": (
        "a.csv",
        b"\x00\x01\x02" * 50,
        [],
        "no text but binary",
    ),
    "one series of too few": ("a.csv", _wide(lambda r: r[:1], False), [], "one long"),
    "fewer series than parts": ("a.csv", _wide(lambda r: r[:3], False), [], "3 series"),
    "too short for the STFT": (
        "a.csv",
        _csv([[*x[:4], "ab"[i % 2]] for i, x in enumerate(_X)], [*_HEAD[:4], "label"]),
        [],
        "too short for an STFT window",
    ),
    "one class, class-conditional": (
        "a.csv",
        _wide(lambda r: [[*row[:-1], "a"] for row in r]),
        [],
        "one class only ('a')",
    ),
    "no labels, class-conditional": (
        "a.csv",
        _wide(label=False),
        ["--set", "sample.class_conditional=True"],
        "one class only ('all')",
    ),
    "missing values where none may be": (
        "a.csv",
        _wide(_set(0, 3, "")),
        ["--missing=error"],
        "1 of 288 values are NaN",
    ),
    "duplicate time stamps": (
        "a.csv",
        _long(_set(30, 1, 5)),
        [],
        "series 's1': time point 7 is the same time as time point 6",
    ),
    "time that goes back": ("a.csv", _long(_swap), [], "is earlier than time point"),
    "time that is none": (
        "a.csv",
        _long(_set(30, 1, "noon")),
        [],
        "row 32: 'noon' is no time",
    ),
    "time without a value": (
        "a.csv",
        _long(_set(30, 1, "")),
        [],
        "row 32: the time is missing",
    ),
    "a stamp of another century": (
        "a.csv",
        _long(_set(23, 1, 1e9)),
        [],
        "nearly all of them empty",
    ),
    "a row of no series": ("a.csv", _long(_set(8, 0, "")), [], "which series this is"),
    "a series without values": ("a.csv", _long(_blank_series), [], "series 2 has no"),
    "a channel without values": (
        "a.csv",
        _long(_blank_channel),
        [],
        "channel b has no",
    ),
    "two labels in one series": ("a.csv", _long(), ["--label=b"], "24 labels"),
    "layout without its column": (
        "a.csv",
        _wide(label=False),
        ["--layout=long"],
        "which column says",
    ),
    "long series without a window": ("a.csv", _ONE, [], "--window=96"),
    "window longer than the series": ("a.csv", _ONE, ["--window=101"], "longer than"),
    "window longer than the test part": (
        "a.csv",
        _ONE,
        ["--window=30"],
        "no window of 30 time points fits",
    ),
    "stride 0": ("a.csv", _ONE, ["--window=9", "--stride=0"], "--stride=0"),
    "stride without a window": (
        "a.csv",
        _wide(),
        ["--stride=3"],
        "goes with --window",
    ),
    "negative window": ("a.csv", _ONE, ["--window=-8"], "2 time points or more"),
    "label of a single long series": (
        "a.csv",
        _csv([[i % 7, "ab"[i % 2]] for i in range(100)], ["load", "kind"]),
        ["--window=9", "--label=kind"],
        "of one long series",
    ),
    "npz without x": ("a.npz", {"a": _X, "b": _X}, [], "holds a, b; it needs x"),
    "npz of four axes": ("a.npz", {"x": _X[None, None]}, [], "it must be [n, L, C]"),
    "npz of words": ("a.npz", {"x": _X.astype(str)}, [], "it must be numbers"),
    "labels for other series": (
        "a.npz",
        {"x": _X, "label": _LABEL[:5]},
        [],
        "one label per series",
    ),
    "pickled objects": (
        "a.npz",
        {"x": _OBJECTS},
        [],
        "it holds objects, which are never read",
    ),
    "pickled objects, npy": (
        "a.npy",
        _OBJECTS,
        [],
        "it holds objects, which are never read",
    ),
    "broken zip": (
        "a.npz",
        b"PK\x03\x04 and no more",
        [],
        "is no zip file, or is cut off",
    ),
    "ts without data": ("a.ts", _TS, [], "no line '@data'"),
    "ts with a word": ("a.ts", _TS + "@data\n1,2,x:a\n", [], "row 4: could not"),
    "parquet that is none": ("a.parquet", b"PAR1", [], "parquet"),
    "directory without series": ("a", {}, [], "no files of series"),
    "directory of mixed channels": (
        "a",
        {"1.csv": _ONE, "2.csv": _csv([[1, 2]], ["load", "rain"])},
        [],
        "All files need the same",
    ),
    "directory of mixed kinds": ("a", {"1.csv": _ONE, "2.tsv": _ONE}, [], "one kind"),
    "unknown suffix": ("a.xlsx", b"x", [], ".xlsx suffix is not known; known are .csv"),
    "no such file": ("b.csv", None, [], "No file or directory"),
    "unknown scaling": ("a.csv", _wide(), ["--scaling=minmax"], "standard, robust"),
    "unknown layout": (
        "a.csv",
        _wide(),
        ["--layout=tall"],
        "known are '', wide, long, series",
    ),
    "unknown config": ("a.csv", _wide(), ["--config=best"], "known are ar, block"),
    "unknown key": ("a.csv", _wide(), ["--set", "data.windw=3"], "Unknown key"),
    "a number that is none": (
        "a.csv",
        _wide(),
        ["--set", "train.prior.num_steps=1.5"],
        "must be a whole number",
    ),
    "a scale of noise out of range": (
        "a.csv",
        _wide(),
        ["--set", "sample.residual_scales=(0.0, 3.0)"],
        "sample.residual_scales has [3.0]: must be numbers in [0, 2]",
    ),
    "no scale of noise": (
        "a.csv",
        _wide(),
        ["--set", "sample.residual_scales=()"],
        "sample.residual_scales=(): must be one number or more",
    ),
    "a scale of noise without brackets": (
        "a.csv",
        _wide(),
        ["--set", "sample.residual_scales=0.5"],
        "sample.residual_scales=0.5: it must be a tuple, such as (1, 2)",
    ),
    "a switch that is none": (
        "a.csv",
        _wide(),
        ["--set", "sample.class_conditional=no"],
        "write True or False",
    ),
}


def _write(path, content):
    match content:
        case str():
            path.write_text(content)
        case bytes():
            path.write_bytes(content)
        case np.ndarray():
            np.save(path, content, allow_pickle=True)
        case dict() if path.suffix == ".npz":
            np.savez(path, **content)
        case dict():
            path.mkdir()
            for name, text in content.items():
                (path / name).write_text(text)


@pytest.mark.parametrize("what", _CASES)
def test_a_malformed_input_is_told_in_words(what, tmp_path, monkeypatch, capsys):
    name, content, options, words = _CASES[what]
    _write(tmp_path / name, content)
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    command = ["tsgen", "train", f"--data={tmp_path / name}", *options]
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit) as stopped:
        tsgen.main()
    assert stopped.value.code == 1
    assert words in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before
