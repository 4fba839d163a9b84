"""Scores of finished runs: from run directories, and kept as lines of one small file."""

import fcntl
import hashlib
import json
import os
import pathlib
from collections.abc import Iterable, Mapping
from typing import Any

from experiments.sweeps import Run

_PLACES = ("config.data.root", "config.judge.dir")  # Of a machine, not of a run.
_DIGITS = 6


def settings_of(run: Run) -> str:
    """A digest of all that a sweep says of a run, but for places of this machine."""
    values = {k: v for k, v in run.values.items() if k not in _PLACES}
    text = json.dumps([run.cell, values], sort_keys=True, default=list)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def read(path: pathlib.Path) -> list[dict[str, Any]]:
    """All whole lines; half of a last one, of a process that was killed, is left out.

    Raises:
        ValueError: another line is damaged; names it.
    """
    if not path.exists():
        return []
    found, lines = [], path.read_text().split("\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.append(json.loads(line))
        except ValueError as error:
            if number == len(lines):  # No end of line.
                break
            raise ValueError(
                f"{path}, line {number}: {error}. Mend the file."
            ) from None
    return found


def append(path: pathlib.Path, lines: Iterable[Mapping[str, Any]]) -> None:
    """Adds lines, each whole or not at all; several processes may do so at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        text = file.read()
        if text and not text.endswith("\n"):  # Half a line of a killed process.
            file.truncate(len(text[: text.rfind("\n") + 1].encode()))
        known = {(row["run"], row["settings"]) for row in read(path)}
        for line in lines:
            if (line["run"], line["settings"]) not in known:
                file.write(json.dumps(line, sort_keys=True) + "\n")
        file.flush()
        os.fsync(file.fileno())


def check(path: pathlib.Path, runs: list[Run]) -> set[str]:
    """Names of the runs of a sweep that the file has.

    Raises:
        ValueError: it has a run of this name whose settings were others.
    """
    wanted = {run.name: settings_of(run) for run in runs}
    kept = {row["run"]: row["settings"] for row in read(path)}
    differ = [name for name in wanted if kept.get(name, wanted[name]) != wanted[name]]
    if differ:
        raise ValueError(
            f"{path} has {len(differ)} runs of this name with other settings, such as "
            f"{differ[0]}: the sweep has changed since. Rename the sweep or the file."
        )
    return wanted.keys() & kept.keys()


def is_finished(folder: pathlib.Path) -> bool:
    """Whether a run directory has its scores."""
    return all(
        (folder / "evaluation" / n).exists() for n in ("done.json", "scores.json")
    )


def scores_of(folder: pathlib.Path) -> dict[str, float]:
    """Score with its judge -> value, of a finished run."""
    rows = json.loads((folder / "evaluation" / "scores.json").read_text())["scores"]
    return {
        "_".join(filter(None, (row["name"], row["judge"]))): _short(row["value"])
        for row in rows
    }


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{_DIGITS}g}")


def line_of(
    run: Run, place: pathlib.Path, costs: Mapping[str, Any], command: str
) -> dict[str, Any]:
    """The line of a finished run.

    Args:
        run: of the sweep.
        place: directory of the sweep.
        costs: of the run, with 'machine'.
        command: that makes the run.
    """
    folder = place / run.name
    made = json.loads((folder / "provenance.json").read_text())
    set_, _, arm = run.cell.partition("/")
    return {
        "run": run.name,
        "set": set_,
        "arm": arm,
        "seed": run.seed,
        "settings": settings_of(run),
        "commit": made["commit"],
        "date": made["date"],
        "command": command,
        "scores": scores_of(folder),
        **{key: _short(v) if isinstance(v, float) else v for key, v in costs.items()},
    }
