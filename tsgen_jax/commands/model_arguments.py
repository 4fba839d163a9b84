"""Arguments of the commands that use a trained model, and what they write."""

import argparse
import logging
import os

from tsgen_jax.commands import constraint_arguments, settings
from tsgen_jax.data import frames, outputs

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


def add_out(parser: argparse.ArgumentParser, default: str = "") -> None:
    """--out and --force; `default` says what --out is where it is not given."""
    said = f"; default: {default}" if default else ""
    parser.add_argument(
        "--out",
        required=not default,
        metavar="FILE",
        help=f"what to write: {', '.join(outputs.SUFFIXES)}{said}",
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


def add_completion(parser: argparse.ArgumentParser, what: str) -> None:
    """--input and how it is read, --num, --class, --seed, and all that is written."""
    parser.add_argument("--input", required=True, metavar="FILE", help=what)
    add_draws(parser)
    add_out(parser)
    parser.add_argument(
        "--quantiles",
        metavar="FILE",
        help="where the 5, 25, 50, 75 and 95 %% quantiles go, as --out",
    )
    parser.add_argument("--draws", metavar="FILE", help="where all draws go, as --out")
    add_look(parser)
    settings.add_differences(parser)


def add_look(parser: argparse.ArgumentParser) -> None:
    """--layout and --plot of what is written."""
    parser.add_argument(
        "--layout",
        default="",
        choices=frames.LAYOUTS,
        help="of tables: wide (a row per series) or long (a row per time point); "
        "default: that of the training file",
    )
    parser.add_argument(
        "--plot",
        action="store_true",
        help="leave a picture beside the output, of the same name with .png",
    )


def check_outputs(args: argparse.Namespace) -> None:
    """Says before any work whether everything can be written.

    Raises:
        ValueError: as of `outputs.check_output`, or one file is named twice.
    """
    named = {o: getattr(args, o, None) for o in ("out", "quantiles", "draws")}
    given = {option: path for option, path in named.items() if path}
    for option, path in given.items():
        outputs.check_output(path, args.force, f"--{option}")
    if len({os.path.abspath(path) for path in given.values()}) < len(given):
        raise ValueError(f"{' and '.join(f'--{o}' for o in given)} name one file.")
    if args.plot:
        outputs.check_place(picture_path(args.out), args.force, "--plot")


def picture_path(out: str) -> str:
    """Where the picture of an output goes."""
    return os.path.splitext(out)[0] + ".png"


def complete(args: argparse.Namespace, horizon: int | None) -> None:
    """Fills or continues the series of --input, and writes what is asked for.

    Args:
        args: of `add_run` and `add_completion`.
        horizon: time points to go on for; None: gaps are filled.
    """
    check_outputs(args)
    model = load(args)
    frames.choose_layout(model.facts.described, args.layout)
    how = settings.differences(args)
    drawn = args.num, args.class_name, args.seed
    done = model.complete(args.input, horizon, *drawn, reading=how)
    arrays = {} if not args.out.endswith(".npz") else done.arrays()
    table = None if arrays else done.frame(args.layout)
    outputs.write(args.out, arrays, table)
    for path, name, make in (
        (args.quantiles, "quantiles", done.quantiles_frame),
        (args.draws, "draws", done.draws_frame),
    ):
        if path and path.endswith(".npz"):
            of = done.arrays()
            kept = {k: of[k] for k in (name, "levels", "channels") if k in of}
            outputs.write(path, kept, None)
        elif path:
            outputs.write(path, {}, make(args.layout))
    if args.plot:
        from tsgen_jax.reports import page

        page.save_figure(done.plot(), picture_path(args.out))
    _LOG.info("%s: %s", args.out, done.describe())
