"""The comments of the config, and main.py's help that shows them."""

import pathlib
import re
import subprocess
import sys

import pytest

from tsgen_jax.commands import config_comments
from tsgen_jax.configs import default
from tsgen_jax.runs.config import keys

_ROOT = pathlib.Path(__file__).parents[2]
_SOURCE = """
def _train():
    train.patience = 0  # Evaluations; 0: off.

def get_config():
    config.b = C()  # About b.
    # Above,
    # twice.
    config.b.long = (
        1  # Behind.
    )
    config.b.bare = 1
    config.a = "# no comment"
"""


def test_comments_above_and_behind():
    found = config_comments.read(_SOURCE)
    assert found == {
        "train.*.patience": "Evaluations; 0: off.",
        "b": "About b.",
        "b.long": "Above, twice. Behind.",
        "b.bare": "",
        "a": "",
    }
    assert config_comments.of(found, "train.prior.patience") == "Evaluations; 0: off."
    assert config_comments.of(found, "no.such.key") == ""
    order = config_comments.in_order(found, ["a", "b.bare", "b.long", "b.unknown"])
    assert order == ["a", "b.long", "b.bare", "b.unknown"]


def test_most_values_have_a_meaning():
    found = config_comments.read_all()
    said = [key for key in keys(default.get_config()) if config_comments.of(found, key)]
    assert len(said) > 100
    assert config_comments.of(found, "stft.hop").startswith("Samples between frames")
    assert config_comments.of(found, "data.window").startswith("Cuts long series")
    assert config_comments.of(found, "train.prior.clip_norm").startswith("Global norm")


@pytest.fixture(scope="module")
def told():
    done = subprocess.run(
        [sys.executable, "main.py", "--help", "--config=configs/smoke.py"],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_help_has_meanings_beside_values_of_the_config_named(told):
    assert re.search(r"--config\.stft\.hop=2 +Samples between frames", told)
    assert re.search(
        r"--config\.sample\.num_samples=32 +0: as many as the larger", told
    )
    for key in keys(default.get_config()):
        assert f"  --config.{key}=" in told
    assert told.index("\n  --config.data.name=") < told.index("\n  --config.data.root=")


def test_help_lists_names(told):
    for words in ("ssl_vqvae:METHOD", "barlow_twins", "magnitude_warp", "post_hoc"):
        assert words in told


def test_version_of_main():
    done = subprocess.run(
        [sys.executable, "main.py", "--version"],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("tsgen_jax ")
