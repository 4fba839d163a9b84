"""`tsgen export`: a trained model as one file."""

import argparse
import logging
import os

from tsgen_jax.commands import model_arguments
from tsgen_jax.data import outputs

NAME = "export"
HELP = "put a trained model into one file to share"
EXAMPLES = """
examples:
  tsgen export --run=runs/ssl_vqvae-vibcreg-GunPoint --out=model.tsgen

The file has weights, config, scaling, scores, a model card (README.md) and a sampler
that needs jax (and flatbuffers) alone; it is a zip, every member with its SHA-256. It has no series.
"""
_LOG = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """--run, --set, --out, --no-sampler, --force."""
    model_arguments.add_run(parser)
    parser.add_argument("--out", required=True, metavar="FILE", help="model.tsgen")
    parser.add_argument(
        "--no-sampler",
        action="store_true",
        help="leave out the sampler that needs jax alone",
    )
    model_arguments.add_force(parser)


def run(args: argparse.Namespace) -> None:
    """Writes the file."""
    outputs.check_place(args.out, args.force)
    from tsgen_jax.api import export as exporting
    from tsgen_jax.api import sampler_program

    if not args.no_sampler:
        sampler_program.check()
    exporting.export(model_arguments.load(args), args.out, not args.no_sampler)
    size = os.path.getsize(args.out) / 1e6
    _LOG.info("%s, %.1f MB", args.out, size)
