"""Settings of the prior compared on development sets, without a look at TEST.

  python experiments/robust_training.py GunPoint CBF --seed 0 --grid steps

TRAIN is cut into a part to learn from and one held out, a fold (seed and fold are one
number). TEST is replaced by the held-out part as soon as the data are read. A stage is
trained once for each setting; several averages of its weights are tracked at once and
judged at several steps. Judges: MiniRocket's features and an FCN trained on TRAIN,
whole. Each judged set of weights is one line of results/robust-training.jsonl.
"""

import argparse
import copy
import dataclasses
import json
import os
import pathlib
import sys
import time

import jax
import numpy as np
import optax
from threadpoolctl import threadpool_limits

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from experiments.development_sets import DEVELOPMENT  # noqa: E402
from experiments.launch import cost  # noqa: E402
from tsgen_jax import generators  # noqa: E402
from tsgen_jax.data import class_shares  # noqa: E402
from tsgen_jax.data.dataset import load_dataset  # noqa: E402
from tsgen_jax.data.info import DataInfo  # noqa: E402
from tsgen_jax.evaluation.measures import fidelity  # noqa: E402
from tsgen_jax.generators import residual_noise  # noqa: E402
from tsgen_jax.generators.tokens import TokenGenerator  # noqa: E402
from tsgen_jax.judges import fcn, rocket  # noqa: E402
from tsgen_jax.recipe import part_of  # noqa: E402
from tsgen_jax.runs import presets, provenance, seeds  # noqa: E402
from tsgen_jax.runs.config import override  # noqa: E402
from tsgen_jax.runtime import compilation_cache, sharding  # noqa: E402
from tsgen_jax.training import loop, optim, train_recipe  # noqa: E402
from tsgen_jax.training import settings as stage_settings  # noqa: E402
from tsgen_jax.training.programs import Programs  # noqa: E402

_NUM = 400  # Samples to judge.
_AVERAGES = (0.98, 0.995)
_EVALUATIONS = 10  # Of the validation loss, evenly over the steps.
GRIDS = {  # Of the prior: name -> setting -> changes.
    "default": {"default": {}},
    "steps": {f"steps {n}": {"train.prior.num_steps": n} for n in (400, 1600)},
    "noise": {
        "corruption 0.1": {"masking.corruption_rate": 0.1},
        "dropout 0.3": {"prior.dropout": 0.3},
        "smoothing 0.1": {"masking.label_smoothing": 0.1},
        "corruption 0.3": {"masking.corruption_rate": 0.3},
        "temperature 0.1": {"masking.target_temperature": 0.1},
    },
}


def make_parser(about: str) -> argparse.ArgumentParser:
    """Arguments of all programs that compare on folds of TRAIN."""
    parser = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", nargs="+", metavar="SET", choices=DEVELOPMENT)
    parser.add_argument("--seed", type=int, nargs="+", default=[0])
    parser.add_argument("--change", nargs="*", default=[], metavar="KEY=JSON")
    parser.add_argument("--data-root", default="", metavar="DIR")
    parser.add_argument("--workdir", default="runs/robust", metavar="DIR")
    out = ROOT / "experiments" / "results" / "robust-training.jsonl"
    parser.add_argument("--out", default=str(out), metavar="FILE")
    return parser


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = make_parser(__doc__)
    parser.add_argument("--grid", default="default", help=", ".join(GRIDS))
    return parser.parse_args(arguments)


def changes_of(args: argparse.Namespace) -> dict:
    """Of the config: key -> value."""
    pairs = (change.split("=", 1) for change in args.change)
    return {key: json.loads(value) for key, value in pairs}


class Cell:
    """One set and one fold of it: data, judges, and the tokenizer of its prior."""

    def __init__(
        self,
        args: argparse.Namespace,
        name: str,
        seed: int,
        judges: tuple[str, ...] = ("minirocket", "fcn"),
    ):
        """Reads the data and makes the judges."""
        self.config = presets.load("ssl_vqvae")
        root = "" if name == "GunPoint" else args.data_root  # GunPoint is bundled.
        data = {"name": name, "root": root, "split_seed": seed}
        changes = {f"data.{key}": value for key, value in data.items()}
        changes |= {"seed": seed, "train.tokenizer.select": "last"}
        override(self.config, changes, ("data", "seed", "train"))
        dataset = load_dataset(**self.config.data).complete()
        held_out = {"x_test": dataset.x_valid, "y_test": dataset.y_valid}
        self.dataset = dataset = dataclasses.replace(dataset, **held_out)
        self.workdir = os.path.join(args.workdir, f"{name}-{seed}")
        own = ("--workdir", args.workdir, "--out", args.out)  # Of this machine.
        said = " ".join(word for word in sys.argv[1:] if word not in own)
        said = said.replace(args.data_root, "UCR") if args.data_root else said
        self.facts = {
            "set": name,
            "seed": seed,
            "learnt_from": len(dataset.x_train),
            "held_out": len(dataset.x_valid),
            "commit": provenance.now()["commit"],
            "cpu": cost.cpu_name(),
            "command": f"python experiments/{pathlib.Path(sys.argv[0]).name} {said}",
        }
        self.out = args.out
        train = fcn.whole_train(dataset)[0]
        by_rocket = rocket.Judge(self.config.judge, train, self.config.judge.seed)
        self.judges = {"minirocket": by_rocket}
        if "fcn" in judges:
            network = fcn.load_or_train(self.config, dataset, self.workdir)
            self.judges["fcn"] = lambda x: network(x)[0]
        self.real = {
            part: {judge: of(x) for judge, of in self.judges.items()}
            for part, x in (("held_out", dataset.x_valid), ("train", train))
        }

    def fid(self, x: np.ndarray) -> dict[str, float]:
        """FID by each judge to the held-out part, and to all of TRAIN."""
        found = {}
        with threadpool_limits(1, "blas"):
            for judge, of in self.judges.items():
                features = of(x)
                for part, real in self.real.items():
                    value = fidelity.fid(real[judge], features)
                    found[f"fid {judge} {part}"] = round(value, 4)
        return found

    def write(self, facts: dict) -> None:
        """Appends a line to the results."""
        with open(self.out, "a") as file:
            file.write(json.dumps({**facts, **self.facts}) + "\n")

    def recipe(self, config):
        """Of this set."""
        return generators.make_recipe(config, DataInfo.of(self.dataset))


