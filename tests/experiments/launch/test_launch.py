"""Launching, with a program of a few steps in the place of main.py."""

import fcntl
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import pytest

from experiments.launch import __main__ as launch
from experiments.launch import local, plan
from experiments.sweeps import runs_of

_ROOT = pathlib.Path(__file__).resolve().parents[3]
_SWEEP = """
def sweep():
    for name in ("A", "B"):
        for seed in (0, 1):
            for arm in ("none", "some"):
                values = {"config": "smoke", "program": "tests.experiments.launch.fake_run"}
                yield f"{name}/{arm}", values | {"config.seed": seed}
"""


@pytest.fixture
def sweep(tmp_path):
    """Command-line words that run a sweep of eight runs in `tmp_path`."""
    (tmp_path / "toy.py").write_text(_SWEEP)
    places = [f"--runs={tmp_path / 'runs'}", f"--results={tmp_path / 'results'}"]
    return [str(tmp_path / "toy.py"), *places]


def _lines(tmp_path):
    text = (tmp_path / "results" / "toy.jsonl").read_text()
    return {row["run"]: row for row in map(json.loads, text.splitlines())}


def _scores(tmp_path):
    return {name: row["scores"] for name, row in _lines(tmp_path).items()}


def test_a_sweep_runs_whole_and_is_not_made_again(sweep, tmp_path, capsys):
    assert launch.main(sweep) == 0
    said = capsys.readouterr().out
    assert "[8/8]" in said
    assert "8 left, about unknown" in said
    lines = _lines(tmp_path)
    assert len(lines) == 8
    row = lines["A/none/seed-1"]
    assert (row["set"], row["arm"], row["seed"], row["commit"]) == (
        "A",
        "none",
        1,
        "abc",
    )
    assert "--config.seeds=(0, 1)" in row["command"].replace("(0,1)", "(0, 1)")
    assert str(tmp_path) not in json.dumps(row)
    assert row["device_seconds"] > 0
    assert {"joules", "co2_grams", "machine"} <= row.keys()
    steps = tmp_path / "runs/toy/A/none/seed-1/steps"
    steps.unlink()
    assert launch.main(sweep) == 0
    assert not steps.exists()
    # Scores count as finished without the directories.
    (tmp_path / "runs").rename(tmp_path / "gone")
    assert launch.main([*sweep, "--list"]) == 0
    assert "[8/8]" in capsys.readouterr().out.splitlines()[-1]
    # Directories count as finished without the scores.
    (tmp_path / "gone").rename(tmp_path / "runs")
    before = _scores(tmp_path)
    (tmp_path / "results" / "toy.jsonl").unlink()
    launch.main([*sweep, "--list"])
    assert _scores(tmp_path) == before


def test_killed_three_times_it_gives_the_same_scores(sweep, tmp_path):
    command = [sys.executable, "-m", "experiments.launch", *sweep, "--seeds=apart"]
    chance = random.Random(0)
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL):
        process = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.3, 0.9))
        process.send_signal(number)
        code = process.wait()
        assert code == (143 if number == signal.SIGTERM else -number)
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    killed = _scores(tmp_path)
    (tmp_path / "results").rename(tmp_path / "first")
    (tmp_path / "runs").rename(tmp_path / "first-runs")
    assert launch.main(sweep) == 0
    assert _scores(tmp_path) == killed
    assert len(killed) == 8


