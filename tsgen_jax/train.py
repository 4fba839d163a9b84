"""One training step and one loop for every stage.

Step t draws its batch and its noise from (key, t) alone, so a checkpoint holds no
iterator and a resumed run equals an uninterrupted one bit for bit. All steps up to
the next event run in one dispatch of one compiled program.
"""

import dataclasses
import logging
import math
import os
import time
from collections.abc import Callable

import flax
import jax
import jax.numpy as jnp
import optax
from jax.sharding import Mesh
from ml_collections import ConfigDict

from tsgen_jax import optim, sharding
from tsgen_jax.checkpoint import Checkpoints, abstract
from tsgen_jax.data import batches
from tsgen_jax.interrupt import InterruptedRunError, stop_on_signal
from tsgen_jax.types import Array, Batch, Metrics, PyTree, Task
from tsgen_jax.writer import Writer

_LOG = logging.getLogger(__name__)
_NUM_KEPT = 2  # Checkpoints: if the newest is broken, one more is there.


@flax.struct.dataclass
class TrainState:
    """All that a step changes."""

    step: jax.Array  # Steps done, int32.
    params: PyTree  # What gradients change.
    model_state: PyTree  # What the forward pass changes.
    opt_state: PyTree


def make_train_step(
    loss_fn: Callable, optimizer: optax.GradientTransformation
) -> Callable[[TrainState, Batch, Array], tuple[TrainState, Metrics]]:
    """(state, batch, key) -> (state, metrics); adds 'grad_norm' to the metrics."""

    def train_step(state, batch, key):
        grad_fn = jax.value_and_grad(loss_fn, has_aux=True)
        (_, (model_state, metrics)), grads = grad_fn(
            state.params, state.model_state, batch, key
        )
        updates, opt_state = optimizer.update(grads, state.opt_state, state.params)
        params = optax.apply_updates(state.params, updates)
        metrics = {**metrics, "grad_norm": optax.tree.norm(grads)}
        step = state.step + 1
        return TrainState(step, params, model_state, opt_state), metrics

    return train_step


def split_key(key: Array) -> tuple[Array, Array, Array]:
    """The run's keys for first weights, for batches, and for the noise of steps."""
    key_init, key_batches, key_steps = jax.random.split(key, 3)
    return key_init, key_batches, key_steps


def make_run_steps(train_step: Callable, batch_size: int, mesh: Mesh) -> Callable:
    """Several steps as one program.

    Returns:
        (state, data, key, num_steps) -> (state, means, last): metrics averaged over
        the steps, and those of the last one. It stops after a step with a
        non-finite metric. `num_steps` is traced: one program serves every number.
    """

    def one(state, data, key_batches, key_steps):
        batch = batches.batch_at(data, key_batches, state.step, batch_size)
        batch = jax.lax.with_sharding_constraint(batch, sharding.split(mesh))
        return train_step(state, batch, jax.random.fold_in(key_steps, state.step))

    def run_steps(state, data, key, num_steps):
        _, *keys = split_key(key)

        def finite(carry):
            done, _, _, last = carry
            values = jnp.stack(jax.tree.leaves(last))
            return (done < num_steps) & jnp.isfinite(values).all()

        def body(carry):
            done, state, sums, _ = carry
            state, metrics = one(state, data, *keys)
            return done + 1, state, jax.tree.map(jnp.add, sums, metrics), metrics

        shapes = jax.eval_shape(one, state, data, *keys)[1]
        zeros = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), shapes)
        done, state, sums, last = jax.lax.while_loop(
            finite, body, (0, state, zeros, zeros)
        )
        means = jax.tree.map(lambda s: s / done, sums)
        return state, means, {**last, "step": state.step}

    return run_steps


def _check_finite(last: dict[str, float], stage: str) -> None:
    step = int(last["step"])
    broken = [name for name, value in last.items() if not math.isfinite(value)]
    if broken:
        raise FloatingPointError(
            f"{stage}: step {step} has non-finite {', '.join(sorted(broken))}; the "
            "last good checkpoint is kept. Try a smaller "
            f"train.{stage}.learning_rate, or clip_norm above 0, in another --workdir."
        )


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


