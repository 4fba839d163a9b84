"""Causal convolutions over time: a TDNN's layers, and WaveNet's.

TDNN: Waibel et al. 1989, layers of finite impulse responses with a nonlinearity after
each. WaveNet: van den Oord et al. 2016, https://arxiv.org/abs/1609.03499, equation 2:
gated units over dilated taps, residual and skip connections. Before a series lie
zeros in every layer, so that step by step is the same as all at once.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from tsgen_jax.nn.dense import Dense
from tsgen_jax.nn.transformer import Dropout
from tsgen_jax.types import Array, PyTree


class CausalConv(nn.Module):
    """Convolutions with `taps` values each, `dilation` apart; the past only.

    As the trunk of an autoregressive network. A layer keeps its last inputs, so that a
    step costs as much as one time point (the queues of "Fast WaveNet", Le Paine et al.
    2016, https://arxiv.org/abs/1611.09482).
    """

    width: int
    taps: int
    dilations: tuple[int, ...]  # One per layer.
    gated: bool  # WaveNet's units; else a TDNN's.
    dropout: float
    linear: bool = False  # True: a TDNN without nonlinearities.

    def setup(self):
        """Layers."""
        if self.taps < 1 or min(self.dilations, default=1) < 1:
            raise ValueError(
                f"taps={self.taps}, dilations={self.dilations}: must be at least 1."
            )
        num = range(len(self.dilations))
        self.fir = [Dense(self.width * (2 if self.gated else 1)) for _ in num]
        if self.gated:
            self.onward = [Dense(self.width) for _ in num]
            self.skip = [Dense(self.width) for _ in num]
            self.last = Dense(self.width)
        self.drop = Dropout(self.dropout)

    @property
    def reach(self) -> int:
        """Time points that an output sees."""
        return 1 + (self.taps - 1) * sum(self.dilations)

    def start(self, batch: int) -> PyTree:
        """What `step` begins with: the last inputs of every layer, zeros."""
        lengths = [(self.taps - 1) * d for d in self.dilations]
        return [jnp.zeros((batch, n, self.width)) for n in lengths]

    def __call__(self, e: Array, train: bool) -> jax.Array:
        """[B, L, width] -> [B, L, width]; time t sees `reach` times up to t."""

        def windows(layer, e):
            back = (self.taps - 1) * self.dilations[layer]
            padded = jnp.pad(e, ((0, 0), (back, 0), (0, 0)))
            starts = range(0, back + 1, self.dilations[layer])
            return jnp.concatenate(
                [padded[:, s : s + e.shape[1]] for s in starts], axis=-1
            )

        return self._layers(e, windows, train)

    def step(self, carry: PyTree, e: Array, t: Array) -> tuple[PyTree, jax.Array]:
        """The same, one time point after the other: [B, width] -> [B, width]."""
        del t
        queues = []

        def windows(layer, e):
            queue = jnp.concatenate([carry[layer], e[:, None]], axis=1)
            queues.append(queue[:, 1:])
            return queue[:, :: self.dilations[layer]].reshape(e.shape[0], -1)

        out = self._layers(e, windows, False)
        return queues, out

    def _layers(self, e, windows, train):
        if not self.gated:
            for i, fir in enumerate(self.fir):
                e = fir(windows(i, e))
                e = self.drop(e if self.linear else jnp.tanh(e), train)
            return e
        total = 0
        for i, fir in enumerate(self.fir):
            signal, gate = jnp.split(fir(windows(i, e)), 2, axis=-1)
            z = self.drop(jnp.tanh(signal) * jax.nn.sigmoid(gate), train)
            total += self.skip[i](z)
            e = e + self.onward[i](z)
        return jax.nn.relu(self.last(jax.nn.relu(total)))
