"""Two sides in turn, two processes of each: a ratio, its interval, and the floor.

Processes of one program differ by a few per cent for as long as they live, by where
their memory lies. So each side has two; what the two differ by is the floor, and a
ratio nearer to 1 than the floors are says nothing. A round's ratio is of the sums of
both processes, and the order is reversed every round: what disturbs the machine for
longer than a measurement disturbs both sides alike.
"""

import argparse
import concurrent.futures
import contextlib
import datetime
import json
import os
import pathlib
import platform
import signal
import statistics
import subprocess
import sys

import numpy as np

from benchmarks import turns, work

_RESAMPLES = 2000
_COPIES = range(2)
HEAD = (
    "| case | ms {1} | ms {0} | {0} / {1}, time | processor time | floors | GFLOP |\n"
    "|---|---|---|---|---|---|---|"
)


def end_in_order() -> None:
    """Asked to stop, the process ends its others and removes what it made."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Those of a command that measures so."""
    add = parser.add_argument
    add("--rounds", type=_at_least_two, default=10, help="measurements of a process")
    add("--seconds", type=float, default=0.5, help="of one measurement, about")
    add("--threads", type=int, default=0, help="cores of each process; 0: all")
    add("--patience", type=float, default=600, help="seconds to wait for an answer")
    out = turns.ROOT / "experiments" / "results"
    add("--out", default=str(out), metavar="DIR", help="of the results file")


def _at_least_two(text: str) -> int:
    if int(text) < 2:
        raise argparse.ArgumentTypeError("an interval needs at least 2 rounds")
    return int(text)


def facts(args: argparse.Namespace) -> dict:
    """What stands at the head of a results file."""
    command = ["git", "-C", str(turns.ROOT), "describe", "--always", "--dirty=+"]
    done = subprocess.run(command, capture_output=True, text=True)
    return {
        "now": done.stdout.strip() or "unknown",
        "date": datetime.date.today().isoformat(),
        "processor": work.processor(),
        "cores": args.threads or work.available_cores(),
        "rounds": args.rounds,
        "seconds": args.seconds,
    }


def command_of(program: str, argv: list[str]) -> str:
    """The command without places of this machine."""
    kept, words = [], iter(argv)
    for word in words:
        name, equals, _ = word.partition("=")
        if name in ("--out", "--peer-env"):
            if not equals:
                next(words)
        else:
            kept.append(word)
    return " ".join([f"python benchmarks/{program}.py", *kept])


def path_of(args: argparse.Namespace, name: str) -> pathlib.Path:
    """The results file of this machine's kind."""
    cores = args.threads or work.available_cores()
    kind = f"cpu-{platform.machine().replace('_', '-')}-{cores}-cores"
    return pathlib.Path(args.out, f"{name}-{kind}.json")


