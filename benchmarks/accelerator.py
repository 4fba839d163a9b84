"""An accelerator's check: how fast, how large, and whether it computes the same.

  python benchmarks/accelerator.py                 # FordA's shape, at most 8 minutes
  python benchmarks/accelerator.py --parts=stage1,losses --minutes=3

Unattended: nothing is asked, a part that fails or has no time left is noted with its
reason, and both files are written after every part: a JSON file and a Markdown table in
--out, named by the device. Parts: both stages (steps per second, share of the peak of a
large matrix product in the same precision, tokens per second, memory, compile time),
decoding of 10,000 series, each in float32 and bfloat16; four seeds in one program
against one; stage 1 with convolutions as matrix products, the form of the CPU; losses
of the first steps against the CPU's (a process beside the others).
Each part is a process. All compile at once, which takes minutes on a GPU; then each is
timed alone, those that still compile standing still meanwhile.
Weights and series are random: nothing is learned.
"""

import argparse
import contextlib
import datetime
import json
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
from benchmarks.accelerator_turns import Part, measure  # noqa: E402
from experiments.table import slug  # noqa: E402

_PARTS = (
    "stage1",
    "stage2",
    "losses",
    "decode",
    "stage1-seeds",
    "stage2-seeds",
    "stage1-bfloat16",
    "stage2-bfloat16",
    "decode-bfloat16",
    "stage1-products",
    "stage1-seeds-products",
)
_COLUMNS = (
    ("steps_per_second", "steps/s"),
    ("series_per_second", "series/s"),
    ("tokens_per_second", "tokens/s"),
    ("tflops", "TFLOP/s"),
    ("share_of_peak", "of peak"),
    ("compile_seconds", "compile s (all at once)"),
    ("memory_mib", "MiB"),
)
_TOLERANCE = 1e-2  # Relative, of losses: TF32 products and another order of sums.