def test_failures_are_listed_and_made_again_on_request(
    sweep, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("FAKE_FAIL", "some")
    assert launch.main(sweep) == 1
    said = capsys.readouterr().out
    assert "[4/8]" in said
    assert "failed: A/some: exit code 1: main.py: this arm was told to fail." in said
    monkeypatch.delenv("FAKE_FAIL")
    assert launch.main(sweep) == 1  # Skipped and listed.
    assert "2 failed; --retry" in capsys.readouterr().out
    assert launch.main([*sweep, "--retry"]) == 0
    assert len(_lines(tmp_path)) == 8


def test_half_a_line_of_a_killed_process_is_made_whole(sweep, tmp_path):
    assert launch.main([*sweep, "--only=A/*"]) == 0
    path = tmp_path / "results" / "toy.jsonl"
    whole = path.read_text()
    path.write_text(whole[:-30])
    assert launch.main([*sweep, "--only=A/*"]) == 0
    assert sorted(path.read_text().splitlines()) == sorted(whole.splitlines())


def test_runs_of_a_changed_sweep_are_refused(sweep, tmp_path, capsys):
    launch.main([*sweep, "--only=A/none"])
    changed = _SWEEP.replace('"smoke",', '"smoke", "config.prior.width": 8,')
    (tmp_path / "toy.py").write_text(changed)
    assert launch.main(sweep) == 2
    assert "with other settings, such as A/none/seed-0" in capsys.readouterr().err


def test_a_second_launcher_waits_outside(sweep, tmp_path, capsys):
    folder = tmp_path / "runs" / "toy" / "launch"
    folder.mkdir(parents=True)
    with open(folder / ".lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert launch.main(sweep) == 2
    assert "Another launcher is at work" in capsys.readouterr().err


def test_processes_share_cores_and_gpus(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3, 5})
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    two = local.shares(2, 1.0)
    assert [share.cores for share in two] == [(0, 2, 5), (1, 3)]
    assert local.shares(0, 1.0)[0].cores == ()  # One process has all.
    with pytest.raises(ValueError, match="has 5 cores"):
        local.shares(6, 1.0)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,6")
    assert [share.gpus for share in local.shares(0, 1.0)] == [(4,), (6,)]
    assert local.shares(0, 1.0)[1].environment()["CUDA_VISIBLE_DEVICES"] == "6"
    memory = "XLA_PYTHON_CLIENT_MEM_FRACTION"
    assert memory not in local.shares(2, 1.0)[0].environment()
    four = local.shares(4, 1.0)
    assert [share.gpus for share in four] == [(4,), (6,), (4,), (6,)]
    assert [share.cores for share in four] == [(0, 5), (1,), (2,), (3,)]
    assert four[3].environment()[memory] == "0.425"
    with pytest.raises(ValueError, match="5 cores and 2 GPUs, at most 5"):
        local.shares(6, 1.0)


def test_a_cell_waits_for_the_one_whose_stages_it_takes_over(tmp_path):
    values = {"config": "smoke"}
    more = values | {"reuse": "A/first"}
    runs = runs_of([("A/second", more), ("A/first", values), ("A/third", more)])
    jobs = plan.make_jobs(runs, set(), tmp_path, True)
    first = plan.next_job(jobs, [])
    assert first.cell == "A/first"
    rest = [job for job in jobs if job != first]
    assert plan.next_job(rest, [first]) is None
    assert plan.next_job(rest, []).cell == "A/second"
    assert not any(word.startswith("--reuse") for word in rest[0].command(tmp_path))
    done = tmp_path / "A/first/seed-0/tokenizer/done.json"
    done.parent.mkdir(parents=True)
    done.write_text("{}")
    assert f"--reuse={tmp_path / 'A/first'}" in rest[0].command(tmp_path)
    loop = runs_of(
        [("A/a", values | {"reuse": "A/b"}), ("A/b", values | {"reuse": "A/a"})]
    )
    with pytest.raises(ValueError, match="wait for each other"):
        plan.next_job(plan.make_jobs(loop, set(), tmp_path, True), [])


def test_a_cell_goes_on_as_it_began(tmp_path):
    values = {"config": "smoke"}
    runs = runs_of([("A/a", values | {"config.seed": s}) for s in (0, 1, 2)])
    together = plan.make_jobs(runs, set(), tmp_path, True)
    assert [job.seeds for job in together] == [(0, 1, 2)]
    apart = plan.make_jobs(runs, {"A/a/seed-0"}, tmp_path, False)
    assert [job.name for job in apart] == ["A/a/seed-1", "A/a/seed-2"]
    (tmp_path / "A/a").mkdir(parents=True)
    (tmp_path / "A/a/config.json").write_text('{"seeds": [0, 1, 2]}')
    for mode in (True, False):
        job = plan.make_jobs(runs, {"A/a/seed-0"}, tmp_path, mode)
        assert [j.seeds for j in job] == [(0, 1, 2)]
    left = plan.make_jobs(runs, {"A/a/seed-0"}, tmp_path / "other", True)
    assert [job.seeds for job in left] == [(1, 2)]
