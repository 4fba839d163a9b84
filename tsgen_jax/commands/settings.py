"""Arguments that several subcommands share."""

import argparse
import ast
from typing import Any

SECTIONS = ("judge", "evaluation", "train")


def add_set(parser: argparse.ArgumentParser) -> None:
    """--set KEY=VALUE, any number of times."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change a value of configs/default.py, such as "
        f"evaluation.num_draws=50; sections {', '.join(SECTIONS)}",
    )


def add_data(parser: argparse.ArgumentParser) -> None:
    """--data NAME and --root DIR."""
    parser.add_argument("--data", metavar="NAME", help="UCR or UEA set, e.g. ECG5000")
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
    """`configs/default.py` for a data set, with changes in `SECTIONS`.

    Raises:
        ValueError: no data set, or changes that do not fit.
    """
    from configs import default
    from tsgen_jax import checks

    if not data:
        raise ValueError("Which data set are the samples like? Give --data=NAME.")
    config = default.get_config()
    config.data.name, config.data.root = data, root
    config.data.validation_fraction = 0.0
    checks.change(config, changes, SECTIONS)
    return config
