"""What became of every process of a sweep: SWEEP/launch/<job>.json beside its log."""

import json
import os
import pathlib
from typing import Any, NamedTuple

from experiments.launch.plan import Job

STOPPED = 143  # Ended by SIGTERM with a checkpoint.
_LAST_WORDS = 3  # Lines of a log that may say what went wrong.


class Attempt(NamedTuple):
    """One process."""

    code: int  # Its exit code.
    error: str  # The last words of its log, where it failed.
    machine: str
    cost: dict[str, Any]  # As of `cost.Meter.read`.

    @property
    def failed(self) -> bool:
        """It neither finished nor stopped on request."""
        return self.code not in (0, STOPPED, -15)


def _path(place: pathlib.Path, job: Job, end: str) -> pathlib.Path:
    return place / "launch" / (job.name.replace("/", "__") + end)


def log_path(place: pathlib.Path, job: Job) -> pathlib.Path:
    """All that the processes of a job have said."""
    return _path(place, job, ".log")


def read(place: pathlib.Path, job: Job) -> list[Attempt]:
    """Attempts so far, oldest first."""
    path = _path(place, job, ".json")
    return read_file(path) if path.exists() else []


def read_file(path: pathlib.Path) -> list[Attempt]:
    """Attempts of one file."""
    return [Attempt(**row) for row in json.loads(path.read_text())]


def add(place: pathlib.Path, job: Job, attempt: Attempt) -> None:
    """Notes one more."""
    path = _path(place, job, ".json")
    rows = [a._asdict() for a in (*read(place, job), attempt)]
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(rows, indent=1) + "\n")
    os.replace(partial, path)


def last_words(log: pathlib.Path, start: int) -> str:
    """The last lines of a log from byte `start` on, in one line."""
    text = log.read_bytes()[start:].decode(errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines if line.startswith("main.py: ")]
    return told[-1] if told else " / ".join(lines[-_LAST_WORDS:])


def cost_of(found: list[Attempt], num_runs: int) -> dict[str, Any]:
    """Cost of each of the runs that some attempts have made together."""
    if not found:  # Made by hand, or its notes are gone.
        return {
            "machine": "",
            "device_seconds": None,
            "joules": None,
            "co2_grams": None,
        }
    costs = {}
    for key in ("device_seconds", "joules", "co2_grams"):
        values = [a.cost[key] for a in found]
        costs[key] = None if None in values else sum(values) / num_runs
    return {"machine": found[-1].machine, **costs}
