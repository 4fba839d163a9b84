"""Invertible layers: vectors [B, D] to vectors [B, D], and log-determinants [B].

Every layer is called as layer(x, context, reverse=False) -> (y, log |det dy/dx|); from
data to noise, or with `reverse` from noise to data. `context` is float [B, E].
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from tsgen_jax.nn.flows import masked
from tsgen_jax.nn.flows.transforms import Transform, soft_bound
from tsgen_jax.types import Array

_MIN_DEVIATION = 1e-2  # Of a dimension in the first batch; below, it is not scaled up.


class ActNorm(nn.Module):
    """Activation norm, Kingma and Dhariwal 2018, https://arxiv.org/abs/1807.03039.

    A shift and a scale per dimension. They start so that the batch of `init` has mean
    0 and deviation 1, and are then trained: a batch norm that can be inverted.
    """

    @nn.compact
    def __call__(
        self, x: Array, context: Array, reverse: bool = False
    ) -> tuple[jax.Array, jax.Array]:
        """See the module; `init` is to be called with data, not `reverse`."""
        del context
        start = lambda key: x.mean(0)  # noqa: E731
        shift = self.param("shift", start)
        start = lambda key: jnp.log(jnp.maximum(x.std(0), _MIN_DEVIATION))  # noqa: E731
        log_scale = self.param("log_scale", start)
        log_det = jnp.broadcast_to(log_scale.sum(), (x.shape[0],))
        if reverse:
            return x * jnp.exp(log_scale)[None] + shift[None], log_det
        return (x - shift[None]) * jnp.exp(-log_scale)[None], -log_det


class ContextAffine(nn.Module):
    """A shift and a scale per dimension that the context decides; at first the identity.

    As the last layer it is the same as normal noise with a mean and a deviation of each
    class.
    """

    @nn.compact
    def __call__(
        self, x: Array, context: Array, reverse: bool = False
    ) -> tuple[jax.Array, jax.Array]:
        """See the module."""
        size, zeros = 2 * x.shape[-1], nn.initializers.zeros
        shift, raw = jnp.split(nn.Dense(size, kernel_init=zeros)(context), 2, axis=-1)
        log_scale = soft_bound(raw)
        if reverse:
            return x * jnp.exp(log_scale) + shift, log_scale.sum(-1)
        return (x - shift) * jnp.exp(-log_scale), -log_scale.sum(-1)


class Permutation(nn.Module):
    """The dimensions in another order: output i is input order[i]."""

    order: tuple[int, ...]

    def __call__(
        self, x: Array, context: Array, reverse: bool = False
    ) -> tuple[jax.Array, jax.Array]:
        """See the module."""
        del context
        order = np.argsort(self.order) if reverse else np.array(self.order)
        return x[:, order], jnp.zeros(x.shape[0])


class Coupling(nn.Module):
    """The second half, transformed as the first half and the context decide."""

    transform: Transform
    hidden: int
    num_layers: int

    @nn.compact
    def __call__(
        self, x: Array, context: Array, reverse: bool = False
    ) -> tuple[jax.Array, jax.Array]:
        """See the module."""
        half = x.shape[-1] // 2
        kept, moved = x[:, :half], x[:, half:]
        params = masked.Conditioner(
            self.hidden, self.num_layers, moved.shape[-1], self.transform.num_params
        )(kept, context)
        if reverse:
            moved = self.transform.inverse(moved, params)
            log_det = -self.transform.forward(moved, params)[1].sum(-1)
        else:
            moved, log_slope = self.transform.forward(moved, params)
            log_det = log_slope.sum(-1)
        return jnp.concatenate([kept, moved], axis=-1), log_det


class Autoregressive(nn.Module):
    """Each dimension, transformed as those before it and the context decide.

    One way is one pass of the network, the other solves for one dimension after the
    other: D passes. Masked autoregressive flow (Papamakarios et al. 2017,
    https://arxiv.org/abs/1705.07057) goes from data to noise in one pass; inverse
    autoregressive flow (Kingma et al. 2016, https://arxiv.org/abs/1606.04934) goes
    from noise to data in one.
    """

    transform: Transform
    hidden: int
    num_layers: int
    fast: str  # Which way is one pass: 'forward', or 'reverse'.

    @nn.compact
    def __call__(
        self, x: Array, context: Array, reverse: bool = False
    ) -> tuple[jax.Array, jax.Array]:
        """See the module."""
        weights = masked.Made(
            x.shape[-1],
            self.hidden,
            self.num_layers,
            self.transform.num_params,
            context.shape[-1],
        )()
        if reverse == (self.fast == "reverse"):
            params = masked.made(weights, x, context)
            y, log_slope = self.transform.forward(x, params)
            return y, log_slope.sum(-1)

        def solve(i, y):
            params = masked.made(weights, y, context)
            return y.at[:, i].set(self.transform.inverse(x[:, i], params[:, i]))

        y = jax.lax.fori_loop(0, x.shape[-1], solve, jnp.zeros_like(x))
        params = masked.made(weights, y, context)
        return y, -self.transform.forward(y, params)[1].sum(-1)
