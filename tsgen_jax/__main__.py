"""The console command: `tsgen COMMAND`, or `python -m tsgen_jax COMMAND`."""

import argparse
import logging
import os
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
    settings,
    train,
)
from tsgen_jax.commands.flag_names import FlagNames, Translated
from tsgen_jax.commands.parser import Parser
from tsgen_jax.runtime import allocator, installation, quiet, version
from tsgen_jax.suggest import did_you_mean

_MODULES = (
    *(train, data, sample, impute, forecast),
    *(evaluate, compare, report, export),
)
_COMMANDS = {module.NAME: module for module in _MODULES}
_PATHS = ("data", "draws", "input", "out", "root", "run", "samples", "workdir")
_FAULTS = (ValueError, OSError, FloatingPointError, installation.MissingExtraError)
_STOPPED = 143  # Exit code of a process ended by SIGTERM.


def _parser() -> tuple[Parser, dict[str, Parser]]:
    """The parser of tsgen, and those of its commands by name."""
    parser = Parser(
        prog="tsgen",
        description="Generates, completes and judges time series like yours.",
        epilog="tsgen COMMAND --help tells more, with examples.",
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    subs = {}
    for name, module in _COMMANDS.items():
        subs[name] = commands.add_parser(
            name,
            help=module.HELP,
            description=module.HELP.capitalize() + ".",
            epilog=module.EXAMPLES,
        )
        module.add_arguments(subs[name])
    return parser, subs


def _parse(arguments: list[str]) -> tuple[argparse.Namespace, FlagNames]:
    """What was asked for, and what the command calls keys of the config."""
    parser, subs = _parser()
    first = arguments[0] if arguments else "--help"
    if first == "--version":
        print(version.describe())
        sys.exit(0)
    if first in ("-h", "--help"):
        parser.print_help()
        sys.exit(0)
    if first not in subs:
        what = "option" if first.startswith("-") else "command"
        known = ["--help", "--version"] if what == "option" else list(subs)
        hint = did_you_mean(first, known) or f" There are: {', '.join(known)}."
        parser.error(f"there is no {what} {first}.{hint}")
    sub = subs[first]
    sub.check_options(arguments[1:])
    return _with_homes(parser.parse_args(arguments)), settings.flag_names(sub)


def _with_homes(args: argparse.Namespace) -> argparse.Namespace:
    """`~` in paths as the home directory: no shell does that after --workdir=."""
    for name, value in vars(args).items():
        if name in _PATHS and isinstance(value, str):
            setattr(args, name, os.path.expanduser(value))
    if hasattr(args, "runs"):
        args.runs = [os.path.expanduser(run) for run in args.runs]
    return args


def main() -> None:
    """Runs a command; errors that a user can mend end in one message and code 1."""
    with quiet.until_reader_goes():
        _main()


def _main() -> None:
    args, names = _parse(sys.argv[1:])
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("tsgen_jax").setLevel(logging.INFO)
    for handler in logging.getLogger().handlers:
        handler.addFilter(Translated(names))
    clash = installation.clash()
    if clash:
        print(f"tsgen: {clash}", file=sys.stderr)
    quiet.silence_xla()
    allocator.keep_freed_memory()
    from tsgen_jax.runtime.interrupt import InterruptedRunError

    try:
        with installation.in_words("This command"):
            _COMMANDS[args.command].run(args)
    except InterruptedRunError as error:
        print(error, file=sys.stderr)
        sys.exit(_STOPPED)
    except BrokenPipeError:
        raise
    except _FAULTS as error:
        print(f"tsgen {args.command}: {names.translate(str(error))}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
