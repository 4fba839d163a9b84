"""What the processes of a benchmark talk about; the standard library only."""

import dataclasses
import os
import platform
import resource
import time
from collections.abc import Callable

SIDES = {
    "ours": "tsgen_jax: the compiled program of its training loop",
    "torch": "PyTorch eager, layers of our architecture, as most people write them",
    "torch-tuned": "the same with channels_last maps and fused AdamW",
    "timevqvae": "PyPI timevqvae (PyTorch) at its README's settings, another network",
}
_STATUS = "/proc/self/status"
_RESET = "/proc/self/clear_refs"


class NotMeasured(Exception):  # noqa: N818 - an answer, not an error.
    """A side has no such case, or its library is not there; says why."""


@dataclasses.dataclass(frozen=True)
class Work:
    """A case made ready on one side, warmed up.

    Attributes:
        run: does so many units (steps, decodings or epochs) and waits for the end.
        operations: floating-point operations of a unit, or None if not counted.
        facts: what else should stand beside the numbers; JSON values.
    """

    run: Callable[[int], None]
    operations: float | None
    facts: dict


def available_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def busy_cores(seconds: float) -> float | None:
    """Cores that anything on this machine keeps busy for so long; None: unknown."""
    before = _ticks()
    time.sleep(seconds)
    after = _ticks()
    if before is None or after is None:
        return None
    total, idle = (b - a for a, b in zip(before, after, strict=True))
    return (os.cpu_count() or 1) * (1 - idle / total) if total else None


def _ticks() -> tuple[int, int] | None:
    """(all, idle) processor time since start-up, where the system tells it."""
    try:
        with open("/proc/stat") as file:
            counts = [int(word) for word in file.readline().split()[1:9]]
    except OSError:
        return None
    return sum(counts), counts[3] + counts[4]  # Waiting for a disk is idle.


def processor() -> str:
    """The processor's name, as far as the system tells it."""
    try:
        with open("/proc/cpuinfo") as file:
            names = [line for line in file if line.startswith("model name")]
        return names[0].partition(":")[2].strip()
    except (OSError, IndexError):
        return platform.processor() or platform.machine()


def limit_threads(threads: int) -> int:
    """Keeps this process on `threads` cores (0: all it may use); returns how many.

    Must run before a library that makes threads is imported.

    Raises:
        ValueError: more threads are asked for than there are cores.
    """
    if not hasattr(os, "sched_setaffinity"):  # Not Linux.
        if threads:
            raise ValueError("--threads needs Linux; leave it away.")
        return available_cores()
    cores = sorted(os.sched_getaffinity(0))
    if threads > len(cores):
        raise ValueError(f"--threads={threads}, but {len(cores)} core(s) are there.")
    if threads:
        os.sched_setaffinity(0, cores[:threads])
    return threads or len(cores)


def reset_peak_memory() -> bool:
    """Lets `peak_memory_mib` count from here; False where the system cannot."""
    try:
        with open(_RESET, "w") as file:
            file.write("5")  # Linux: the peak of the resident set starts again.
    except OSError:
        return False
    return True


def peak_memory_mib() -> float:
    """Largest resident set of this process so far, without its children, in MiB."""
    if os.path.exists(_STATUS):
        with open(_STATUS) as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
