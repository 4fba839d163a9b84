"""Sines, Stocks and ETTh1 in windows of 24 beside published scores of other models.

  python experiments/multivariate.py --root=runs/multivariate --source=DIR

DIR holds `stock_data.csv` (github.com/jsyoon0823/TimeGAN) and `ETTh1.csv`
(github.com/zhouhaoyi/ETDataset). Sines are made here, as in TimeGAN. Windows have
stride 1. Recordings are divided by time: windows for training from the beginning, for
validation after them, TEST from the last fifth; no window of one part shares a time
point with one of another. Sines are independent series, TEST a random fifth.

Each run is judged twice. `test`: against TEST, which nothing has seen; where the data
drift, TRAIN itself is far from it (its floor). `seen`: against the very windows it was
trained on, as the literature does; its floor is those windows in place of the samples.
The published numbers are from another harness all the same: trained on all windows of
a recording, PyTorch or TensorFlow networks for TS2Vec and the GRUs, which are known to
give other orders of magnitude, and often as many samples as real windows.
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from experiments import published  # noqa: E402
from tsgen_jax.data.dataset import load_dataset  # noqa: E402

_HERE = pathlib.Path(__file__).resolve().parent
_FILES = {"stocks": "stock_data.csv", "etth1": "ETTh1.csv"}
SETS = ("sines", *_FILES)
_LENGTH = 24
# Networks of the post-hoc scores train as long as TimeGAN's.
_LONG = ("train.discriminator.num_steps=2000", "train.predictor.num_steps=5000")
_SEEN = (
    "evaluation.judges=ts2vec",
    "evaluation.scores=fidelity+statistics+post_hoc",
    "evaluation.num_dtw=0",
)


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--root", required=True, metavar="DIR", help="data and runs")
    parser.add_argument("--source", default=".", metavar="DIR", help="the two files")
    parser.add_argument("--sets", nargs="+", default=SETS, choices=SETS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--steps", type=int, help="of each stage; default: the config")
    parser.add_argument("--num_sines", type=int, default=10_000)
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="of the config"
    )
    parser.add_argument(
        "--out", default=str(_HERE / "results" / "multivariate.json"), metavar="FILE"
    )
    return parser.parse_args(arguments)


def sines(num: int, seed: int) -> np.ndarray:
    """TimeGAN's Sines in [0, 1], float32 [num, 24, 5].

    Each channel is (sin(f t + p) + 1) / 2 at t = 0 to 23, f and p uniform in [0, 0.1).
    """
    rng = np.random.default_rng(seed)
    frequency, phase = rng.uniform(0, 0.1, (2, num, 1, 5))
    time = np.arange(_LENGTH)[None, :, None]
    return ((np.sin(frequency * time + phase) + 1) / 2).astype(np.float32)


def prepare(name: str, args: argparse.Namespace) -> list[str]:
    """Leaves the data of a set in `<root>/data`; the options that read them."""
    directory = pathlib.Path(args.root).resolve() / "data"
    directory.mkdir(parents=True, exist_ok=True)
    if name == "sines":
        path = directory / "sines.npz"
        if not path.exists():
            np.savez(path, x=sines(args.num_sines, 0))
        return [f"--data={path}"]
    path = directory / f"{name}.csv"
    if not path.exists():
        shutil.copyfile(pathlib.Path(args.source) / _FILES[name], path)
    options = [f"--data={path}", f"--window={_LENGTH}", "--stride=1"]
    return [*options, "--layout=series", "--label=none"]


def tsgen(*arguments: str) -> None:
    """The command `tsgen ARGUMENTS`."""
    command = [sys.executable, "-m", "tsgen_jax", *arguments]
    subprocess.run(command, check=True, cwd=_HERE.parent)


def train(name: str, args: argparse.Namespace) -> list[pathlib.Path]:
    """Trains and judges a set once a seed; the run directories.

    One after another: on a CPU one program of several seeds is no faster.
    """
    workdir = pathlib.Path(args.root).resolve() / name
    runs = [workdir / f"seed-{seed}" for seed in args.seeds]
    for seed, run in zip(args.seeds, runs, strict=True):
        changes = [*_LONG, f"seed={seed}"]
        if args.steps:
            stages = ("tokenizer", "prior")
            changes += [f"train.{stage}.num_steps={args.steps}" for stage in stages]
        changes += args.set
        options = [word for change in changes for word in ("--set", change)]
        where = ["--config=multivariate", f"--workdir={run}"]
        tsgen("train", *prepare(name, args), *where, *options)
    return runs


def judge_on_seen(run: pathlib.Path, args: argparse.Namespace) -> pathlib.Path:
    """Judges the samples of a run against its training windows; where it leaves that.

    What is there is kept.
    """
    out = run.parent / f"{run.name}-seen"
    if (out / "evaluation" / "scores.json").exists():
        return out
    with open(run / "config.json") as file:
        dataset = load_dataset(**json.load(file)["data"])
    directory = run.parent.parent / "data" / f"{run.parent.name}-seen"
    directory.mkdir(exist_ok=True)
    for part in ("TRAIN", "TEST"):
        np.savez(directory / f"{run.parent.name}_{part}.npz", x=dataset.x_train)
    sections = ("judge.", "evaluation.", "train.")
    changes = [*_SEEN, *_LONG, *(c for c in args.set if c.startswith(sections))]
    options = [word for change in changes for word in ("--set", change)]
    where = [f"--data={directory}", f"--out={out}"]
    tsgen("evaluate", f"--samples={run / 'samples.npz'}", *where, *options)
    return out


def collect(name: str, runs: list[pathlib.Path], seen: list[pathlib.Path]) -> dict:
    """The scores of a set: of every seed, mean, deviation, floors, and published ones.

    The floor against seen windows is one half of them against the other where the
    same windows would be trivially at 0.
    """
    entry = {"data": name, "scores": {}}
    for score in published.SCORES:
        row = {"published": published.SCORES[score][name]}
        for side, places, trivial in (("test", runs, False), ("seen", seen, True)):
            found = [_score(place, score) for place in places]
            if None in found:
                continue
            values = [f["value"] for f in found]
            halves = trivial and "TEST halves" in found[0]["floors"]
            floor = "TEST halves" if halves else "TRAIN"
            row[side] = {
                "values": values,
                "mean": float(np.mean(values)),
                "deviation": float(np.std(values, ddof=1)) if len(values) > 1 else None,
                "floor": float(np.mean([f["floors"][floor] for f in found])),
                "floor_of": floor,
            }
        entry["scores"][score] = row
    return entry


def _score(place: pathlib.Path, name: str) -> dict | None:
    with open(place / "evaluation" / "scores.json") as file:
        rows = json.load(file)["scores"]
    return next((row for row in rows if row["name"] == name), None)


def main(arguments: list[str] | None = None) -> None:
    """Runs all sets and writes the table."""
    args = parse(arguments)
    entries = []
    for name in args.sets:
        runs = train(name, args)
        entries.append(collect(name, runs, [judge_on_seen(r, args) for r in runs]))
    settings = {k: v for k, v in vars(args).items() if k not in ("root", "source")}
    del settings["out"]
    out = pathlib.Path(args.out)
    out.parent.mkdir(parents=True, exist_ok=True)
    content = {"settings": settings, "note": published.NOTE, "results": entries}
    out.write_text(json.dumps(content, indent=1) + "\n")
    print(published.table(entries))
    print(f"\nwritten: {out}")


if __name__ == "__main__":
    main()
