"""Keeps the compiler's own log lines off the screen."""

import os


def silence_xla() -> None:
    """Hides XLA's alarms, such as "Very slow compile?"; call it before jax is imported.

    They go by as errors though nothing failed: what fails raises an exception. A level
    that the user has set (TF_CPP_MIN_LOG_LEVEL) is kept.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
