"""Measures tsgen_jax against PyTorch, in turn, and prints a table.

  python benchmarks/benchmark.py                       # FordA's shape, all cases
  python benchmarks/benchmark.py --shape gunpoint --quick
  python benchmarks/benchmark.py --cases 'vibcreg-*,decode*' --sides ours,torch
  python benchmarks/benchmark.py --peer-python python3 # a Python that has torch

For each case every side is a process of its own, started fresh, warmed up (compiling
is not timed), and then the sides are timed in turn, A B A B. PyTorch lives in an
environment of its own, made at the first run (--peer-env). Before timing, PyTorch's
layers are checked to compute what ours compute at equal weights (--no-check skips;
a few minutes when nothing is compiled yet). PyTorch's steps get batches and augmented
views that already lie in memory; only the epoch makes them anew.

Results go to experiments/results/<machine kind>-<shape>.json; run again with other
--cases and they are added to the file. All cases at FordA's shape take about an
hour on two cores. Leave the machine alone meanwhile: one busy neighbour costs
PyTorch's OpenMP threads up to 20 times their time. The table warns of neighbours.
"""

import argparse
import contextlib
import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import cases, shapes, turns  # noqa: E402
from benchmarks.peers import setup  # noqa: E402
from benchmarks.work import SIDES, available_cores  # noqa: E402
from experiments import table  # noqa: E402

_TOLERANCE = 1e-4  # Of outputs and losses.
_GRADIENT_TOLERANCE = 1e-3
_GRADIENTS = ("grad_norm", "moved")
_LONG_KINDS = ("epoch", "decode")  # A measurement is one unit, not --steps.
_MAX_LONG_ROUNDS = 3


def parse(argv: list[str]) -> argparse.Namespace:
    """The command line; a bad one ends the process with a message."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    known = "; ".join(f"{name}: {about}" for name, about in SIDES.items())
    add("--sides", default="ours,torch,timevqvae", help=f"in turn; {known}")
    add("--cases", default="*", help="names or patterns, comma-separated; --list")
    add("--list", action="store_true", help="list the cases and stop")
    add(
        "--shape",
        default="forda",
        help=f"{', '.join(shapes.SHAPES)}, or n,L,C,Y: series, length, channels, "
        "classes; batches shrink to n",
    )
    add(
        "--rounds",
        type=int,
        default=5,
        help=f"measurements of each side; {_MAX_LONG_ROUNDS} at most of epochs and "
        "decodings",
    )
    add("--steps", type=int, default=4, help="training steps in a measurement")
    add("--quick", action="store_true", help="2 rounds of 1 step: does it run?")
    add(
        "--widths",
        default=f"{cases.REFERENCE_WIDTH},0",
        help="projector widths; 0: the config's own",
    )
    add(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a value of the config, as --set train.tokenizer.batch_size=64",
    )
    add("--threads", type=int, default=0, help="cores for each side; 0: all")
    add(
        "--platform",
        choices=("auto", "cpu", "gpu"),
        default="auto",
        help="auto: what jax finds; on a GPU torch must see CUDA",
    )
    add("--patience", type=float, default=1200, help="seconds to wait for an answer")
    add("--workers", type=int, default=-1, help="of torch's DataLoader; -1: cores")
    add(
        "--peer-env",
        default=str(ROOT / "build" / "peer-venv"),
        help="virtual environment of PyTorch; made if it is not there, else reused",
    )
    add("--peer-python", default="", help="use this Python, make no environment")
    add("--torch-spec", default=setup.TORCH, help="what pip installs as torch")
    add("--no-check", action="store_true", help="do not compare the networks first")
    add("--name", default="", help="added to the name of the results file")
    args = parser.parse_args(argv)
    if args.quick:
        args.rounds, args.steps = 2, 1
    if args.rounds < 1 or args.steps < 1:
        parser.error("--rounds and --steps must be at least 1.")
    args.sides = args.sides.split(",")
    unknown = set(args.sides) - set(SIDES)
    if unknown:
        parser.error(f"unknown side(s) {', '.join(unknown)}; known: {', '.join(SIDES)}")
    try:
        args.slug, args.shape = shapes.parse(args.shape)
        args.set = cases.parse_overrides(args.set)
        widths = [int(w) for w in args.widths.split(",")]
        args.all_cases = cases.make_cases(widths, args.set)
        args.cases = cases.pick(args.all_cases, args.cases)
    except (KeyError, TypeError, ValueError) as error:
        parser.error(str(error.args[0]))
    return args


def machine(args: argparse.Namespace) -> tuple[str, str]:
    """(platform, kind): 'gpu' and the device, or 'cpu' and how many cores."""
    found = "cpu"
    if args.platform != "cpu":
        code = "import jax; d = jax.devices()[0]; print(d.platform, d.device_kind)"
        run = subprocess.run([sys.executable, "-c", code], capture_output=True)
        found, _, kind = run.stdout.decode().strip().partition(" ")
        if run.returncode or (found == "cpu" and args.platform == "gpu"):
            raise SystemExit("--platform gpu: jax finds no GPU here.")
        if found != "cpu":
            return "gpu", table.slug(kind)
    cores = args.threads or available_cores()
    return "cpu", f"cpu-{platform.machine().replace('_', '-')}-{cores}-cores"


@contextlib.contextmanager
def _processes(sides: list[str], pythons: dict, args: argparse.Namespace, on: str):
    """Side -> process; all are ended afterwards."""
    made = {}
    try:
        for side in sides:
            made[side] = turns.Process(
                side, pythons[side], args.threads, on, args.patience
            )
        yield made
    finally:
        for process in made.values():
            process.close()


def check(pythons: dict[str, str], args: argparse.Namespace) -> dict[str, float]:
    """Compares our networks with PyTorch's at equal weights, on the CPU.

    Outputs, losses, gradient and first step of stage 1 with every method, logits,
    gradient and decoding of both priors.

    Args:
        pythons: side -> its Python; 'ours' and 'torch' are used.
        args: the command line; `threads` and `patience` count.

    Returns:
        'network: output' -> largest difference over 1 + |expected|.

    Raises:
        SystemExit: one is above 1e-4 (above 1e-3 for gradients), or a side failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        with _processes(["ours", "torch"], pythons, args, "cpu") as made:
            job = {"folder": folder, "platform": "cpu"}
            try:
                made["ours"].ask(do="check", job=job)
                found = made["torch"].ask(do="check", job=job)["result"]
            except turns.SideFailed as reason:
                raise SystemExit(f"The networks were not compared: {reason}") from None
    wrong = []
    for name, difference in found.items():
        gradient = name.endswith(_GRADIENTS)
        if not difference <= (_GRADIENT_TOLERANCE if gradient else _TOLERANCE):
            wrong.append(f"{name} by {difference:.1e}")
    if wrong:
        raise SystemExit(f"PyTorch's networks differ from ours: {'; '.join(wrong)}.")
    return found


