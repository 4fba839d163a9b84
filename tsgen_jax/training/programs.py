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
from tsgen_jax.runtime import hosts, sharding
from tsgen_jax.training import batches, optim
from tsgen_jax.training.progress import Run
from tsgen_jax.training.step import (
    TrainState,
    make_run_steps,
    make_train_step,
    split_key,
)
from tsgen_jax.types import Array, PyTree


class Programs:
    """What `loop.fit` runs on the devices; its steps are compiled when it is made.

    Attributes:
        abstract: shapes and places of one seed's {'train', 'best'}.
        compile_seconds: time that compiling took.
    """

    def __init__(
        self,
        runs: Sequence[Run],
        settings: ConfigDict,
        mesh: Mesh,
    ):
        """Compiles the steps.

        Args:
            runs: one per seed, all of one stage.
            settings: `config.train[stage.name]`, with the batch size to use.
            mesh: from `sharding.make_mesh`, for as many seeds.
        """
        started = time.perf_counter()
        self._runs, self._batch_size = runs, settings.batch_size
        self._stage = stage = runs[0].stage
        make_optimizer = stage.make_optimizer or optim.from_settings
        self._optimizer = make_optimizer(settings)
        self._whole = sharding.replicated(mesh)
        several = len(runs) > 1
        self._place = sharding.by_seed(mesh) if several else self._whole
        self._num_seeds = len(runs) if several else 0
        shared = all(run.rows is runs[0].rows for run in runs)
        self.data = self._place_data(shared)
        key = jnp.stack([run.key for run in runs]) if several else runs[0].key
        self.key = hosts.put(key, self._place)
        self._init = self._make_init()
        first = runs[0]
        shapes = jax.eval_shape(self._init, first.key, first.rows, first.given)
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
        """{'train', 'best'} of one seed (its place among the runs) at step 0."""
        run = self._runs[seed]
        of = run.key, run.rows, run.given
        return self._init(*hosts.put(of, self._whole))

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
        return self._stage.export(params, state.model_state)

    def _place_data(self, shared: bool) -> PyTree:
        data = [run.rows for run in self._runs]
        if shared:
            return hosts.put(data[0], self._whole)
        data = jax.tree.map(lambda *a: np.stack(a), *data)
        return hosts.put(data, self._place)

    def _make_init(self):
        def init(key, data, given):
            key_init, key_batches, _ = split_key(key)
            first = jnp.zeros((), int)
            batch = batches.batch_at(data, key_batches, first, self._batch_size)
            params, model_state = self._stage.init(key_init, batch, given)
            step = jnp.zeros((), jnp.int32)
            opt_state = self._optimizer.init(params)
            state = TrainState(step, params, model_state, opt_state)
            best = jax.tree.map(jnp.copy, self._exported(state))
            return {"train": state, "best": best}

        return jax.jit(init, out_shardings=self._whole)

    def _compile(self, mesh: Mesh, shared: bool):
        step = make_train_step(self._stage.loss_fn, self._optimizer)
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
        ones = self.counts([1] * len(self._runs))
        lowered = run_steps.lower(state, abstract(self.data), abstract(self.key), ones)
        return lowered.compile()
