"""Runs a sweep: what is finished is skipped, what was broken off goes on.

  python -m experiments.launch tiny --on=local
  python -m experiments.launch research_questions --on=local --seeds=apart --minutes=60
  python -m experiments.launch rim --on=slurm --slurm partition=gpu gpus_per_node=1
  python -m experiments.launch rim --on=tpu --tpu=NAME --zone=ZONE
  python -m experiments.launch rim --list

Run directories are RUNS/SWEEP/SET/ARM/seed-S. The scores of every finished run are a
line of RESULTS/SWEEP.jsonl: a run that is there is not made again, even where its
directory is gone. The same command goes on after a kill. A failed run is listed with
its last words, and made again with --retry. Tables of it all:
python -m experiments.tables RUNS/SWEEP. More: docs/launching.md.
"""

import argparse
import fnmatch
import pathlib
import signal
import sys
import time

from experiments import sweeps
from experiments.launch import attempts, cost, plan, state

_STOPPED = 143


def parse(argv: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m experiments.launch",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    known = ", ".join(sweeps.names())
    add("sweep", metavar="SWEEP", help=f"one of {known}; or a file that ends in .py")
    add("--on", choices=("local", "slurm", "tpu"), default="local")
    add("--list", action="store_true", help="say where the sweep stands; run nothing")
    add("--retry", action="store_true", help="make failed runs again")
    add("--only", default="*", help="patterns of SET/ARM, joined by ','")
    add(
        "--seeds",
        choices=("together", "apart"),
        default="together",
        help="all seeds of a cell in one program, or each seed alone, in the sweep's "
        "order of blocks",
    )
    add("--processes", type=int, default=0, help="at once; 0: one per accelerator")
    add("--minutes", type=float, default=0, help="start nothing after so long; 0: all")
    add("--runs", default="runs", metavar="DIR")
    results = plan.ROOT / "experiments" / "results"
    add("--results", default=str(results), metavar="DIR", help="of SWEEP.jsonl")
    add("--grams-per-kwh", type=float, default=cost.GRAMS_PER_KWH, help="CO2, of power")
    add("--slurm", nargs="*", default=[], metavar="KEY=VALUE", help="for submitit")
    add("--cluster", default=None, help="of submitit; 'local' tries it on this machine")
    add("--tpu", default="", metavar="NAME", help="a TPU, with --on=tpu")
    add("--zone", default="", help="of the TPU")
    add("--through", default="", help="in place of gcloud: a command with {}")
    return parser.parse_args(argv)


def choose(runs: list[sweeps.Run], patterns: str) -> list[sweeps.Run]:
    """The runs whose cell some pattern matches.

    Raises:
        ValueError: there are none.
    """
    wanted = patterns.split(",")
    found = [r for r in runs if any(fnmatch.fnmatch(r.cell, p) for p in wanted)]
    if not found:
        raise ValueError(f"--only={patterns}: no SET/ARM of the sweep is like that.")
    return found


def _backend(args: argparse.Namespace, sweep: state.Sweep):
    if args.on == "slurm":
        from experiments.launch import slurm

        return slurm.Slurm(sweep, args.slurm, args.cluster, args.grams_per_kwh)
    if args.on == "tpu":
        from experiments.launch import tpu

        through = args.through or tpu.through(args.tpu, args.zone)
        return tpu.Tpu(sweep, through, args.grams_per_kwh)
    from experiments.launch import local

    return local.Local(sweep, args.processes, args.grams_per_kwh)


def _say(sweep: state.Sweep, finished: set[str], processes: int, what: str) -> None:
    total, left = len(sweep.runs), len(sweep.runs) - len(finished)
    rest = ""
    if left:
        seconds = sweep.seconds_left(left, processes)
        rest = f", {left} left, about {state.duration(seconds)}"
    print(f"[{len(finished)}/{total}] {what}{rest}", flush=True)


def _list_failures(failed: dict[plan.Job, attempts.Attempt], sweep) -> None:
    for job, attempt in failed.items():
        log = attempts.log_path(sweep.place, job)
        print(f"failed: {job.name}: exit code {attempt.code}: {attempt.error}\n  {log}")
    if failed:
        print(f"{len(failed)} failed; --retry makes them again.", flush=True)


def _work(sweep: state.Sweep, args: argparse.Namespace) -> int:
    """Runs what is left; the exit code."""
    finished = sweep.collect()
    jobs = sweep.jobs(finished)
    failed = sweep.failures(jobs)
    if not args.retry:
        jobs = [job for job in jobs if job not in failed]
    backend = _backend(args, sweep)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: backend.stop())
    _say(sweep, finished, backend.processes, f"{sweep.name} on {args.on}")
    until = time.monotonic() + 60 * args.minutes
    for job, attempt in backend.run(
        jobs, lambda: not args.minutes or time.monotonic() < until
    ):
        finished = sweep.collect()
        missing = set(job.runs) - finished
        took = state.duration(attempt.cost.get("seconds"))
        if not missing:
            what = f"{job.name}: finished after {took}"
        elif attempt.failed:
            what = f"{job.name}: FAILED: {attempt.error}"
        else:
            what = f"{job.name}: stopped, goes on next time. {attempt.error}".strip()
        _say(sweep, finished, backend.processes, what)
    left = sweep.jobs(finished)
    failed = sweep.failures(left)
    _list_failures(failed, sweep)
    if backend.stopped:
        print("Stopped; the same command goes on.", file=sys.stderr)
        return _STOPPED
    if not left:
        print(f"All is finished: {sweep.results}")
        print(f"Tables: python -m experiments.tables {args.runs}/{sweep.name}")
    return 1 if failed else 0


def main(argv: list[str]) -> int:
    """Runs a sweep, or says where it stands; the exit code."""
    args = parse(argv)
    try:
        name, runs = sweeps.load(args.sweep)
        place = pathlib.Path(args.runs).resolve() / name
        sweep = state.Sweep(
            name,
            choose(runs, args.only),
            place,
            pathlib.Path(args.results).resolve() / f"{name}.jsonl",
            args.seeds == "together",
        )
        if args.list:
            finished = sweep.collect()
            _say(sweep, finished, 1, name)
            _list_failures(sweep.failures(sweep.jobs(finished)), sweep)
            return 0
        with state.held(place):
            sweep.note_wanted()
            return _work(sweep, args)
    except (ValueError, OSError) as error:
        print(f"experiments.launch: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
