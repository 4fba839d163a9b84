"""A model, loaded or trained now: what the examples share."""

import argparse
import tempfile

import tsgen_jax
from tsgen_jax.types import Array

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


def parser(text: str) -> argparse.ArgumentParser:
    """With --run, --quick and --out."""
    made = argparse.ArgumentParser(
        description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument(
        "--run", metavar="DIR_OR_FILE", help="a trained model instead of a new one"
    )
    made.add_argument("--quick", action="store_true", help="a smoke-sized model")
    made.add_argument("--out", default=tempfile.gettempdir(), metavar="DIR")
    return made


def model(args: argparse.Namespace, x: Array, y: Array, name: str, seed: int = 0):
    """The model that --run names, or one trained on the series now."""
    if args.run:
        return tsgen_jax.load(args.run)
    changes = (QUICK if args.quick else {}) | {"seed": seed}
    return tsgen_jax.fit(x, y, changes=changes, name=name)
