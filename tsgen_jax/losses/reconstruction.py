"""How far a reconstruction is from its series."""

import jax

from tsgen_jax.types import Array


def mean_squared_error(x: Array, x_hat: Array) -> jax.Array:
    """Mean of squared differences over all elements; scalar.

    Raises:
        ValueError: the shapes differ.
    """
    if x.shape != x_hat.shape:
        raise ValueError(f"Shapes {x.shape} and {x_hat.shape} differ.")
    return ((x - x_hat) ** 2).mean()
