"""How the cost of each stage grows with length, batch, codebook and devices.

  python benchmarks/scaling.py                     # FordA's shape and the defaults
  python benchmarks/scaling.py --axes length,codes --rounds 5
  python benchmarks/scaling.py --plot              # draws the figure again

Everything but the value on the axis stays as in FordA (L = 500, batch 128 and 256, K =
32). All values of an axis are timed in turn, each in a process of its own. On the CPU
devices are simulated ones that share its cores: the global batch stays the same, so
the time should stay as well, and what is added is the price of the sharding.

Leaves experiments/results/scaling-<machine kind>.json and docs/scaling.png.
"""

import argparse
import json
import math
import os
import pathlib
import sys
import tempfile

import numpy as np
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from benchmarks import benchmark, cases, shapes, turns
from tsgen_jax.reports.figures import canvas

_NUM = 512  # Series; a step costs the same with more.
_STAGES = {
    "stage1": ("stage 1, one view", canvas.DATA),
    "vibcreg-1024": ("stage 1, VIbCReg 1024", canvas.VIEW),
    "stage2": ("stage 2", canvas.MODEL),
    "decode": ("decoding 256 series", canvas.VALID),
}
AXES = {
    "length": ("length L", (125, 250, 500, 1000, 2000)),
    "batch": ("batch", (32, 64, 128, 256)),
    "codes": ("codes K", (32, 128, 512, 2048)),
    "devices": ("devices", (1, 2, 4, 8)),
}
_PLAIN = {"length": 500, "batch": 128, "codes": 32, "devices": 1}


class _Own:
    """A process that is asked to prepare a job of its own."""

    def __init__(self, process: turns.Process, job: dict):
        self._process, self._job = process, job

    def ask(self, do: str, **request) -> dict:
        if do == "prepare":
            request["job"] = self._job
        return self._process.ask(do=do, **request)


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--axes", default=",".join(AXES), help=f"of {', '.join(AXES)}")
    add("--stages", default=",".join(_STAGES), help=f"of {', '.join(_STAGES)}")
    add("--rounds", type=int, default=3, help="measurements of each value")
    add("--steps", type=int, default=2, help="training steps in a measurement")
    add("--plot", action="store_true", help="measure nothing")
    add("--platform", choices=("auto", "cpu", "gpu"), default="auto")
    add("--set", action="append", default=[], metavar="KEY=VALUE", help="of the config")
    add("--out", default="", metavar="FILE", help="in place of experiments/results")
    add("--figure", default="", metavar="FILE", help="in place of docs/scaling.png")
    args = parser.parse_args(arguments)
    for name, known in (("axes", AXES), ("stages", _STAGES)):
        chosen = getattr(args, name).split(",")
        unknown = set(chosen) - set(known)
        if unknown:
            parser.error(
                f"--{name}: no {', '.join(unknown)}; known: {', '.join(known)}"
            )
        setattr(args, name, chosen)
    if args.rounds < 1 or args.steps < 1:
        parser.error("--rounds and --steps must be at least 1.")
    args.threads = 0
    try:
        args.set = cases.parse_overrides(args.set)
        for stage in args.stages:
            make_job(stage, "devices", 1, args.set, args.platform)
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        parser.error(f"--set: {error}")
    return args


def make_job(stage: str, axis: str, value: int, overrides: dict, platform: str) -> dict:
    """What a process is to prepare: the stage with `value` on `axis`."""
    changes = dict(overrides)
    if axis == "batch":
        changes |= {f"train.{s}.batch_size": value for s in ("tokenizer", "prior")}
    if axis == "codes":
        changes["quantizer.num_codes"] = value
    shape = shapes.Shape(_NUM, value if axis == "length" else 500, 1, 2)
    case = cases.make_cases([1024], changes)[stage]  # The width in its name.
    return {
        **{"name": stage, "kind": case.kind, "config": case.config},
        **{"shape": vars(shape), "weights": "", "platform": platform, "workers": 0},
    }


