"""Classifier-free guidance as a wrapper of the logits function."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from tsgen_jax.types import Array


def guide(
    logits_fn: Callable[[Array, Array], jax.Array],
    label: Array,
    no_label: int,
    guidance_scale: float,
) -> Callable[[Array], jax.Array]:
    """Fixes the class: (tokens, label) -> logits becomes tokens -> logits.

    uncond + w (cond - uncond), both from one call on a doubled batch; w = 1 needs
    only the conditional half. Ho and Salimans 2022, arXiv 2207.12598.

    Args:
        logits_fn: (tokens int [B, N], label int [B]) -> float [B, N, K].
        label: int [B], the class of each series.
        no_label: the label that stands for no class.
        guidance_scale: w.
    """

    def guided(tokens: Array) -> jax.Array:
        if guidance_scale == 1:
            return logits_fn(tokens, label)
        labels = jnp.concatenate([label, jnp.full_like(label, no_label)])
        both = logits_fn(jnp.concatenate([tokens, tokens]), labels)
        cond, uncond = jnp.split(both, 2)
        return uncond + guidance_scale * (cond - uncond)

    return guided
