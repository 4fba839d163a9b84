"""One training step, and several of them as one program.

Step t draws its batch and its noise from (key, t) alone, so a checkpoint holds no
iterator and a resumed run equals an uninterrupted one bit for bit.
"""

from collections.abc import Callable

import flax
import jax
import jax.numpy as jnp
import optax
from jax.sharding import Mesh

from tsgen_jax.runtime import sharding
from tsgen_jax.training import batches
from tsgen_jax.types import Array, Batch, Metrics, PyTree


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
