"""Samples without and with constraints side by side: scores, and what was changed.

  python experiments/constraints.py runs/GunPoint-* runs/SonyAIBORobotSurface2-*

Nothing is trained. Every variant draws as many samples of every run with the same seed,
and the same judges compare them with TEST. The range is that of TRAIN (the validation
part among it); the sum over time is 0, as it is for the z-normalised sets of UCR.
"""

import argparse
import json
import pathlib
import subprocess
import sys

import jax
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import tsgen_jax  # noqa: E402
from experiments import sampling_settings  # noqa: E402
from tsgen_jax.constraints import satisfy  # noqa: E402
from tsgen_jax.data.dataset import load_dataset  # noqa: E402
from tsgen_jax.generators.constrained import Constrained  # noqa: E402
from tsgen_jax.judges import fcn  # noqa: E402
from tsgen_jax.runs import stored  # noqa: E402

_FREE = "without"
_SEED = 1  # As of sampling_settings.judge.


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="+", metavar="RUN")
    parser.add_argument("--num", type=int, default=1024, help="samples to judge")
    out = pathlib.Path(__file__).resolve().parent / "results" / "constraints.json"
    parser.add_argument("--out", default=str(out), metavar="FILE")
    return parser.parse_args(arguments)


def variants(x_train: np.ndarray) -> dict[str, dict]:
    """Name -> settings of `tsgen_jax.load`.

    Args:
        x_train: float32 [n, L, C] in original units, NaN after the end of a series.
    """
    low, high = (
        {str(c): float(v) for c, v in enumerate(of(x_train, axis=(0, 1)))}
        for of in (np.nanmin, np.nanmax)
    )
    bounds = {"constraints.min": low, "constraints.max": high}
    found = {
        _FREE: {},
        "range of TRAIN, projected": bounds | {"constraints.num_redraws": 0},
        "range of TRAIN": bounds,
    }
    if (np.abs(np.nanmean(x_train, axis=1)) < 1e-3).all():  # Each series, z-normalised.
        found["range of TRAIN and mean 0"] = bounds | {"constraints.sum_to": "time:0"}
    return found


def changed(model: tsgen_jax.Model, num: int) -> dict | None:
    """What constraints change in the samples that are judged; None: there are none."""
    key, label = jax.random.key(_SEED), model.label_indices(num)
    drawn, found = Constrained(model.generator, model.rules).sample(key, label)
    if found is None:
        return None
    left = satisfy.violations(model.rules, drawn["x"])
    return {**found.summary(), "violations": sum(int(m.sum()) for m in left.values())}


def table(results: dict) -> str:
    """A Markdown table, a row for each set and variant."""
    runs = [entry for entries in results.values() for entry in entries]
    names = list(runs[0]["scores"][_FREE])
    head = ["set", "constraints", "redrawn", "values moved", "mean, max move", *names]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for name, entries in results.items():
        for entry in entries:
            for variant, scores in entry["scores"].items():
                cells = _changes(entry["changed"][variant])
                cells += [f"{scores[score]:.3g}" for score in names]
                lines.append(f"| {name} | {variant} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _changes(found: dict | None) -> list[str]:
    if found is None:
        return ["", "", ""]
    moves = [
        f"{of['mean_displacement']:.2g}, {of['max_displacement']:.2g}"
        for of in found["channels"].values()
    ]
    return [
        f"{found['series_redrawn'] / found['series']:.1%}",
        f"{found['values_projected'] / found['values']:.2%}",
        "; ".join(moves[:3]),
    ]


def _commit() -> str:
    here = pathlib.Path(__file__).resolve().parent
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--exclude=*"],
        cwd=here,
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout.strip()


def main(arguments: list[str] | None = None) -> None:
    """Judges all runs and writes the table."""
    args = parse(arguments)
    results = {}
    for run in args.runs:
        config = stored.read_config(run)
        asked = variants(fcn.whole_train(load_dataset(**config.data))[0])
        models = {name: tsgen_jax.load(run, of) for name, of in asked.items()}
        entry = {
            "seed": config.seed,
            "settings": asked,
            "changed": {name: changed(m, args.num) for name, m in models.items()},
            "scores": sampling_settings.judge(models, run, args.num),
        }
        results.setdefault(config.data.name, []).append(entry)
    names = [pathlib.Path(run).name for run in args.runs]
    command = f"python experiments/constraints.py {' '.join(names)} --num={args.num}"
    content = {"commit": _commit(), "command": command, "results": results}
    pathlib.Path(args.out).write_text(json.dumps(content, indent=1) + "\n")
    print(table(results))
    print(f"\nwritten: {args.out}")


if __name__ == "__main__":
    main()
