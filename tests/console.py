"""The console command, called as from a shell."""

import sys

from tsgen_jax import __main__ as tsgen


def run(monkeypatch, *arguments) -> int:
    """The exit code of `tsgen ARGUMENTS`."""
    monkeypatch.setattr(sys, "argv", ["tsgen", *map(str, arguments)])
    try:
        tsgen.main()
    except SystemExit as stopped:
        return stopped.code
    return 0
