"""Where a sweep stands: finished, failed, left; and how long the rest may take."""

import contextlib
import fcntl
import os
import pathlib
import statistics
from collections.abc import Iterator
from typing import NamedTuple

from experiments.launch import attempts, plan, records
from experiments.sweeps import Run


class Sweep(NamedTuple):
    """A sweep with its two places."""

    name: str
    runs: list[Run]
    place: pathlib.Path  # Run directories.
    results: pathlib.Path  # A JSON-lines file.
    together: bool  # All seeds of a cell in one program.

    def collect(self) -> set[str]:
        """Names of finished runs; scores that the file lacks are added to it.

        Raises:
            ValueError: the file has runs of other settings.
        """
        kept = records.check(self.results, self.runs)
        lines = []
        for run in self.runs:
            if run.name in kept or not records.is_finished(self.place / run.name):
                continue
            job = self.job_of(run)
            costs = attempts.cost_of(attempts.read(self.place, job), len(job.seeds))
            command = self._shown(job.command(self.place, "python"))
            lines.append(records.line_of(run, self.place, costs, command))
        if lines:
            records.append(self.results, lines)
        return kept | {line["run"] for line in lines}

    def note_wanted(self) -> None:
        """Adds the names of all runs to launch/runs.txt, from which tables know blocks."""
        path = self.place / "launch" / "runs.txt"
        old = path.read_text().split() if path.exists() else []
        names = dict.fromkeys([*old, *(run.name for run in self.runs)])
        path.write_text("\n".join(names) + "\n")

    def _shown(self, command: list[str]) -> str:
        """A command without places of this machine."""
        text = plan.shown(command).replace(str(self.place.parent), "runs")
        data = os.environ.get("TSGEN_DATA")
        return text.replace(data, "$TSGEN_DATA") if data else text

    def job_of(self, run: Run) -> plan.Job:
        """The process that made a run, or is to make it, where nothing is finished."""
        of_cell = [other for other in self.runs if other.cell == run.cell]
        jobs = plan.make_jobs(of_cell, set(), self.place, False)
        return next(job for job in jobs if run.name in job.runs)

    def jobs(self, finished: set[str]) -> list[plan.Job]:
        """Processes that are left, failed ones included."""
        return plan.make_jobs(self.runs, finished, self.place, self.together)

    def failures(self, jobs: list[plan.Job]) -> dict[plan.Job, attempts.Attempt]:
        """Jobs whose last process failed, and how."""
        found = {}
        for job in jobs:
            tried = attempts.read(self.place, job)
            if tried and tried[-1].failed:
                found[job] = tried[-1]
        return found

    def seconds_left(self, num_left: int, processes: int) -> float | None:
        """From the median time of finished runs, all its processes added up."""
        spent = []
        for path in (self.place / "launch").glob("*.json"):
            with contextlib.suppress(AttributeError, KeyError, TypeError, ValueError):
                rows = attempts.read_file(path)
                if rows[-1].code == 0:
                    runs = rows[-1].cost["runs"]
                    spent.append(sum(row.cost["seconds"] for row in rows) / runs)
        if not spent:
            return None
        return statistics.median(spent) * num_left / processes


@contextlib.contextmanager
def held(place: pathlib.Path) -> Iterator[None]:
    """Holds a sweep's directory against a second launcher on this machine.

    Raises:
        OSError: another launcher has it.
    """
    folder = place / "launch"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OSError(
                f"Another launcher is at work in {place}; wait for it."
            ) from None
        yield


def duration(seconds: float | None) -> str:
    """'2 h 05 min'."""
    if seconds is None:
        return "unknown"
    minutes = round(seconds / 60)
    return (
        f"{minutes // 60} h {minutes % 60:02} min"
        if minutes >= 60
        else f"{minutes} min"
    )
