"""Arguments that several subcommands share."""

import argparse
import os
from typing import Any

from tsgen_jax.commands.flag_names import FlagNames
from tsgen_jax.data.sources.reading import MAY_DIFFER

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
    "time-format": (
        "time_format",
        "FORMAT",
        "of time stamps, as %%d/%%m/%%Y; or day-first, month-first, number, epoch-s",
    ),
    "time-zone": ("time_zone", "ZONE", "of time stamps, such as Europe/Berlin"),
    "sort-time": ("sort_time", "", "sort time points by time"),
    "duplicates": ("duplicates", "CHOICE", "of one time: keep mean, first or last"),
    "channels": ("channels", "A+B", "columns of values"),
    "array-layout": ("array_layout", "ORDER", "of .npy and .npz: nlc or ncl"),
    "layout": ("layout", "LAYOUT", "wide (a row per series), long, or one series"),
    "header": ("header", "CHOICE", "yes or no: whether the first row names columns"),
    "separator": ("separator", "SIGN", "of cells: , ; tab | or a blank"),
    "decimal": ("decimal", "SIGN", "decimal sign: . or ,"),
    "thousands": ("thousands", "SIGN", "thousands separator: , . ' a blank, or none"),
    "missing-values": (
        "missing_values",
        "A,B",
        "more words and numbers for missing values, such as -9999",
    ),
    "trailing": (
        "trailing",
        "CHOICE",
        "empty cells at a series' end: its end (default), or missing",
    ),
    "window": ("window", "POINTS", "cut long series into windows, divided by time"),
    "stride": ("stride", "POINTS", "between windows; default: a quarter of a window"),
    "scaling": ("scaling", "KIND", "standard, robust or quantile"),
    "missing": ("missing", "CHOICE", "interpolate (of files the default), or error"),
}


# What `tsgen data` and `tsgen train` call the keys of config.data.
READING_FLAGS = FlagNames(
    {f"data.{key}": f"--{option}" for option, (key, _, _) in _READING.items()},
    "--set ",
    ("data",),
)


def add_data(parser: argparse.ArgumentParser, positional: bool) -> None:
    """DATA or --data=DATA, --root, and how a file of one's own is to be read.

    Every command that takes real series takes them by these options.

    Args:
        parser: of the command.
        positional: whether the data may stand without --data as well.
    """
    what = "a file or directory of series, or a UCR or UEA set by name, e.g. GunPoint"
    if positional:
        parser.add_argument("place", nargs="?", metavar="DATA", help=what)
        what = "the same as DATA"
    parser.add_argument("--data", metavar="DATA", help=what)
    parser.add_argument(
        "--root",
        default="",
        metavar="DIR",
        help="directory of UCR or UEA sets; without it aeon's, bundled or downloaded",
    )
    add_reading(parser.add_argument_group("how a file is read (guesses are printed)"))


def add_differences(parser: argparse.ArgumentParser) -> None:
    """How a file is read where it is not like the one that a model was trained on."""
    add_reading(
        parser.add_argument_group(
            "how the input is read where it differs from the training file"
        ),
        MAY_DIFFER,
    )


def differences(args: argparse.Namespace) -> dict[str, Any]:
    """What the options of `add_differences` say, by key of config.data."""
    options = {o: key for o, (key, *_) in _READING.items() if key in MAY_DIFFER}
    said = {k: getattr(args, o.replace("-", "_")) for o, k in options.items()}
    return {key: value for key, value in said.items() if value is not None}


def add_reading(parser, only: tuple[str, ...] = ()) -> None:
    """How a file of one's own is to be read: options of a parser or of its group.

    Args:
        parser: or its group.
        only: keys of config.data that have an option; (): all.
    """
    for option, (key, metavar, text) in _READING.items():
        if only and key not in only:
            continue
        if not metavar:
            parser.add_argument(
                f"--{option}", action="store_const", const=True, help=text
            )
            continue
        kind = int if metavar == "POINTS" else str
        parser.add_argument(f"--{option}", metavar=metavar, type=kind, help=text)


def flag_names(parser: argparse.ArgumentParser) -> FlagNames:
    """What the command of `parser` calls the keys of the config."""
    options = parser._option_string_actions
    flags = {}
    if "--data" in options:  # Elsewhere --layout is that of the output.
        flags = {f"data.{key}": f"--{o}" for o, (key, _, _) in _READING.items()}
        flags |= {"data.path": "--data", "data.name": "--data", "data.root": "--root"}
    elif "--separator" in options:
        flags = {f"data.{key}": f"--{o}" for o, (key, _, _) in _READING.items()}
        flags = {k: f for k, f in flags.items() if k.partition(".")[2] in MAY_DIFFER}
    with_keys = {o: a for o, a in options.items() if getattr(a, "key", None)}
    flags |= {action.key: option for option, action in with_keys.items()}
    sections = getattr(options.get("--set"), "sections", ("nothing",))
    return FlagNames(flags, "--set ", () if sections == ("all",) else sections)


def choose_data(config, args: argparse.Namespace) -> None:
    """Sets `config.data` to what the options of `add_data` say.

    Raises:
        ValueError: no data, or two; options about files together with a set by name.
    """
    place = getattr(args, "place", None)
    if place and args.data and place != args.data:
        raise ValueError(f"Which data: {place}, or --data={args.data}? Name one.")
    if not (place or args.data):
        raise ValueError(
            "Which data set or file? Give --data=FILE, or --data=NAME such as GunPoint."
        )
    set_data(config, place or args.data, args.root)
    if config.data.path:
        config.data.missing = "interpolate"  # It is masked, and printed.
    for option, (key, _, _) in _READING.items():
        value = getattr(args, option.replace("-", "_"))
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
    action = parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change a value of the config, any number of times, such as "
        f"{_EXAMPLES[sections[0]]}; sections: {', '.join(sections)}",
    )
    action.sections = sections  # For `flag_names`.


def add_seed(parser: argparse.ArgumentParser, of: str, key: str | None) -> None:
    """--seed, of all that a command draws at random.

    Args:
        parser: of the command.
        of: what it draws.
        key: of the config, which then has the default; None: not in the config.
    """
    action = parser.add_argument(
        "--seed",
        type=int,
        default=None if key else 0,
        metavar="NUMBER",
        help=f"of everything random: {of} (default: {'as in the config, ' * bool(key)}0)",
    )
    action.key = key  # For `flag_names`.


def parse_set(pairs: list[str]) -> dict[str, Any]:
    """KEY=VALUE texts of --set as changes for `runs.config.override`.

    Raises:
        ValueError: no '=' in a text.
    """
    from tsgen_jax.runs import config

    return config.parse(pairs, "--set ")


def default_config(args: argparse.Namespace, changes: dict[str, Any]):
    """`configs/default.py` for the data of `add_data`, with changes.

    Raises:
        ValueError: no data set, or changes outside `SECTIONS` and `data`.
    """
    from tsgen_jax import checks
    from tsgen_jax.configs import default
    from tsgen_jax.runs.config import override

    config = default.get_config()
    choose_data(config, args)
    config.data.validation_fraction = 0.0
    override(config, changes, (*SECTIONS, "data"))
    checks.check_config(config)
    return config
