"""`tsgen impute`: gaps of series filled, with their uncertainty."""

import argparse

from tsgen_jax.commands import model_arguments

NAME = "impute"
HELP = "fill gaps of series, several times each"
EXAMPLES = """
examples:
  tsgen impute --run=runs/ssl_vqvae-vibcreg-GunPoint --input=gaps.csv --out=filled.csv
  tsgen impute --run=model.tsgen --input=gaps.npz --num=50 --class=2 --out=filled.npz
  tsgen impute --run=runs/load --input=load.csv --out=filled.csv --plot \\
      --quantiles=bands.csv --draws=draws.csv

input: a file like the one the model was trained on, and read as that was; where it
differs, options such as --separator, --time-format or --id say so. Series may be longer
than the model's window, and are gone through window by window. An empty cell, NaN or a
row that is missing between two times is a gap. The output has the file's layout, names
and times, the medians where something was missing, and a column that says what was
observed. An .npz has all in one: x (the medians), draws, quantiles, levels, observed.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """--run, --set, --input, and how and where it is written."""
    model_arguments.add_run(parser)
    model_arguments.add_completion(parser, "series with gaps")


def run(args: argparse.Namespace) -> None:
    """Writes the series without gaps."""
    model_arguments.complete(args, None)
