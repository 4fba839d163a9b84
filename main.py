"""Trains, generates and reports: one command from real series to generated ones.

python main.py --config=configs/ssl_vqvae.py [--workdir=DIR] [--config.key=value ...]

Examples:
  python main.py --config=configs/smoke.py
  python main.py --config=configs/ssl_vqvae.py:barlow_twins --config.seed=1
  python main.py --config=configs/vqvae.py --config.data.root=UCR --config.data.name=ECG5000

--help lists every value with its meaning. Running the same command again goes on where
it stopped.
"""

import functools
import logging
import os
import sys

from absl import app, flags
from absl import logging as absl_logging
from ml_collections import config_flags

from tsgen_jax.commands import command_line
from tsgen_jax.commands.flag_names import Translated
from tsgen_jax.runtime import allocator, quiet

_CONFIG = config_flags.DEFINE_config_file(
    "config",
    None,
    "File of the run's config, with an argument as in FILE:ARGUMENT. Any value is "
    "changed by --config.KEY=VALUE.",
)
_WORKDIR = flags.DEFINE_string(
    "workdir", None, "Run directory; default: runs/<config.name>-<config.data.name>."
)
_REUSE = flags.DEFINE_string(
    "reuse",
    "",
    "Run directory whose finished stages are taken over, not trained, where all that "
    "they depend on is equal: several priors on one tokenizer.",
)
_REPORT = flags.DEFINE_bool(
    "report",
    True,
    "Draw figures and report.html. --noreport ends with the scores, a fifth sooner; "
    "tsgen report --run=DIR, or the same command without it, draws them later.",
)
_DISTRIBUTED = flags.DEFINE_bool(
    "distributed",
    False,
    "This is one of several processes that train the run: docs/launching.md. The first "
    "goes on alone with samples and scores.",
)
_COORDINATOR = flags.DEFINE_string(
    "coordinator", "", "HOST:PORT of the first process, where nothing tells it."
)
_NUM_PROCESSES = flags.DEFINE_integer("num_processes", 0, "With --coordinator.")
_PROCESS_ID = flags.DEFINE_integer("process_id", -1, "With --coordinator; from 0.")
_VERSION = flags.DEFINE_bool("version", False, "Print the version and end.")
_STOPPED = 143  # Exit code of a process ended by SIGTERM.


def _train_with_others(log: logging.Logger, config, workdir: str) -> None:
    """Trains; then this process, where it is the first, does the rest as one alone."""
    from tsgen_jax import pipeline
    from tsgen_jax.runtime import hosts

    hosts.start(_COORDINATOR.value, _NUM_PROCESSES.value, _PROCESS_ID.value)
    first = hosts.is_first()
    if not first:
        log.setLevel(logging.ERROR)
        os.environ["TSGEN_QUIET"] = "1"  # No lines of progress.
    try:
        pipeline.run(config, workdir, evaluate=False, reuse=_REUSE.value)
        hosts.stop()
    except hosts.LostError as error:
        raise OSError(
            f"Another process of this run has ended; its own words say why ({error}). "
            "The same commands resume."
        ) from error
    if first:  # As it was typed: absl takes overrides out of sys.argv.
        words = [*sys.orig_argv[1:], "--nodistributed"]
        os.execv(sys.executable, [sys.executable, *words])


def main(argv: list[str]) -> None:
    """Runs the pipeline; errors that a user can mend end in one message."""
    if len(argv) > 1:
        raise app.UsageError(f"Not understood: {' '.join(argv[1:])}")
    config = _CONFIG.value
    quiet.silence_xla()
    allocator.keep_freed_memory()
    from tsgen_jax import pipeline
    from tsgen_jax.data.sources import files
    from tsgen_jax.runtime import interrupt

    name = files.stem(config.data.path) if config.data.path else config.data.name
    workdir = os.path.expanduser(_WORKDIR.value or f"runs/{config.name}-{name}")

    absl_logging.set_verbosity(absl_logging.WARNING)  # Orbax tells every file.
    handler = logging.StreamHandler()
    handler.addFilter(Translated(command_line.NAMES))
    log = logging.getLogger("tsgen_jax")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        if _DISTRIBUTED.value:
            _train_with_others(log, config, workdir)
            return
        pipeline.run(config, workdir, reuse=_REUSE.value, report=_REPORT.value)
    except interrupt.InterruptedRunError as error:
        print(error, file=sys.stderr)
        sys.exit(_STOPPED)
    except BrokenPipeError:
        raise
    except (ValueError, OSError, FloatingPointError) as error:
        print(f"main.py: {command_line.NAMES.translate(str(error))}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    with quiet.until_reader_goes():
        parse = functools.partial(command_line.parse, _CONFIG, __doc__)
        app.run(main, flags_parser=parse)
