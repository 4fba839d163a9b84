"""What keeps samples from TRAIN: the tokenizer, its noise, or the prior; without TEST.

  python experiments/sample_parts.py SyntheticControl GunPoint --seed 0

A fold of TRAIN is held out, as in `robust_training.py`. Reconstructions and samples, with
and without noise, are as many as the series learned from, have their classes, and are
judged by MiniRocket against the held-out series, beside those learned from and a Gaussian
by class. The size of noise is fitted on one half of the held-out series and judged on
the other, both ways. Each part of each fold is one line of results/sample-parts.jsonl.
"""

import copy
import dataclasses
import pathlib
import sys
import time

import jax
import numpy as np
from threadpoolctl import threadpool_limits

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from experiments import robust_training  # noqa: E402
from tsgen_jax import generators  # noqa: E402
from tsgen_jax.data.info import DataInfo  # noqa: E402
from tsgen_jax.evaluation.measures import fidelity  # noqa: E402
from tsgen_jax.runs import presets, seeds  # noqa: E402
from tsgen_jax.runs.config import override  # noqa: E402
from tsgen_jax.runtime import compilation_cache  # noqa: E402
from tsgen_jax.sampling import residual  # noqa: E402
from tsgen_jax.training import train_recipe  # noqa: E402

RESULTS = ROOT / "experiments" / "results" / "sample-parts.jsonl"
SCALES = (0.5, 0.75, 1.0)
_DRAWS = 3
SETTINGS = {  # Of sampling: label -> changes of config.sample.
    "token_temperature 0.9": {"token_temperature": 0.9},
    "token_temperature 1.1": {"token_temperature": 1.1},
    "20 rounds": {"num_decode_steps": 20},
    "40 rounds": {"num_decode_steps": 40},
    "choice_temperature 4": {"choice_temperature": 4.0},
    "choice_temperature 100": {"choice_temperature": 100.0},
    "halton": {"sampler": "halton"},
    "remdm, 20 rounds": {"sampler": "remdm", "num_decode_steps": 20},
    "guidance 1.5": {"guidance_scale": 1.5},
    "guidance 2": {"guidance_scale": 2.0},
}


