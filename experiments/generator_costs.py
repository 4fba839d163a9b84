"""How long finished runs trained, how large their models are, how fast they draw.

  python -m experiments.generator_costs runs/generators

Appends a line for each run of a sweep to experiments/results/generator-costs.jsonl
(--results), for the tables of docs/results.md; runs that are there already are left
out. Times are of this machine: leave it alone meanwhile.
"""

import argparse
import json
import pathlib
import statistics
import sys
import time

from experiments.launch import cost, records

_RESULTS = pathlib.Path(__file__).resolve().parent / "results"
_TURNS = 3


def seconds_by_stage(folder: str | pathlib.Path) -> dict[str, float]:
    """Stage -> how long a run trained it, compiling left out; from its log."""
    spent, before = {}, {}
    path = pathlib.Path(folder, "metrics.jsonl")
    for row in records.read(path):
        rate = row.get("train/steps_per_second")
        if rate:
            stage = row["stage"]
            steps = row["step"] - before.get(stage, 0)
            before[stage] = row["step"]
            spent[stage] = spent.get(stage, 0.0) + steps / rate
    return spent


def of_run(folder: str | pathlib.Path) -> dict:
    """'training_seconds', 'parameters', 'series_per_second' of a finished run.

    Parameters are all numbers that a model keeps, TRAIN's own where it keeps those. The
    rate is that of one batch of `sample.batch_size` series, once compiled.
    """
    import jax

    import tsgen_jax

    model = tsgen_jax.load(str(folder))
    leaves = jax.tree.leaves(model.generator.weights)
    num, spent = model.config.sample.batch_size, []
    for turn in range(_TURNS + 1):
        begun = time.perf_counter()
        model.sample(num, seed=turn)
        spent.append(time.perf_counter() - begun)
    return {
        "training_seconds": sum(seconds_by_stage(folder).values()),
        "parameters": sum(int(leaf.size) for leaf in leaves if hasattr(leaf, "size")),
        "series_per_second": num / statistics.median(spent[1:]),
    }


def main(argv: list[str]) -> None:
    """Measures all runs of a sweep that are finished and not yet in the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sweep", help="runs/SWEEP")
    name = str(_RESULTS / "generator-costs.jsonl")
    parser.add_argument("--results", default=name, metavar="FILE")
    args = parser.parse_args(argv)
    place, path = pathlib.Path(args.sweep), pathlib.Path(args.results)
    folders = [f for f in sorted(place.glob("*/*/seed-*")) if records.is_finished(f)]
    if not folders:
        raise SystemExit(f"{place} has no finished run.")
    known = {row["run"] for row in records.read(path)}
    for folder in folders:
        set_, arm, seed = folder.parts[-3:]
        run = "/".join(folder.parts[-3:])
        if run in known:
            continue
        made = json.loads((folder / "provenance.json").read_text())
        line = {
            "run": run,
            "set": set_,
            "arm": arm,
            "seed": int(seed.removeprefix("seed-")),
            "settings": "",
            "commit": made["commit"],
            "machine": cost.cpu_name(),
            **of_run(folder),
        }
        records.append(path, [line])
        print(f"{run}: {line['series_per_second']:.3g} series/s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
