"""How far a reconstruction is from its series."""

import jax
import jax.numpy as jnp

from tsgen_jax.types import Array


def mean_squared_error(x: Array, x_hat: Array) -> jax.Array:
    """Mean of squared differences over all elements; scalar.

    Raises:
        ValueError: the shapes differ.
    """
    if x.shape != x_hat.shape:
        raise ValueError(f"Shapes {x.shape} and {x_hat.shape} differ.")
    return ((x - x_hat) ** 2).mean()


def mean_absolute_error(x: Array, x_hat: Array) -> jax.Array:
    """Mean of absolute differences over all elements; errors as above; scalar."""
    if x.shape != x_hat.shape:
        raise ValueError(f"Shapes {x.shape} and {x_hat.shape} differ.")
    return jnp.abs(x - x_hat).mean()


def weighted_squared_error(x: Array, x_hat: Array, weight: Array) -> jax.Array:
    """Weighted mean of squared differences; scalar, 0 where nothing weighs anything.

    Args:
        x: any shape.
        x_hat: of the same shape.
        weight: 0 or more, or bool; of a shape that spreads over that of `x`.

    Raises:
        ValueError: the shapes differ.
    """
    if x.shape != x_hat.shape:
        raise ValueError(f"Shapes {x.shape} and {x_hat.shape} differ.")
    return _weighted((x - x_hat) ** 2, weight)


def weighted_absolute_error(x: Array, x_hat: Array, weight: Array) -> jax.Array:
    """Weighted mean of absolute differences, as `weighted_squared_error`."""
    if x.shape != x_hat.shape:
        raise ValueError(f"Shapes {x.shape} and {x_hat.shape} differ.")
    return _weighted(jnp.abs(x - x_hat), weight)


def _weighted(error: Array, weight: Array) -> jax.Array:
    weight = jnp.broadcast_to(weight, error.shape).astype(error.dtype)
    total = weight.sum()
    return (weight * error).sum() / jnp.where(total > 0, total, 1)


# Name -> the mean over all elements, and the weighted one.
ERRORS = {
    "squared": (mean_squared_error, weighted_squared_error),
    "absolute": (mean_absolute_error, weighted_absolute_error),
}
