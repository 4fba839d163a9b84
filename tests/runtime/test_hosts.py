"""Two processes on this machine train a run as one process with two devices does."""

import json
import os
import pathlib
import socket
import subprocess
import sys

import jax
import numpy as np
import pytest

from tests import compiling, tiny
from tests.runtime import one_of_two
from tsgen_jax import generators, pipeline
from tsgen_jax.data.info import DataInfo
from tsgen_jax.runs import directory
from tsgen_jax.runtime import hosts
from tsgen_jax.training.train_recipe import load_recipe

_ROOT = pathlib.Path(__file__).resolve().parents[2]


def _start(port, index, workdir, *more, pause="0"):
    module = "tests.runtime.one_of_two"
    words = [sys.executable, "-m", module, str(port), str(index), str(workdir), *more]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    environment = os.environ | {"ONE_OF_TWO_PAUSE": pause}
    return subprocess.Popen(words, cwd=_ROOT, env=environment, **pipes)


def _port():
    with socket.socket() as free:
        free.bind(("localhost", 0))
        return free.getsockname()[1]


def _two(workdir, *stop, pause="0"):
    """Exit codes of both, and what they said; `stop` goes to the second."""
    port = _port()
    first = _start(port, 0, workdir)
    second = _start(port, 1, workdir, *stop, pause=pause)
    said = [process.communicate(timeout=200)[0] for process in (first, second)]
    return [first.returncode, second.returncode], said


def _rows(workdir):
    lines = (workdir / "metrics.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    of_time = ("checksum", "train/steps_per_second")
    return [{k: v for k, v in row.items() if k not in of_time} for row in rows]


@pytest.mark.slow
def test_two_processes_train_the_run_of_one_and_resume(tmp_path, monkeypatch):
    two, one = tmp_path / "two", tmp_path / "one"
    codes, said = _two(two, "stop", pause="0.5")
    assert codes == [143, 143], said  # The second was asked, both have stopped.
    assert directory.read_done(str(two), "tokenizer") is None
    codes, said = _two(two)
    assert codes == [0, 0], said
    config = one_of_two.config()
    config.num_devices = 2
    monkeypatch.setattr(generators, "make_recipe", one_of_two.make_recipe)
    pipeline.run(config, str(one), tiny.make_dataset(), evaluate=False)
    rows = [_rows(two), _rows(one)]  # One writes: no step is there twice.
    for a, b in zip(*rows, strict=True):
        assert a.keys() == b.keys()
        near = pytest.approx({k: v for k, v in b.items() if k != "stage"}, rel=1e-5)
        assert {k: v for k, v in a.items() if k != "stage"} == near
        assert a["stage"] == b["stage"]
    recipe = one_of_two.make_recipe(config, DataInfo.of(tiny.make_dataset()))
    found = [load_recipe(recipe, str(place)) for place in (two, one)]
    assert set(found[0]) == {"tokenizer", "prior", "residual"}
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6), *found
    )
    names = [{p.name for p in place.iterdir()} for place in (two, one)]
    assert names[0] == names[1]


@pytest.mark.slow  # The second waits half a minute for the first.
def test_the_first_holds_the_directory_for_both(tmp_path):
    config = one_of_two.config().to_dict()
    with directory.open_run(str(tmp_path / "two"), config):
        codes, said = _two(tmp_path / "two")
    assert codes[0] == 1
    assert "is in use by process" in said[0]
    assert codes[1] != 0


_SMALL = (
    "--config=configs/smoke.py:none",
    "--config.data.name=ItalyPowerDemand",
    "--config.evaluation.scores=statistics",
    "--config.train.tokenizer.num_steps=20",
    "--config.train.prior.num_steps=20",
)


@pytest.mark.slow
def test_the_first_goes_on_alone_with_scores_and_report(tmp_path):
    words = [sys.executable, "main.py", *_SMALL, f"--workdir={tmp_path / 'run'}"]
    words += [
        "--distributed",
        "--num_processes=2",
        f"--coordinator=localhost:{_port()}",
    ]
    environment = compiling.environment(os.environ)
    processes = [
        subprocess.Popen([*words, f"--process_id={index}"], cwd=_ROOT, env=environment)
        for index in (0, 1)
    ]
    assert [process.wait(400) for process in processes] == [0, 0]
    left = {path.name for path in (tmp_path / "run").iterdir()}
    assert {"report.html", "samples.npz", "scores.csv", "evaluation"} <= left
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_one_process_alone_does_nothing_more(tmp_path):
    assert not hosts.several()
    assert hosts.is_first()
    assert hosts.any_of(True)
    assert not hosts.any_of(False)
    hosts.barrier("nobody waits")
    tree = {"a": np.zeros(2)}
    assert hosts.local(tree) is tree
    with hosts.own_directory(str(tmp_path)) as place:
        assert place == str(tmp_path)


def test_processes_that_cannot_find_each_other_are_told(monkeypatch):
    monkeypatch.setattr(
        jax.distributed, "initialize", lambda *_: (_ for _ in ()).throw(ValueError("x"))
    )
    with pytest.raises(ValueError, match="give --coordinator=HOST:PORT"):
        hosts.start()
