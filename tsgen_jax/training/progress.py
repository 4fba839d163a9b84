"""One run within `loop.fit`: what it has on disk, and how far and how good it is."""

import contextlib
import dataclasses
import math
import os
from collections.abc import Callable

import jax
from ml_collections import ConfigDict

from tsgen_jax.recipe import Stage, Weights
from tsgen_jax.runs.checkpoint import Checkpoints
from tsgen_jax.runs.metrics import Writer
from tsgen_jax.runs.tracking import Tracker
from tsgen_jax.runtime import hosts
from tsgen_jax.training import snapshots
from tsgen_jax.types import Array, Batch, PyTree

_NUM_KEPT = 2  # Checkpoints: if the newest is broken, one more is there.


@dataclasses.dataclass(frozen=True, eq=False)
class Run:
    """A stage of one run, to be trained.

    Attributes:
        stage: what is trained.
        rows: arrays with one leading axis n; a batch is rows of them.
        valid: the same of the validation part; None, or no rows: there is none.
        given: weights of the stages that it needs.
        key: decides the first weights, the batches and all noise.
        workdir: the run directory; checkpoints go to `<workdir>/<stage>/checkpoints`.
        name: the run's name in messages, such as 'seed 3'; '' where there is only one.
        tracker: gets copies of its metrics; None: no tracker.
    """

    stage: Stage
    rows: Batch
    valid: Batch | None
    given: Weights
    key: Array
    workdir: str
    name: str
    tracker: Tracker | None = None

    @property
    def who(self) -> str:
        """The stage and, where there are others, the run; for messages."""
        name = self.stage.name
        return f"{name}, {self.name}" if self.name else name

    @property
    def has_valid(self) -> bool:
        """Whether there is something to select weights by."""
        rows = () if self.valid is None else jax.tree.leaves(self.valid)
        return self.stage.evaluate is not None and len(rows) > 0 and len(rows[0]) > 0


@dataclasses.dataclass
class _Progress:
    """What early stopping remembers; stored with every checkpoint."""

    best_loss: float = math.inf
    best_step: int = 0
    num_worse: int = 0  # Evaluations since the best one.

    def note(self, loss: float, step: int) -> bool:
        """Takes in an evaluation; returns whether it is the best so far."""
        if loss < self.best_loss:
            self.best_loss, self.best_step, self.num_worse = loss, step, 0
            return True
        self.num_worse += 1
        return False


class Member:
    """A run while it is trained, alone or with others.

    Attributes:
        run: what it is.
        step: steps done.
        best: the weights with the lowest validation loss.
        last: those of its last step, once it is finished.
        writer: of its metrics, once it is open.
    """

    def __init__(self, run: Run, settings: ConfigDict, held: contextlib.ExitStack):
        """Opens its checkpoints; `held` closes them."""
        self.run, self._settings, self._held = run, settings, held
        directory = os.path.join(run.workdir, run.stage.name, "checkpoints")
        self.checkpoints = held.enter_context(Checkpoints(directory, _NUM_KEPT))
        self.step, self.best, self.last = 0, None, None
        self.writer: Writer | None = None
        self._progress = _Progress()

    @property
    def finished(self) -> bool:
        """Whether all steps are done, or no better ones were found for long enough."""
        settings = self._settings
        return self.step >= settings.num_steps or bool(
            settings.patience and self._progress.num_worse >= settings.patience
        )

    def restore(self, abstract: PyTree, newest: int | None) -> PyTree | None:
        """Goes back to the newest checkpoint, not after step `newest`; its train state.

        None: there is none, and it begins anew.
        """
        restored = self.checkpoints.restore(abstract, newest)
        if restored is None:
            self.step, self._progress = 0, _Progress()
            return None
        self.step, state, info = restored
        self.best, self._progress = state["best"], _Progress(**info)
        return state["train"]

    def open_writer(self, shows_progress: bool) -> None:
        """Opens metrics.jsonl, from which lines after its step are taken back."""
        workdir = self._held.enter_context(hosts.own_directory(self.run.workdir))
        self.writer = self._held.enter_context(
            Writer(
                workdir,
                self.run.stage.name,
                self._settings.num_steps,
                self.step,
                shows_progress,
                self.run.tracker,
            )
        )

    def evaluate(self, weights: PyTree) -> float:
        """Judges `weights` on the validation part; returns the loss.

        Raises:
            FloatingPointError: a metric is not finite.
        """
        values = self.run.stage.evaluate(hosts.local(weights), self.run.valid)
        values = {name: float(value) for name, value in values.items()}
        self.check_finite({**values, "step": self.step})
        self.writer.write(self.step, "valid", values)
        if self._progress.note(values["loss"], self.step):
            self.best = weights
        return values["loss"]

    def draw(self, export: Callable[[], PyTree]) -> None:
        """Keeps what its weights draw, where this is a step to show.

        Args:
            export: gives the weights; it is called where they are needed.
        """
        stage, shown = self.run.stage, snapshots.steps(self._settings)
        if stage.snapshot and (self.step in shown or self.finished):
            drawn = stage.snapshot(hosts.local(export()), self.run.rows)
            if hosts.is_first():
                snapshots.write(self.run.workdir, stage.name, self.step, drawn)

    def save(self, state: PyTree) -> None:
        """Starts a checkpoint of `state`, a copy of its train state."""
        info = dataclasses.asdict(self._progress)
        self.checkpoints.save(self.step, {"train": state, "best": self.best}, info)

    def result(self) -> tuple[PyTree, dict]:
        """The selected weights; and steps, selected step, its validation loss."""
        progress = self._progress
        use_best = self._settings.select == "best" and progress.best_step > 0
        selected = progress.best_step if use_best else self.step
        summary = {"steps": self.step, "selected_step": selected}
        if progress.best_step:
            summary["valid_loss"] = progress.best_loss
        return self.best if use_best else self.last, summary

    def check_finite(self, values: dict[str, float]) -> None:
        """Raises FloatingPointError that names run, 'step' and what is not finite."""
        broken = [name for name, value in values.items() if not math.isfinite(value)]
        if broken:
            stage = self.run.stage.name
            raise FloatingPointError(
                f"{self.run.who}: step {int(values['step'])} has non-finite "
                f"{', '.join(sorted(broken))}; the last good checkpoint is kept. Try a "
                f"smaller train.{stage}.learning_rate, or clip_norm above 0, in another "
                "--workdir."
            )
