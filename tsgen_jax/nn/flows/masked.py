"""Networks that give parameters to transforms: from some dimensions, or from earlier.

MADE: Germain et al. 2015, https://arxiv.org/abs/1502.03509. Last layers start at 0, so
that a flow starts as the identity. Shapes: B, D dimensions, E width of the context,
P parameters.
"""

from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from tsgen_jax.types import Array


class Conditioner(nn.Module):
    """Part of the dimensions and the context -> parameters of the others."""

    hidden: int
    num_layers: int
    outputs: int  # Dimensions to transform.
    num_params: int

    @nn.compact
    def __call__(self, x: Array, context: Array) -> jax.Array:
        """Float [B, D'] and [B, E] -> [B, outputs, P]."""
        y = nn.silu(nn.Dense(self.hidden)(jnp.concatenate([x, context], axis=-1)))
        for _ in range(self.num_layers - 1):
            y = y + nn.silu(nn.Dense(self.hidden)(y))
        size = self.outputs * self.num_params
        y = nn.Dense(size, kernel_init=nn.initializers.zeros)(y)
        return y.reshape(y.shape[0], self.outputs, self.num_params)


class MadeWeights(NamedTuple):
    """Masked kernels and biases, as `made` takes them."""

    context: jax.Array  # [E, H] to the first layer, not masked.
    hidden: tuple[tuple[jax.Array, jax.Array], ...]  # [D or H, H] and [H].
    last: tuple[jax.Array, jax.Array]  # [H, D * P] and [D * P].


class Made(nn.Module):
    """Holds the weights of a masked network; `made` is the network.

    Apart, because solving for one dimension after the other runs it in a loop of jax,
    which no module may be called in.
    """

    dim: int  # D
    hidden: int
    num_layers: int
    num_params: int
    width: int  # E

    @nn.compact
    def __call__(self) -> MadeWeights:
        """The weights, with zeros where a dimension would see later ones."""
        lecun, zeros = nn.initializers.lecun_normal(), nn.initializers.zeros
        # A unit of degree d sees the first d dimensions; some see the context only.
        degree = np.arange(self.hidden) * self.dim // self.hidden
        before, layers = np.arange(1, self.dim + 1), []
        for i in range(self.num_layers):
            mask = degree[None, :] >= before[:, None]
            kernel = self.param(f"hidden_{i}", lecun, mask.shape)
            bias = self.param(f"bias_{i}", zeros, (self.hidden,))
            # As many inputs as the mask leaves, not as many as there are.
            gain = np.sqrt(len(mask) / np.maximum(mask.sum(0, keepdims=True), 1))
            layers.append((kernel * (mask * gain).astype(np.float32), bias))
            before = degree
        mask = np.arange(1, self.dim + 1)[None, :] > degree[:, None]
        mask = np.repeat(mask, self.num_params, axis=1)
        last = self.param("last", zeros, mask.shape) * mask.astype(np.float32)
        context = self.param("context", lecun, (self.width, self.hidden))
        return MadeWeights(
            context,
            tuple(layers),
            (last, self.param("last_bias", zeros, mask.shape[1:])),
        )


def made(weights: MadeWeights, x: Array, context: Array) -> jax.Array:
    """Parameters of every dimension from those before it and the context.

    Args:
        weights: from `Made`.
        x: float [B, D].
        context: float [B, E].

    Returns:
        float [B, D, P].
    """
    (kernel, bias), *others = weights.hidden
    y = jax.nn.silu(x @ kernel + context @ weights.context + bias[None])
    for kernel, bias in others:
        y = y + jax.nn.silu(y @ kernel + bias[None])
    kernel, bias = weights.last
    return (y @ kernel + bias[None]).reshape(*x.shape, -1)
