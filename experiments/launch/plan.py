"""Which processes a sweep needs, in order, given what is finished."""

import json
import pathlib
import shlex
import sys
from collections.abc import Iterable
from typing import Any, NamedTuple

from experiments.sweeps import Run

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Job(NamedTuple):
    """One process: a run, or all seeds of a cell as one program."""

    cell: str
    seeds: tuple[int, ...]
    together: bool  # One program in the cell's directory; else one run in its own.
    values: tuple[tuple[str, Any], ...]

    @property
    def name(self) -> str:
        """Its directory below that of the sweep."""
        return self.cell if self.together else f"{self.cell}/seed-{self.seeds[0]}"

    @property
    def runs(self) -> list[str]:
        """Names of the runs that it makes."""
        return [f"{self.cell}/seed-{seed}" for seed in self.seeds]

    def source(self, place: pathlib.Path) -> pathlib.Path | None:
        """The cell whose finished stages it takes over."""
        name = dict(self.values).get("reuse")
        if not name:
            return None
        if name.startswith("../"):
            return place.parent / name.removeprefix("../")
        return place / name

    def command(self, place: pathlib.Path, python: str = sys.executable) -> list[str]:
        """What a shell in the project's directory is given.

        Args:
            place: directory of the sweep.
            python: the interpreter.
        """
        values = dict(self.values)
        preset, colon, argument = values.pop("config").partition(":")
        program, reuse = values.pop("program", ""), values.pop("reuse", "")
        command = [python, *(["-m", program] if program else ["main.py"])]
        command.append(f"--config=configs/{preset}.py{colon}{argument}")
        defaults = {"config.judge.dir": str(place.parent / "judges")}
        if self.together:
            defaults["config.seeds"] = self.seeds
        else:
            defaults["config.seed"] = self.seeds[0]
        command += [f"--{key}={_text(v)}" for key, v in (defaults | values).items()]
        if reuse and (program or self._is_there(place)):
            command.append(f"--reuse={self.source(place)}")
        if not program:  # Figures of hundreds of runs are for those who look at them.
            command.append("--noreport")
        return [*command, f"--workdir={place / self.name}"]

    def _is_there(self, place: pathlib.Path) -> bool:
        """Whether the source has the weights of every seed; else it is trained here."""
        source = self.source(place)
        return all(
            next(source.glob(f"seed-{seed}/*/done.json"), None) for seed in self.seeds
        )


def _text(value: Any) -> str:
    """As a flag has it."""
    if isinstance(value, tuple | list):
        return "(" + ",".join(map(repr, value)) + ("," if len(value) == 1 else "") + ")"
    return str(value)


def shown(command: Iterable[str]) -> str:
    """A command in one line."""
    return shlex.join(command)


def make_jobs(
    runs: list[Run], finished: set[str], place: pathlib.Path, together: bool
) -> list[Job]:
    """Processes that make what is not finished, in the order of the sweep.

    Args:
        runs: of the sweep.
        finished: names of runs that have scores.
        place: directory of the sweep. A cell that began with its seeds in one program
            goes on so, whatever `together` says; one that began apart goes on apart.
        together: all seeds of a cell in one program.
    """
    jobs, seen = [], set()
    for run in runs:
        if run.name in finished or run.name in seen:
            continue
        values = tuple(run.values.items())
        begun = _seeds_of(place / run.cell)
        wanted = [r.seed for r in runs if r.cell == run.cell]
        if run.seed in begun:
            job = Job(run.cell, begun, True, values)
        elif together and not (place / run.cell).exists() and len(wanted) > 1:
            left = [s for s in wanted if f"{run.cell}/seed-{s}" not in finished]
            job = Job(run.cell, tuple(left), len(left) > 1, values)
        else:
            job = Job(run.cell, (run.seed,), False, values)
        seen |= set(job.runs)
        jobs.append(job)
    return jobs


def _seeds_of(cell: pathlib.Path) -> tuple[int, ...]:
    path = cell / "config.json"
    if not path.exists():
        return ()
    return tuple(json.loads(path.read_text()).get("seeds", ()))


def next_job(waiting: list[Job], running: Iterable[Job]) -> Job | None:
    """The first job whose sources neither wait nor run; None: all have to wait.

    Raises:
        ValueError: jobs wait for each other and none runs.
    """
    running = list(running)
    behind = {name for job in (*waiting, *running) for name in job.runs}
    for job in waiting:
        reuse = dict(job.values).get("reuse", "")
        if not behind & {f"{reuse}/seed-{seed}" for seed in job.seeds}:
            return job
    if waiting and not running:
        names = ", ".join(sorted({job.cell for job in waiting}))
        raise ValueError(f"These cells wait for each other's stages: {names}.")
    return None
