"""Jobs on a Slurm cluster, by submitit: arrays, requeued when they are preempted.

The sweep's directory has to be on a file system that all nodes share. submitit's
executor 'local' runs the same on this machine (--cluster=local), as its test does.
"""

import json
import pathlib
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator

from experiments.launch import attempts, cost, execute, plan, state

_POLL = 5.0  # Seconds between questions to Slurm; of the local executor a tenth.
_CHECKPOINT = 60.0  # Seconds that a run has for it once it is asked to stop.
_TYPED = {  # Options of submitit that need no prefix; others are sbatch's.
    "cpus_per_task": int,
    "gpus_per_node": int,
    "mem_gb": float,
    "nodes": int,
    "tasks_per_node": int,
    "timeout_min": int,
}


class Task:
    """One job as submitit runs it; asked to stop, it leaves itself to go on later."""

    def __init__(self, job: plan.Job, place: pathlib.Path, grams: float):
        """Of a sweep in `place`."""
        self._args = job, place, grams
        self._process: subprocess.Popen | None = None

    def __getstate__(self) -> dict:
        return {"_args": self._args, "_process": None}

    def __call__(self) -> attempts.Attempt:
        """Runs the job in a thread: signals of Slurm reach the main one meanwhile."""
        job, place, grams = self._args
        share, made = execute.Share(gpus=cost.gpus_here(), grams=grams), []

        def started(process: subprocess.Popen) -> None:
            self._process = process

        def run() -> None:
            made.append(execute.execute(job, place, share, started))

        thread = threading.Thread(target=run)
        thread.start()
        while thread.is_alive():
            thread.join(1.0)
        return made[0]

    def checkpoint(self):
        """What submitit puts back into the queue; the run writes a checkpoint first."""
        import submitit

        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(timeout=_CHECKPOINT)
        return submitit.helpers.DelayedSubmission(Task(*self._args))


def parameters(words: list[str]) -> dict:
    """Arguments of `executor.update_parameters` of KEY=VALUE words.

    Raises:
        ValueError: a word that is none.
    """
    found = {"timeout_min": 24 * 60}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise ValueError(f"--slurm {word}: write KEY=VALUE.")
        if key in _TYPED:
            found[key] = _TYPED[key](value)
        else:
            number = value.isdigit()
            found[f"slurm_{key.removeprefix('slurm_')}"] = (
                int(value) if number else value
            )
    return found


class Slurm:
    """Submits what can start, and what waits for it once that is done."""

    def __init__(
        self, sweep: state.Sweep, words: list[str], cluster: str | None, grams: float
    ):
        """Submits nothing yet.

        Args:
            sweep: what to run.
            words: KEY=VALUE of submitit or sbatch.
            cluster: None: Slurm; 'local'.
            grams: CO2 per kWh.

        Raises:
            ValueError: submitit or Slurm is not there, or a word is wrong.
        """
        try:
            import submitit
        except ImportError as error:
            raise ValueError(
                "pip install 'tsgen_jax[sweeps]' for --on=slurm."
            ) from error
        folder = sweep.place / "launch" / "submitit"
        try:
            self._executor = submitit.AutoExecutor(folder, cluster=cluster or "slurm")
        except RuntimeError as error:
            raise ValueError(f"Slurm is not there ({error}).") from error
        settings = parameters(words)
        self._executor.update_parameters(name=sweep.name, **settings)
        self._sweep, self._grams, self._folder = sweep, grams, folder
        self._poll = _POLL if self._executor.cluster == "slurm" else _POLL / 10
        self.processes = int(settings.get("slurm_array_parallelism", 1))
        self.stopped = False

    @property
    def _notes(self) -> pathlib.Path:
        return self._sweep.place / "launch" / "slurm.txt"

    def stop(self) -> None:
        """Leaves: jobs in the queue stay there, and are found again by the next call."""
        self.stopped = True

    def run(
        self, jobs: list[plan.Job], may_start: Callable[[], bool]
    ) -> Iterator[tuple[plan.Job, attempts.Attempt]]:
        """Every job and how it ended, as they end; arguments as of `local.Local.run`."""
        waiting = list(jobs)
        running = self._found_again(waiting)
        while (waiting or running) and not self.stopped:
            ready = []
            while may_start():
                job = plan.next_job(waiting, [*running, *ready])
                if job is None:
                    break
                waiting.remove(job)
                ready.append(job)
            if ready:
                running |= dict(zip(ready, self._submit(ready), strict=True))
            if not running:
                return
            for job in [job for job, handle in running.items() if handle.done()]:
                yield job, _result(job, self._sweep.place, running.pop(job))
            self._note(running)
            time.sleep(self._poll)

    def _submit(self, jobs: list[plan.Job]) -> list:
        tasks = [Task(job, self._sweep.place, self._grams) for job in jobs]
        with self._executor.batch():  # One array.
            return [self._executor.submit(task) for task in tasks]

    def _note(self, running: dict) -> None:
        ids = {job.name: handle.job_id for job, handle in running.items()}
        partial = self._notes.with_suffix(".partial")
        partial.write_text(json.dumps(ids))
        partial.rename(self._notes)

    def _found_again(self, waiting: list[plan.Job]) -> dict:
        """Jobs that an earlier launcher has left in Slurm's queue; not in `waiting`."""
        if self._executor.cluster != "slurm" or not self._notes.exists():
            return {}
        import submitit

        found = {}
        ids = json.loads(self._notes.read_text())
        for job in [job for job in waiting if job.name in ids]:
            handle = submitit.SlurmJob(self._folder, ids[job.name])
            if not handle.done():
                waiting.remove(job)
                found[job] = handle
        return found


def _result(job: plan.Job, place: pathlib.Path, handle) -> attempts.Attempt:
    """How a job ended; one that died without a word counts as failed."""
    try:
        return handle.result()
    except Exception as error:  # noqa: BLE001 - of submitit, or of the job itself.
        lines = str(error).strip().splitlines() or [type(error).__name__]
        attempt = attempts.Attempt(1, f"{lines[-1]} (job {handle.job_id})", "", {})
        attempts.add(place, job, attempt)
        return attempt
