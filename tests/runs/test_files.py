"""Files of a run: plain, and never half written."""

import json
import os

import jax.numpy as jnp
import numpy as np
import pytest

from tsgen_jax.runs import files


def test_write_json_is_plain_json(tmp_path):
    path = str(tmp_path / "x.json")
    value = {
        "b": (1, 2.5, None, True),
        "a": {"nan": float("nan"), "inf": [np.inf]},
        "arrays": [np.float32(0.1), jnp.int32(3), np.arange(2), np.bool_(True)],
        7: "seven",
    }
    files.write_json(path, value)
    with open(path) as file:
        text = file.read()
    wanted = {
        "7": "seven",
        "a": {"inf": [None], "nan": None},
        "arrays": [float(np.float32(0.1)), 3, [0, 1], True],
        "b": [1, 2.5, None, True],
    }
    assert text == json.dumps(wanted, indent=2) + "\n"
    with pytest.raises(TypeError, match="a set, has no place"):
        files.write_json(path, {"a": {1, 2}})
    assert json.loads(text) == json.loads((tmp_path / "x.json").read_text())
    assert os.listdir(tmp_path) == ["x.json"]


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "x.txt"
    files.write_text(str(path), "old")
    files.write_arrays(str(tmp_path / "x.npz"), {"a": np.zeros(2)})

    def fsync(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match=f"Cannot write {path}: No space left"):
        files.write_text(str(path), "new")
    with pytest.raises(OSError, match=r"Cannot write .*x.npz: No space left"):
        files.write_arrays(str(tmp_path / "x.npz"), {"a": np.ones(2)})
    assert path.read_text() == "old"
    with np.load(tmp_path / "x.npz") as stored:
        assert not stored["a"].any()
    assert sorted(os.listdir(tmp_path)) == ["x.npz", "x.txt"]
