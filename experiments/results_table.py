"""The first table of docs/results.md: scores of run directories, mean and deviation over seeds.

  python experiments/results_table.py runs/GunPoint-* runs/ECG5000-*

Runs of one set are seeds of one configuration; runs whose configs differ in anything
else are refused. In brackets the floor: TRAIN in place of the samples. What the table
says is written to experiments/results/scores.json as well.
"""

import argparse
import json
import pathlib
import statistics
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
from experiments import development_sets  # noqa: E402
from experiments.launch import cost  # noqa: E402

# Judges that are the same on every machine first, the FCN, whose weights are not, after.
SCORES = (
    ("reconstruction_mse", ""),
    ("codebook_usage", ""),
    ("masked_token_nll", ""),
    ("linear_probe", ""),
    ("fid", "minirocket"),
    ("reconstruction_fid", "minirocket"),
    ("recall", "minirocket"),
    ("class_recall", "minirocket"),
    ("coverage", "minirocket"),
    ("cas", "minirocket"),
    ("cas_with_train", "minirocket"),
    ("share_closer_to_train", ""),
    ("copied_sequences", ""),
    ("copied_stretch_mean", ""),
    ("fid", "fcn"),
    ("reconstruction_fid", "fcn"),
    ("class_fid", "fcn"),
    ("inception_score", "fcn"),
    ("cas", "fcn"),
    ("discriminative_score", "gru"),
)
_FLOORS = ("TRAIN", "raw series", "TEST halves", "TEST", "guessing")
_MAY_DIFFER = ("seed", "seeds", "num_devices", "checksum", "judged by", "commit")


def read(run: str) -> tuple[dict, dict]:
    """Config with 'judged by' and 'commit', and (score, judge) -> row, of a judged run.

    Raises:
        SystemExit: it was never judged.
    """
    folder = pathlib.Path(run)
    path = folder / "evaluation" / "scores.json"
    if not path.exists():
        raise SystemExit(f"{run} was never judged: tsgen evaluate --run={run}.")
    judged = json.loads(path.read_text())
    config = json.loads((folder / "config.json").read_text())
    config["judged by"] = judged["judge"]
    config["commit"] = ""
    if (folder / "provenance.json").exists():
        made = json.loads((folder / "provenance.json").read_text())
        config["commit"] = made["commit"]
    return config, {(row["name"], row["judge"]): row for row in judged["scores"]}


def group(runs: list[str]) -> dict[str, list[tuple[dict, dict]]]:
    """Set -> its runs, by seed.

    Raises:
        SystemExit: two runs of a set differ in more than their seed, in their judge,
            or in nothing.
    """
    found = {}
    for run in runs:
        config, rows = read(run)
        found.setdefault(config["data"]["name"], []).append((config, rows))
    for name, of in found.items():
        of.sort(key=lambda pair: pair[0]["seed"])
        first = _rest(of[0][0])
        if any(_rest(config) != first for config, _ in of):
            raise SystemExit(f"{name}: the configs differ in more than the seed.")
        judges = {config["judged by"] for config, _ in of}
        if len(judges) > 1:
            raise SystemExit(
                f"{name}: judged by FCNs of other weights or settings "
                f"({', '.join(sorted(judge[:12] for judge in judges))}): give all runs "
                "the directory judge of one, and judge them anew with tsgen evaluate."
            )
        if len({config["seed"] for config, _ in of}) < len(of):
            raise SystemExit(f"{name}: a seed is there twice.")
    return found


def _rest(config: dict) -> dict:
    return {key: value for key, value in config.items() if key not in _MAY_DIFFER}


def summarise(found: dict, machine: str) -> dict:
    """Set -> seeds, commits, machine, and per score values of the seeds and the floor.

    Args:
        found: from `group`.
        machine: that the runs were made on.
    """
    summary = {}
    for name, of in found.items():
        scores = {}
        for key in SCORES:
            rows = [rows[key] for _, rows in of if key in rows]
            if len(rows) == len(of):
                floors = rows[0]["floors"]
                floor = next((floors[f] for f in _FLOORS if f in floors), None)
                label = " ".join(filter(None, key))
                values = [row["value"] for row in rows]
                scores[label] = {"values": values, "floor": floor}
        summary[name] = {
            "seeds": [config["seed"] for config, _ in of],
            "commits": sorted({config["commit"] for config, _ in of}),
            "machine": machine,
            "scores": scores,
        }
    return summary


def cell(score: dict | None) -> str:
    """'mean ± deviation (floor)'."""
    if score is None:
        return "-"
    values, floor = score["values"], score["floor"]
    text = f"{statistics.fmean(values):.3g}"
    if len(values) > 1:
        text += f" ± {statistics.stdev(values):.2g}"
    return text if floor is None else f"{text} ({floor:.3g})"


def table(summary: dict) -> str:
    """A Markdown table, a column per set; '*': it had a part in choices."""
    counts = {name: len(s["seeds"]) for name, s in summary.items()}
    heads = [
        f"{name}{'*' * development_sets.had_a_part(name)}, {n} seed{'s' * (n > 1)}"
        for name, n in counts.items()
    ]
    lines = [f"| score | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    for key in SCORES:
        label = " ".join(filter(None, key))
        if not any(label in s["scores"] for s in summary.values()):
            continue
        cells = [cell(s["scores"].get(label)) for s in summary.values()]
        lines.append(f"| `{key[0]}` {key[1]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main(argv: list[str]) -> None:
    """Prints the table and writes the numbers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="+", metavar="DIR")
    out = ROOT / "experiments" / "results" / "scores.json"
    parser.add_argument("--out", default=str(out), metavar="FILE")
    parser.add_argument(
        "--machine", default="", metavar="NAME", help="of the runs; default: this one"
    )
    args = parser.parse_args(argv)
    summary = summarise(group(args.runs), args.machine or cost.cpu_name())
    print(table(summary))
    pathlib.Path(args.out).write_text(json.dumps(summary, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
