"""`tsgen train`: from series to a generator, its samples and their scores."""

import argparse
import logging
import os

from tsgen_jax.commands import settings

NAME = "train"
HELP = "train a generator on your own series, or on a set by name"
EXAMPLES = """
examples:
  tsgen train --data=series.csv
  tsgen train --data=sensors.csv --window=96 --stride=8 --workdir=runs/sensors
  tsgen train --data=patients.csv --id=patient --time=day --label=group
  tsgen train --data=GunPoint --config=ssl_vqvae:barlow_twins --set seed=1
  tsgen train --data=series.npz --config=mine.py --set train.prior.num_steps=1000

files: .csv .tsv .txt .parquet (a row per series, or columns of series, time and
channels), .npz and .npy (x [n, L, C] or [n, L]), .ts, or a directory of them. Empty
cells are missing values. What is understood is printed first; tsgen data prints it and
trains nothing. The same command again goes on where it stopped.
"""
_LOG = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """--data and how it is to be read; --config, --workdir, --set."""
    parser.add_argument(
        "--data",
        required=True,
        metavar="PATH_OR_NAME",
        help="file or directory of series; or a UCR or UEA set, e.g. GunPoint",
    )
    settings.add_reading(parser)
    parser.add_argument(
        "--config",
        default="ssl_vqvae",
        metavar="NAME|FILE[:ARGUMENT]",
        help="a packaged config (default: ssl_vqvae) or a file of your own",
    )
    parser.add_argument(
        "--workdir", metavar="DIR", help="run directory; default: runs/<name of data>"
    )
    settings.add_set(parser, ("all",))


def run(args: argparse.Namespace) -> None:
    """Trains, generates and judges, as main.py does."""
    changes = settings.parse_set(args.set)
    from absl import logging as absl_logging

    from tsgen_jax.runs import presets

    config = presets.load(args.config)
    settings.choose_data(config, args)

    from tsgen_jax import checks, pipeline
    from tsgen_jax.data.dataset import load_dataset
    from tsgen_jax.data.sources import files
    from tsgen_jax.runs.config import override

    absl_logging.set_verbosity(absl_logging.WARNING)  # Orbax tells every file.
    override(config, changes, tuple(config))
    checks.check_config(config)
    dataset = load_dataset(**config.data)
    if not dataset.has_labels and "sample.class_conditional" not in changes:
        _LOG.info("No labels: sample.class_conditional=False.")
        config.sample.class_conditional = False
    path = config.data.path
    name = files.stem(path) if path else f"{config.name}-{config.data.name}"
    workdir = args.workdir or os.path.join("runs", name)
    pipeline.run(config, workdir, dataset)
