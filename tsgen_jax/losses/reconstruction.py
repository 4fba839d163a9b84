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
    weight = jnp.broadcast_to(weight, x.shape).astype(x.dtype)
    total = weight.sum()
    return (weight * (x - x_hat) ** 2).sum() / jnp.where(total > 0, total, 1)
