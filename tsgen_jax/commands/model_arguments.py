"""Arguments of the commands that use a trained model, and what they write."""

import argparse
import logging

import numpy as np

from tsgen_jax.commands import constraint_arguments, settings
from tsgen_jax.data import outputs

QUANTILES = (0.05, 0.25, 0.75, 0.95)
_LOG = logging.getLogger(__name__)


def add_run(parser: argparse.ArgumentParser) -> None:
    """--run; --set and constraints, for values of the run that need no training."""
    parser.add_argument(
        "--run",
        required=True,
        metavar="DIR_OR_FILE",
        help="a finished run, or a file from tsgen export",
    )
    settings.add_set(parser, ("sample", "inpaint", "precision", "constraints"))
    constraint_arguments.add(parser)


def load(args: argparse.Namespace):
    """The model of `add_run`, with the changes of --set."""
    changes = settings.parse_set(args.set) | constraint_arguments.changes(args)
    import tsgen_jax

    return tsgen_jax.load(args.run, changes)


def add_out(parser: argparse.ArgumentParser) -> None:
    """--out and --force."""
    parser.add_argument(
        "--out",
        required=True,
        metavar="FILE",
        help=f"what to write: {', '.join(outputs.SUFFIXES)}",
    )
    add_force(parser)


def add_force(parser: argparse.ArgumentParser) -> None:
    """--force."""
    parser.add_argument(
        "--force", action="store_true", help="replace the output if it is there"
    )


def add_draws(parser: argparse.ArgumentParser) -> None:
    """--num, --class, --seed of probabilistic answers."""
    parser.add_argument(
        "--num", type=int, default=20, help="draws of each series (default: 20)"
    )
    add_class(parser, "name of the class of all series (default: not known)")
    settings.add_seed(parser, "the draws", None)


def add_class(parser: argparse.ArgumentParser, text: str) -> None:
    """--class; --label is a column of a file in every command."""
    parser.add_argument("--class", dest="class_name", metavar="NAME", help=text)


def write_draws(
    path: str, draws: np.ndarray, start: int, arrays: dict[str, np.ndarray], rules
) -> None:
    """Writes draws with their median and quantiles.

    An .npz has draws [num, n, L, C], median, quantiles [4, n, L, C], levels [4] and
    `arrays`; a table has the median under the channel's name, and columns for quantiles
    and draws.

    Args:
        path: checked before.
        draws: float [num, n, L, C].
        start: time of the first time point.
        arrays: more for the .npz; 'observed' bool [n, L, C] where values were given.
        rules: of the model; median and quantiles satisfy them as far as they can.
    """
    from tsgen_jax.constraints import satisfy

    levels, observed = (0.5, *QUANTILES), arrays.get("observed")
    median, *quantiles = satisfy.quantiles(rules, draws, levels, observed)
    quantiles = np.stack(quantiles)
    values = {"": median}
    values |= {
        f"q{round(100 * level):02d}": q
        for level, q in zip(QUANTILES, quantiles, strict=True)
    }
    values |= {f"draw_{i}": draw for i, draw in enumerate(draws)}
    arrays = arrays | {
        "draws": draws,
        "median": median,
        "quantiles": quantiles,
        "levels": np.array(QUANTILES),
    }
    outputs.write(path, arrays, outputs.long_table(values, None, start))
    _LOG.info("%d draws of %d series in %s", *draws.shape[:2], path)
