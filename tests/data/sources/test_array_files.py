"""Arrays of other libraries, in their names and orders; sizes that files only claim."""

import dataclasses
import os
import time

import numpy as np
import pandas as pd
import pytest

from tsgen_jax.configs import default
from tsgen_jax.data.series import is_warning
from tsgen_jax.data.sources import files, reading

_FIELDS = [f.name for f in dataclasses.fields(reading.Reading)]
_HOW = reading.Reading(**{k: default.get_config().data[k] for k in _FIELDS})
_X = np.random.default_rng(0).normal(size=(12, 9, 3))
_Y = np.arange(12) % 2


def _read(path, **changes):
    return files.read(str(path), dataclasses.replace(_HOW, **changes))


def _warnings(found):
    return [note for note in found.notes if is_warning(note)]


@pytest.mark.parametrize("key", ["x", "X", "data", "arr_0"])
@pytest.mark.parametrize("label", ["label", "labels", "y", "kind"])
def test_names_of_arrays(tmp_path, key, label):
    if key == "arr_0":
        np.savez(tmp_path / "a.npz", _X)  # As numpy names what has no name.
        assert _read(tmp_path / "a.npz").label is None
        return
    np.savez(tmp_path / "a.npz", **{key: _X, label: _Y, "mask": _Y})
    how = {"label_column": label} if label == "kind" else {}
    found = _read(tmp_path / "a.npz", **how)
    np.testing.assert_array_equal(found.series, _X)
    assert found.label.tolist() == list("01" * 6)
    assert f"values in {key!r}, labels in {label!r}; not used: 'mask'" in found.notes
    bare = _read(tmp_path / "a.npz", label_column="none")
    assert bare.label is None
    said = next(note for note in bare.notes if "not used" in note)
    assert repr(label) in said


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        (_Y[:, None], list("01" * 6)),
        (np.array([b"up", b"down"] * 6), ["up", "down"] * 6),
        (np.array([["up"], ["down"]] * 6), ["up", "down"] * 6),
        (np.array([1.0, 2.5] * 6), ["1", "2.5"] * 6),
        (np.array(["01", "1"] * 6), ["01", "1"] * 6),
    ],
)
def test_kinds_of_labels(tmp_path, label, expected):
    np.savez(tmp_path / "a.npz", x=_X, y=label)
    assert _read(tmp_path / "a.npz").label.tolist() == expected


def test_more_channels_than_time_points_is_a_warning(tmp_path):
    np.savez(tmp_path / "a.npz", x=_X.swapaxes(1, 2))
    (said,) = _warnings(_read(tmp_path / "a.npz"))
    assert "3 time points, 9 channels" in said
    assert "data.array_layout=ncl" in said
    found = _read(tmp_path / "a.npz", array_layout="ncl")
    np.testing.assert_array_equal(found.series, _X)
    assert not _warnings(found)
    assert not _warnings(_read(tmp_path / "a.npz", array_layout="nlc"))
    np.save(tmp_path / "b.npy", _X[0].T)
    found = _read(tmp_path / "b.npy", array_layout="ncl", layout="series", window=4)
    np.testing.assert_array_equal(found.series[0], _X[0])


def test_many_short_rows_may_be_one_long_series(tmp_path):
    x = np.random.default_rng(0).normal(size=(1000, 3))
    np.save(tmp_path / "a.npy", x)
    found = _read(tmp_path / "a.npy")
    assert len(found.series) == 1000
    (said,) = _warnings(found)
    assert "one long series of 1000 time points and 3 channels" in said
    assert not _warnings(_read(tmp_path / "a.npy", layout="wide"))
    found = _read(tmp_path / "a.npy", window=96)
    np.testing.assert_array_equal(found.series[0], x)
    assert not _warnings(found)
    np.save(tmp_path / "b.npy", x.reshape(100, 30))
    (said,) = _warnings(_read(tmp_path / "b.npy", window=10))
    assert "data.layout=wide" in said


def test_channels_are_chosen_by_number_or_name(tmp_path):
    np.save(tmp_path / "a.npy", _X)
    for channels in ("3+1", "channel_2+channel_0"):
        found = _read(tmp_path / "a.npy", channels=channels)
        np.testing.assert_array_equal(found.series, _X[:, :, [2, 0]])
    with pytest.raises(ValueError, match="no channel '4'.*data.channels.*1 to 3"):
        _read(tmp_path / "a.npy", channels="1+4")


@pytest.mark.parametrize(
    "how",
    [
        {"id_column": "i"},
        {"time_column": "t"},
        {"time_format": "day-first"},
        {"time_zone": "UTC"},
        {"sort_time": True},
        {"duplicates": "mean"},
        {"header": "yes"},
        {"decimal": ","},
        {"label_column": "group"},
    ],
)
def test_options_of_tables_are_refused(tmp_path, how):
    np.savez(tmp_path / "a.npz", x=_X)
    np.save(tmp_path / "a.npy", _X)
    (tmp_path / "a.ts").write_text("@classLabel false\n@data\n1,2,3\n4,5,6\n")
    for name in ("a.npz", "a.npy", "a.ts"):
        with pytest.raises(ValueError, match=f"{name}.*data.{next(iter(how))}"):
            _read(tmp_path / name, **how)


def test_sizes_that_are_not_there_are_refused_at_once(tmp_path):
    text = "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}\n"
    header = b"\x93NUMPY\x01\x00" + bytes([len(text), 0]) + text.encode()
    (tmp_path / "header.npy").write_bytes(header)
    np.save(tmp_path / "object.npy", np.array([{}, {}], object))
    zeros = np.zeros(2**27, np.uint8)  # 128 MiB of zeros in 128 KiB.
    np.savez_compressed(tmp_path / "bomb.npz", x=zeros)
    rows = pd.DataFrame({"a": np.zeros(2**25, np.int8)})
    rows.to_parquet(tmp_path / "bomb.parquet")
    os.mkfifo(tmp_path / "pipe.npy")
    os.mkfifo(tmp_path / "pipe.csv")
    os.symlink("/dev/zero", tmp_path / "zero.ts")
    begin = time.monotonic()
    for name, words in {
        "header.npy": "1000000000000",
        "object.npy": "objects",
        "bomb.npz": "would unpack to",
        "bomb.parquet": "33,554,432 rows",
        "pipe.npy": "no regular file",
        "pipe.csv": "no regular file",
        "zero.ts": "no regular file",
    }.items():
        with pytest.raises(ValueError, match=words):
            _read(tmp_path / name)
    assert time.monotonic() - begin < 5
