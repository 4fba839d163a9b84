"""`tsgen data`: what is understood of a file, directory or set by name."""

import argparse

from tsgen_jax.commands import settings

NAME = "data"
HELP = "say what is understood of a file, directory or set; writes nothing"
EXAMPLES = """
examples:
  tsgen data GunPoint
  tsgen data sensors.csv --window=96
  tsgen data patients.csv --id=patient --time=day --label=group
  tsgen data ECG5000 --root=UCR

A guess that is wrong is put right by an option; the same options go with tsgen train.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Data and how it is to be read; --set."""
    settings.add_data(parser, positional=True)
    settings.add_set(parser, ("data",))


def run(args: argparse.Namespace) -> None:
    """Prints the description that training begins with."""
    from tsgen_jax import checks
    from tsgen_jax.configs import default
    from tsgen_jax.data.dataset import load_dataset
    from tsgen_jax.runs.config import override

    config = default.get_config()
    settings.choose_data(config, args)
    override(config, settings.parse_set(args.set), ("data",))
    checks.check_config(config)
    said = load_dataset(**config.data).describe()
    print(settings.READING_FLAGS.translate(said))
