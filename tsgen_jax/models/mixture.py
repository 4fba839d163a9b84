"""Mixtures of Gaussians as the output of a network.

Bishop 1994, "Mixture Density Networks". A component is a Gaussian over all C channels
with a mean and a deviation for each; so channels depend on each other through which
component is drawn. Deviations have a floor: without one, the likelihood of a value
that repeats has no bound.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from tsgen_jax.sampling import categorical
from tsgen_jax.types import Array

_LOG_2PI = 1.8378770664093453


class Mixture(NamedTuple):
    """M components over C channels."""

    logits: jax.Array  # [..., M]
    mean: jax.Array  # [..., M, C]
    scale: jax.Array  # [..., M, C]


def num_outputs(num_components: int, channels: int) -> int:
    """Numbers that a network gives for one mixture."""
    return num_components * (1 + 2 * channels)


def from_outputs(outputs: Array, channels: int, floor: float) -> Mixture:
    """[..., `num_outputs`] -> a mixture with deviations above `floor`."""
    num = outputs.shape[-1] // (1 + 2 * channels)
    logits, mean, scale = jnp.split(outputs, (num, num * (1 + channels)), axis=-1)
    shape = *outputs.shape[:-1], num, channels
    return Mixture(
        logits, mean.reshape(shape), floor + jax.nn.softplus(scale.reshape(shape))
    )


def log_prob(mixture: Mixture, x: Array, observed: Array | None = None) -> jax.Array:
    """log p(x), float [..., C] -> [...].

    Args:
        mixture: of the same leading axes.
        x: values.
        observed: bool [..., C]; the others are integrated out. None: all.
    """
    error = (x[..., None, :] - mixture.mean) / mixture.scale
    each = -0.5 * (error**2 + _LOG_2PI) - jnp.log(mixture.scale)
    if observed is not None:
        each = jnp.where(observed[..., None, :], each, 0)
    weights = jax.nn.log_softmax(mixture.logits)
    return jax.nn.logsumexp(weights + each.sum(-1), axis=-1)


def draw(key: Array, mixture: Mixture, temperature: float = 1.0) -> jax.Array:
    """One value of each mixture, float [..., C].

    Args:
        key: a key.
        mixture: to draw from.
        temperature: of the choice of the component, and, as its root, of deviations;
            1: the mixture itself.
    """
    key_part, key_noise = jax.random.split(key)
    part = categorical.draw(key_part, mixture.logits / temperature)
    at = part[..., None, None]
    mean, scale = (
        jnp.take_along_axis(a, at, axis=-2)[..., 0, :]
        for a in (mixture.mean, mixture.scale)
    )
    return mean + temperature**0.5 * scale * jax.random.normal(key_noise, mean.shape)


def draw_given(
    key: Array, mixture: Mixture, x: Array, observed: Array
) -> tuple[jax.Array, jax.Array]:
    """Draws what is missing of a value, given its observed channels.

    Args:
        key: a key.
        mixture: to draw from.
        x: float [..., C]; anything where not observed.
        observed: bool [..., C].

    Returns:
        log p(observed channels), [...]; and the value, `x` where observed, [..., C].
    """
    error = (x[..., None, :] - mixture.mean) / mixture.scale
    each = -0.5 * (error**2 + _LOG_2PI) - jnp.log(mixture.scale)
    weights = jax.nn.log_softmax(mixture.logits)
    weights += jnp.where(observed[..., None, :], each, 0).sum(-1)
    log_p = jax.nn.logsumexp(weights, axis=-1)
    # Components are as probable as what was observed makes them.
    drawn = draw(key, mixture._replace(logits=weights))
    return log_p, jnp.where(observed, x, drawn)
