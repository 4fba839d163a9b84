"""`tsgen forecast`: how series go on, with their uncertainty."""

import argparse

from tsgen_jax.commands import model_arguments
from tsgen_jax.data import outputs
from tsgen_jax.data.sources.series_files import load_series

NAME = "forecast"
HELP = "draw how series go on, several times each"
EXAMPLES = """
examples:
  tsgen forecast --run=runs/a --input=past.csv --horizon=24 --out=future.csv
  tsgen forecast --run=model.tsgen --input=past.npz --horizon=200 --num=50 --out=f.npz

input: .npz (x [n, L, C] or [n, L]), .npy, or a .csv with a row for each series, without
gaps. The output has the median, the 5, 25, 75 and 95 % quantiles and all draws.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """--run, --set, --input, --horizon, --num, --class, --seed, --out, --force."""
    model_arguments.add_run(parser)
    parser.add_argument("--input", required=True, metavar="FILE", help="the past")
    parser.add_argument(
        "--horizon", required=True, type=int, help="time points to draw"
    )
    model_arguments.add_draws(parser)
    model_arguments.add_out(parser)


def run(args: argparse.Namespace) -> None:
    """Writes draws, median and quantiles."""
    outputs.check_output(args.out, args.force)
    x, _ = load_series(args.input)
    model = model_arguments.load(args)
    draws = model.forecast(x, args.horizon, args.num, args.class_name, args.seed)
    model_arguments.write_draws(args.out, draws, x.shape[1], {}, model.rules)