def track_all(settings) -> optax.GradientTransformation:
    """The optimiser of `settings` and every average of `_AVERAGES`."""
    plain = copy.deepcopy(settings)
    plain.ema_decay = 0.0
    averages = (optim.track_average(decay) for decay in _AVERAGES)
    return optax.chain(optim.from_settings(plain), *averages)


def averages_of(opt_state) -> dict[str, object]:
    """'average D' -> weights."""
    is_average = lambda node: isinstance(node, optim.AverageState)  # noqa: E731
    nodes = jax.tree.leaves(opt_state, is_leaf=is_average)
    found = [node.average for node in nodes if is_average(node)]
    return {f"average {d}": w for d, w in zip(_AVERAGES, found, strict=True)}


def train(cell: Cell, config, stage, given: dict):
    """Yields step, state and rows of both parts at evenly spaced steps of training."""
    parts = [part_of(cell.dataset, part) for part in ("train", "valid")]
    rows = [stage.rows(part, given, part is parts[0]) for part in parts]
    settings = stage_settings.fitted(
        config.train[stage.name], stage.name, len(parts[0].label)
    )
    stage = dataclasses.replace(stage, make_optimizer=track_all)
    key = seeds.key_of(config, stage.name)
    run = loop.Run(stage, *rows, given, key, cell.workdir, "")
    mesh = sharding.make_mesh(settings.batch_size, 1)
    programs = Programs([run], settings, mesh)
    state, done = programs.init(0)["train"], 0
    for i in range(1, _EVALUATIONS + 1):
        target = settings.num_steps * i // _EVALUATIONS
        state, *_ = programs.run_steps(
            state, programs.data, programs.key, target - done
        )
        done = target
        yield done, jax.block_until_ready(programs.part(state, 0)), rows


def compare_priors(cell: Cell, grid: str, changes: dict) -> None:
    """Every setting of a grid, on the same tokenizer."""
    recipe = cell.recipe(cell.config)
    run = seeds.SeedRun(cell.config, cell.workdir, "")
    tokenizer, _, residual, _ = recipe.stages
    recipe = dataclasses.replace(recipe, stages=(tokenizer, residual))
    base = train_recipe.train_recipe(recipe, [run], cell.dataset)[0]
    scale = None
    counts = DataInfo.of(cell.dataset).class_counts
    label = class_shares.of_training(cell.config.sample, counts, _NUM)
    key = seeds.key_of(cell.config, "samples")
    for name, change in GRIDS[grid].items():
        config = copy.deepcopy(cell.config)
        override(config, {**change, **changes}, ("train", "prior", "masking"))
        made = cell.recipe(config)
        stage = made.stages[1]
        programs = made.assemble({**base, "residual_scale": {"scale": 0.0}}).programs

        def judge(weights, facts, programs=programs):
            nonlocal scale
            generator = TokenGenerator(programs, {**base, "prior": weights}, 0.0)
            if scale is None:  # One for all, so that only priors differ.
                scale = residual_noise.choose(
                    cell.config, cell.dataset, generator, key
                ).scale
            generator = dataclasses.replace(generator, residual_scale=scale)
            x = generator.sample(key, label)["x"]
            cell.write({**facts, "residual_scale": scale, **cell.fid(x)})

        started, best, seconds = time.perf_counter(), {}, 0.0
        about = {"stage": "prior", "setting": name, "changes": {**change, **changes}}
        for step, state, rows in train(cell, config, stage, base):
            kinds = {"raw": state.params, **averages_of(state.opt_state)}
            seconds += time.perf_counter() - started
            last = step == config.train.prior.num_steps
            for kind, params in kinds.items():
                weights = stage.export(params, state.model_state)
                loss = stage.evaluate(weights, rows[1])["loss"]
                facts = {**about, "weights": kind, "step": step, "nll": float(loss)}
                if loss < best.get(kind, (np.inf,))[0]:
                    best[kind] = loss, facts, weights
                if last and kind != "average 0.98":
                    judge(weights, {**facts, "selected": "last", "seconds": seconds})
            started = time.perf_counter()
        for kind, (_, facts, weights) in best.items():
            if kind == "raw":
                judge(weights, {**facts, "selected": "best"})


def main(arguments: list[str] | None = None) -> None:
    """Runs all cells in turn."""
    args = parse(arguments)
    compilation_cache.enable()
    changes = changes_of(args)
    for seed in args.seed:
        for name in args.sets:
            started = time.perf_counter()
            cell = Cell(args, name, seed)
            compare_priors(cell, args.grid, changes)
            print(f"{name}, {seed}: {time.perf_counter() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
