"""`tsgen forecast`: how series go on, with their uncertainty."""

import argparse

from tsgen_jax.commands import model_arguments

NAME = "forecast"
HELP = "draw how series go on, several times each"
EXAMPLES = """
examples:
  tsgen forecast --run=runs/a --input=past.csv --horizon=24 --out=future.csv
  tsgen forecast --run=model.tsgen --input=past.npz --horizon=200 --num=50 --out=f.npz
  tsgen forecast --run=runs/load --input=load.csv --horizon=24 --out=future.csv --plot \\
      --quantiles=bands.csv --draws=draws.csv

input: a file like the one the model was trained on, and read as that was; where it
differs, options such as --separator, --time-format or --id say so. It may have gaps. The
output has the medians of what comes after its end, in the file's layout, under its names
and with its times continued. An .npz has all in one: x (the medians), draws, quantiles,
levels.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """--run, --set, --input, --horizon, and how and where it is written."""
    model_arguments.add_run(parser)
    parser.add_argument(
        "--horizon", required=True, type=int, help="time points to draw"
    )
    model_arguments.add_completion(parser, "the past")


def run(args: argparse.Namespace) -> None:
    """Writes how the series go on."""
    model_arguments.complete(args, args.horizon)
