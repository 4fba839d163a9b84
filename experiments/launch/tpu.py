"""Jobs on a TPU, or any set of hosts: one at a time, each a command on all its hosts.

The launcher runs on one machine and starts every run by one command line that reaches
all hosts, by default `gcloud compute tpus tpu-vm ssh NAME --worker=all`. The project lies
on the hosts in a directory of the same name below the user's home, and its runs/ on a
file system that the hosts and this machine share.
"""

import pathlib
import shlex
import signal
import subprocess
from collections.abc import Callable, Iterator

from experiments.launch import attempts, execute, plan, state


def through(name: str, zone: str) -> str:
    """The command line of gcloud, with {} for what all hosts are to do.

    Raises:
        ValueError: the TPU has no name.
    """
    if not name or not zone:
        raise ValueError("--on=tpu needs --tpu=NAME --zone=ZONE, or --through=COMMAND.")
    place = f"{shlex.quote(name)} --zone={shlex.quote(zone)}"
    return f"gcloud compute tpus tpu-vm ssh {place} --worker=all --command={{}}"


class Tpu:
    """One run at a time on all hosts."""

    def __init__(self, sweep: state.Sweep, command: str, grams: float):
        """Nothing runs yet.

        Args:
            sweep: what to run.
            command: reaches all hosts; {} stands for what they are to do.
            grams: CO2 per kWh.

        Raises:
            ValueError: there is no {} in the command.
        """
        if "{}" not in command:
            raise ValueError(f"--through={command}: it has no {{}}.")
        self._sweep, self._command, self._grams = sweep, command, grams
        self._process: subprocess.Popen | None = None
        self.processes, self.stopped = 1, False

    def stop(self) -> None:
        """Ends the connection; stop the hosts' own processes with it."""
        self.stopped = True
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)

    def command(self, job: plan.Job) -> list[str]:
        """What this machine starts for a job."""
        place = self._sweep.place
        if place.is_relative_to(plan.ROOT):
            place = place.relative_to(plan.ROOT)
        line = plan.shown([*job.command(place, "python"), "--distributed"])
        whole = f"cd {shlex.quote(plan.ROOT.name)} && {line}"
        marks = shlex.split(self._command)
        return [part.replace("{}", whole) for part in marks]

    def run(
        self, jobs: list[plan.Job], may_start: Callable[[], bool]
    ) -> Iterator[tuple[plan.Job, attempts.Attempt]]:
        """Every job and how it ended; arguments as of `local.Local.run`."""
        waiting = list(jobs)
        share = execute.Share(grams=self._grams)

        def started(process: subprocess.Popen) -> None:
            self._process = process

        while waiting and not self.stopped and may_start():
            job = plan.next_job(waiting, [])
            waiting.remove(job)
            place = pathlib.Path(self._sweep.place)
            yield (
                job,
                execute.execute(job, place, share, started, self.command(job)),
            )
