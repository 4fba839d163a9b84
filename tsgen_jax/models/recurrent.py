"""A one-layer GRU with a linear output at every time point.

Cho et al. 2014, https://arxiv.org/abs/1406.1078, in the form of cuDNN, PyTorch and
Flax: the reset gate is applied after the recurrent product, not before it. Biases of
input and recurrence that are only ever added are one bias, as in Flax. The input
product is taken for all times at once, and the scan goes through [3H, B] and not
[B, 3H]: H is small here (1 to 10), and the CPU's vector units want long rows.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from tsgen_jax.types import Array


def _stacked_orthogonal(key, shape):
    """One orthogonal matrix per gate, as Flax's GRUCell starts."""
    rows, columns = shape
    keys = jax.random.split(key, columns // rows)
    init = nn.initializers.orthogonal()
    return jnp.concatenate([init(k, (rows, rows)) for k in keys], axis=1)


class GRU(nn.Module):
    """Series -> hidden state after every time point, from a hidden state of zeros.

    With a = W x + b for the input, u = U h for the state, in the order r, z, n:
    r = sigmoid(a_r + u_r), z = sigmoid(a_z + u_z), n = tanh(a_n + r (u_n + c)),
    h' = (1 - z) n + z h.
    """

    hidden: int  # Width H of the state.

    @nn.compact
    def __call__(self, x: Array) -> jax.Array:
        """Runs through `x`, float [B, L, C].

        Returns:
            States, float [B, L, H].

        Raises:
            ValueError: `x` is not [B, L, C], or the state has no width.
        """
        if self.hidden < 1:
            raise ValueError(f"A GRU needs hidden=1 or more, not {self.hidden}.")
        if x.ndim != 3 or 0 in x.shape[1:]:
            raise ValueError(f"A GRU takes series [B, L, C], not {x.shape}.")
        size = self.hidden
        inputs = nn.Dense(3 * size, name="input")(x).transpose(1, 2, 0)  # [L, 3H, B]
        kernel = self.param("kernel", _stacked_orthogonal, (size, 3 * size))
        bias = self.param("candidate_bias", nn.initializers.zeros, (size,))

        def step(h, a):
            u_r, u_z, u_n = jnp.split(kernel.T @ h, 3)
            a_r, a_z, a_n = jnp.split(a, 3)
            r, z = jax.nn.sigmoid(a_r + u_r), jax.nn.sigmoid(a_z + u_z)
            n = jnp.tanh(a_n + r * (u_n + bias[:, None]))
            h = n + z * (h - n)
            return h, h

        first = jnp.zeros((size, len(x)), inputs.dtype)
        _, states = jax.lax.scan(step, first, inputs)
        return states.transpose(2, 0, 1)


class Recurrent(nn.Module):
    """A GRU and one linear output of its state."""

    hidden: int  # Width of the GRU's state.

    @nn.compact
    def __call__(self, x: Array) -> jax.Array:
        """Float [B, L, C] -> output at every time point, float [B, L].

        Raises:
            ValueError: as `GRU`.
        """
        return nn.Dense(1, name="head")(GRU(self.hidden, name="gru")(x))[..., 0]
