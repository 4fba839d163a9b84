"""What is installed: extras, and commands of the same name."""

import os
import pathlib
import re
import subprocess
import sys
import tomllib

import pytest

import tsgen_jax
from tsgen_jax.runtime import installation

_ROOT = pathlib.Path(tsgen_jax.__file__).parents[1]
_PROJECT = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]
_DISTRIBUTIONS = {  # Module: what pip calls it, where that differs.
    "array_record": "array-record",
    "orbax": "orbax-checkpoint",
    "sklearn": "scikit-learn",
    "tensorflow_datasets": "tensorflow-datasets",
}
# Imports of these fail; numpy, jax, flax and what they need themselves are left.
_BLOCKED = f"""
import sys
blocked = {{*{sorted(installation._EXTRAS)!r}, "pandas", "matplotlib", "PIL", "chex"}}
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocker())
import tsgen_jax
"""


def _names(extra):
    listed = _PROJECT["optional-dependencies"][extra]
    return {re.match(r"[\w-]+(\[\w+\])?", each).group() for each in listed}


def _run(code, *arguments, **options):
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(_ROOT)},
        **options,
    )


def test_every_extra_brings_what_it_promises():
    for module, extra in installation._EXTRAS.items():
        listed = _names(extra)
        if "tsgen_jax[judges]" in listed:
            listed |= _names("judges")
        assert _DISTRIBUTIONS.get(module, module) in listed, module
    assert "tsgen_jax[judges]" in _names("train")
    needed = {re.match(r"[\w-]+", each).group() for each in _PROJECT["dependencies"]}
    optional = _names("train") | _names("judges") | _names("tfds")
    assert {"jax", "flax", "numpy"} <= needed
    assert not needed & optional


def test_an_absent_library_is_named_with_the_extra_that_brings_it():
    with pytest.raises(installation.MissingExtraError) as error:
        with installation.in_words("Training"):
            raise ModuleNotFoundError(name="orbax.checkpoint")
    assert str(error.value) == (
        "Training needs orbax, which is not installed: pip install 'tsgen_jax[train]'."
    )
    with pytest.raises(ModuleNotFoundError):  # A fault of ours stays a traceback.
        with installation.in_words("Training"):
            raise ModuleNotFoundError(name="tsgen_jax.nothing")


def test_a_model_file_is_sampled_with_jax_flax_and_numpy_alone(tiny_model, tmp_path):
    tsgen_jax.export(tiny_model, tmp_path / "m.tsgen", with_sampler=False)
    code = f"""{_BLOCKED}
import numpy as np
from tsgen_jax import __main__
x = tsgen_jax.load("m.tsgen").sample(3, seed=1)
sys.argv = ["tsgen", "sample", "--run=m.tsgen", "--num=3", "--seed=1", "--out=x.npz"]
__main__.main()
np.testing.assert_array_equal(np.load("x.npz")["x"], x)
print(x.shape)
try:
    tsgen_jax.fit
except ImportError as error:
    print(error)
sys.argv = ["tsgen", "train", "--data=GunPoint"]
__main__.main()
"""
    done = _run(code, cwd=tmp_path)
    shape, fit = done.stdout.splitlines()
    assert shape == "(3, 24, 2)"
    assert re.match(r"tsgen_jax.fit needs \w+, which is not .*'tsgen_jax\[\w+\]'", fit)
    assert done.returncode == 1
    assert "This command needs" in done.stderr
    assert "Traceback" not in done.stderr


def test_another_command_of_the_name_is_told(tmp_path, monkeypatch):
    for name in ("tsgen", "tsgen_jax"):  # The latter is ours, however it is written.
        made = tmp_path / f"{name}-0.6.0.dist-info"
        made.mkdir()
        (made / "METADATA").write_text(f"Name: {name}\nVersion: 0.6.0\n")
        (made / "entry_points.txt").write_text("[console_scripts]\ntsgen = other:x\n")
    assert installation.clash() == ""
    monkeypatch.syspath_prepend(tmp_path)
    told = installation.clash()
    assert told.startswith("The command tsgen also belongs to tsgen, which is not ")
    assert "tsgen-jax" in told
    assert "pip uninstall tsgen." in told
