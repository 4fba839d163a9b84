"""AdamW with warm-up, cosine decay, clipping and an average of the weights."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from tsgen_jax.types import PyTree

_SETTINGS = (
    "learning_rate",
    "weight_decay",
    "decay_all_weights",
    "warmup_steps",
    "clip_norm",
    "ema_decay",
    "num_steps",
)


def make_schedule(learning_rate: float, warmup_steps: int, num_steps: int):
    """Linear from 0 over `warmup_steps`, then half a cosine down to 0."""
    warmup_steps = min(warmup_steps, num_steps // 2)
    return optax.warmup_cosine_decay_schedule(
        init_value=0.0 if warmup_steps else learning_rate,
        peak_value=learning_rate,
        warmup_steps=warmup_steps,
        decay_steps=num_steps,
    )


def _is_kernel(params: PyTree) -> PyTree:
    """True for the weights of products and convolutions, False for all others."""
    return jax.tree_util.tree_map_with_path(
        lambda path, _: path[-1].key == "kernel", params
    )


def make_optimizer(
    *,
    learning_rate: float,
    weight_decay: float,
    decay_all_weights: bool,
    warmup_steps: int,
    clip_norm: float,
    ema_decay: float,
    num_steps: int,
    betas: tuple[float, float] = (0.9, 0.999),
) -> optax.GradientTransformation:
    """The optimiser of every stage.

    Args:
        learning_rate: peak.
        weight_decay: AdamW's, times the learning rate.
        decay_all_weights: True also shrinks biases, norms and embeddings.
        warmup_steps: at most half of num_steps is used.
        clip_norm: bound on the gradient's global norm; 0: none.
        ema_decay: weight of the past in the average of the weights; 0: none.
        num_steps: length of the schedule.
        betas: weights of the past in Adam's averages of gradients and their squares.
    """
    schedule = make_schedule(learning_rate, warmup_steps, num_steps)
    return optax.chain(
        optax.clip_by_global_norm(clip_norm) if clip_norm else optax.identity(),
        optax.adamw(
            schedule,
            *betas,
            weight_decay=weight_decay,
            mask=None if decay_all_weights else _is_kernel,
        ),
        track_average(ema_decay) if ema_decay else optax.identity(),
    )


def from_settings(settings: Mapping[str, Any]) -> optax.GradientTransformation:
    """The optimiser of a stage, `config.train[stage]`."""
    return make_optimizer(**{name: settings[name] for name in _SETTINGS})


class AverageState(NamedTuple):
    """Moving average of the weights after each step."""

    count: jax.Array
    average: PyTree


def track_average(decay: float) -> optax.GradientTransformation:
    """Leaves updates alone and averages the weights they lead to.

    The decay starts lower, min(decay, (1 + t) / (10 + t)), so that the first
    weights are soon forgotten.
    """

    def init(params):
        # A copy: the state is donated, and no buffer may be donated twice.
        return AverageState(jnp.zeros([], jnp.int32), jax.tree.map(jnp.copy, params))

    def update(updates, state, params):
        weight = jnp.minimum(decay, (1 + state.count) / (10 + state.count))
        moved = optax.apply_updates(params, updates)
        average = jax.tree.map(
            lambda a, p: weight * a + (1 - weight) * p, state.average, moved
        )
        return updates, AverageState(state.count + 1, average)

    return optax.GradientTransformation(init, update)


def weights_in_use(params: PyTree, opt_state: PyTree) -> PyTree:
    """The averaged weights where they are tracked, else `params`."""
    is_average = lambda node: isinstance(node, AverageState)  # noqa: E731
    for node in jax.tree.leaves(opt_state, is_leaf=is_average):
        if is_average(node):
            return node.average
    return params
