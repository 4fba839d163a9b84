"""`tsgen impute`: gaps of series filled, with their uncertainty."""

import argparse

import numpy as np

from tsgen_jax.commands import model_arguments
from tsgen_jax.data import outputs
from tsgen_jax.data.sources.series_files import load_series

NAME = "impute"
HELP = "fill gaps of series, several times each"
EXAMPLES = """
examples:
  tsgen impute --run=runs/ssl_vqvae-vibcreg-GunPoint --input=gaps.csv --out=filled.csv
  tsgen impute --run=model.tsgen --input=gaps.npz --num=50 --class=2 --out=filled.npz

input: .npz (x [n, L, C] or [n, L]), .npy, or a .csv with a row for each series; NaN or
an empty cell is a gap. The output has the median (which is the input where observed),
the 5, 25, 75 and 95 % quantiles and all draws.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """--run, --set, --input, --num, --class, --seed, --out, --force."""
    model_arguments.add_run(parser)
    parser.add_argument("--input", required=True, metavar="FILE", help="with gaps")
    model_arguments.add_draws(parser)
    model_arguments.add_out(parser)


def run(args: argparse.Namespace) -> None:
    """Writes draws, median and quantiles."""
    outputs.check_output(args.out, args.force)
    x, _ = load_series(args.input)
    model = model_arguments.load(args)
    draws = model.impute(x, None, args.num, args.class_name, args.seed)
    observed = ~np.isnan(x).reshape(draws.shape[1:])
    arrays = {"observed": observed}
    model_arguments.write_draws(args.out, draws, 0, arrays, model.rules)
