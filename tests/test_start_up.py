"""Help and imports answer at once: nothing slow is imported before it is needed."""

import os
import pathlib
import resource
import subprocess
import sys

import pytest

_ROOT = pathlib.Path(__file__).parent.parent
_SLOW = ("jax", "flax", "orbax", "sklearn", "aeon", "matplotlib", "tensorflow")


def _run(*arguments):
    """What it printed, and the seconds of processor time it took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(_ROOT)},
    )
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.stdout, now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime


@pytest.mark.parametrize("module", ["tsgen_jax", "tsgen_jax.__main__", "main"])
def test_an_import_is_cheap(module):
    code = f"import sys, {module}; print(*sys.modules)"
    imported = {name.partition(".")[0] for name in _run("-c", code)[0].split()}
    assert "tsgen_jax" in imported
    assert not imported & set(_SLOW)


@pytest.mark.parametrize(
    "arguments",
    [("main.py", "--help"), ("-m", "tsgen_jax", "--help")],
)
def test_help_takes_less_than_a_second_and_a_half(arguments):
    """Of processor time: other processes do not count."""
    text, seconds = _run(*arguments)
    assert "--config" in text or "evaluate" in text
    assert seconds < 1.5


@pytest.mark.parametrize(
    "arguments",
    [
        ("main.py", "--help"),
        ("-m", "tsgen_jax", "train", "--help"),
        ("-m", "tsgen_jax", "--version"),
    ],
)
def test_a_reader_that_goes_is_no_error(arguments):
    """As in `main.py --help | head`."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=_ROOT,
        stdout=writing,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(_ROOT)},
        check=False,
    )
    os.close(writing)
    assert done.stderr == b""
    assert done.returncode in (0, 141)  # 0 where argparse has swallowed it.