def write(path: pathlib.Path, head: dict, entries: list[dict]) -> None:
    """Writes the results file whole, in place of an older one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps({**head, "cases": entries}, indent=1) + "\n")
    os.replace(partial, path)


def interval(ratios: np.ndarray) -> dict[str, float]:
    """Median of ratios [rounds], and its 95 % interval by bootstrap over rounds."""
    rng = np.random.default_rng(0)
    drawn = rng.choice(ratios, size=(_RESAMPLES, len(ratios)))
    low, high = np.percentile(np.median(drawn, axis=1), [2.5, 97.5])
    return {"median": float(np.median(ratios)), "low": float(low), "high": float(high)}


def compare(seconds: dict[tuple[str, int], list[float]]) -> dict:
    """What seconds per unit of each round say.

    Args:
        seconds: (side, copy) -> a number for each round; the first side is judged.

    Returns:
        'ratio' of the first side's time over the second's and 'floors', side -> its
        second process over its first, as of `interval`; 'ms', side -> median.
    """
    sides = tuple(dict.fromkeys(side for side, _ in seconds))
    rows = {key: np.asarray(values) for key, values in seconds.items()}
    first, second = (sum(rows[side, i] for i in _COPIES) for side in sides)
    return {
        "ratio": interval(first / second),
        "floors": {side: interval(rows[side, 1] / rows[side, 0]) for side in sides},
        "ms": {
            side: 1000 * float(np.median([rows[side, i] for i in _COPIES]))
            for side in sides
        },
    }


def measure(start, jobs: dict[str, dict], rounds: int, seconds: float) -> dict:
    """Starts and prepares two processes of each side, then times them in turn.

    Args:
        start: side -> a `turns.Process` (or what has its methods).
        jobs: side -> what to prepare; the first side is judged against the second.
        rounds: measurements of each process.
        seconds: of one measurement, about; at least one unit of work.

    Returns:
        'wall' and, where the system tells it, 'processor': `compare` of both times;
        'units' of work in a measurement of each side, floating-point 'operations' of
        one, 'facts', and 'busy_cores_of_others'.

    Raises:
        turns.SideFailed: a process has nothing to measure, or died.
    """
    keys = [(side, i) for i in _COPIES for side in jobs]
    with contextlib.ExitStack() as stack:
        made = {key: start(key[0]) for key in keys}
        for process in made.values():
            stack.callback(process.close)
        facts, operations = {}, {}
        for i in _COPIES:  # Both sides compile at once; copies find it compiled.
            with concurrent.futures.ThreadPoolExecutor() as pool:
                ready = {
                    side: pool.submit(made[side, i].ask, do="prepare", job=job)
                    for side, job in jobs.items()
                }
            for side, each in ready.items():
                facts[side] = each.result()["facts"]
                operations[side] = each.result()["operations"]
        units = {}
        for side in jobs:
            took = [made[side, i].ask(do="time", units=1)["seconds"] for i in _COPIES]
            units[side] = max(1, round(seconds / statistics.mean(took)))
        wall, spent, busy = {k: [] for k in keys}, {k: [] for k in keys}, []
        for number in range(rounds):
            busy.append(work.busy_cores(0.1))
            for key in keys if number % 2 == 0 else keys[::-1]:
                before = made[key].processor_seconds()
                answer = made[key].ask(do="time", units=units[key[0]])
                after = made[key].processor_seconds()
                wall[key].append(answer["seconds"])
                spent[key].append((after - before) / units[key[0]])
    found = {"units": units, "operations": operations, "facts": facts}
    found["wall"] = compare(wall)
    if np.all(np.array([*spent.values()]) > 0):
        found["processor"] = compare(spent)
    found["busy_cores_of_others"] = max(
        (b for b in busy if b is not None), default=None
    )
    return found


def line(about: str, entry: dict) -> str:
    """A row of the table whose head is `HEAD`."""
    first, second = entry["wall"]["ms"]
    cells = [about, *(f"{entry['wall']['ms'][side]:.3g}" for side in (second, first))]
    for clock in ("wall", "processor"):
        cells.append(_said(entry[clock]["ratio"]) if clock in entry else "-")
    floors = [each["median"] for each in entry["wall"]["floors"].values()]
    cells.append(", ".join(f"{floor:.3f}" for floor in floors))
    counted = [entry["operations"][side] for side in (second, first)]
    cells.append(", ".join(f"{n / 1e9:.3g}" if n else "-" for n in counted))
    return f"| {' | '.join(cells)} |"


def _said(ratio: dict) -> str:
    return f"{ratio['median']:.3f} ({ratio['low']:.3f} to {ratio['high']:.3f})"


def is_slower(entry: dict, limit: float) -> bool:
    """Whether the whole interval is above `limit`, by every clock."""
    clocks = [entry[clock] for clock in ("wall", "processor") if clock in entry]
    return all(clock["ratio"]["low"] > limit for clock in clocks)


def measured(about: str, start, jobs: dict, args: argparse.Namespace) -> dict:
    """What `measure` finds, its line printed.

    Raises:
        SystemExit: a side failed; says which case and why.
    """
    try:
        entry = measure(start, jobs, args.rounds, args.seconds)
    except turns.SideFailed as reason:
        raise SystemExit(f"{about}: not measured: {reason}") from None
    print(line(about, entry), flush=True)
    return entry
