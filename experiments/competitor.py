"""TimeVQVAE (PyPI `timevqvae`) on the same set, judged by the same judges.

  python experiments/competitor.py --run runs/a runs/b
  tsgen compare runs/a competitors/a/samples.npz ...

For each run directory: the same data, as much training time per stage as our run took
(--seconds to choose), or so many steps (--steps A,B, with --batch A,B), on the same
machine, in an environment of its own; then as many
samples as ours with the same labels, and `tsgen evaluate` with the run's own judges and
scores. What comes out is in
competitors/<set>-seed-<s>/; the table goes to experiments/results/competitor.json.
Samples that are there already are judged, not drawn again.

It learns from all of TRAIN: it chooses nothing on a validation part.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.peers import setup  # noqa: E402
from experiments import generator_costs  # noqa: E402
from tsgen_jax.runtime import version  # noqa: E402

_SCORES = (
    "fid_fcn",
    "class_fid_fcn",
    "inception_score_fcn",
    "recall_fcn",
    "coverage_fcn",
    "fid_minirocket",
    "cas_fcn",
    "cas_minirocket",
    "discriminative_score_gru",
    "share_closer_to_train",
)


def parse(argv: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--run", nargs="+", required=True, metavar="DIR", help="finished runs of ours")
    add("--seconds", default="", help="of both stages, A,B; default: as the run took")
    add("--steps", default="", help="of both stages, A,B, in place of a time")
    add("--batch", default="32,32", help="of both stages, A,B")
    add("--out", default="competitors", metavar="DIR")
    add("--peer-env", default=str(ROOT / "build" / "peer-venv"), metavar="DIR")
    add("--torch-spec", default=setup.TORCH, help="what pip installs as torch")
    results = ROOT / "experiments" / "results" / "competitor.json"
    add("--results", default=str(results), metavar="FILE")
    return parser.parse_args(argv)


def _config(run: str) -> dict:
    return json.loads(pathlib.Path(run, "config.json").read_text())


def training_seconds(run: str) -> tuple[float, float]:
    """How long both stages of a run trained, compiling left out.

    From the steps and the steps per second of its log.

    Raises:
        SystemExit: the run has no log of both stages.
    """
    spent = generator_costs.seconds_by_stage(run)
    missing = {"tokenizer", "prior"} - set(spent)
    if missing:
        raise SystemExit(f"{run}: metrics.jsonl says nothing of {', '.join(missing)}.")
    return spent["tokenizer"], spent["prior"]


def write_data(run: str, path: pathlib.Path):
    """Scaled TRAIN and the labels of the run's samples; returns the scaler."""
    from ml_collections import ConfigDict

    from tsgen_jax.data.dataset import fit_scaler, load_dataset

    dataset = load_dataset(**ConfigDict(_config(run)["data"]))
    x = np.concatenate([dataset.x_train, dataset.x_valid])
    y = np.concatenate([dataset.y_train, dataset.y_valid])
    with np.load(pathlib.Path(run, "samples.npz")) as ours:
        label = ours["label"]
    scaler = fit_scaler(x)
    np.savez(path, x=scaler.transform(x), y=y, label=label)
    return scaler, label


def judging(config: dict) -> list[str]:
    """KEY=VALUE of all by which a run was judged, its judges' training included."""
    from tsgen_jax.checks import JUDGING

    stages = {name: config["train"][name] for name in JUDGING}
    given = {"judge": config["judge"], "evaluation": config["evaluation"]}
    return _flat({**given, "train": stages})


def _flat(section: dict, prefix: str = "") -> list[str]:
    found = []
    for key, value in section.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict):
            found += _flat(value, f"{path}.")
        else:  # A sequence as Python writes a tuple.
            value = tuple(value) if isinstance(value, list) else value
            found.append(f"{path}={value}")
    return found


def judge(config: dict, samples: pathlib.Path, out: pathlib.Path) -> dict[str, float]:
    """Scores of the samples by `tsgen evaluate`."""
    data = config["data"]
    source = [f"--data={data['path'] or data['name']}", f"--root={data['root']}"]
    command = [sys.executable, "-m", "tsgen_jax", "evaluate", *source]
    command += [f"--samples={samples}", f"--out={out}"]
    command += [word for change in judging(config) for word in ("--set", change)]
    subprocess.run(command, check=True, cwd=ROOT)
    return scores(out)


def scores(directory: str | pathlib.Path) -> dict[str, float]:
    """Name with judge -> value, of what an evaluation left."""
    path = pathlib.Path(directory, "evaluation", "scores.json")
    rows = json.loads(path.read_text())["scores"]
    return {"_".join(filter(None, (r["name"], r["judge"]))): r["value"] for r in rows}


def compete(run: str, python: str, args: argparse.Namespace) -> dict:
    """Trains, draws and judges beside one run; an entry of the results."""
    if args.steps:
        until = f"--steps={args.steps}"
    else:
        times = args.seconds or ",".join(f"{s:.1f}" for s in training_seconds(run))
        until = f"--seconds={times}"
    config = _config(run)
    name = f"{config['data']['name']}-seed-{config['seed']}"
    out = pathlib.Path(args.out, name).resolve()
    out.mkdir(parents=True, exist_ok=True)
    samples, note = out / "samples.npz", out / "training.json"
    if not samples.exists():
        scaler, label = write_data(run, out / "data.npz")
        command = [python, "-m", "benchmarks.peers.timevqvae_samples"]
        command += [str(out / "data.npz"), str(out / "drawn.npz")]
        command += [until, f"--batch={args.batch}", f"--seed={config['seed']}"]
        done = subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.PIPE)
        note.write_bytes(done.stdout.splitlines()[-1])
        with np.load(out / "drawn.npz") as drawn:
            x = scaler.inverse(drawn["x"])
        np.savez(samples, x=x, label=label)
    return {
        "commit": version.commit(),
        "data": config["data"]["name"],
        "seed": config["seed"],
        "until": until.removeprefix("--"),
        "training": json.loads(note.read_text()),
        "ours": scores(run),
        "timevqvae": judge(config, samples, out / "judged"),
    }


def table(entries: list[dict]) -> str:
    """Means over seeds, a pair of columns per set."""
    lines = ["| set | score | ours | timevqvae |", "|---|---|---|---|"]
    for name in dict.fromkeys(entry["data"] for entry in entries):
        mine = [entry for entry in entries if entry["data"] == name]
        for score in _SCORES:
            if all(score in e[side] for e in mine for side in ("ours", "timevqvae")):
                cells = []
                for side in ("ours", "timevqvae"):
                    values = [entry[side][score] for entry in mine]
                    spread = np.std(values, ddof=1) if len(values) > 1 else np.nan
                    more = f" ± {spread:.2g}" if np.isfinite(spread) else ""
                    cells.append(f"{np.mean(values):.3g}{more}")
                lines.append(f"| {name} | `{score}` | {cells[0]} | {cells[1]} |")
    return "\n".join(lines)


def main(argv: list[str]) -> None:
    """Competes with every run, writing after each."""
    args = parse(argv)
    for run in args.run:
        if not os.path.exists(os.path.join(run, "evaluation", "scores.json")):
            raise SystemExit(f"{run} is no judged run: tsgen evaluate --run={run}.")
    python = setup.ensure(args.peer_env, args.torch_spec)
    entries = []
    for run in args.run:
        entries.append(compete(run, python, args))
        path = pathlib.Path(args.results)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(entries, indent=1) + "\n")
    print(table(entries))
    print(f"Written to {args.results}.")


if __name__ == "__main__":
    main(sys.argv[1:])
