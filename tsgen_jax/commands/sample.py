"""`tsgen sample`: series from a trained model."""

import argparse
import logging

import numpy as np

from tsgen_jax.commands import model_arguments, settings
from tsgen_jax.data import outputs

NAME = "sample"
HELP = "generate series from a trained model"
EXAMPLES = """
examples:
  tsgen sample --run=runs/ssl_vqvae-vibcreg-GunPoint --num=100 --out=series.csv
  tsgen sample --run=model.tsgen --num=1000 --class=2 --seed=1 --out=series.npz
  tsgen sample --run=model.tsgen --num=100 --nonnegative --max=50 --out=bounded.csv
  tsgen sample --run=model.tsgen --num=5 --length=1000 --out=long.parquet

.npz has x [n, L, C], label int [n] (-1: none) and classes; .csv and .parquet have a row
for each series and time point.
"""
_LOG = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """--run, --set, --num, --class, --length, --seed, --out, --force."""
    model_arguments.add_run(parser)
    parser.add_argument("--num", type=int, default=100, help="series (default: 100)")
    model_arguments.add_class(
        parser, "name of the class (default: class shares of the training data)"
    )
    parser.add_argument(
        "--length", type=int, help="time points, if others than the model's window"
    )
    settings.add_seed(parser, "the draw", None)
    model_arguments.add_out(parser)


def run(args: argparse.Namespace) -> None:
    """Writes the series."""
    outputs.check_output(args.out, args.force)
    model = model_arguments.load(args)
    if args.length is None:
        x = model.sample(args.num, args.class_name, args.seed)
    else:
        x = model.sample_long(args.num, args.length, None, args.class_name, args.seed)
    if args.class_name is None:
        label = model.label_indices(args.num)
    else:
        label = np.full(args.num, model.classes.index(args.class_name), np.int32)
    label = np.where(label == len(model.classes), -1, label)
    arrays = {"x": x, "label": label, "classes": np.array(model.classes)}
    names = None
    if (label >= 0).all():
        names = np.array(model.classes)[label]
    outputs.write(args.out, arrays, outputs.long_table({"": x}, names, 0))
    _LOG.info("%d series of length %d in %s", *x.shape[:2], args.out)
