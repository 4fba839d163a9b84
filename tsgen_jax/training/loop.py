"""One loop for every stage, for one run or for several seeds at once.

All steps up to the next event run in one dispatch of one compiled program.
"""

import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from types import MappingProxyType

import jax
import numpy as np
from jax.sharding import Mesh
from ml_collections import ConfigDict

from tsgen_jax.recipe import Stage, Weights
from tsgen_jax.runtime import hosts
from tsgen_jax.runtime.interrupt import InterruptedRunError, stop_on_signal
from tsgen_jax.training import optim
from tsgen_jax.training.programs import Programs
from tsgen_jax.training.progress import Member, Run
from tsgen_jax.training.step import TrainState, make_run_steps, make_train_step
from tsgen_jax.types import Array, Batch, PyTree

__all__ = ("Run", "TrainState", "fit", "fit_all", "make_run_steps", "make_train_step")
_LOG = logging.getLogger(__name__)


def fit(
    stage: Stage,
    rows: Batch,
    settings: ConfigDict,
    *,
    key: Array,
    mesh: Mesh,
    workdir: str,
    valid: Batch | None = None,
    given: Weights = MappingProxyType({}),
) -> tuple[PyTree, dict]:
    """Trains one stage of one run, or goes on where an earlier call stopped.

    Args:
        stage: what is trained.
        rows: arrays with one leading axis n; a batch is rows of them.
        settings: `config.train[stage.name]`, with the batch size to use.
        key: decides the first weights, the batches and all noise.
        mesh: devices to share each batch among.
        workdir: the run directory; checkpoints go to `<workdir>/<stage>/checkpoints`.
        valid: rows to select weights by; None: the last ones are taken.
        given: weights of the stages that this one needs.

    Returns:
        weights: what `stage.export` gives, of the selected step.
        summary: steps done, selected step, its validation loss.

    Raises:
        FloatingPointError: a metric is not finite; names step and term.
        InterruptedRunError: SIGTERM or Ctrl-C; the state is saved.
    """
    run = Run(stage, rows, valid, dict(given), key, workdir, "")
    return fit_all([run], settings, mesh)[0]


def fit_all(
    runs: Sequence[Run], settings: ConfigDict, mesh: Mesh
) -> list[tuple[PyTree, dict]]:
    """Trains one stage of several runs as one program; each ends as by `fit` alone.

    Each run has its own checkpoints, metrics, selection and early stopping.

    Args:
        runs: all of one stage, with rows of the same shapes (the same object, where
            the rows are the same).
        settings: `config.train[stage.name]`, with the batch size to use.
        mesh: from `sharding.make_mesh`, for as many seeds.

    Returns:
        As `fit`, for every run.

    Raises:
        FloatingPointError, InterruptedRunError: as `fit`; the former names the run.
    """
    name = runs[0].stage.name
    _LOG.info(
        "%s: compiling its training step (up to minutes on a CPU the first time; "
        "programs are kept for later runs).",
        name,
    )
    programs = Programs(runs, settings, mesh)
    with contextlib.ExitStack() as held:
        members = [Member(run, settings, held) for run in runs]
        asked = held.enter_context(stop_on_signal())
        stop = lambda: hosts.any_of(asked())  # noqa: E731
        state = programs.join(_begin(members, programs))
        weights = sum(
            p.size for p in jax.tree.leaves(programs.abstract["train"].params)
        )
        _LOG.info(
            "%s: compiled in %.1f s. Training %d steps on %d series, batch %d, "
            "%d device(s)%s, %s weights.",
            name,
            programs.compile_seconds,
            settings.num_steps,
            len(jax.tree.leaves(runs[0].rows)[0]),
            settings.batch_size,
            mesh.size,
            f" for {len(runs)} seeds at once" if len(runs) > 1 else "",
            f"{weights:,}",
        )
        for i, member in enumerate(members):
            member.open_writer(shows_progress=i == 0)
        _run(programs, members, settings, state, stop)
        for member in members:
            member.checkpoints.wait()
        if stop():
            raise InterruptedRunError(f"Stopped after {name}; everything is saved.")
    return [member.result() for member in members]


