"""`tsgen data`: what is understood of a file, directory or set by name."""

import argparse
import os

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
        help="also draw what was read; default of FILE: NAME.png; .png, .svg or .pdf",
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
    if args.plot is not None:
        path = args.plot or f"{dataset.name}.png"
        _draw(dataset, path)
        print(f"picture: {path}")


def _check_plot(path: str | None) -> None:
    """Raises ValueError where no picture can be written to `path`."""
    if not path:
        return
    if os.path.splitext(path)[1].lower() not in _PICTURES:
        raise ValueError(f"--plot={path}: known are {', '.join(_PICTURES)}.")
    if not os.path.isdir(os.path.dirname(path) or "."):
        raise ValueError(f"--plot={path}: there is no such directory.")


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
