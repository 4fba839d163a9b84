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
SCORES = (
    ("reconstruction_mse", ""),
    ("codebook_usage", ""),
    ("masked_token_nll", ""),
    ("linear_probe", ""),
    ("fid", "fcn"),
    ("reconstruction_fid", "fcn"),
    ("class_fid", "fcn"),
    ("inception_score", "fcn"),
    ("fid", "minirocket"),
    ("recall", "minirocket"),
    ("coverage", "minirocket"),
    ("cas", "fcn"),
    ("cas", "minirocket"),
    ("cas_with_train", "minirocket"),
    ("discriminative_score", "gru"),
    ("share_closer_to_train", ""),
)
_FLOORS = ("TRAIN", "raw series", "TEST halves", "guessing")
_MAY_DIFFER = ("seed", "seeds", "num_devices")


def read(run: str) -> tuple[dict, dict]:
    """Config, and (score, judge) -> row, of a judged run.

    Raises:
        SystemExit: it was never judged.
    """
    folder = pathlib.Path(run)
    path = folder / "evaluation" / "scores.json"
    if not path.exists():
        raise SystemExit(f"{run} was never judged: tsgen evaluate --run={run}.")
    rows = json.loads(path.read_text())["scores"]
    config = json.loads((folder / "config.json").read_text())
    return config, {(row["name"], row["judge"]): row for row in rows}


def group(runs: list[str]) -> dict[str, list[tuple[dict, dict]]]:
    """Set -> its runs, by seed.

    Raises:
        SystemExit: two runs of a set differ in more than their seed, or in nothing.
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
        if len({config["seed"] for config, _ in of}) < len(of):
            raise SystemExit(f"{name}: a seed is there twice.")
    return found


def _rest(config: dict) -> dict:
    return {key: value for key, value in config.items() if key not in _MAY_DIFFER}


def summarise(found: dict) -> dict:
    """Set -> seeds, and per score the values of the seeds and the floor."""
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
        summary[name] = {"seeds": [c["seed"] for c, _ in of], "scores": scores}
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
    """A Markdown table, a column per set."""
    counts = {name: len(s["seeds"]) for name, s in summary.items()}
    heads = [f"{name}, {n} seed{'s' * (n > 1)}" for name, n in counts.items()]
    lines = [f"| score | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    for key in SCORES:
        label = " ".join(filter(None, key))
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
    args = parser.parse_args(argv)
    summary = summarise(group(args.runs))
    print(table(summary))
    pathlib.Path(args.out).write_text(json.dumps(summary, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