def halves(label: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Two halves of equal classes as (to fit on, to judge by), both ways."""
    first = np.zeros(len(label), bool)
    for number in np.unique(label):
        first[np.flatnonzero(label == number)[number % 2 :: 2]] = True
    return [(first, ~first), (~first, first)]


@dataclasses.dataclass(frozen=True, eq=False)
class Noise:
    """Errors of the tokenizer, and noise as of them; scaled series."""

    train: residual.Errors
    held_out: residual.Errors
    num_classes: int

    def draw(self, key, fit: np.ndarray, label: np.ndarray) -> np.ndarray:
        """Noise whose size is that of the held-out errors `fit`."""
        of = self.held_out
        part = residual.Errors(of.error[fit], of.label[fit])
        roots = residual.roots(residual.fit(self.train, part, self.num_classes))
        return np.asarray(residual.draw(key, roots, label))

    def of_all(self) -> "Noise":
        """The same without classes."""
        parts = (
            residual.Errors(part.error, 0 * part.label)
            for part in (self.train, self.held_out)
        )
        return Noise(*parts, 1)


def gaussian(cell: robust_training.Cell, key, label: np.ndarray) -> np.ndarray:
    """Samples of the preset `gaussian` that learned from the same series."""
    config = presets.load("gaussian")
    override(config, {"seed": cell.config.seed}, ("seed",))
    recipe = generators.make_recipe(config, DataInfo.of(cell.dataset))
    run = seeds.SeedRun(config, f"{cell.workdir}-gaussian", "")
    weights = train_recipe.train_recipe(recipe, [run], cell.dataset)[0]
    return recipe.assemble(weights).sample(key, label)["x"]


def compare(cell: robust_training.Cell, changes: dict, with_settings: bool) -> None:
    """Writes a line for every part."""
    dataset, judge = cell.dataset, cell.judges["minirocket"]
    recipe = cell.recipe(cell.config)
    stages = tuple(stage for stage in recipe.stages if stage.name != "residual_scale")
    run = seeds.SeedRun(cell.config, cell.workdir, "")
    weights = train_recipe.train_recipe(
        dataclasses.replace(recipe, stages=stages), [run], dataset
    )[0]
    generator = recipe.assemble({**weights, "residual_scale": {"scale": 0.0}})
    scaler, label = dataset.scaler, dataset.y_train
    decoded, errors = {}, {}
    for part in ("train", "valid"):
        x, y = (getattr(dataset, f"{kind}_{part}") for kind in "xy")
        decoded[part] = generator.detokenize(generator.encode(x))
        errors[part] = residual.Errors(scaler.transform(x) - decoded[part], y)
    own = Noise(errors["train"], errors["valid"], dataset.num_classes)
    splits, held_out = halves(dataset.y_valid), cell.real["held_out"]["minirocket"]

    def write(part, make, **facts):
        """`make`: (number of a draw, series to fit noise on) -> series."""
        found = []
        with threadpool_limits(1, "blas"):
            for fit, rest in splits:
                for number in range(_DRAWS):
                    features = judge(make(number, fit))
                    found.append(fidelity.fid(held_out[rest], features))
        facts = {"part": part, "changes": changes, **facts, "draws": _DRAWS}
        fids = {
            "fid minirocket held_out": round(float(np.mean(found)), 4),
            "deviation": round(float(np.std(found)), 4),
        }
        cell.write({**facts, **fids})
        print(part, facts, fids, flush=True)

    def write_noisy(part, series, scales=SCALES, **facts):
        """`series`: number of a draw -> scaled series without noise."""
        write(part, lambda n, _: scaler.inverse(series(n)), scale=0.0, **facts)
        for kind, noise in (("all classes", own.of_all()), ("own class", own)):
            of = label if kind == "own class" else 0 * label
            for scale in scales:

                def make(n, fit, noise=noise, of=of, scale=scale):
                    drawn = noise.draw(jax.random.key(n), fit, of)
                    return scaler.inverse(series(n) + scale * drawn)

                write(part, make, noise=kind, scale=scale, **facts)

    def samples_of(generator):
        keys = [jax.random.key(100 + number) for number in range(_DRAWS)]
        drawn = [generator.sample_tokens(key, label)[-1] for key in keys]
        return [generator.detokenize(tokens) for tokens in drawn].__getitem__

    write("TRAIN", lambda *_: dataset.x_train)
    write("Gaussian", lambda n, _: gaussian(cell, jax.random.key(n), label))
    lost = {
        f"mse {part}": round(float(np.mean(errors[of].error ** 2)), 5)
        for part, of in (("train", "train"), ("held_out", "valid"))
    }
    write_noisy("reconstructions", lambda _: decoded["train"], **lost)
    write_noisy("samples", samples_of(generator))
    for name, change in SETTINGS.items() if with_settings else ():
        settings = copy.deepcopy(cell.config.sample)
        settings.update(change)
        programs = generator.programs.changed(settings=settings)
        other = dataclasses.replace(generator, programs=programs)
        write_noisy("samples", samples_of(other), (1.0,), setting=name)


def main(arguments: list[str] | None = None) -> None:
    """Runs all folds in turn."""
    parser = robust_training.make_parser(__doc__)
    parser.set_defaults(out=str(RESULTS), workdir="runs/sample-parts")
    parser.add_argument("--settings", action="store_true", help="of sampling, as well")
    args = parser.parse_args(arguments)
    compilation_cache.enable()
    changes = robust_training.changes_of(args)
    for seed in args.seed:
        for name in args.sets:
            started = time.perf_counter()
            cell = robust_training.Cell(args, name, seed, ("minirocket",))
            sections = tuple(cell.config.keys())
            override(cell.config, changes, sections)
            compare(cell, changes, args.settings)
            print(f"{name}, {seed}: {time.perf_counter() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
