"""`tsgen data`: what is understood of a file, directory or set by name."""

import argparse
import os
import sys

import numpy as np

from tsgen_jax.commands import settings

_PICTURES = (".png", ".svg", ".pdf")
NAME = "data"
HELP = "say, and draw, what is understood of a file, directory or set"
EXAMPLES = """
examples:
  tsgen data GunPoint
  tsgen data sensors.csv --window=96
  tsgen data patients.csv --id=patient --time=day --label=group
  tsgen data ECG5000 --root=UCR
  tsgen data export.csv --decimal=, --missing-values=-9999 --window=96 --plot

A guess that is wrong is put right by an option; the same options go with tsgen train.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Data and how it is to be read; --set."""
    settings.add_data(parser, positional=True)
    settings.add_set(parser, ("data",))
    parser.add_argument(
        "--plot",
        nargs="?",
        const="",
        metavar="FILE",
        help="also draw what was read: in the terminal, or into FILE: "
        + ", ".join(_PICTURES),
    )


def run(args: argparse.Namespace) -> None:
    """Prints the description that training begins with, and draws the series."""
    from tsgen_jax import checks
    from tsgen_jax.configs import default
    from tsgen_jax.data.dataset import load_dataset
    from tsgen_jax.runs.config import override

    config = default.get_config()
    settings.choose_data(config, args)
    override(config, settings.parse_set(args.set), ("data",))
    checks.check_config(config)
    _check_plot(args.plot)
    dataset = load_dataset(**config.data)
    print(settings.READING_FLAGS.translate(dataset.describe()))
    if args.plot:
        _draw(dataset, args.plot)
        print(f"picture: {args.plot}")
    elif args.plot is not None:
        print(_text(dataset))


def _check_plot(path: str | None) -> None:
    """Raises ValueError where no picture can be written to `path`."""
    if not path:
        return
    if os.path.splitext(path)[1].lower() not in _PICTURES:
        raise ValueError(f"--plot={path}: known are {', '.join(_PICTURES)}.")
    if not os.path.isdir(os.path.dirname(path) or "."):
        raise ValueError(f"--plot={path}: there is no such directory.")


def _text(dataset) -> str:
    from tsgen_jax.reports.terminal import series_text

    x, observed = dataset.x_train, dataset.observed_train
    x = x if observed is None else np.where(observed, x, np.nan)
    encoding = sys.stdout.encoding or "ascii"
    return series_text(x, dataset.described.channels, "TRAIN", encoding)


def _draw(dataset, path: str) -> None:
    from tsgen_jax.reports.figures.data_set import plot_data_set

    parts = ("train", "valid", "test")
    figure = plot_data_set(
        {part: getattr(dataset, f"x_{part}") for part in parts},
        {part: getattr(dataset, f"observed_{part}") for part in parts},
        dataset.described.channels,
        dataset.name,
    )
    figure.savefig(path, dpi=150)
