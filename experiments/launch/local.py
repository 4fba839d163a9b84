"""Jobs on this machine: so many processes at once, divided among the accelerators."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent import futures

from experiments.launch import attempts, cost, execute, plan, state

_ON_GPU = 16  # Processes on one GPU: each also has a context of half a GiB there.


def shares(processes: int, grams: float) -> list[execute.Share]:
    """What each process may use.

    Args:
        processes: how many at once; 0: one for each accelerator, one where there is
            none. More than accelerators share them, and their memory. Without
            accelerators they divide the cores, of which each needs one.
        grams: CO2 per kWh.

    Raises:
        ValueError: there are fewer cores than processes, or too many for a GPU.
    """
    gpus, cores = cost.gpus_here(), sorted(os.sched_getaffinity(0))
    count = processes or (len(gpus) or 1)
    most = min(len(cores), _ON_GPU * len(gpus)) if gpus else len(cores)
    if count > most:
        has = f"{len(cores)} cores" + (f" and {len(gpus)} GPUs" if gpus else "")
        raise ValueError(
            f"--processes={count}: this machine has {has}, at most {most} processes."
        )
    on_gpu = -(-count // len(gpus)) if gpus else 1
    found = []
    for index in range(count):
        mine = tuple(cores[index::count]) if count > 1 else ()
        own = (gpus[index % len(gpus)],) if gpus else ()
        found.append(execute.Share(mine, own, count, grams, on_gpu))
    return found


class Local:
    """Runs jobs in threads, each of which waits for one process."""

    def __init__(self, sweep: state.Sweep, processes: int, grams: float):
        """Nothing runs yet; errors as of `shares`."""
        self._sweep, self._free = sweep, shares(processes, grams)
        self.processes = len(self._free)
        self._lock = threading.Lock()
        self._alive: set[subprocess.Popen] = set()
        self.stopped = False

    def stop(self) -> None:
        """Asks every process to write a checkpoint and end; starts no more."""
        with self._lock:
            self.stopped = True
            for process in self._alive:
                process.send_signal(signal.SIGTERM)

    def _run(self, job: plan.Job, share: execute.Share) -> attempts.Attempt:
        def started(process: subprocess.Popen) -> None:
            with self._lock:
                self._alive = {p for p in self._alive if p.poll() is None} | {process}
                if self.stopped:
                    process.send_signal(signal.SIGTERM)

        return execute.execute(job, self._sweep.place, share, started)

    def run(
        self, jobs: list[plan.Job], may_start: Callable[[], bool]
    ) -> Iterator[tuple[plan.Job, attempts.Attempt]]:
        """Every job and how it ended, as they end.

        Args:
            jobs: in the order in which to start them; one that takes over stages waits
                for the one that has them.
            may_start: asked before every start.
        """
        waiting, running = list(jobs), {}
        with futures.ThreadPoolExecutor(self.processes) as pool:
            while waiting or running:
                while self._free and not self.stopped and may_start():
                    job = plan.next_job(waiting, [pair[0] for pair in running.values()])
                    if job is None:
                        break
                    waiting.remove(job)
                    share = self._free.pop(0)
                    running[pool.submit(self._run, job, share)] = job, share
                if not running:
                    return
                done, _ = futures.wait(
                    running, timeout=1, return_when=futures.FIRST_COMPLETED
                )
                for future in done:
                    job, share = running.pop(future)
                    self._free.append(share)
                    yield job, future.result()
