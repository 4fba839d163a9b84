"""A parser that says which option was meant, and whose help is made when it is read."""

import argparse
import sys
from collections.abc import Callable, Sequence

from tsgen_jax.suggest import did_you_mean

_ELSEWHERE = {  # Words that other tools use: what they are here.
    "--num_samples": "--num",
    "--num-samples": "--num",
    "--output": "--out",
    "--label": "--class",
    "--file": "--data",
}


class Parser(argparse.ArgumentParser):
    """An `argparse.ArgumentParser` without abbreviations.

    A later option could change what a short form means.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(
            *args,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            **kwargs,
        )
        self.lists: Callable[[], str] | None = None  # Text made for help only.

    def format_help(self) -> str:
        """Help, with the lists that are too slow to make for every call."""
        text = super().format_help()
        return f"{text}\n{self.lists()}" if self.lists else text

    def check_options(self, arguments: Sequence[str]) -> None:
        """Ends with exit code 2 at the first option that there is not, in words."""
        known = self._option_string_actions
        for argument in arguments:
            name = argument.partition("=")[0]
            if argument == "--":
                return
            if not name.startswith("--") or name in known:
                continue
            self.error(f"there is no option {name}.{_hint(name, known)}")

    def error(self, message: str) -> None:
        """Prints one message and ends with exit code 2."""
        print(f"{self.prog}: {message}\nHelp: {self.prog} --help", file=sys.stderr)
        sys.exit(2)


def _hint(name: str, known: Sequence[str]) -> str:
    if name.startswith("--config."):
        key = name.removeprefix("--config.")
        return f" Write --set {key}=VALUE; --config.KEY=VALUE is for main.py."
    if _ELSEWHERE.get(name) in known:
        return f" Did you mean {_ELSEWHERE[name]!r}?"
    return did_you_mean(name, known)
