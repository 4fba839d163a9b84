"""Values in bins that hold equal shares of TRAIN's values of a channel."""

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.recipe import Fitted
from tsgen_jax.types import Array

NAME = "bins"


def make_stage(num: int, channels: int) -> Fitted:
    """The stage 'bins': 'edges' float32 [C', K + 1], quantiles of TRAIN.

    The outermost are its least and greatest value: nothing beyond them is generated.
    """

    def fit(key, dataset, given):
        del key, given
        data = dataset.network_data("train")
        seen = data.get("observed", np.ones(data["x"].shape, bool))
        levels = np.linspace(0, 1, num + 1)
        values = (data["x"][..., c][seen[..., c]] for c in range(channels))
        edges = np.stack([np.quantile(v, levels) for v in values])
        return {"edges": edges.astype(np.float32)}, {}

    return Fitted(
        name=NAME,
        shapes={"edges": jax.ShapeDtypeStruct((channels, num + 1), jnp.float32)},
        fit=fit,
        about="quantiles that values are told apart by",
    )


def to_tokens(edges: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The bin of every value, [..., C'] -> int32 in [0, K); edges belong to the upper."""
    inner = np.asarray(edges)[:, 1:-1]
    each = [np.searchsorted(e, x[..., c], "right") for c, e in enumerate(inner)]
    return np.stack(each, axis=-1).astype(np.int32)


def tokens_of(edges: Array, x: Array) -> jax.Array:
    """`to_tokens` in jax, of [B, L, C']."""
    above = x[..., None] >= edges[None, None, :, 1:-1]
    return above.sum(-1).astype(jnp.int32)


def to_values(key: Array, edges: Array, tokens: Array) -> jax.Array:
    """A value evenly within every bin, int [..., C'] -> float32 [..., C']."""
    channel = jnp.arange(edges.shape[0]).reshape((1,) * (tokens.ndim - 1) + (-1,))
    low, high = edges[channel, tokens], edges[channel, tokens + 1]
    return low + jax.random.uniform(key, tokens.shape) * (high - low)


def make_disturb(settings: ConfigDict):
    """(key, tokens) -> tokens as the network is shown them in training.

    Bins are moved by `input_noise` of them (deviation), and a share `corruption` is
    drawn from all.
    """
    num = settings.num_bins

    def disturb(key, tokens):
        key_move, key_which, key_what = jax.random.split(key, 3)
        move = settings.input_noise * jax.random.normal(key_move, tokens.shape)
        moved = tokens + jnp.rint(move).astype(jnp.int32)
        which = jax.random.bernoulli(key_which, settings.corruption, tokens.shape)
        any_of_them = jax.random.randint(key_what, tokens.shape, 0, num)
        return jnp.clip(jnp.where(which, any_of_them, moved), 0, num - 1)

    return disturb
