"""Scores of a sweep as rows: from its run directories, or from its JSON-lines file."""

import json
import pathlib
from typing import NamedTuple

import pandas as pd

from experiments import sweeps
from experiments.launch import attempts, records


class Found(NamedTuple):
    """What there is of a sweep."""

    name: str
    rows: pd.DataFrame  # set, arm, seed, and a column per score; whole blocks only.
    left_out: int  # Runs of blocks of set x seed that are not whole.
    commits: list[str]
    machines: list[str]
    device_seconds: float | None  # Of all runs that are shown; None: some are unknown.
    joules: float | None
    co2_grams: float | None


def read(place: pathlib.Path) -> Found:
    """Reads SWEEP/ or SWEEP.jsonl.

    Raises:
        ValueError: there is no finished run.
    """
    lines = records.read(place) if place.is_file() else _from_directories(place)
    if not lines:
        raise ValueError(f"{place} has no finished run.")
    expected = _expected(place)
    order = {key: number for number, key in enumerate(expected)}
    lines.sort(key=lambda r: order.get((r["set"], r["arm"], r["seed"]), len(order)))
    kept = _whole_blocks(lines, set(expected))
    if not kept:
        raise ValueError(f"{place} has no whole block of set x seed yet.")
    rows = [{k: r[k] for k in ("set", "arm", "seed")} | r["scores"] for r in kept]
    return Found(
        place.stem,
        pd.DataFrame(rows),
        len(lines) - len(kept),
        list(dict.fromkeys(r["commit"] for r in kept)),
        list(dict.fromkeys(filter(None, (r["machine"] for r in kept)))),
        *(_sum(kept, key) for key in ("device_seconds", "joules", "co2_grams")),
    )


def _sum(lines: list[dict], key: str) -> float | None:
    found = [line[key] for line in lines]
    return None if None in found else sum(found)


def _from_directories(place: pathlib.Path) -> list[dict]:
    lines, costs = [], {}
    for path in sorted((place / "launch").glob("*.json")):
        tried = [a for a in attempts.read_file(path) if a.cost]
        if tried:
            cost = attempts.cost_of(tried, tried[-1].cost["runs"])
            costs[path.stem] = cost
    for folder in sorted(place.glob("*/*/seed-*")):
        if not records.is_finished(folder):
            continue
        set_, arm = folder.parts[-3:-1]
        alone = "__".join(folder.parts[-3:])
        cost = (
            costs.get(alone) or costs.get(f"{set_}__{arm}") or attempts.cost_of([], 1)
        )
        made = json.loads((folder / "provenance.json").read_text())
        line = {"set": set_, "arm": arm, "seed": int(folder.name.removeprefix("seed-"))}
        line |= {"commit": made["commit"], "scores": records.scores_of(folder), **cost}
        lines.append(line)
    return lines


def _expected(place: pathlib.Path) -> list[tuple[str, str, int]]:
    """(set, arm, seed) of the whole sweep in its order, where that is known."""
    path = place / "launch" / "runs.txt"
    if path.exists():
        names = path.read_text().split()
    elif place.is_file() and place.stem in sweeps.names():
        names = [run.name for run in sweeps.load(place.stem)[1]]
    else:
        return []
    parts = [name.split("/") for name in names]
    return [(s, arm, int(seed.removeprefix("seed-"))) for s, arm, seed in parts]


def _whole_blocks(lines: list[dict], expected: set) -> list[dict]:
    """Lines of those blocks of set x seed of which every arm is there."""
    there = {(r["set"], r["arm"], r["seed"]) for r in lines}
    broken = {(s, seed) for s, arm, seed in expected - there}
    return [r for r in lines if (r["set"], r["seed"]) not in broken]
