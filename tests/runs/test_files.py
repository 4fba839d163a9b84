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
    checksum = {"checksum": files.digest(wanted)[:16]}
    assert text == json.dumps(wanted | checksum, indent=2) + "\n"
    assert files.read_json(path) == wanted
    with pytest.raises(TypeError, match="a set, has no place"):
        files.write_json(path, {"a": {1, 2}})
    assert json.loads(text) == json.loads((tmp_path / "x.json").read_text())
    assert os.listdir(tmp_path) == ["x.json"]


def test_an_edit_or_a_flipped_bit_is_noticed(tmp_path):
    path = tmp_path / "x.json"
    value = {"rate": 0.001, "names": ["a", "b"], "none": None, "checksum": "old"}
    files.write_json(str(path), value)
    del value["checksum"]
    text = path.read_text()
    for number in range(8 * len(text)):
        flipped = bytearray(text.encode())
        flipped[number // 8] ^= 1 << number % 8
        path.write_bytes(flipped)
        try:
            found = files.read_json(str(path))
        except ValueError as error:
            said = f"{path} is damaged (", "Put back a copy of it"
            assert [word in str(error) for word in said] == [True, True]  # noqa: PT017
        else:  # White space, or the name of the checksum.
            assert {k: found[k] for k in value} == value
    path.write_text(text.replace("0.001", "0.003"))
    with pytest.raises(ValueError, match=r"if you have edited it, delete its line"):
        files.read_json(str(path))
    path.write_text('{"rate": 0.003}')  # As an older version, or an editor, left it.
    assert files.read_json(str(path)) == {"rate": 0.003}
    path.write_text("[" * 1000 + "]" * 1000)
    with pytest.raises(
        ValueError, match=f"{path} is damaged .*(deep|recursion).* Do this"
    ):
        files.read_json(str(path), "Do this.")


def test_damaged_arrays_are_told(tmp_path):
    path = str(tmp_path / "x.npz")
    files.write_arrays(path, {"a": np.zeros((300, 300)), "b": np.arange(3)})
    assert files.read_arrays(path, "")["b"].tolist() == [0, 1, 2]
    os.truncate(path, os.path.getsize(path) - 30)
    with pytest.raises(ValueError, match=f"^{path} is damaged .* Delete it"):
        files.read_arrays(path, "Delete it.")


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
