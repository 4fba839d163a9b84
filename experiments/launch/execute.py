"""One process of a sweep, from start to end, on whatever machine this is."""

import contextlib
import fcntl
import os
import pathlib
import subprocess
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

from experiments.launch import attempts, cost, plan

_PATIENCE = 120.0  # Seconds for an earlier process to leave the run directory.
_MEMORY = 0.85  # Share of a GPU's memory that its processes divide.
_CHILD = pathlib.Path(__file__).with_name("child.py")


class Share(NamedTuple):
    """What a process may use of a machine."""

    cores: tuple[int, ...] = ()  # Empty: all.
    gpus: tuple[int, ...] = ()
    processes: int = 1  # That run beside it, itself included.
    grams: float = cost.GRAMS_PER_KWH
    on_gpu: int = 1  # Processes on each of its GPUs, itself included.

    def environment(self) -> dict[str, str]:
        """Variables of the process."""
        found = {**os.environ, "MPLBACKEND": "agg", "PYTHONUNBUFFERED": "1"}
        if self.gpus:
            found["CUDA_VISIBLE_DEVICES"] = ",".join(map(str, self.gpus))
        if self.gpus and self.on_gpu > 1:  # JAX takes three quarters at its start.
            found["XLA_PYTHON_CLIENT_MEM_FRACTION"] = f"{_MEMORY / self.on_gpu:.3f}"
        return found


def execute(
    job: plan.Job,
    place: pathlib.Path,
    share: Share,
    started: Callable[[subprocess.Popen], None] = lambda process: None,
    command: list[str] | None = None,
) -> attempts.Attempt:
    """Runs a job in the project's directory, and notes how it ended.

    Args:
        job: of a sweep.
        place: directory of the sweep.
        share: of this machine.
        started: told the process, to stop it.
        command: in place of the job's own.
    """
    place, log = place.resolve(), attempts.log_path(place.resolve(), job)
    log.parent.mkdir(parents=True, exist_ok=True)
    command = command or job.command(_relative(place))
    if not _wait_for(place / job.name):
        words = (
            f"{job.name} is in use by another process; give the command again later."
        )
        return attempts.Attempt(attempts.STOPPED, words, "", {})
    cores = len(share.cores) or len(os.sched_getaffinity(0))
    meter = cost.Meter(cores, share.gpus, share.processes, share.grams, share.on_gpu)
    which = ",".join(map(str, share.cores)) or "-"
    with open(log, "ab") as file:
        start = file.tell()
        file.write(f"$ {plan.shown(command)}\n".encode())
        file.flush()
        process = subprocess.Popen(
            [sys.executable, str(_CHILD), which, *command],
            cwd=plan.ROOT,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=share.environment(),
        )
        started(process)
        code = process.wait()
    error = "" if code == 0 else attempts.last_words(log, start)
    attempt = attempts.Attempt(
        code, error, meter.machine(), {**meter.read(), "runs": len(job.runs)}
    )
    attempts.add(place, job, attempt)
    return attempt


def _relative(place: pathlib.Path) -> pathlib.Path:
    """As seen from the project's directory, where it is inside."""
    return place.relative_to(plan.ROOT) if place.is_relative_to(plan.ROOT) else place


def _wait_for(workdir: pathlib.Path) -> bool:
    """Whether nobody holds a run directory, after some patience."""
    until = time.monotonic() + _PATIENCE
    while any(_is_held(lock) for lock in workdir.glob("**/.lock")):
        if time.monotonic() > until:
            return False
        time.sleep(1)
    return True


def _is_held(lock: pathlib.Path) -> bool:
    with contextlib.suppress(FileNotFoundError), open(lock) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
