"""Options that say what every generated value has to satisfy."""

import argparse

_OPTIONS = {  # Option: what it takes, help.
    "min": ("VALUE", "at least this: 0, or by channel: load=0,temp=-40"),
    "max": ("VALUE", "at most this: 50, or by channel: load=50,temp=60"),
    "nonnegative": ("CHANNELS", "at least 0; alone for all channels, or =load,rain"),
    "integer": ("CHANNELS", "whole numbers; alone for all channels, or =count,visits"),
    "monotone": ("WORD", "increasing or decreasing, or by channel: meter=increasing"),
    "sum-to": (
        "SUM",
        "sum of all channels at each time point: 1; of some: a+b=1; of a channel over "
        "the time points of a series: time:load=100",
    ),
}


def add(parser: argparse.ArgumentParser) -> None:
    """--min, --max, --nonnegative, --integer, --monotone, --sum-to."""
    group = parser.add_argument_group(
        "constraints",
        "Every generated value satisfies them, in original units. Violating series are "
        "drawn again, then moved to the nearest series that satisfies them. A channel "
        "is named, or numbered from 0.",
    )
    for option, (metavar, text) in _OPTIONS.items():
        alone = {"nargs": "?", "const": "all"} if metavar == "CHANNELS" else {}
        action = group.add_argument(f"--{option}", metavar=metavar, help=text, **alone)
        action.key = f"constraints.{option.replace('-', '_')}"  # For `flag_names`.


def changes(args: argparse.Namespace) -> dict[str, str]:
    """Dotted key of the config -> its value, for the options that were given."""
    given = {o.replace("-", "_"): getattr(args, o.replace("-", "_")) for o in _OPTIONS}
    return {f"constraints.{k}": v for k, v in given.items() if v is not None}
