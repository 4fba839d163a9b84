"""Normalizing flows over vectors, conditional on a class, with exact densities.

RealNVP with permutations and activation norm, masked and inverse autoregressive flows,
spline couplings, sums of squares and neural autoregressive flows: the same stack of blocks, see `KINDS`.
"""

import math
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from tsgen_jax.nn.flows import layers, transforms
from tsgen_jax.types import Array


class Kind(NamedTuple):
    """How a block transforms: by what, and which dimensions decide."""

    transform: str
    conditioner: str  # 'coupling', or which way of 'Autoregressive' is fast.


KINDS = {
    "real_nvp": Kind("affine", "coupling"),
    "spline": Kind("spline", "coupling"),
    "maf": Kind("affine", "forward"),
    "iaf": Kind("affine", "reverse"),
    "sum_of_squares": Kind("sum_of_squares", "forward"),
    "naf": Kind("sigmoids", "forward"),
}


def order_of(kind: str, dim: int, block: int) -> tuple[int, ...]:
    """The dimensions as a block takes them."""
    order = np.arange(dim)
    if block % 2 or KINDS[kind].conditioner != "coupling":
        order = order[:: -1 if block else 1]
    else:
        order = np.random.default_rng(block).permutation(dim)
    return tuple(order.tolist())


class Flow(nn.Module):
    """Blocks of activation norm, permutation and a coupling or autoregressive layer.

    At the noise's end, a mean and a deviation of each class. Between autoregressive
    layers dimensions are reversed; between couplings reversed and shuffled in turn, so
    that two of them change every dimension.
    """

    kind: str  # Of `KINDS`.
    dim: int  # D
    num_classes: int  # Y; label Y is no class.
    num_blocks: int
    hidden: int  # Width of the networks that give parameters.
    num_layers: int  # Hidden layers of these.
    embed_width: int  # Of the class.
    num_bins: int  # Of a spline.
    bound: float  # Of a spline: beyond, it is the identity.
    num_squares: int  # Polynomials of a sum of squares.
    degree: int  # Of these.
    num_units: int  # Sigmoids of a neural autoregressive flow.

    def setup(self):
        """The class's embedding and the layers, from data to noise."""
        self.embed = nn.Embed(self.num_classes + 1, self.embed_width)
        stack = []
        for i in range(self.num_blocks):
            order = order_of(self.kind, self.dim, i)
            stack += [layers.ActNorm(), layers.Permutation(order), self._block()]
        self.layers = [*stack, layers.ActNorm(), layers.ContextAffine()]

    def _block(self) -> nn.Module:
        transform, conditioner = KINDS[self.kind]
        if transform == "affine":
            transform = transforms.affine()
        elif transform == "spline":
            transform = transforms.spline(self.num_bins, self.bound)
        elif transform == "sigmoids":
            transform = transforms.sigmoids(self.num_units)
        else:
            transform = transforms.sum_of_squares(self.num_squares, self.degree)
        sizes = transform, self.hidden, self.num_layers
        if conditioner == "coupling":
            return layers.Coupling(*sizes)
        return layers.Autoregressive(*sizes, conditioner)

    def __call__(self, x: Array, label: Array) -> tuple[jax.Array, jax.Array]:
        """From data to noise.

        Args:
            x: float [B, D], D at least 2.
            label: int [B] in [0, Y].

        Returns:
            float [B, D] noise, and log |det| [B].
        """
        context, log_det = self.embed(label), jnp.zeros(x.shape[0])
        for layer in self.layers:
            x, more = layer(x, context)
            log_det = log_det + more
        return x, log_det

    def inverse(self, z: Array, label: Array) -> tuple[jax.Array, jax.Array]:
        """From noise to data; as `__call__`, its inverse."""
        states, log_det = self.unfold(z, label)
        return states[-1], log_det

    def unfold(self, z: Array, label: Array) -> tuple[jax.Array, jax.Array]:
        """From noise to data, with what is between.

        Args:
            z: noise, float [B, D].
            label: int [B] in [0, Y].

        Returns:
            float [S + 1, B, D]: `z`, what the S = num_blocks + 1 blocks make of it one
            after the other, the class's being the first; and log |det| [B] of all.
        """
        context, log_det, states = self.embed(label), jnp.zeros(z.shape[0]), [z]
        for i, layer in enumerate(reversed(self.layers)):
            z, more = layer(z, context, reverse=True)
            log_det = log_det + more
            if i == 1 or i > 1 and (i - 1) % 3 == 0:
                states.append(z)
        return jnp.stack(states), log_det

    def log_prob(self, x: Array, label: Array) -> jax.Array:
        """log p(x | label) in nats, [B]."""
        z, log_det = self(x, label)
        return log_normal(z) + log_det


def log_normal(z: Array) -> jax.Array:
    """Log-density of standard normal noise, [B, D] -> [B]."""
    return -0.5 * ((z**2).sum(-1) + z.shape[-1] * math.log(2 * math.pi))