class _Loop:
    """The state of one call of `fit`."""

    def __init__(self, task: Task, settings: ConfigDict, mesh: Mesh, key: Array):
        self.task, self.settings = task, settings
        names = (
            "learning_rate",
            "weight_decay",
            "decay_all_weights",
            "warmup_steps",
            "clip_norm",
            "ema_decay",
            "num_steps",
        )
        optimizer = optim.make_optimizer(**{n: settings[n] for n in names})
        place = sharding.replicated(mesh)
        self.key = jax.device_put(key, place)
        self.data = jax.device_put(task.train_data, place)
        batch_size = settings.batch_size

        def init(key, data):
            key_init, key_batches, _ = split_key(key)
            batch = batches.batch_at(data, key_batches, jnp.zeros((), int), batch_size)
            params, model_state = task.init(key_init, batch)
            step = jnp.zeros((), jnp.int32)
            state = TrainState(step, params, model_state, optimizer.init(params))
            return {"train": state, "best": jax.tree.map(jnp.copy, export(state))}

        def export(state):
            params = optim.weights_in_use(state.params, state.opt_state)
            return task.export(params, state.model_state)

        started = time.perf_counter()
        init = jax.jit(init, out_shardings=place)
        self.init = lambda: init(self.key, self.data)
        shapes = jax.eval_shape(init, self.key, self.data)
        self.abstract = jax.tree.map(
            lambda s: jax.ShapeDtypeStruct(s.shape, s.dtype, sharding=place), shapes
        )
        step = make_train_step(task.loss_fn, optimizer)
        run_steps = jax.jit(make_run_steps(step, batch_size, mesh), donate_argnums=0)
        self.run_steps = run_steps.lower(
            self.abstract["train"], abstract(self.data), abstract(self.key), 1
        ).compile()
        self.compile_seconds = time.perf_counter() - started
        # Copies, because the state itself is donated to the next dispatch.
        self.snapshot = jax.jit(lambda tree: jax.tree.map(jnp.copy, tree))
        self.export = jax.jit(lambda state: jax.tree.map(jnp.copy, export(state)))

    def next_stop(self, step: int) -> int:
        """The next step at which the host has something to do."""
        s = self.settings
        every = (s.log_every, s.eval_every, s.checkpoint_every)
        return min([s.num_steps, *((step // e + 1) * e for e in every)])


def fit(
    task: Task, settings: ConfigDict, *, key: Array, mesh: Mesh, workdir: str
) -> tuple[PyTree, dict]:
    """Trains one stage, or goes on where an earlier call stopped.

    Args:
        task: the stage.
        settings: `config.train[task.name]`, with the batch size to use.
        key: decides the first weights, the batches and all noise.
        mesh: devices to share each batch among.
        workdir: the run directory; checkpoints go to `<workdir>/<stage>/checkpoints`.

    Returns:
        weights: what `task.export` gives, of the selected step.
        summary: steps done, selected step, its validation loss, seconds.

    Raises:
        FloatingPointError: a metric is not finite; names step and term.
        InterruptedRunError: SIGTERM or Ctrl-C; the state is saved.
    """
    loop = _Loop(task, settings, mesh, key)
    directory = os.path.join(workdir, task.name, "checkpoints")
    with Checkpoints(directory, _NUM_KEPT) as checkpoints, stop_on_signal() as stop:
        restored = checkpoints.restore(loop.abstract)
        if restored is None:
            step, state, progress = 0, loop.init(), _Progress()
        else:
            step, state, info = restored
            progress = _Progress(**info)
            _LOG.info("%s: resuming after step %d.", task.name, step)
        _LOG.info(
            "%s: compiled in %.1f s; %d series, batch %d, %d device(s), %s weights.",
            task.name,
            loop.compile_seconds,
            len(jax.tree.leaves(task.train_data)[0]),
            settings.batch_size,
            mesh.size,
            f"{sum(p.size for p in jax.tree.leaves(state['train'].params)):,}",
        )
        with Writer(workdir, task.name, settings.num_steps, step) as writer:
            state, step = _run(loop, checkpoints, writer, state, step, progress, stop)
    use_best = settings.select == "best" and progress.best_step > 0
    weights = state["best"] if use_best else loop.export(state["train"])
    summary = {"steps": step, "selected_step": progress.best_step if use_best else step}
    if progress.best_step:
        summary["valid_loss"] = progress.best_loss
    return weights, summary


def _run(loop, checkpoints, writer, state, step, progress, stop):
    """The loop proper; returns the last state and step."""
    settings, task = loop.settings, loop.task
    train_state, best = state["train"], state["best"]
    has_valid = len(jax.tree.leaves(task.valid_data)[0]) > 0
    pending, shown, reported = None, {}, time.perf_counter()

    def report():
        nonlocal pending, reported
        if pending is None:
            return
        at, means, last, count = pending
        pending = None
        means, last = jax.device_get((means, last))
        _check_finite({k: float(v) for k, v in last.items()}, task.name)
        values = {k: float(v) for k, v in means.items()}
        now = time.perf_counter()
        values["steps_per_second"], reported = count / (now - reported), now
        writer.write(at, "train", values)
        shown["loss"] = values["loss"]
        writer.progress(at, shown)

    def finished():
        return step >= settings.num_steps or (
            settings.patience and progress.num_worse >= settings.patience
        )

    while not finished():
        target = loop.next_stop(step)
        train_state, means, last = loop.run_steps(
            train_state, loop.data, loop.key, target - step
        )
        report()  # Of the dispatch before, while this one runs.
        pending = target, means, last, target - step
        step = target
        if has_valid and (step % settings.eval_every == 0 or finished()):
            report()
            weights = loop.export(train_state)
            values = {
                k: float(v) for k, v in task.evaluate(weights, task.valid_data).items()
            }
            _check_finite({**values, "step": step}, task.name)
            writer.write(step, "valid", values)
            shown["valid"] = values["loss"]
            if progress.note(values["loss"], step):
                best = weights
        stopping = stop()
        if stopping or finished() or step % settings.checkpoint_every == 0:
            report()
            state = loop.snapshot({"train": train_state, "best": best})
            checkpoints.save(step, state, dataclasses.asdict(progress))
        if stopping:
            checkpoints.wait()
            raise InterruptedRunError(
                f"Stopped after step {step} of {task.name}; everything is saved. Run "
                "the same command again to go on."
            )
    report()
    checkpoints.wait()
    if stop():
        raise InterruptedRunError(f"Stopped after {task.name}; everything is saved.")
    return {"train": train_state, "best": best}, step
