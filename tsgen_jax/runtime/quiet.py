"""Keeps off the screen what says nothing to a user."""

import contextlib
import os
import sys
from collections.abc import Iterator

_READER_GONE = 141  # Exit code that a shell gives a process ended by SIGPIPE.


def silence_xla() -> None:
    """Hides XLA's alarms, such as "Very slow compile?"; call it before jax is imported.

    They go by as errors though nothing failed: what fails raises an exception. A level
    that the user has set (TF_CPP_MIN_LOG_LEVEL) is kept.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@contextlib.contextmanager
def until_reader_goes() -> Iterator[None]:
    """Ends without a word where nothing reads stdout any longer, as in `... | head`."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()  # Here, or Python does it at its end, and complains.
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_READER_GONE)
