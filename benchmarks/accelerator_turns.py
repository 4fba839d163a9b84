"""Processes that compile side by side and are timed one by one."""

import argparse
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable

ROOT = pathlib.Path(__file__).resolve().parents[1]
READY = "compiled"  # What a part prints when it waits for its turn.
_COMPILING = 0.6  # Share of the time after which those that are ready are timed.


class Part:
    """A process that measures one part: compiles, waits for `go`, and is timed."""

    def __init__(self, name: str, args: argparse.Namespace, platform: str = ""):
        """Starts compiling; `platform` in place of JAX's choice."""
        self.name, self.platform, self._lines = name, platform, []
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with it.
        environment = {**os.environ, "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
        if platform:
            environment |= {"JAX_PLATFORMS": platform, "CUDA_VISIBLE_DEVICES": ""}
        self.process = subprocess.Popen(
            self.command(args),
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
        )
        self._compiled = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def command(self, args: argparse.Namespace) -> list[str]:
        """Of the process."""
        words = [self.name, args.shape, str(args.seconds), args.set, "wait"]
        return [sys.executable, "-m", "benchmarks.accelerator_parts", *words]

    def _read(self) -> None:
        for line in self.process.stdout:
            if line.strip() == READY:
                self._compiled.set()
            else:
                self._lines.append(line.strip())
        self._compiled.set()  # It ended, or needs no turn.

    def is_ready(self, seconds: float = 0.0) -> bool:
        """Whether it can be timed, or has ended, within so many seconds."""
        return self._compiled.wait(max(seconds, 0.0))

    def stand_still(self, still: bool) -> None:
        """Stops the process where it is, or lets it go on."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGSTOP if still else signal.SIGCONT)

    def result(self, seconds: float) -> dict:
        """What it found, or 'not_measured' and why; it is over then."""
        try:
            with contextlib.suppress(OSError):  # It has ended.
                self.process.stdin.write("go\n")
                self.process.stdin.close()
            self.process.wait(max(seconds, 0.1))
        except subprocess.TimeoutExpired:
            what = "its timing" if self._compiled.is_set() else "compiling"
            self.process.kill()
            self.process.wait()
            words = f"no time was left for {what}; last: {self._last_words()}"
            return {"not_measured": words}
        self._reader.join()
        if self.process.returncode or not self._lines:
            words = f"exit code {self.process.returncode}: {self._last_words()}"
            return {"not_measured": words}
        return json.loads(self._lines[-1])

    def _last_words(self) -> str:
        self._said.seek(0)
        return (self._said.read().strip().splitlines() or ["no word"])[-1][:300]


def measure(
    parts: list[Part],
    left: Callable[[], float],
    note: Callable[[Part, dict], None],
    most: float = 60.0,
) -> None:
    """Times every part alone, in turn, as they are ready.

    Args:
        parts: that compile.
        left: () -> seconds that are left of all.
        note: (part, found), after each.
        most: seconds of one timing.
    """
    compiling = _COMPILING * left()
    ends = time.monotonic() + compiling
    waiting = list(parts)
    for part in waiting:
        part.is_ready(ends - time.monotonic())
    while waiting:
        ready = [part for part in waiting if part.is_ready()]
        if not ready and left() > 0:
            waiting[0].is_ready(min(1.0, left()))
            continue
        part = (ready or waiting)[0]
        waiting.remove(part)
        for other in waiting:
            other.stand_still(True)
        # A part that hangs leaves time for the others.
        note(part, part.result(min(left(), most) if part in ready else left()))
        for other in waiting:
            other.stand_still(False)
