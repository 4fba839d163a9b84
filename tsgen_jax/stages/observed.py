"""Errors that only given values count in, where some of a set are missing.

The network sees interpolated values in their place. Its target there is its own
reconstruction, so that nothing under the mask reaches the loss.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from tsgen_jax.losses import reconstruction
from tsgen_jax.models import vqvae
from tsgen_jax.nn import stft
from tsgen_jax.types import Array

_MIXED = 0.05  # Of a value of a view: more than this from missing ones, it is missing.


def errors(
    model: vqvae.AutoEncoder,
    x: Array,
    u: Array,
    u_hat: Array,
    observed: Array | None,
    time_error: str = "squared",
) -> tuple[jax.Array, jax.Array]:
    """Mean errors in time and, squared, on the STFT; scalars.

    Of one band of frequencies, the error in time is to the part of `x` that has them.

    A frame weighs as much as the share of its squared window that lies over given
    values.

    Args:
        model: the autoencoder.
        x: scaled series, float [B, L, C].
        u: its STFT, [B, F, T, 2C].
        u_hat: reconstruction of `u`.
        observed: bool [B, L, C]; None: all values are given.
        time_error: that in time, one of `reconstruction.ERRORS`.
    """
    x, x_hat = model.part(x), model.to_series(u_hat)
    mean, weighted = reconstruction.ERRORS[time_error]
    if observed is None:
        return mean(x, x_hat), reconstruction.mean_squared_error(u, u_hat)
    x, u, share = _targets(model, x, x_hat, observed)
    squared = reconstruction.weighted_squared_error
    return weighted(x, x_hat, observed), squared(u, u_hat, share)


def errors_per_series(
    model: vqvae.AutoEncoder, x: Array, u_hat: Array, observed: Array | None
) -> jax.Array:
    """Errors in time and on the STFT of every series, and how much they weigh.

    Returns:
        float [B, 4]: both mean errors, then the weights to average them with; [B, 2]
        where all values are given and all series weigh the same.
    """
    x, x_hat = model.part(x), model.to_series(u_hat)
    if observed is None:
        pairs = (x, x_hat), (model.to_map(x), u_hat)
        return jnp.stack([_per_series(a, b, None) for a, b in pairs], axis=-1)
    x, u, share = _targets(model, x, x_hat, observed)
    share = jnp.broadcast_to(share, u.shape)
    both = (x, x_hat, observed.astype(x.dtype)), (u, u_hat, share)
    means = [_per_series(*arrays) for arrays in both]
    weights = [arrays[2].reshape(len(x), -1).sum(-1) for arrays in both]
    return jnp.stack([*means, *weights], axis=-1)


def view_and_mask(
    view: Callable[[Array, Array], jax.Array],
    key: Array,
    x: Array,
    observed: Array | None,
) -> tuple[jax.Array, jax.Array | None]:
    """A view of `x` and which of its values come from given ones.

    Augmentations move, mix and scale values and add to them. Their derivative in the
    direction of the missing values says how much of each new value these make up.

    Args:
        view: (key, x) -> augmented x.
        key: of the view.
        x: float [B, L, C].
        observed: bool [B, L, C]; None: all values are given.

    Returns:
        The view, float [B, L, C], and its mask, bool [B, L, C], or None as well.
    """
    if observed is None:
        return view(key, x), None
    x_b, derivative = jax.linearize(lambda values: view(key, values), x)
    given, missing = (
        jnp.abs(derivative(part.astype(x.dtype))) for part in (observed, ~observed)
    )
    return x_b, missing <= _MIXED * given


def _targets(model, x, x_hat, observed):
    """Series and STFT to compare with, and the weight of every frame."""
    x = jnp.where(observed, x, jax.lax.stop_gradient(x_hat))
    geometry = model.window_size, model.hop, model.window
    share = stft.observed_share(observed.astype(x.dtype), *geometry)
    return x, model.to_map(x), share


def _per_series(a: Array, b: Array, weight: Array | None) -> jax.Array:
    axes = tuple(range(1, a.ndim))
    if weight is None:
        return ((a - b) ** 2).mean(axes)
    total = weight.sum(axes)
    return (weight * (a - b) ** 2).sum(axes) / jnp.where(total > 0, total, 1)
