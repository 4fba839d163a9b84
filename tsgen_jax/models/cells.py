"""Recurrent layers: Elman, Jordan, MGU, GRU and LSTM cells behind one name.

With a = W e + b for the input, U for products with the state h:

elman  (Elman 1990)           h' = tanh(a + U h)
jordan (Jordan 1986)          h' = tanh(V tanh(a + U h) + c): what returns is the output
mgu    (Zhou et al. 2016)     f = s(a_f + U_f h), n = tanh(a_n + U_n (f h)),
                              h' = (1 - f) h + f n
gru    (Cho et al. 2014)      r = s(a_r + U_r h), z = s(a_z + U_z h),
                              n = tanh(a_n + r (U_n h + c)), h' = (1 - z) n + z h
lstm   (Hochreiter and Schmidhuber 1997, Gers et al. 2000)
                              i, f, o = s(a + U h), g = tanh(a_g + U_g h),
                              m' = f m + i g, h' = o tanh(m')

s is the logistic function. GRU as in cuDNN and PyTorch. The LSTM's forget gate starts
with a bias of 1 (Jozefowicz et al. 2015). All states start at 0.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from tsgen_jax.nn.dense import Dense
from tsgen_jax.nn.transformer import Dropout
from tsgen_jax.types import Array, PyTree

_GATES = {"elman": 1, "jordan": 1, "mgu": 2, "gru": 3, "lstm": 4}
KINDS = tuple(_GATES)


def _recurrent_init(key, shape):
    """One orthogonal matrix per gate."""
    rows, columns = shape
    init = nn.initializers.orthogonal()
    keys = jax.random.split(key, columns // rows)
    return jnp.concatenate([init(k, (rows, rows)) for k in keys], axis=1)


class Layer(nn.Module):
    """One recurrent layer, for a whole series or for one time point."""

    kind: str
    width: int

    def setup(self):
        """Layers."""
        size, gates = self.width, _GATES[self.kind]
        self.input = Dense(gates * size)
        self.kernel = self.param("kernel", _recurrent_init, (size, gates * size))
        if self.kind == "jordan":
            self.output = Dense(size)
        if self.kind == "gru":
            self.bias = self.param("bias", nn.initializers.zeros, (size,))

    def start(self, batch: int) -> tuple[jax.Array, ...]:
        """States before the first time point."""
        zeros = jnp.zeros((batch, self.width))
        return (zeros, zeros) if self.kind == "lstm" else (zeros,)

    def step(self, state: PyTree, e: Array) -> tuple[PyTree, jax.Array]:
        """States and input [B, I] -> states and output [B, width]."""
        return self._advance(state, self.input(e))

    def __call__(self, e: Array) -> jax.Array:
        """[B, L, I] -> [B, L, width]."""
        if self.is_initializing():
            self._advance(self.start(e.shape[0]), self.input(e[:, 0]))
        # Of all times at once: what follows time is the product with the state alone.
        a = self.input(e).swapaxes(0, 1)
        _, h = jax.lax.scan(self._advance, self.start(e.shape[0]), a)
        return h.swapaxes(0, 1)

    def _advance(self, state, a):
        h, size = state[0], self.width
        if self.kind == "mgu":
            kernel_f, kernel_n = jnp.split(self.kernel, 2, axis=1)
            a_f, a_n = jnp.split(a, 2, axis=-1)
            f = jax.nn.sigmoid(a_f + h @ kernel_f)
            n = jnp.tanh(a_n + (f * h) @ kernel_n)
            h = (1 - f) * h + f * n
            return (h,), h
        u = h @ self.kernel
        if self.kind == "elman":
            h = jnp.tanh(a + u)
        elif self.kind == "jordan":
            h = jnp.tanh(self.output(jnp.tanh(a + u)))
        elif self.kind == "gru":
            r, z = jnp.split(
                jax.nn.sigmoid(a[:, : 2 * size] + u[:, : 2 * size]), 2, axis=-1
            )
            n = jnp.tanh(a[:, 2 * size :] + r * (u[:, 2 * size :] + self.bias[None]))
            h = (1 - z) * n + z * h
        else:
            i, f, o, g = jnp.split(a + u, 4, axis=-1)
            memory = jax.nn.sigmoid(f + 1) * state[1] + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(memory)
            return (h, memory), h
        return (h,), h


class Cells(nn.Module):
    """Recurrent layers one above the other; the trunk of an autoregressive network.

    Raises:
        ValueError: no such kind.
    """

    kind: str
    width: int
    num_layers: int
    dropout: float

    def setup(self):
        """Layers."""
        if self.kind not in KINDS:
            raise ValueError(
                f"cell={self.kind!r} is not known; known are {', '.join(KINDS)}."
            )
        self.layers = [Layer(self.kind, self.width) for _ in range(self.num_layers)]
        self.drop = Dropout(self.dropout)

    def start(self, batch: int) -> PyTree:
        """What `step` begins with."""
        return [layer.start(batch) for layer in self.layers]

    def __call__(self, e: Array, train: bool) -> jax.Array:
        """[B, L, I] -> [B, L, width]; time t sees times up to t."""
        for layer in self.layers:
            e = self.drop(layer(e), train)
        return e

    def step(self, carry: PyTree, e: Array, t: Array) -> tuple[PyTree, jax.Array]:
        """The same, one time point after the other: [B, I] -> [B, width]."""
        del t
        states = []
        for layer, state in zip(self.layers, carry, strict=True):
            state, e = layer.step(state, e)
            states.append(state)
        return states, e
