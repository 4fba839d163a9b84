"""Trains, generates and reports: one command from real series to generated ones.

python main.py --config=configs/ssl_vqvae.py [--workdir=DIR] [--config.key=value ...]

Examples:
  python main.py --config=configs/smoke.py
  python main.py --config=configs/ssl_vqvae.py:barlow_twins --config.seed=1
  python main.py --config=configs/vqvae.py --config.data.root=UCR --config.data.name=ECG5000

All keys with their values and meanings are in configs/default.py. Running the same
command again goes on where it stopped.
"""

import logging
import sys

from absl import app, flags
from absl import logging as absl_logging
from ml_collections import config_flags

_CONFIG = config_flags.DEFINE_config_file(
    "config",
    None,
    "File of the run's config, with an argument as in FILE:ARGUMENT. Any value is "
    "changed by --config.KEY=VALUE.",
)
_WORKDIR = flags.DEFINE_string(
    "workdir", None, "Run directory; default: runs/<config.name>-<config.data.name>."
)
_EXAMPLE = "python main.py --config=configs/ssl_vqvae.py"
_FLAG_ERRORS = (flags.Error, AttributeError, KeyError, OSError, TypeError, ValueError)
_STOPPED = 143  # Exit code of a process ended by SIGTERM.


def _explain(argv: list[str], error: Exception) -> str:
    """What is wrong with the command line; lists the known keys beside a bad one."""
    text = str(error.args[0] if error.args else error).strip().splitlines()[-1]
    if isinstance(error, OSError):
        return str(error)
    # Again without the overrides, which the config flag reads from sys.argv.
    flags.FLAGS.unparse_flags()
    sys.argv = [a for a in argv if not a.startswith("--config.")]
    try:
        flags.FLAGS(sys.argv)
        for arg in argv:
            section, path = _CONFIG.value, arg.partition("=")[0].split(".")
            for key in path[1:] if path[0] == "--config" else ():
                if not hasattr(section, "keys"):
                    return f"{arg}: no keys below this; it is {section!r}."
                if key not in section:
                    known = ", ".join(sorted(section))
                    return f"Unknown key {key!r} in {arg}; known there: {known}."
                section = section[key]
    except _FLAG_ERRORS:
        pass  # The config itself is at fault; `text` says how.
    return text


def _parse(argv: list[str]) -> list[str]:
    """Parses flags; a bad one ends in words, not in a traceback."""
    try:
        rest = flags.FLAGS(argv)
        if _CONFIG.value is None:
            raise flags.Error("Which config? For example: " + _EXAMPLE)
        _CONFIG.value.name  # noqa: B018 - a file that did not load says so here.
    except _FLAG_ERRORS as error:
        print(f"main.py: {_explain(argv, error)}\nTry --help.", file=sys.stderr)
        sys.exit(2)
    return rest


def main(argv: list[str]) -> None:
    """Runs the pipeline; errors that a user can mend end in one message."""
    if len(argv) > 1:
        raise app.UsageError(f"Not understood: {' '.join(argv[1:])}")
    config = _CONFIG.value
    workdir = _WORKDIR.value or f"runs/{config.name}-{config.data.name}"
    from tsgen_jax import interrupt, pipeline  # Late: --help need not wait for jax.

    absl_logging.set_verbosity(absl_logging.WARNING)  # Orbax tells every file.
    handler = logging.StreamHandler()
    log = logging.getLogger("tsgen_jax")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        pipeline.run(config, workdir)
    except interrupt.InterruptedRunError as error:
        print(error, file=sys.stderr)
        sys.exit(_STOPPED)
    except (ValueError, OSError, FloatingPointError) as error:
        print(f"main.py: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    app.run(main, flags_parser=_parse)
