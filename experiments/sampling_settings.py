"""Settings of `tsgen_jax.load` that change the speed: how fast, and how good.

  python experiments/sampling_settings.py runs/GunPoint-* runs/ECG5000-*

Nothing is trained. Every setting draws as many samples of every run, and the same
judges compare them with TEST. Series per second are of the first run of a set, the
settings in turn, the first call of each left out.
"""

import argparse
import json
import pathlib
import statistics
import sys
import time

import numpy as np
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import tsgen_jax  # noqa: E402
from tsgen_jax.data.dataset import load_dataset  # noqa: E402
from tsgen_jax.data.missing import hold_ends  # noqa: E402
from tsgen_jax.evaluation.measures import fidelity
from tsgen_jax.judges import fcn, rocket  # noqa: E402

_MORE = {"sample.num_decode_steps": 20, "sample.schedule": "cosine"}
_BFLOAT16 = {"precision": "bfloat16"}
SETTINGS = {
    "as trained": {},
    "bfloat16": _BFLOAT16,
    "20 rounds": _MORE,
    "20 rounds, bfloat16": _MORE | _BFLOAT16,
}
_OVERLAPS = ("recall", "coverage")


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="+", metavar="RUN")
    parser.add_argument("--num", type=int, default=1024, help="samples to judge")
    parser.add_argument("--rounds", type=int, default=5, help="of timing; 0: none")
    out = pathlib.Path(__file__).resolve().parent / "results" / "sampling-settings.json"
    parser.add_argument("--out", default=str(out), metavar="FILE")
    return parser.parse_args(arguments)


def judge(models: dict[str, tsgen_jax.Model], run: str, num: int) -> dict[str, dict]:
    """Setting -> score -> value, against TEST."""
    config = next(iter(models.values())).config
    dataset = load_dataset(**config.data).complete()
    train = fcn.whole_train(dataset)[0]
    network = fcn.load_or_train(config, dataset, run)
    by_rocket = rocket.Judge(config.judge, train, config.judge.seed)
    features = {"fcn": lambda x: network(x)[0], "minirocket": by_rocket}
    test = {name: of(dataset.x_test) for name, of in features.items()}
    neighbours, most = config.evaluation.num_neighbours, config.evaluation.max_rows
    scores = {}
    for setting, model in models.items():
        x = hold_ends(model.sample(num, seed=1))
        with threadpool_limits(1, "blas"):
            seen = {name: of(x) for name, of in features.items()}
            found = {f"fid {n}": fidelity.fid(test[n], seen[n]) for n in features}
            overlap = fidelity.precision_recall_density_coverage(
                test["minirocket"][:most], seen["minirocket"][:most], neighbours
            )
        found |= {f"{name} minirocket": overlap[name] for name in _OVERLAPS}
        scores[setting] = {name: float(value) for name, value in found.items()}
        print(f"{run}, {setting}: {scores[setting]}", flush=True)
    return scores


def rates(models: dict[str, tsgen_jax.Model], num: int, rounds: int) -> dict:
    """Setting -> series per second of every round, in turn; all are compiled."""
    seconds = {setting: [] for setting in models}
    for _ in range(rounds):
        for setting, model in models.items():
            started = time.perf_counter()
            model.sample(num)
            seconds[setting].append(time.perf_counter() - started)
    return {s: [num / each for each in all_] for s, all_ in seconds.items() if all_}


def table(results: dict) -> str:
    """A Markdown table: mean over runs, median of rates."""
    names = list(next(iter(results.values()))[0]["scores"]["as trained"])
    head = ["set", "setting", "series/s", *names]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for name, runs in results.items():
        for setting in SETTINGS:
            rate = runs[0]["rates"].get(setting)
            cells = [f"{np.median(rate):.0f}" if rate else ""]
            for score in names:
                values = [run["scores"][setting][score] for run in runs]
                text = f"{statistics.fmean(values):.3g}"
                if len(values) > 1:
                    text += f" ± {statistics.stdev(values):.2g}"
                cells.append(text)
            lines.append(f"| {name} | {setting} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """Judges and times all runs and writes the table."""
    args = parse(arguments)
    results = {}
    for run in args.runs:
        models = {name: tsgen_jax.load(run, of) for name, of in SETTINGS.items()}
        config = next(iter(models.values())).config
        name = config.data.name
        entry = {"seed": config.seed, "scores": judge(models, run, args.num)}
        first = name not in results
        entry["rates"] = rates(models, args.num, args.rounds if first else 0)
        results.setdefault(name, []).append(entry)
    content = {"settings": SETTINGS, "num": args.num, "results": results}
    pathlib.Path(args.out).write_text(json.dumps(content, indent=1) + "\n")
    print(table(results))
    print(f"\nwritten: {args.out}")


if __name__ == "__main__":
    main()
