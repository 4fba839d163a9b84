"""`tsgen train`: from series to a generator, its samples and their scores."""

import argparse
import logging
import os

from tsgen_jax.commands import constraint_arguments, lists, settings

NAME = "train"
HELP = "train a generator on your own series, or on a set by name"
EXAMPLES = """
examples:
  tsgen train --data=series.csv
  tsgen train --data=sensors.csv --window=96 --stride=8 --workdir=runs/sensors
  tsgen train --data=patients.csv --id=patient --time=day --label=group
  tsgen train --data=sensors.csv --window=96 --min=load=0,temp=-40 --integer=count
  tsgen train --data=GunPoint --config=ssl_vqvae:barlow_twins --seed=1
  tsgen train --data=series.npz --config=mine.py --set train.prior.num_steps=1000

files: .csv .tsv .txt .parquet (a row per series, or columns of series, time and
channels), .npz and .npy (x [n, L, C] or [n, L]), .ts, or a directory of them. Empty
cells are missing values. What is understood is printed first; tsgen data prints it and
trains nothing. The same command again goes on where it stopped. Every value of the
config with its meaning: python main.py --help, or configs/default.py.
"""
_LOG = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Data and how it is to be read; --config, --workdir, --seed, --set."""
    settings.add_data(parser, positional=True)
    parser.add_argument(
        "--config",
        default="ssl_vqvae",
        metavar="NAME|FILE[:ARGUMENT]",
        help="a config by name (default: ssl_vqvae; listed below) or a file of yours",
    )
    parser.add_argument(
        "--workdir", metavar="DIR", help="run directory; default: runs/<name of data>"
    )
    settings.add_seed(parser, "weights, batches and samples", "seed")
    settings.add_set(parser, ("all",))
    constraint_arguments.add(parser)
    parser.lists = lists.of_training


def run(args: argparse.Namespace) -> None:
    """Trains, generates and judges, as main.py does."""
    changes = settings.parse_set(args.set) | constraint_arguments.changes(args)
    if args.seed is not None:
        changes["seed"] = args.seed
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
        _LOG.info(
            "The data have no classes: series are generated without one "
            "(sample.class_conditional=False)."
        )
        config.sample.class_conditional = False
    path = config.data.path
    name = files.stem(path) if path else f"{config.name}-{config.data.name}"
    workdir = args.workdir or os.path.join("runs", name)
    pipeline.run(config, workdir, dataset)
