"""The console command: `tsgen COMMAND`, or `python -m tsgen_jax COMMAND`."""

import argparse
import logging
import sys

from tsgen_jax.commands import (
    compare,
    data,
    evaluate,
    export,
    forecast,
    impute,
    report,
    sample,
    train,
)
from tsgen_jax.runtime import allocator

_MODULES = (
    *(train, data, sample, impute, forecast),
    *(evaluate, compare, report, export),
)
_COMMANDS = {module.NAME: module for module in _MODULES}
_STOPPED = 143  # Exit code of a process ended by SIGTERM.


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tsgen",
        description="Generates, completes and judges time series like yours.",
        epilog="tsgen COMMAND --help tells more, with examples.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in _COMMANDS.items():
        sub = commands.add_parser(
            name,
            help=module.HELP,
            description=module.HELP.capitalize() + ".",
            epilog=module.EXAMPLES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(sub)
    return parser


def main() -> None:
    """Runs a command; errors that a user can mend end in one message and code 1."""
    args = _parser().parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("tsgen_jax").setLevel(logging.INFO)
    allocator.keep_freed_memory()
    from tsgen_jax.runtime.interrupt import InterruptedRunError

    try:
        _COMMANDS[args.command].run(args)
    except InterruptedRunError as error:
        print(error, file=sys.stderr)
        sys.exit(_STOPPED)
    except (ValueError, OSError, FloatingPointError) as error:
        print(f"tsgen: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
