"""What the imputation and forecasting experiments share: data, table, JSON, figure."""

import argparse
import copy
import dataclasses
import json
import pathlib

import numpy as np

import tsgen_jax
from experiments import baselines
from tsgen_jax.data.dataset import load_dataset
from tsgen_jax.evaluation.measures import probabilistic
from tsgen_jax.reports import page
from tsgen_jax.reports.figures import fan_chart

RESULTS = pathlib.Path(__file__).resolve().parent / "results"
_SHOWN = ("crps", "mae", "coverage_50", "coverage_90", "width_90")


def parse(description: str, name: str) -> argparse.Namespace:
    """The command line of both."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--run", nargs="+", required=True, metavar="DIR")
    parser.add_argument(
        "--part", default="test", choices=("test", "valid"), help="of the data"
    )
    parser.add_argument("--num_series", type=int, default=100, help="at most")
    parser.add_argument("--num", type=int, default=50, help="draws")
    parser.add_argument("--seed", type=int, default=0, help="of series, gaps and draws")
    parser.add_argument(
        "--season", type=int, default=0, help="time points; 0: found in training series"
    )
    parser.add_argument(
        "--inpaint",
        nargs="*",
        default=[],
        metavar="KEY=VALUE",
        help="values of config.inpaint other than the run's, to see what they do",
    )
    parser.add_argument("--out", default=str(RESULTS / f"{name}.json"), metavar="FILE")
    return parser.parse_args()


def series(run: str, args: argparse.Namespace):
    """The model, series to complete, training series, both [n, L, C], and the draw."""
    model = changed(tsgen_jax.load(run), args.inpaint)
    dataset = load_dataset(**model.config.data)
    x = getattr(dataset, f"x_{args.part}")
    rng = np.random.default_rng(args.seed)
    rows = np.sort(rng.permutation(len(x))[: args.num_series])
    return model, x[rows], dataset.x_train, rng


def changed(model, pairs: list[str]):
    """The model with other values of `config.inpaint`; KeyError for no such key."""
    if not pairs:
        return model
    of = model.generator.programs
    settings = copy.deepcopy(of.inpainting)
    for pair in pairs:
        key, _, value = pair.partition("=")
        settings[key] = type(settings[key])(value)
    programs = of.changed(inpainting=settings)
    generator = dataclasses.replace(model.generator, programs=programs)
    return dataclasses.replace(model, generator=generator)


def season_of(y_train, args: argparse.Namespace) -> int:
    """The season that is given, else that of the mean over channels; 0: none."""
    return args.season or baselines.period(y_train.mean(-1))


def judge(draws, guesses, x, missing) -> dict[str, dict[str, float]]:
    """Scores of draws [m, n, L, C] and of each guess [n, L, C] on what was missing."""
    found = {"model": probabilistic.scores(draws, x, missing)}
    for name, guess in guesses.items():
        scores = probabilistic.scores(guess[None], x, missing)
        found[name] = {k: scores[k] for k in ("crps", "mae", "rmse")}
    return found


def tell(title: str, found: dict[str, dict[str, float]]) -> None:
    """Prints the table, and plainly who does better than the model."""
    print(f"\n{title}")
    print(f"{'':20s}" + "".join(f"{name:>13s}" for name in _SHOWN))
    for name, scores in sorted(found.items(), key=lambda item: item[1]["crps"]):
        cells = [
            f"{scores[k]:13.4f}" if k in scores else " " * 12 + "-" for k in _SHOWN
        ]
        print(f"{name:20s}" + "".join(cells))
    perfect = (found["model"][f"perfect_coverage_{p}"] for p in (50, 90))
    said = ", ".join(f"{share:.4f}" for share in perfect)
    print(f"coverage of a perfect forecaster with as many draws: {said}")
    for score in ("crps", "mae"):
        better = [n for n, s in found.items() if s[score] < found["model"][score]]
        print(f"better than the model in {score}: {', '.join(better) or 'none'}")


def draw(path: str, x, seen, draws, guess, name: str, title: str) -> None:
    """A fan chart of the last channel of the first series, beside the JSON."""
    x, seen, guess = (a[:6, :, -1] for a in (x, seen, guess))
    draws = draws[:, :6, :, -1]
    figure = fan_chart.plot_fan_chart(x, seen, draws, guess, name, title)
    page.save_figure(figure, path)


def write(path: str, entries: list[dict], args: argparse.Namespace) -> None:
    """The JSON file: settings, then an entry for each run and task."""
    out = pathlib.Path(path)
    out.parent.mkdir(parents=True, exist_ok=True)
    settings = {k: v for k, v in vars(args).items() if k not in ("run", "out")}
    text = json.dumps({"settings": settings, "results": entries}, indent=2)
    out.write_text(text + "\n")
    print(f"\nwritten: {out}")
