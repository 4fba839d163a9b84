"""The Slurm launcher with submitit's local executor: real processes, no Slurm."""

import os
import pathlib
import sys
import time

import pytest
from submitit.local.local import LocalJobEnvironment

from experiments.launch import __main__ as launch
from experiments.launch import attempts, plan, slurm, state, tpu
from experiments.sweeps import runs_of
from tests.experiments.launch import fake_run

_FAKE = {"config": "smoke", "program": "tests.experiments.launch.fake_run"}


@pytest.fixture
def sweep(tmp_path):
    """Three runs, one of which waits for another's stages."""
    entries = [("A/first", _FAKE), ("A/second", _FAKE)]
    entries += [("A/third", _FAKE | {"reuse": "A/first"})]
    place = tmp_path / "runs" / "toy"
    (place / "launch").mkdir(parents=True)
    results = tmp_path / "toy.jsonl"
    return state.Sweep("toy", runs_of(entries), place, results, True)


def test_jobs_run_in_order_and_leave_scores(sweep):
    backend = slurm.Slurm(sweep, ["timeout_min=5"], "local", 1.0)
    ended = dict(backend.run(sweep.jobs(set()), lambda: True))
    assert {job.cell: a.code for job, a in ended.items()} == {
        "A/first": 0,
        "A/second": 0,
        "A/third": 0,
    }
    assert [job.cell for job in ended][-1] == "A/third"
    assert len(sweep.collect()) == 3


def _task_of(pid):
    """submitit's process that runs a job; Slurm signals it, here its controller would."""
    for name in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        if (
            b"submitit.core._submit"
            in pathlib.Path(f"/proc/{name}/cmdline").read_bytes()
        ):
            return int(name)
    raise AssertionError("no task")


@pytest.mark.slow
def test_a_preempted_job_writes_a_checkpoint_and_goes_on(sweep, monkeypatch):
    monkeypatch.setenv("FAKE_SECONDS", "0.5")
    backend = slurm.Slurm(sweep, [], "local", 1.0)
    job = sweep.jobs(set())[0]
    (handle,) = backend._submit([job])
    steps = sweep.place / job.name / "steps"
    until = time.monotonic() + 30
    while not steps.exists() or not steps.read_text():
        assert time.monotonic() < until
        time.sleep(0.05)
    os.kill(_task_of(handle._process.pid), LocalJobEnvironment._usr_sig())
    while not handle.done():
        assert time.monotonic() < until
        time.sleep(0.05)
    attempt = handle.result()
    assert attempt.code == 0
    codes = [a.code for a in attempts.read(sweep.place, job)]
    assert codes == [attempts.STOPPED, 0]
    # No step was done twice: it went on where it stopped.
    log = attempts.log_path(sweep.place, job).read_text()
    done = [line for line in log.splitlines() if line.startswith("step ")]
    assert done == [f"step {n}" for n in range(1, fake_run.STEPS + 1)]


@pytest.mark.slow
def test_a_job_that_dies_is_a_failure(sweep):
    class Handle:
        job_id = "7"

        def result(self):
            raise RuntimeError("trace\nOut of memory")

    job = sweep.jobs(set())[0]
    attempt = slurm._result(job, sweep.place, Handle())
    assert attempt.failed
    assert attempt.error == "Out of memory (job 7)"
    assert sweep.failures([job]) == {job: attempt}


def test_words_become_parameters():
    found = slurm.parameters(
        ["partition=gpu", "gpus_per_node=1", "array_parallelism=4"]
    )
    assert found == {
        "timeout_min": 1440,
        "slurm_partition": "gpu",
        "gpus_per_node": 1,
        "slurm_array_parallelism": 4,
    }
    with pytest.raises(ValueError, match="KEY=VALUE"):
        slurm.parameters(["gpu"])


def test_a_tpu_runs_one_command_on_all_hosts(sweep, tmp_path):
    job = sweep.jobs(set())[0]
    command = tpu.Tpu(sweep, tpu.through("pod", "z"), 1.0).command(job)
    assert command[:5] == ["gcloud", "compute", "tpus", "tpu-vm", "ssh"]
    assert command[-2] == "--worker=all"
    told = command[-1].removeprefix("--command=")
    assert told.startswith(f"cd {plan.ROOT.name} && python -m tests.")
    assert told.endswith(" --distributed")
    for words in ([], ["--through=ssh pod"]):
        path = tmp_path / "toy.py"
        path.write_text('def sweep():\n    yield "A/a", {"config": "smoke"}\n')
        places = [f"--runs={tmp_path}", f"--results={tmp_path}"]
        assert launch.main([str(path), "--on=tpu", *words, *places]) == 2


def test_a_sweep_through_a_shell(sweep, monkeypatch):
    """What would go to hosts by ssh goes to a shell beside the project."""
    monkeypatch.setenv(
        "PATH", f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
    )
    through = f"bash -c 'cd {plan.ROOT.parent}; {{}}'"
    backend = tpu.Tpu(sweep, through, 1.0)
    ended = dict(backend.run(sweep.jobs(set()), lambda: True))
    assert [attempt.code for attempt in ended.values()] == [0, 0, 0]
    assert len(sweep.collect()) == 3
