"""One side of a benchmark as a process: JSON requests in, JSON answers out.

python -m benchmarks.child SIDE THREADS, started by `benchmarks/turns.py`. A line on
standard input is a request, a line on standard output its answer; all else that is
printed goes to standard error.
"""

import faulthandler
import importlib
import json
import os
import platform
import sys
import time
import traceback

from benchmarks import work

_MODULES = {
    "ours": "benchmarks.ours",
    "torch": "benchmarks.peers.torch_side",
    "torch-tuned": "benchmarks.peers.torch_side",
    "timevqvae": "benchmarks.peers.timevqvae_side",
}


class _Side:
    """The state of one process."""

    def __init__(self, name: str, threads: int):
        self.name, self.threads = name, threads
        self.module, self.ready, self.memory_reset = None, None, False

    def prepare(self, job: dict) -> dict:
        started = time.perf_counter()
        self.module = importlib.import_module(_MODULES[self.name])
        self.module.set_up(job, self.threads)
        self.ready = self.module.prepare({**job, "side": self.name})
        self.memory_reset = work.reset_peak_memory()
        seconds = time.perf_counter() - started
        facts = {**self.module.facts(), **self.ready.facts, "threads": self.threads}
        facts |= {"processor": work.processor(), "python": platform.python_version()}
        return {
            "operations": self.ready.operations,
            "facts": facts,
            "prepare_seconds": seconds,
        }

    def time(self, units: int) -> dict:
        started = time.perf_counter()
        self.ready.run(units)
        return {"seconds": (time.perf_counter() - started) / units}

    def finish(self) -> dict:
        memory = {
            "peak_mib": work.peak_memory_mib(),
            "peak_counts_start_up": not self.memory_reset,
            "device_peak_mib": self.module.device_peak_mib(),
        }
        return {**memory, "matmul_gflops_per_s": self.module.matmul_peak() / 1e9}

    def check(self, job: dict) -> dict:
        self.module = importlib.import_module(_MODULES[self.name])
        self.module.set_up(job, self.threads)
        return {"result": self.module.check(job["folder"])}


def serve(side: str, threads: int) -> None:
    """Answers requests until standard input ends."""
    faulthandler.enable()  # Killed for its silence, it says where it was.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # Libraries that print must not disturb the answers.
    state = _Side(side, work.limit_threads(threads))
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = getattr(state, request.pop("do"))(**request)
        except work.NotMeasured as reason:
            answer = {"not_measured": str(reason)}
        except Exception as error:  # Whatever it is, the other side goes on.
            traceback.print_exc()
            text = str(error).strip().splitlines() or [""]
            answer = {"not_measured": f"{type(error).__name__}: {text[0]}"}
        answers.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
