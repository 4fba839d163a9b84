"""The model that comes with the package, as it is after installation."""

import importlib
import os
import pathlib
import re
import subprocess
import sys
import zipfile

import numpy as np
import pytest

import tsgen_jax
from tsgen_jax.api import load

_ROOT = pathlib.Path(tsgen_jax.__file__).parents[1]


@pytest.fixture(scope="module")
def demo():
    return tsgen_jax.load("demo")


def test_it_is_small_and_of_no_machine():
    assert os.path.getsize(load.demo_path()) < 3e6
    with zipfile.ZipFile(load.demo_path()) as archive:
        texts = [archive.read(n) for n in archive.namelist() if not n.endswith(".npy")]
    assert not re.search(rb"/(home|root|work|tmp)\b", b"".join(texts))


def test_it_is_what_its_command_makes(demo, monkeypatch):
    monkeypatch.syspath_prepend(str(_ROOT / "examples"))
    make_demo = importlib.import_module("make_demo")
    for key, value in make_demo.CHANGES.items():
        found = demo.config
        for part in key.split("."):
            found = found[part]
        assert found == value, key
    assert sum(demo.facts.class_counts) == 6 * make_demo.NUM_TRAIN


def test_its_series_have_the_shapes_of_their_classes(demo):
    t = np.arange(60) - 29.5
    for name, sign in (("rising", 1), ("falling", -1)):
        x = demo.sample(16, label=name, seed=0)[:, :, 0]
        assert (sign * (x @ t) > 0).all()
    for name, sign in (("shifted up", 1), ("shifted down", -1)):
        x = sign * demo.sample(16, label=name, seed=0)[:, :, 0]
        assert (x[:, 45:].mean(1) > x[:, :15].mean(1)).all()


def test_the_command_finds_it_from_any_directory(tmp_path):
    (tmp_path / "demo").mkdir()  # No model: not what is meant.
    command = [sys.executable, "-m", "tsgen_jax", "sample", "--run=demo", "--num=6"]
    done = subprocess.run(
        [*command, "--out=x.npz"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(_ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "x.npz") as stored:
        np.testing.assert_allclose(
            stored["x"], tsgen_jax.load("demo").sample(6), atol=1e-4
        )
