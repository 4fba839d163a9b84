"""Sides of a benchmark as processes, measured in turn: A B A B ..."""

import json
import os
import pathlib
import select
import signal
import statistics
import subprocess
import sys
import tempfile

from benchmarks.work import busy_cores

ROOT = pathlib.Path(__file__).resolve().parents[1]
_TAIL = 2000  # Characters of a dead process's last words.
_WATCH_SECONDS = 0.3  # At the start of a round, when no side works.


class SideFailed(RuntimeError):  # noqa: N818 - read as an answer.
    """A side has nothing to measure, or died; the message says why."""


class Process:
    """A side that runs; one request at a time.

    With `tree` it is the code of another checkout, whose benchmark is `package` there.
    """

    def __init__(
        self,
        side: str,
        python: str,
        threads: int,
        platform: str,
        patience: float,
        tree: pathlib.Path | None = None,
        package: str = "benchmarks",
    ):
        env = environment(tree or ROOT)
        if platform == "cpu":
            env["JAX_PLATFORMS"] = "cpu"
            env["CUDA_VISIBLE_DEVICES"] = ""
        # Ours must leave room for the other side on one and the same card.
        env.setdefault("XLA_PYTHON_CLIENT_MEM_FRACTION", "0.4")
        self.side, self._patience = side, patience
        self._errors = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            [python, "-m", f"{package}.child", side, str(threads)],
            cwd=tree,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env=env,
        )

    def ask(self, **request) -> dict:
        """Sends a request, waits for the answer.

        Raises:
            SideFailed: the side does not have it, has ended, or gives no answer for
                `patience` seconds.
        """
        answers = self._process.stdout
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            if not select.select([answers], [], [], self._patience)[0]:
                self._process.send_signal(signal.SIGABRT)  # It tells where it is.
                self._process.wait()
                print(self._last_words(), file=sys.stderr)
                raise SideFailed(f"no answer in {self._patience:g} s")
            line = answers.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            print(self._last_words(), file=sys.stderr)
            code = self._process.wait()
            raise SideFailed(f"the process ended with code {code}")
        answer = json.loads(line)
        if "not_measured" in answer:
            if ":" in answer["not_measured"]:  # An error and not a plain no.
                print(self._last_words(), file=sys.stderr)
            raise SideFailed(answer["not_measured"])
        return answer

    def processor_seconds(self) -> float:
        """What its threads have computed so far; 0 where the system does not tell."""
        threads = pathlib.Path("/proc", str(self._process.pid), "task")
        try:
            files = [path.read_text() for path in threads.glob("*/schedstat")]
        except OSError:  # A thread has just ended.
            return 0.0
        return sum(int(text.split()[0]) for text in files) / 1e9

    def close(self) -> None:
        """Ends the process."""
        if self._process.poll() is None:
            self._process.stdin.close()
            self._process.wait()
        self._process.stdout.close()
        self._errors.close()

    def _last_words(self) -> str:
        self._errors.seek(0)
        return f"--- {self.side}:\n" + self._errors.read()[-_TAIL:]


def environment(tree: pathlib.Path) -> dict[str, str]:
    """Of a process that is to find the modules of a checkout before all others."""
    old = os.environ.get("PYTHONPATH", "")
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(tree), old]))}


def measure(
    processes: dict, job: dict, units: int, rounds: int
) -> tuple[dict[str, dict], float | None]:
    """Prepares every side, then times them in turn.

    Args:
        processes: side -> `Process` (or what has its `ask`).
        job: what to prepare; in the order of `processes`.
        units: units of work in one measurement.
        rounds: measurements of each side.

    Returns:
        results: side -> {'ms': milliseconds per unit of each round, 'median_ms',
            'min_ms', 'operations', 'facts', memory}; or {'not_measured': reason}.
        busy: most cores that others kept busy at the start of a round, if known.
    """
    results: dict[str, dict] = {}
    alive = {}
    for side, process in processes.items():
        try:
            results[side] = {**process.ask(do="prepare", job=job), "ms": []}
            alive[side] = process
        except SideFailed as reason:
            results[side] = {"not_measured": str(reason)}

    def ask(side, **request):
        try:
            return alive[side].ask(**request)
        except SideFailed as reason:
            del alive[side]
            results[side] = {"not_measured": str(reason)}
            return None

    busy = []
    for _ in range(rounds):
        busy.append(busy_cores(_WATCH_SECONDS))
        for side in list(alive):
            answer = ask(side, do="time", units=units)
            if answer:
                results[side]["ms"].append(1000 * answer["seconds"])
    for side in list(alive):
        answer = ask(side, do="finish")
        if answer:
            results[side] |= answer | summary(results[side])
    return results, max((b for b in busy if b is not None), default=None)


def summary(result: dict) -> dict:
    """Median and minimum of 'ms', and operations per second at the median."""
    median = statistics.median(result["ms"])
    numbers = {"median_ms": median, "min_ms": min(result["ms"])}
    if result["operations"]:
        numbers["gflops_per_s"] = result["operations"] / median / 1e6
    return numbers