def parse(argv: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--parts", default=",".join(_PARTS), help="joined by ','")
    add("--minutes", type=float, default=8.0, help="of all parts together")
    add("--seconds", type=float, default=4.0, help="of each timing")
    add("--shape", default="forda", help="as of benchmark.py")
    add(
        "--set", default="{}", metavar="JSON", help="values of the config by dotted key"
    )
    out = ROOT / "experiments" / "results"
    add("--out", default=str(out), metavar="DIR")
    args = parser.parse_args(argv)
    unknown = set(args.parts.split(",")) - set(_PARTS)
    if unknown:
        parser.error(f"unknown part(s) {', '.join(sorted(unknown))}; known: {_PARTS}")
    return args


def compare(found: dict, cpu: dict) -> dict:
    """Losses of the accelerator beside the CPU's: the largest relative difference."""
    if "not_measured" in cpu or "not_measured" in found:
        return {**found, "cpu": cpu}
    differences = {
        stage: max(
            abs(a - b) / abs(b) for a, b in zip(found[stage], cpu[stage], strict=True)
        )
        for stage in ("tokenizer", "prior")
    }
    agrees = max(differences.values()) <= _TOLERANCE
    return {**found, "cpu": cpu, "differences": differences, "agrees": agrees}


def table(results: dict) -> str:
    """The results as a Markdown page."""
    parts = results["parts"]
    first = next((p for p in parts.values() if "device" in p), {})
    lines = [
        f"# {first.get('device', 'No device')}\n",
        f"`{results['command']}` at {results['commit']}, {results['date']}; jax "
        f"{first.get('jax', '?')}; shape {results['shape']}; {results['seconds']:.0f} s "
        f"in all; XLA_FLAGS: {results['xla_flags'] or 'none'}. Peak: a large matrix "
        "product in the same precision.\n",
        "| part | " + " | ".join(head for _, head in _COLUMNS) + " |",
        "|---" * (len(_COLUMNS) + 1) + "|",
    ]
    notes = []
    for name, part in parts.items():
        if "not_measured" in part:
            notes.append(f"* `{name}`: not measured: {part['not_measured']}.")
        elif "times_as_long" in part:
            notes.append(
                f"* `{name}`: {part['seeds']} seeds in one program take "
                f"{part['times_as_long']:.2f} times as long as one "
                f"({part['steps_per_second_one']:.3g} steps/s alone, "
                f"{part['steps_per_second_each']:.3g} each together; compiled in "
                f"{part['compile_seconds']:.0f} s)."
            )
        elif name == "losses":
            notes.append(_of_losses(part))
        else:
            cells = [_cell(part.get(key), key) for key, _ in _COLUMNS]
            lines.append(f"| `{name}` | {' | '.join(cells)} |")
    for name in ("stage1", "stage2", "decode"):
        notes += _ratio(name, parts)
    return "\n".join([*lines, "", *notes]) + "\n"


def _of_losses(part: dict) -> str:
    if "differences" not in part:
        return f"* `losses`: not compared: {part['cpu'].get('not_measured')}."
    found = ", ".join(f"{stage} {d:.1e}" for stage, d in part["differences"].items())
    words = "agree with" if part["agrees"] else "DIFFER from"
    return (
        f"* `losses` of the first {len(part['prior'])} steps {words} the CPU's: largest "
        f"relative difference {found} (at most {_TOLERANCE:g})."
    )


def _ratio(name: str, parts: dict) -> list[str]:
    rates = [
        parts.get(key, {}).get("series_per_second")
        for key in (name, f"{name}-bfloat16")
    ]
    if None in rates:
        return []
    ratio = rates[1] / rates[0]
    return [f"* `{name}`: bfloat16 is {ratio:.2f} times as fast as float32."]


def _cell(value: float | None, key: str) -> str:
    if value is None:
        return "-"
    return f"{value:.1%}" if key == "share_of_peak" else f"{value:.3g}"


def write(results: dict, out: pathlib.Path) -> pathlib.Path:
    """Both files; the JSON's path."""
    parts = results["parts"].values()
    device = next((p["device"] for p in parts if "device" in p), "unknown")
    path = out / f"accelerator-{slug(device)}.json"
    out.mkdir(parents=True, exist_ok=True)
    for target, text in (
        (path, json.dumps(results, indent=1) + "\n"),
        (path.with_suffix(".md"), table(results)),
    ):
        partial = target.with_suffix(".partial")
        partial.write_text(text)
        os.replace(partial, target)
    return path


def _commit() -> str:
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        command = ["git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD"]
        found = subprocess.run(command, check=True, capture_output=True, text=True)
        return found.stdout.strip()
    return "unknown"


def main(argv: list[str]) -> None:
    """Measures all parts within the time."""
    args = parse(argv)
    started = time.monotonic()
    results = {
        "command": " ".join(["python benchmarks/accelerator.py", *argv]),
        "commit": _commit(),
        "date": datetime.date.today().isoformat(),
        "xla_flags": os.environ.get("XLA_FLAGS", ""),
        "shape": args.shape,
        "parts": {},
    }
    wanted = [part for part in _PARTS if part in args.parts.split(",")]

    def left() -> float:
        return 60 * args.minutes - (time.monotonic() - started)

    def note(part: Part, found: dict) -> None:
        if part.name == "losses":
            found = compare(found, cpu.result(left()))
        results["parts"][part.name] = found
        results["seconds"] = time.monotonic() - started
        write(results, pathlib.Path(args.out))
        said = found.get("not_measured", "measured")
        print(f"{part.name}: {said} ({results['seconds']:.0f} s so far)", flush=True)

    if left() > 0:
        cpu = Part("losses", args, "cpu") if "losses" in wanted else None
        measure([Part(name, args) for name in wanted], left, note)
    else:
        results["seconds"] = 0.0
        for name in wanted:
            results["parts"][name] = {"not_measured": "no time was left"}
    path = write(results, pathlib.Path(args.out))
    print(table(results))
    print(f"Written to {path} and {path.with_suffix('.md').name}.")


if __name__ == "__main__":
    main(sys.argv[1:])
