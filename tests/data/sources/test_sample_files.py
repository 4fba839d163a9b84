"""Generated series in any file are read as the data set has them."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from tsgen_jax.data import frames
from tsgen_jax.data.dataset import from_series
from tsgen_jax.data.sources import files, sample_files
from tsgen_jax.data.sources.reading import Reading

_L = 6


@pytest.fixture
def dataset(tmp_path):
    """40 series of 6 time points of 5 classes, named 1 to 5, in a wide table."""
    x = np.round(np.random.default_rng(0).normal(size=(40, _L)), 3)
    frame = pd.DataFrame(x, columns=[f"t{i}" for i in range(_L)])
    frame["kind"] = np.arange(40) % 5 + 1
    frame.to_csv(tmp_path / "train.csv", index=False)
    how = dataclasses.replace(Reading.plain(), label_column="kind")
    found = files.read(str(tmp_path / "train.csv"), how)
    return from_series(found, "archive", 0.2, 0.2, 0, "interpolate")


def test_a_table_as_sample_writes_it(dataset, tmp_path):
    x = np.random.default_rng(1).normal(size=(4, _L, 1)).astype(np.float32)
    names = ["2", "5", "1", "2"]
    for layout in ("wide", "long"):
        table = frames.make(
            frames.Series(list(x), label=names), dataset.described, layout
        )
        table.to_csv(tmp_path / "s.csv", index=False)
        got, label = sample_files.read(str(tmp_path / "s.csv"), dataset)
        np.testing.assert_array_equal(got.astype(np.float32), x)
        assert label.tolist() == [1, 4, 0, 1]


@pytest.mark.parametrize(
    ("arrays", "judge", "warns"),
    [
        ({"label": [1, 2, 3, 4]}, [0, 1, 2, 3], True),  # Names; the rival is said.
        ({"label": [1, 2, 3, 5]}, [0, 1, 2, 4], False),
        ({"label": [0, 1, 2, 4]}, [0, 1, 2, 4], False),  # 0 is no name: places.
        ({"label": ["4", "1", "5", "1"]}, [3, 0, 4, 0], False),
        ({"label": [4.0, 1.0, 5.0, 1.0]}, [3, 0, 4, 0], False),
        ({"label": [1, 2, 3, 4], "classes": list("12345")}, [1, 2, 3, 4], False),
        ({"label": [0, 0, 1, 1], "classes": ["5", "2"]}, [4, 4, 1, 1], False),
        ({"label": [-1] * 4, "classes": list("12345")}, None, False),
        ({}, None, False),
    ],
)
def test_names_where_names_are_given(arrays, judge, warns, dataset, tmp_path, caplog):
    np.savez(tmp_path / "s.npz", x=np.ones((4, _L)), **arrays)
    _, label = sample_files.read(str(tmp_path / "s.npz"), dataset)
    assert (None if label is None else label.tolist()) == judge
    assert ("not for their places" in caplog.text) == warns


def test_a_recording_is_cut_into_windows(tmp_path):
    x = np.round(np.random.default_rng(0).normal(size=(80, 2)), 3)
    frame = pd.DataFrame(x, columns=["a", "b"])
    frame.to_csv(tmp_path / "train.csv", index=False)
    how = dataclasses.replace(Reading.plain(), window=_L)
    found = files.read(str(tmp_path / "train.csv"), how)
    from tsgen_jax.data import windows

    found = windows.cut(found, _L, 2, 0.2, 0.2)
    data = from_series(found, "archive", 0.2, 0.2, 0, "interpolate")
    frame.head(20).to_csv(tmp_path / "s.csv", index=False)
    got, label = sample_files.read(str(tmp_path / "s.csv"), data)
    np.testing.assert_array_equal(got, x[:18].reshape(3, _L, 2))
    assert label is None


def test_what_does_not_fit_is_refused(dataset, tmp_path):
    (tmp_path / "short.csv").write_text("t0,t1\n1,2\n3,4\n")
    (tmp_path / "other.csv").write_text("t0,t1,t2,t3,t4,t5,kind\n1,2,3,4,5,6,x\n")
    np.savez(tmp_path / "six.npz", x=np.ones((2, _L)), label=["6", "1"])
    cases = {
        "short.csv": "has 2 time points, those of train 6",
        "other.csv": "class 'x' is not among",
        "six.npz": "class '6' is not among",
        "no.csv": "no file of samples",
    }
    for name, message in cases.items():
        with pytest.raises(ValueError, match=message):
            sample_files.read(str(tmp_path / name), dataset)
