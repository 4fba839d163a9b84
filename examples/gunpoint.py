"""GunPoint as aeon carries it, and a model of it: what the three examples share."""

import argparse
import tempfile

import numpy as np
from aeon.datasets import load_gunpoint

import tsgen_jax

# A model in seconds: enough to see the steps, too little for good series.
QUICK = {
    "tokenizer.width": 16,
    "tokenizer.num_res_blocks": 1,
    "ssl.projector.hidden": 32,
    "ssl.projector.width": 32,
    "prior.width": 32,
    "prior.num_layers": 1,
    "prior.head_width": 16,
    "sample.num_decode_steps": 4,
    "train.tokenizer.num_steps": 20,
    "train.prior.num_steps": 20,
}


def parse(text: str) -> argparse.Namespace:
    """--run and --quick."""
    parser = argparse.ArgumentParser(
        description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--run", metavar="DIR_OR_FILE", help="a trained model instead of a new one"
    )
    parser.add_argument("--quick", action="store_true", help="a smoke-sized model")
    parser.add_argument("--out", default=tempfile.gettempdir(), metavar="DIR")
    return parser.parse_args()


def series(part: str) -> tuple[np.ndarray, np.ndarray]:
    """'TRAIN' or 'TEST': x [n, L, 1] and the names of the classes [n]."""
    x, y = load_gunpoint(part)
    return x.swapaxes(1, 2).astype(np.float32), np.asarray(y, str)


def model(args: argparse.Namespace):
    """The model that --run names, or one trained on TRAIN now."""
    if args.run:
        return tsgen_jax.load(args.run)
    x, y = series("TRAIN")
    changes = QUICK if args.quick else None
    return tsgen_jax.fit(x, y, changes=changes, name="GunPoint")
