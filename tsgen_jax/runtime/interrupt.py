"""Being asked to stop, and stopping with everything saved."""

import contextlib
import signal
from collections.abc import Callable, Iterator


class InterruptedRunError(Exception):
    """The run was asked to stop; everything is saved."""


@contextlib.contextmanager
def stop_on_signal() -> Iterator[Callable[[], bool]]:
    """Notes SIGTERM and Ctrl-C; yields a function that says whether one came."""
    received = []
    handled = (signal.SIGTERM, signal.SIGINT)
    try:
        before = [signal.signal(s, lambda n, _: received.append(n)) for s in handled]
    except ValueError:  # Not the main thread: signals are not ours to handle.
        yield lambda: False
        return
    try:
        yield lambda: bool(received)
    finally:
        for s, handler in zip(handled, before, strict=True):
            signal.signal(s, handler)