def measure(axis: str, stage: str, args: argparse.Namespace, on: str) -> dict:
    """Value on the axis -> {'median_ms', 'min_ms', ...} of a step or a decoding."""
    made, sides = [], {}
    try:
        for value in AXES[axis][1]:
            flags = os.environ.get("XLA_FLAGS", "")
            if axis == "devices" and on == "cpu":
                count = f"--xla_force_host_platform_device_count={value}"
                os.environ["XLA_FLAGS"] = f"{flags} {count}"
            try:
                process = turns.Process("ours", sys.executable, 0, on, 1200)
            finally:
                os.environ["XLA_FLAGS"] = flags
            made.append(process)
            sides[value] = _Own(process, make_job(stage, axis, value, args.set, on))
        units = 1 if stage == "decode" else args.steps
        results, busy = turns.measure(sides, {}, units, args.rounds)
    finally:
        for process in made:
            process.close()
    return {"busy_cores_of_others": busy, "values": results}


def exponent(values: dict[int, float]) -> float:
    """b of the least-squares line of log(ms) = a + b log(value)."""
    x, y = np.log(list(values)), np.log(list(values.values()))
    return float(np.polyfit(x, y, 1)[0])


def _times(entry: dict) -> dict[int, float]:
    """Value -> milliseconds, of an entry as of `measure`; failures are left out."""
    values = entry["values"].items()
    return {int(v): r["median_ms"] for v, r in values if "median_ms" in r}


def plot(found: dict, path: pathlib.Path) -> None:
    """One panel for each axis: milliseconds, both scales logarithmic."""
    axes = [
        axis for axis in AXES if any(_times(e) for e in found.get(axis, {}).values())
    ]
    if not axes:
        raise SystemExit("No value was measured without a failure: nothing to draw.")
    columns = min(len(axes), 2)
    rows = math.ceil(len(axes) / columns)
    figure, panels = canvas.grid(rows, columns, 2.2, False)
    for ax, axis in zip(panels.flat, axes, strict=False):
        slopes = []
        for stage, entry in found[axis].items():
            times = _times(entry)
            name, colour = _STAGES[stage]
            ax.plot(
                list(times),
                list(times.values()),
                "o-",
                ms=3,
                lw=1,
                c=colour,
                label=name,
            )
            slopes.append(f"{exponent(times):.2f}" if len(times) > 1 else "-")
        ax.set_xscale("log", base=2)
        ax.set_yscale("log")
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        ax.yaxis.set_minor_locator(NullLocator())
        ticks = AXES[axis][1]
        ax.set_xticks(ticks, [str(v) for v in ticks])
        ax.set_xlabel(AXES[axis][0])
        ax.set_ylabel("ms")
        ax.set_title(f"growth: {', '.join(slopes)}", fontsize=7)
    for ax in panels.flat[len(axes) :]:
        ax.set_visible(False)
    panels.flat[0].legend(fontsize=6, frameon=False)
    said = (
        "Milliseconds of a training step, or of decoding 256 series. Growth: exponent "
    )
    said += "of a power law through the points, in the order of the legend; 1 is "
    said += "proportional. Everything else as in FordA. On a CPU devices are simulated "
    said += "and share its cores."
    labels = [ax.get_xlabel() for ax in panels[-1]]
    canvas.finish(figure, "How the cost grows", panels, "", said)
    for ax, label in zip(panels[-1], labels, strict=True):
        ax.set_xlabel(label)
    figure.savefig(path, dpi=130)


def main(arguments: list[str] | None = None) -> None:
    """Measures, or just plots what was measured."""
    args = parse(arguments)
    on, kind = benchmark.machine(args)
    results = benchmark.ROOT / "experiments" / "results"
    path = pathlib.Path(args.out or results / f"scaling-{kind}.json")
    try:
        found = json.loads(path.read_text()) if path.exists() else {}
    except (OSError, ValueError) as error:
        raise SystemExit(f"{path} cannot be read: {error}") from error
    for axis in [] if args.plot else args.axes:
        for stage in args.stages:
            if (axis, stage) == ("batch", "decode"):
                continue  # Always 256 series at once.
            entry = measure(axis, stage, args, on)
            found.setdefault(axis, {})[stage] = entry
            save(found, path)
            times = {v: r.get("median_ms") for v, r in entry["values"].items()}
            said = {v: t and round(t, 1) for v, t in times.items()}
            print(f"{axis} {stage}: {said}", flush=True)
    if not found:
        raise SystemExit(f"{path} is not there: nothing was measured yet.")
    figure = pathlib.Path(args.figure or benchmark.ROOT / "docs" / "scaling.png")
    plot(found, figure)
    print(f"Written to {path} and {figure}.")


def save(found: dict, path: pathlib.Path) -> None:
    """Writes the file as a whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
        json.dump(found, file, indent=1)
    os.replace(file.name, path)


if __name__ == "__main__":
    main()
