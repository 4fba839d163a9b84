"""Arguments that several subcommands share."""

import argparse
import ast
import os
from typing import Any

SECTIONS = ("judge", "evaluation", "train")
_EXAMPLES = {
    "judge": "evaluation.num_draws=50",
    "data": "data.trailing=missing",
    "sample": "sample.guidance_scale=2",
    "all": "train.prior.num_steps=1000",
}


_READING = {  # Option: key of config.data, what it takes, help.
    "label": ("label_column", "COLUMN", "column of labels; none: there are none"),
    "id": ("id_column", "COLUMN", "column that tells series apart"),
    "time": ("time_column", "COLUMN", "column of time stamps; none: there are none"),
    "channels": ("channels", "A+B", "columns of values"),
    "layout": ("layout", "LAYOUT", "wide (a row per series), long, or one series"),
    "window": ("window", "POINTS", "cut long series into windows, divided by time"),
    "stride": ("stride", "POINTS", "between windows; default: a quarter of a window"),
    "scaling": ("scaling", "KIND", "standard, robust or quantile"),
    "missing": ("missing", "CHOICE", "interpolate (of files the default), or error"),
}


def add_reading(parser: argparse.ArgumentParser) -> None:
    """--root, and how a file of one's own is to be read."""
    parser.add_argument(
        "--root", default="", metavar="DIR", help="directory of UCR or UEA sets"
    )
    for option, (_, metavar, text) in _READING.items():
        kind = int if metavar == "POINTS" else str
        parser.add_argument(f"--{option}", metavar=metavar, type=kind, help=text)


def choose_data(config, args: argparse.Namespace) -> None:
    """Sets `config.data` to what `args.data` and the options of `add_reading` say.

    Raises:
        ValueError: options about files together with a set by name.
    """
    set_data(config, args.data, args.root)
    if config.data.path:
        config.data.missing = "interpolate"  # It is masked, and printed.
    for option, (key, _, _) in _READING.items():
        value = getattr(args, option)
        if value is not None:
            config.data[key] = value


def set_data(config, data: str, root: str) -> None:
    """Sets name and root, or the path, of `config.data`."""
    from tsgen_jax.data.sources import files

    if not root and files.looks_like_path(data):
        # Absolute: the run may be evaluated from another directory.
        config.data.path = os.path.abspath(os.path.expanduser(data))
    else:
        config.data.name, config.data.root = data, root


def add_set(
    parser: argparse.ArgumentParser, sections: tuple[str, ...] = SECTIONS
) -> None:
    """--set KEY=VALUE, any number of times."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change a value of configs/default.py, such as "
        f"{_EXAMPLES[sections[0]]}; sections: {', '.join(sections)}",
    )


def add_data(parser: argparse.ArgumentParser) -> None:
    """--data NAME_OR_PATH and --root DIR."""
    parser.add_argument(
        "--data",
        metavar="NAME_OR_PATH",
        help="UCR or UEA set, e.g. ECG5000, or a file as for tsgen train",
    )
    parser.add_argument(
        "--root",
        default="",
        metavar="DIR",
        help="directory of sets; without it aeon's, bundled or downloaded",
    )


def parse_set(pairs: list[str]) -> dict[str, Any]:
    """KEY=VALUE texts as a dict; values are Python literals, else words.

    Raises:
        ValueError: no '=' in a text.
    """
    changes = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"--set {pair}: write KEY=VALUE.")
        try:
            changes[key] = ast.literal_eval(value)
        except (SyntaxError, ValueError):
            changes[key] = value
    return changes


def default_config(data: str, root: str, changes: dict[str, Any]):
    """`configs/default.py` for a data set, with changes in `SECTIONS` and `data`.

    Raises:
        ValueError: no data set, or changes that do not fit.
    """
    from tsgen_jax import checks
    from tsgen_jax.configs import default
    from tsgen_jax.runs.config import override

    if not data:
        raise ValueError("Which data set are the samples like? Give --data=NAME.")
    config = default.get_config()
    set_data(config, data, root)
    config.data.missing = "interpolate" if config.data.path else config.data.missing
    config.data.validation_fraction = 0.0
    override(config, changes, (*SECTIONS, "data"))
    checks.check_config(config)
    return config
