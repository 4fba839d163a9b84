"""The command line of main.py: help that lists every value, errors in words."""

import functools
import sys
import textwrap

from absl import flags

from tsgen_jax.commands import config_comments, lists
from tsgen_jax.commands.flag_names import FlagNames
from tsgen_jax.runs.config import keys, override
from tsgen_jax.runs.config import parse as parse_pairs
from tsgen_jax.runtime import version

NAMES = FlagNames({}, "--config.", ())  # What main.py calls keys of the config.
_WIDTH, _COLUMN = 110, 46
_DEFAULT = "--config=configs/ssl_vqvae.py"
_EXAMPLE = f"python main.py {_DEFAULT}"
_HELP = ("--help", "-h", "--helpfull", "-help", "-?")
_FLAG_ERRORS = (flags.Error, AttributeError, KeyError, OSError, TypeError, ValueError)


def _values(config) -> list[str]:
    """A line --config.KEY=VALUE for every value of a config, its meaning beside it."""
    comments = config_comments.read_all()
    lines, shown = [], ""
    for key in config_comments.in_order(comments, keys(config)):
        section = key.partition(".")[0] if "." in key else ""
        if section != shown:
            about = config_comments.of(comments, section)
            lines += ["", *_wrapped(f"{section}:", about)]
            shown = section
        value = functools.reduce(
            lambda found, part: found[part], key.split("."), config
        )
        said = config_comments.of(comments, key)
        lines += _wrapped(f"  --config.{key}={value}", said)
    return lines


def _wrapped(left: str, said: str) -> list[str]:
    """Two columns: `left`, and `said` in as many lines as it needs."""
    text = textwrap.wrap(said, _WIDTH - _COLUMN)
    if len(left) < _COLUMN and text:
        left = f"{left:{_COLUMN}}{text.pop(0)}"
    return [left, *(" " * _COLUMN + line for line in text)]


def _help(config, argv: list[str]) -> None:
    """Flags, and every value of the config that is named (else of ssl_vqvae)."""
    print(flags.FLAGS.main_module_help())
    print(
        "\n" + lists.of_training(by="--config.") + "\n" + lists.of_judging("--config.")
    )
    rest = [a for a in argv if a not in _HELP]
    sys.argv = rest if any("--config" in a for a in rest) else [*rest, _DEFAULT]
    flags.FLAGS(sys.argv)
    print("values of the config, and what they mean:")
    print("\n".join(_values(config.value)))
    sys.exit(0)


def _explain(argv: list[str], error: Exception) -> str:
    """What is wrong with the command line."""
    text = str(error.args[0] if error.args else error).strip().splitlines()[-1]
    if isinstance(error, OSError):
        named = [a for a in argv if a.startswith("--config=")]
        return f"The config file did not load: {' '.join(named)} ({text})"
    return text


def _overrides(argv: list[str]) -> tuple[list[str], list[str]]:
    """The command line without --config.KEY=VALUE, and KEY=VALUE of each.

    A value may also follow as the next word; without one it is True.
    """
    rest, pairs, words = [], [], list(argv)
    while words:
        word = words.pop(0)
        if not word.startswith(NAMES.prefix):
            rest.append(word)
            continue
        pair = word.removeprefix(NAMES.prefix)
        if "=" not in pair:
            follows = words and not words[0].startswith("--")
            pair = f"{pair}={words.pop(0) if follows else True}"
        pairs.append(pair)
    return rest, pairs


def parse(config, usage: str, argv: list[str]) -> list[str]:
    """Parses flags; a bad one ends in words and exit code 2, not in a traceback.

    Values are changed by `runs.config.override`, as by --set of `tsgen`.

    Args:
        config: what `config_flags.DEFINE_config_file` returned.
        usage: printed above the flags by --help.
        argv: the command line.

    Returns:
        What is left of it.
    """
    argv, pairs = _overrides(argv)
    sys.argv = argv  # Which the config flag reads as well.
    try:
        if "--version" in argv:
            print(version.describe())
            sys.exit(0)
        if any(a in _HELP for a in argv):
            print(usage)
            _help(config, argv)
        rest = flags.FLAGS(argv)
        if config.value is None:
            raise flags.Error("Which config? For example: " + _EXAMPLE)
        changes = parse_pairs(pairs, NAMES.prefix)
        override(config.value, changes, tuple(config.value))
    except BrokenPipeError:
        raise
    except _FLAG_ERRORS as error:
        print(f"main.py: {_explain(argv, error)}\nTry --help.", file=sys.stderr)
        sys.exit(2)
    return rest