def _measure(case: cases.Case, pythons: dict, args, on: str) -> dict:
    """The entry of one case."""
    long = case.kind in _LONG_KINDS
    units = 1 if long else args.steps
    rounds = min(args.rounds, _MAX_LONG_ROUNDS) if long else args.rounds
    sides = [s for s in args.sides if s in case.sides]
    sides.sort(key=lambda side: side != "ours")  # It writes the weights.
    cores = args.threads or available_cores()
    with tempfile.TemporaryDirectory() as folder:
        weights = os.path.join(folder, "weights.npz") if "ours" in sides else ""
        job = {
            "name": case.name,
            "kind": case.kind,
            "config": case.config,
            "shape": vars(args.shape),
            "weights": weights,
            "platform": on,
            "workers": args.workers if args.workers >= 0 else cores,
        }
        with _processes(sides, pythons, args, on) as made:
            results, busy = turns.measure(made, job, units, rounds)
    for side in results.values():
        share = table.peak_share(side)
        side |= {} if share is None else {"peak_share": share}
    return {
        "case": case.name,
        "about": case.about,
        "date": datetime.date.today().isoformat(),
        "rounds": rounds,
        "units": units,
        "busy_cores_of_others": busy,
        "ratios": table.ratios(results),
        "sides": results,
    }


def main(argv: list[str]) -> None:
    """Runs the benchmark."""
    args = parse(argv)
    if args.list:
        for case in args.cases:
            print(f"{case.name:20} {case.about}  [{', '.join(case.sides)}]")
        return
    peer = sys.executable
    if set(args.sides) != {"ours"}:
        peer = args.peer_python or setup.ensure(args.peer_env, args.torch_spec)
    pythons = {s: sys.executable if s == "ours" else peer for s in SIDES}
    on, kind = machine(args)
    head = {"machine": kind, "shape": vars(args.shape), "set": args.set}
    name = "-".join([kind, args.slug, *([args.name] if args.name else [])])
    path = ROOT / "experiments" / "results" / f"{name}.json"
    if not args.no_check and {"ours", "torch"} <= set(args.sides):
        worst = max(check(pythons, args).values())
        print(f"PyTorch's networks agree with ours to {worst:.1e}.", flush=True)
    entries = []
    for case in args.cases:
        if not set(args.sides) & set(case.sides):
            continue
        entries.append(_measure(case, pythons, args, on))
        table.save(path, head, entries)
        print(json.dumps(_short(entries[-1])), flush=True)
    print(table.text(entries))
    print(f"Written to {path.relative_to(ROOT)}.")


def _short(entry: dict) -> dict:
    """One line to watch a long run by."""
    times = {
        side: round(r["median_ms"], 2) if "median_ms" in r else r["not_measured"]
        for side, r in entry["sides"].items()
    }
    return {"case": entry["case"], "median_ms": times}


if __name__ == "__main__":
    main(sys.argv[1:])
