"""LSTNet (Lai et al. 2018, https://arxiv.org/abs/1703.07015) as an autoregressive network.

A convolution over all channels, a GRU on it, and a memory of what lies further back:
either a second GRU whose state is that of `period` time points ago (recurrent skip), or
attention to the GRU's last `period` states. Beside them a linear autoregression of each
channel (the highway): the network says what that leaves. Before a series lie zeros.
Cells are as in `cells` (tanh, where the paper has ReLU).
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from tsgen_jax.models import autoregressive
from tsgen_jax.models.cells import Layer
from tsgen_jax.nn.dense import Dense
from tsgen_jax.nn.transformer import Dropout
from tsgen_jax.types import Array, PyTree

MEMORIES = ("skip", "attention")
_NEVER = -1e9  # A score that has no weight.


def recent(x: Array, num: int) -> jax.Array:
    """At each time the last `num` inputs, itself last: [B, L, I] -> [B, L, num, I]."""
    padded = jnp.pad(x, ((0, 0), (num - 1, 0), (0, 0)))
    return jnp.stack([padded[:, i : i + x.shape[1]] for i in range(num)], axis=2)


class Trunk(nn.Module):
    """Convolution, GRU and memory; as the trunk of an autoregressive network."""

    width: int
    taps: int  # Time points that the convolution sees.
    memory: str
    period: int  # Time points that the memory goes back.
    skip_width: int  # Of the second GRU.
    dropout: float

    def setup(self):
        """Layers."""
        self.conv, self.leave = Dense(self.width), Dense(self.width)
        self.gru = Layer("gru", self.width)
        if self.memory == "skip":
            self.skip = Layer("gru", self.skip_width)
        else:
            self.query = Dense(self.width, use_bias=False)
        self.drop = Dropout(self.dropout)

    def start(self, batch: int) -> PyTree:
        """Inputs, states and the memory before a series: zeros."""
        kept = self.skip_width if self.memory == "skip" else self.width + 1
        return {
            "inputs": jnp.zeros((batch, self.taps - 1, self.width)),
            "state": self.gru.start(batch),
            "memory": jnp.zeros((batch, self.period, kept)),
        }

    def __call__(self, e: Array, train: bool) -> jax.Array:
        """[B, L, width] -> [B, L, width]; time t sees times up to t."""
        batch, length = e.shape[:2]
        c = self._convolved(recent(e, self.taps), train)
        h = self.drop(self.gru(c), train)
        if self.memory == "skip":
            more = -length % self.period
            # Time points that are whole periods apart are a series of their own.
            phases = jnp.pad(c, ((0, 0), (0, more), (0, 0)))
            phases = phases.reshape(batch, -1, self.period, self.width)
            phases = phases.swapaxes(1, 2).reshape(batch * self.period, -1, self.width)
            s = self.skip(phases).reshape(batch, self.period, -1, self.skip_width)
            s = s.swapaxes(1, 2).reshape(batch, -1, self.skip_width)[:, :length]
            s = self.drop(s, train)
            return self._joined(h, recent(s, self.period).reshape(batch, length, -1))
        ago = jnp.arange(length)[:, None] - jnp.arange(length)[None]
        scores = jnp.einsum("bld,bmd->blm", self.query(h), h) / self.width**0.5
        seen = (0 < ago) & (ago <= self.period)
        weights = _softmax(scores, seen[None])
        return self._joined(h, jnp.einsum("blm,bmd->bld", weights, h))

    def step(self, carry: PyTree, e: Array, t: Array) -> tuple[PyTree, jax.Array]:
        """The same, one time point after the other: [B, width] -> [B, width]."""
        del t
        inputs = jnp.concatenate([carry["inputs"], e[:, None]], axis=1)
        c = self._convolved(inputs, False)
        state, h = self.gru.step(carry["state"], c)
        past = carry["memory"]
        if self.memory == "skip":
            _, new = self.skip.step((past[:, 0],), c)
            past = jnp.concatenate([past[:, 1:], new[:, None]], axis=1)
            out = self._joined(h, past.reshape(e.shape[0], -1))
        else:  # The last number says whether there is a state.
            scores = jnp.einsum("bd,bmd->bm", self.query(h), past[..., :-1])
            weights = _softmax(scores / self.width**0.5, past[..., -1] > 0)
            out = self._joined(h, jnp.einsum("bm,bmd->bd", weights, past[..., :-1]))
            new = jnp.concatenate([h, jnp.ones_like(h[:, :1])], axis=-1)
            past = jnp.concatenate([past[:, 1:], new[:, None]], axis=1)
        return {"inputs": inputs[:, 1:], "state": state, "memory": past}, out

    def _convolved(self, windows, train):
        flat = windows.reshape(*windows.shape[:-2], -1)
        return self.drop(jax.nn.relu(self.conv(flat)), train)

    def _joined(self, h, past):
        return self.leave(jnp.concatenate([h, past], axis=-1))


def _softmax(scores: Array, seen: Array) -> jax.Array:
    """Over the last axis, of what is seen; zeros where nothing is."""
    scores = jnp.where(seen, scores, _NEVER)
    return jnp.where(seen, jax.nn.softmax(scores), 0)


class Highway(autoregressive.Values):
    """As `Values`, but around a linear autoregression of each channel.

    Its coefficients are the same for all channels; they begin as those of the value
    before. The carry is the trunk's, and the last values.
    """

    num_values: int = 1  # Of the autoregression.

    def setup(self):
        """Layers."""
        super().setup()
        first = jnp.zeros(self.num_values).at[-1].set(1.0)
        self.coefficients = self.param("coefficients", lambda _: first)

    def start(self, batch: int) -> PyTree:
        """The trunk's carry, and zeros."""
        return self.trunk.start(batch), self._zeros(batch)

    def __call__(
        self, x: Array, label: Array, train: bool, shown: Array | None = None
    ) -> jax.Array:
        """See `Values`."""
        shown = x if shown is None else shown
        before = jnp.concatenate(
            [self.first(x.shape[0])[:, None], shown[:, :-1]], axis=1
        )
        h = self.trunk(self._entered(before, label[:, None]), train)
        return self._output(h, self._linear(recent(before, self.num_values)))

    def step(
        self, carry: PyTree, before: Array, t: Array, label: Array
    ) -> tuple[PyTree, jax.Array]:
        """See `Values`."""
        carry, values = carry
        values = jnp.concatenate([values, before[:, None]], axis=1)
        carry, h = self.trunk.step(carry, self._entered(before, label, t), t)
        return (carry, values[:, 1:]), self._output(h, self._linear(values))

    def _zeros(self, batch):
        return jnp.zeros((batch, self.num_values - 1, self.channels))

    def _linear(self, values):
        return jnp.einsum("...kc,k->...c", values, self.coefficients)