def _begin(members: list[Member], programs: Programs) -> list[TrainState]:
    """What the runs go on with; all that are not finished are at the same step."""
    states = [member.restore(programs.abstract, None) for member in members]
    while True:
        going = {i: m.step for i, m in enumerate(members) if not m.finished}
        first = min(going.values(), default=0)
        ahead = [i for i, step in going.items() if step > first]
        if not ahead:
            break
        for i in ahead:  # A kill came between the checkpoints of two runs.
            states[i] = members[i].restore(programs.abstract, first)
    for i, member in enumerate(members):
        if states[i] is None:
            fresh = programs.init(i)
            states[i], member.best = fresh["train"], fresh["best"]
            member.draw(lambda best=member.best: best)
        else:
            _LOG.info("%s: resuming after step %d.", member.run.who, member.step)
    return states


class _Reports:
    """Metrics of the last dispatch, written while the next one runs."""

    def __init__(self, members: list[Member], settings: ConfigDict):
        self._members, self._pending = members, None
        self._written, self._shown = time.perf_counter(), {}
        self._rate = optim.make_schedule(
            settings.learning_rate, settings.warmup_steps, settings.num_steps
        )

    def hold(self, going: list[int], means: PyTree, last: PyTree, count: int) -> None:
        """Keeps what `count` steps gave for the runs `going`."""
        steps = self._members[going[0]].step
        self._pending = going, steps, means, last, count

    def show(self, name: str, values: list[float]) -> None:
        """Has the mean over runs shown beside the progress."""
        self._shown[name if len(self._members) == 1 else f"mean_{name}"] = float(
            np.mean(values)
        )

    def show_valid(self, losses: list[float], step: int) -> None:
        """Has the validation loss shown, with the step that it is of."""
        for name in [name for name in self._shown if "valid" in name]:
            del self._shown[name]
        self.show(f"valid (step {step})", losses)

    def write(self) -> None:
        """Writes what is held, if anything; FloatingPointError where it is not finite."""
        if self._pending is None:
            return
        (going, step, means, last, count), self._pending = self._pending, None
        means, last = jax.device_get((means, last))
        one = lambda tree, i: {k: float(v.reshape(-1)[i]) for k, v in tree.items()}  # noqa: E731
        for i in going:
            self._members[i].check_finite(one(last, i))
        now = time.perf_counter()
        rate, self._written = count / (now - self._written), now
        for i in going:
            values = {**one(means, i), "steps_per_second": rate}
            values["learning_rate"] = float(self._rate(step - 1))
            self._members[i].writer.write(step, "train", values)
        self.show("loss", [one(means, i)["loss"] for i in going])
        self._members[0].writer.progress(step, self._shown)


def _next_stop(settings: ConfigDict, step: int) -> int:
    """The next step at which the host has something to do."""
    every = (settings.log_every, settings.eval_every, settings.checkpoint_every)
    return min([settings.num_steps, *((step // e + 1) * e for e in every)])


def _run(
    programs: Programs,
    members: list[Member],
    settings: ConfigDict,
    state: TrainState,
    stop: Callable[[], bool],
) -> None:
    """The loop proper: until all members are finished."""
    has_valid = members[0].run.has_valid
    reports = _Reports(members, settings)
    for i, member in enumerate(members):
        if member.finished:
            member.last = programs.export(state, i)
    while going := [i for i, m in enumerate(members) if not m.finished]:
        step = members[going[0]].step
        target = _next_stop(settings, step)
        counts = [target - step if i in going else 0 for i in range(len(members))]
        state, means, last = programs.run_steps(
            state, programs.data, programs.key, programs.counts(counts)
        )
        reports.write()  # Of the dispatch before, while this one runs.
        for i in going:
            members[i].step = target
        reports.hold(going, means, last, target - step)
        last_one = target >= settings.num_steps
        if has_valid and (target % settings.eval_every == 0 or last_one):
            reports.write()
            losses = [members[i].evaluate(programs.export(state, i)) for i in going]
            reports.show_valid(losses, target)
        for i in going:
            members[i].draw(lambda i=i, state=state: programs.export(state, i))
        stopping = stop()
        due = stopping or target % settings.checkpoint_every == 0
        for i in going:
            if due or members[i].finished:
                reports.write()
                members[i].save(programs.part(state, i))
            if members[i].finished:
                members[i].last = programs.export(state, i)
        if stopping:
            for member in members:
                member.checkpoints.wait()
            raise InterruptedRunError(
                f"Stopped after step {target} of {members[0].run.stage.name}; everything "
                "is saved. Run the same command again to go on."
            )
    reports.write()
