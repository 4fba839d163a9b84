"""Configs by name, also where the package is installed without `configs/` beside it."""

import os
import pathlib
import subprocess
import sys

import pytest

from tsgen_jax.runs import presets


def test_configs_by_name_and_file(tmp_path):
    assert presets.load("ssl_vqvae:barlow_twins").ssl.method == "barlow_twins"
    assert presets.load("vqvae").name == "vqvae"
    (tmp_path / "empty.py").write_text("x = 1\n")
    (tmp_path / "bad.py").write_text("x = = 1\n")
    with pytest.raises(ValueError, match="no function get_config"):
        presets.load(str(tmp_path / "empty.py"))
    with pytest.raises(ValueError, match=r"bad.py did not load.*SyntaxError"):
        presets.load(str(tmp_path / "bad.py"))
    with pytest.raises(ValueError, match="there is no file"):
        presets.load("nowhere.py")
    for name in ("nothing", "_published"):  # The latter is a part of others.
        with pytest.raises(
            ValueError, match="known are .*default, .*multivariate, .*smoke"
        ):
            presets.load(name)


def test_names_are_found_from_any_directory(tmp_path):
    """As after installation: `configs/` is not in the current directory."""
    code = "from tsgen_jax.runs import presets; print(presets.load('smoke').name)"
    root = pathlib.Path(presets.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "smoke-vibcreg"
    assert "smoke" in presets.names()
    assert not [name for name in presets.names() if name.startswith("_")]
