"""Run directories: held by one process, of one configuration, never half written."""

import collections
import json
import os
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest

from tsgen_jax.runs import directory as run_dir
from tsgen_jax.runs.directory import open_run, read_config

_CONFIG = {
    "seed": 0,
    "num_devices": 0,
    "train": {"lr": 0.1 + 0.2, "betas": (0.9, 0.999), "ema": False},
    "augment": {"flip": {}},
}


def _tree(directory) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes() if path.is_file() else b""
        for path in directory.rglob("*")
    }


def test_begins_and_goes_on(tmp_path):
    workdir = str(tmp_path / "runs" / "one")
    for _ in range(2):
        with open_run(workdir, _CONFIG):
            assert read_config(workdir)["train"]["lr"] == 0.1 + 0.2
    assert sorted(os.listdir(workdir)) == [".lock", "config.json"]
    text = (tmp_path / "runs" / "one" / "config.json").read_text()
    back = json.loads(json.dumps(_CONFIG))  # Tuples as lists.
    assert list(json.loads(text)) == [*sorted(back), "checksum"]
    assert read_config(workdir) == back


def test_an_error_in_the_run_is_not_touched(tmp_path):
    workdir = str(tmp_path / "run")
    with pytest.raises(KeyError, match="mine"), open_run(workdir, _CONFIG):
        raise KeyError("mine")
    with open_run(workdir, _CONFIG):  # The lock is free again.
        pass


def test_another_config_lists_exactly_what_differs(tmp_path):
    workdir = str(tmp_path / "run")
    with open_run(workdir, _CONFIG):
        pass
    before = _tree(tmp_path)
    other = {
        "seed": 1,
        "num_devices": 8,
        "train": {"lr": 0.3, "betas": [0.9, 0.999], "ema": 0},
        "augment": {"flip": {"p": 1}},
    }
    with (
        pytest.raises(ValueError, match=f"{workdir} holds a run of another") as error,
        open_run(workdir, other),
    ):
        pass
    assert [line for line in str(error.value).splitlines() if line[0] == " "] == [
        "  augment.flip: {} there, absent now",
        "  augment.flip.p: absent there, 1 now",
        "  num_devices: 0 there, 8 now",
        "  seed: 0 there, 1 now",
        "  train.ema: false there, 0 now",
        "  train.lr: 0.30000000000000004 there, 0.3 now",
    ]
    assert "--workdir=OTHER" in str(error.value)
    assert _tree(tmp_path) == before


def test_ignored_keys_may_differ(tmp_path):
    workdir = str(tmp_path / "run")
    with open_run(workdir, _CONFIG):
        pass
    other = {**_CONFIG, "num_devices": 8, "train": {"lr": 7}}
    with open_run(workdir, other, ignore=("num_devices", "train")):
        assert read_config(workdir)["num_devices"] == 0  # As it began.
    with (
        pytest.raises(ValueError, match=r"\n  train.lr: .* there, 7 now"),
        open_run(workdir, other, ignore=("num_devices", "tra", "train.betas")),
    ):
        pass


def test_what_is_no_run_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    with (
        pytest.raises(ValueError, match=r"no config\.json, but thesis\.tex\. Nothing"),
        open_run(str(tmp_path), _CONFIG),
    ):
        pass
    assert list(_tree(tmp_path)) == ["thesis.tex"]
    with (
        pytest.raises(ValueError, match="thesis.tex is a file"),
        open_run(str(tmp_path / "thesis.tex" / "run"), _CONFIG),
    ):
        pass


def test_a_broken_off_start_can_be_repeated(tmp_path):
    (tmp_path / ".lock").touch()
    (tmp_path / "config.json.partial").write_text('{"see')
    with open_run(str(tmp_path), _CONFIG):
        pass
    assert sorted(_tree(tmp_path)) == [".lock", "config.json"]


@pytest.mark.parametrize("text", ["", '{"seed": ', "\x00\x00\x00"])
def test_damaged_config(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    before = _tree(tmp_path)
    with (
        pytest.raises(ValueError, match=r"config\.json is damaged"),
        open_run(str(tmp_path), _CONFIG),
    ):
        pass
    assert _tree(tmp_path) == before  # Not even a lock.
    with pytest.raises(ValueError, match="Put back a copy"):
        read_config(str(tmp_path))


def test_read_config_of_no_run(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ValueError, match=f"{path} is no run directory"):
            read_config(str(path))


@pytest.mark.parametrize("bad", [float("inf"), float("nan"), np.float32(1), [np.inf]])
def test_config_values_that_cannot_be(tmp_path, bad):
    with (
        pytest.raises(ValueError, match=r"config\.train\.lr is "),
        open_run(str(tmp_path / "run"), {"train": {"lr": bad}}),
    ):
        pass
    assert not _tree(tmp_path)


def test_little_disk_space(tmp_path, monkeypatch):
    usage = collections.namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(9, 9, 12_345_678))
    workdir = tmp_path / "a" / "b"
    with (
        pytest.raises(OSError, match=f"Only 12 MB are free for {workdir}; .* 50 MB"),
        open_run(str(workdir), _CONFIG),
    ):
        pass
    assert not _tree(tmp_path)


def test_failed_start_leaves_nothing(tmp_path, monkeypatch):
    def fsync(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    workdir = tmp_path / "a" / "b"
    with (
        pytest.raises(OSError, match=f"Cannot write {workdir}.*: No space left"),
        open_run(str(workdir), _CONFIG),
    ):
        pass
    assert not _tree(tmp_path)


def test_not_writable(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    workdir = tmp_path / "a"
    with (
        pytest.raises(OSError, match=f"Cannot write {workdir}: {tmp_path} is not writ"),
        open_run(str(workdir), _CONFIG),
    ):
        pass
    assert not _tree(tmp_path)


_HOLD = """
import sys, time
from tsgen_jax.runs.directory import open_run
with open_run(sys.argv[1], {"seed": 0}):
    print("held", flush=True)
    time.sleep(60)
"""


def test_one_process_holds_it_until_killed(tmp_path):
    workdir = str(tmp_path / "run")
    command = [sys.executable, "-c", _HOLD, workdir]
    holder = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "held\n"
        said = f"{workdir} is in use by process {holder.pid} on "
        with pytest.raises(OSError, match=said), open_run(workdir, {"seed": 0}):
            pass
        assert os.path.exists(tmp_path / "run" / ".lock")
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.communicate()
    with open_run(workdir, {"seed": 0}):  # The kernel has freed it.
        with pytest.raises(OSError, match="in use"), open_run(workdir, {"seed": 0}):
            pass


def test_done(tmp_path):
    assert run_dir.read_done(str(tmp_path), "prior") is None
    run_dir.mark_done(str(tmp_path), "prior", {"loss": 0.1, "step": 3})
    assert run_dir.read_done(str(tmp_path), "prior") == {"loss": 0.1, "step": 3}
    assert os.listdir(tmp_path / "prior") == ["done.json"]
    (tmp_path / "prior" / "done.json").write_text("{")
    with pytest.raises(ValueError, match=r"prior/done\.json is damaged"):
        run_dir.read_done(str(tmp_path), "prior")
    (tmp_path / "tokenizer").touch()
    with pytest.raises(OSError, match=f"Cannot write {tmp_path}/tokenizer"):
        run_dir.mark_done(str(tmp_path), "tokenizer", {})
