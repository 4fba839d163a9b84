"""The compiled programs of a stage: of one run, or of several seeds at once.

Several seeds are the same steps under `vmap`: states, keys and data have a leading
axis S. A seed that has fewer steps to do than the others stands still meanwhile.
"""

import time
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from ml_collections import ConfigDict

from tsgen_jax.runs.checkpoint import abstract
from tsgen_jax.runtime import sharding
from tsgen_jax.training import batches, optim
from tsgen_jax.training.step import (
    TrainState,
    make_run_steps,
    make_train_step,
    split_key,
)
from tsgen_jax.types import Array, PyTree, Task


class Programs:
    """What `train.fit` runs on the devices; its steps are compiled when it is made.

    Attributes:
        abstract: shapes and places of one seed's {'train', 'best'}.
        compile_seconds: time that compiling took.
    """

    def __init__(
        self,
        tasks: Sequence[Task],
        keys: Sequence[Array],
        settings: ConfigDict,
        mesh: Mesh,
    ):
        """Compiles the steps.

        Args:
            tasks: one per seed; they may differ in `init` and in their data.
            keys: one per seed.
            settings: `config.train[task.name]`, with the batch size to use.
            mesh: from `sharding.make_mesh`, for as many seeds.
        """
        started = time.perf_counter()
        self._tasks, self._keys, self._batch_size = tasks, keys, settings.batch_size
        self._optimizer = optim.from_settings(settings)
        self._whole = sharding.replicated(mesh)
        several = len(tasks) > 1
        self._place = sharding.by_seed(mesh) if several else self._whole
        self._num_seeds = len(tasks) if several else 0
        shared = all(task.train_data is tasks[0].train_data for task in tasks)
        self.data = self._place_data(shared)
        key = jnp.stack(keys) if several else keys[0]
        self.key = jax.device_put(key, self._place)
        # Tasks with the same `init`, as of stage 1, share one program.
        inits = {task.init: self._make_init(task) for task in tasks}
        self._inits = [inits[task.init] for task in tasks]
        shapes = jax.eval_shape(self._inits[0], keys[0], tasks[0].train_data)
        self.abstract = jax.tree.map(
            lambda s: jax.ShapeDtypeStruct(s.shape, s.dtype, sharding=self._whole),
            shapes,
        )
        self.run_steps = self._compile(mesh, shared)
        self.compile_seconds = time.perf_counter() - started
        # Copies, because the state itself is donated to the next dispatch.
        self._part = jax.jit(self._cut, out_shardings=self._whole)
        self._export = jax.jit(
            lambda state, seed: self._exported(self._cut(state, seed)),
            out_shardings=self._whole,
        )

    def init(self, seed: int) -> PyTree:
        """{'train', 'best'} of one seed (its place among the tasks) at step 0."""
        given = self._keys[seed], self._tasks[seed].train_data
        return self._inits[seed](*jax.device_put(given, self._whole))

    def join(self, states: Sequence[TrainState]) -> TrainState:
        """The states of all seeds as `run_steps` takes them."""
        if not self._num_seeds:
            return states[0]
        stack = lambda *states: jax.tree.map(lambda *a: jnp.stack(a), *states)  # noqa: E731
        return jax.jit(stack, out_shardings=self._place)(*states)

    def counts(self, num_steps: Sequence[int]) -> Array | int:
        """Steps for each seed to do, as `run_steps` takes them."""
        return np.asarray(num_steps, np.int32) if self._num_seeds else num_steps[0]

    def part(self, state: TrainState, seed: int) -> TrainState:
        """A copy of the state of one seed."""
        return self._part(state, seed)

    def export(self, state: TrainState, seed: int) -> PyTree:
        """A copy of the weights of one seed."""
        return self._export(state, seed)

    def _cut(self, state: TrainState, seed: int) -> TrainState:
        if not self._num_seeds:
            return jax.tree.map(jnp.copy, state)
        return jax.tree.map(lambda a: a[seed], state)

    def _exported(self, state: TrainState) -> PyTree:
        params = optim.weights_in_use(state.params, state.opt_state)
        return self._tasks[0].export(params, state.model_state)

    def _place_data(self, shared: bool) -> PyTree:
        data = [task.train_data for task in self._tasks]
        if shared:
            return jax.device_put(data[0], self._whole)
        data = jax.tree.map(lambda *a: np.stack(a), *data)
        return jax.device_put(data, self._place)

    def _make_init(self, task: Task):
        def init(key, data):
            key_init, key_batches, _ = split_key(key)
            first = jnp.zeros((), int)
            batch = batches.batch_at(data, key_batches, first, self._batch_size)
            params, model_state = task.init(key_init, batch)
            step = jnp.zeros((), jnp.int32)
            opt_state = self._optimizer.init(params)
            state = TrainState(step, params, model_state, opt_state)
            best = jax.tree.map(jnp.copy, self._exported(state))
            return {"train": state, "best": best}

        return jax.jit(init, out_shardings=self._whole)

    def _compile(self, mesh: Mesh, shared: bool):
        step = make_train_step(self._tasks[0].loss_fn, self._optimizer)
        run_steps = make_run_steps(step, self._batch_size, mesh)
        state = self.abstract["train"]
        if not self._num_seeds:
            run_steps = jax.jit(run_steps, donate_argnums=0)
        else:
            axes = 0, None if shared else 0, 0, 0
            run_steps = jax.vmap(run_steps, in_axes=axes, spmd_axis_name="seed")
            run_steps = jax.jit(run_steps, donate_argnums=0, out_shardings=self._place)
            state = jax.tree.map(
                lambda s: jax.ShapeDtypeStruct(
                    (self._num_seeds, *s.shape), s.dtype, sharding=self._place
                ),
                state,
            )
        ones = self.counts([1] * len(self._tasks))
        lowered = run_steps.lower(state, abstract(self.data), abstract(self.key), ones)
        return lowered.compile()
