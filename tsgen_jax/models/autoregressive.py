"""Networks that give the distribution of a time point from those before and a class.

A trunk (`cells`, `causal_conv`, `causal_transformer`) sees the value before, the place
in the series and the class. In training it sees a whole series at once (teacher
forcing); to generate, `free_run` hands it what it drew. The class Y is 'no class'.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from tsgen_jax.models import mixture
from tsgen_jax.nn.dense import Dense
from tsgen_jax.sampling import categorical
from tsgen_jax.types import Array, PyTree

_SPEED = 10.0  # Of the logits of distances, which have a long way to go from 0.


def places(length: int, num: int) -> np.ndarray:
    """Cosines of up to `num` half periods a series, float32 [length, num]."""
    time = (np.arange(length) + 0.5) / length
    return np.cos(np.pi * time[:, None] * np.arange(1, num + 1)).astype(np.float32)


class Values(nn.Module):
    """Real values; the output is a mixture of Gaussians around the value before.

    Attributes:
        trunk: module with `__call__(e, train)`, `start(batch)` and `step(carry, e, t)`.
        width: of its input.
        length: L of a series.
        channels: C.
        num_classes: Y.
        num_components: M of the mixture.
        min_scale: floor of its deviations, in those of scaled series.
        num_places: numbers that say the place in the series; 0: it is not told.
        fixed_scale: True: weights and deviations do not depend on the past.
    """

    trunk: nn.Module
    width: int
    length: int
    channels: int
    num_classes: int
    num_components: int
    min_scale: float
    num_places: int
    fixed_scale: bool = False

    def setup(self):
        """Layers."""
        self.enter = Dense(self.width)
        self.classes = nn.Embed(self.num_classes + 1, self.width)
        num = mixture.num_outputs(self.num_components, self.channels)
        # Small: the first prediction is the value before.
        self.leave = Dense(num, kernel_init=nn.initializers.normal(0.01))
        # Components begin apart, or they would stay equal.
        self.apart = self.param(
            "apart", nn.initializers.normal(0.1), (self.num_components, self.channels)
        )

    def first(self, batch: int) -> jax.Array:
        """What stands before a series: the mean of scaled series."""
        return jnp.zeros((batch, self.channels))

    def start(self, batch: int) -> PyTree:
        """The trunk's carry before a series."""
        return self.trunk.start(batch)

    def __call__(
        self, x: Array, label: Array, train: bool, shown: Array | None = None
    ) -> jax.Array:
        """Outputs for every time point of given series.

        Args:
            x: scaled series, float [B, L, C].
            label: int [B] in [0, Y].
            train: whether units are dropped.
            shown: what the network sees of `x`, such as `x` with noise; None: `x`.

        Returns:
            float [B, L, outputs]; those of time t depend on x before t.
        """
        shown = x if shown is None else shown
        before = jnp.concatenate([self.first(len(x))[:, None], shown[:, :-1]], axis=1)
        e = self._entered(before, label[:, None])
        return self._output(self.trunk(e, train), before)

    def step(
        self, carry: PyTree, before: Array, t: Array, label: Array
    ) -> tuple[PyTree, jax.Array]:
        """The same of time point t alone; before [B, C] -> outputs [B, outputs]."""
        carry, h = self.trunk.step(carry, self._entered(before, label, t), t)
        return carry, self._output(h, before)

    def _entered(self, before, label, t=None):
        """The trunk's input at all times, or at time t alone."""
        place = jnp.asarray(places(self.length, self.num_places))
        place = (place[: before.shape[1]] if t is None else place[t])[None]
        place = jnp.broadcast_to(place, (*before.shape[:-1], self.num_places))
        e = self.enter(jnp.concatenate([before, place], axis=-1))
        return e + self.classes(label)

    def _output(self, h, before):
        outputs, part = self.leave(h), self.num_components
        mean = slice(part, part * (1 + self.channels))
        if self.fixed_scale:
            bias = self.leave.variables["params"]["bias"]
            fixed = jnp.broadcast_to(bias, outputs.shape)
            outputs = fixed.at[..., mean].set(outputs[..., mean])
        shift = jnp.tile(before, part) + self.apart.reshape((1,) * (h.ndim - 1) + (-1,))
        return outputs.at[..., mean].add(shift)

    def log_prob(self, outputs: Array, x: Array, observed: Array | None) -> jax.Array:
        """log p of each time point, [B, L, outputs] and [B, L, C] -> [B, L]."""
        of = mixture.from_outputs(outputs, self.channels, self.min_scale)
        return mixture.log_prob(of, x, observed)

    def draw(self, key: Array, outputs: Array, temperature: float) -> jax.Array:
        """One value of each time point, [B, outputs] -> [B, C]."""
        of = mixture.from_outputs(outputs, self.channels, self.min_scale)
        return mixture.draw(key, of, temperature)

    def draw_given(
        self, key: Array, outputs: Array, x: Array, observed: Array
    ) -> tuple[jax.Array, jax.Array]:
        """As `mixture.draw_given`, of each time point."""
        of = mixture.from_outputs(outputs, self.channels, self.min_scale)
        return mixture.draw_given(key, of, x, observed)


class Tokens(nn.Module):
    """Values in K bins per channel; the output is K logits for each channel.

    Channels of a time point are independent, given those before. Methods as of
    `Values`, on int [..., C] in [0, K]; K stands before a series. That bins have an
    order is told by their number as an input, and by logits of the distance to the bin
    before, which are the same for all bins.
    """

    trunk: nn.Module
    width: int
    channels: int
    num_classes: int
    num_bins: int

    def setup(self):
        """Layers."""
        # One table for all channels: channel c begins at c (K + 1).
        self.table = nn.Embed(self.channels * (self.num_bins + 1), self.width)
        self.classes = nn.Embed(self.num_classes + 1, self.width)
        self.order = Dense(self.width, use_bias=False)
        self.leave = Dense(self.channels * self.num_bins)
        shape = self.channels, 2 * self.num_bins
        self.near = self.param("near", nn.initializers.zeros, shape)

    def first(self, batch: int) -> jax.Array:
        """What stands before a series: K."""
        return jnp.full((batch, self.channels), self.num_bins, jnp.int32)

    def start(self, batch: int) -> PyTree:
        """The trunk's carry before a series."""
        return self.trunk.start(batch)

    def __call__(
        self, x: Array, label: Array, train: bool, shown: Array | None = None
    ) -> jax.Array:
        """Tokens int [B, L, C] -> logits [B, L, C, K]."""
        shown = x if shown is None else shown
        before = jnp.concatenate([self.first(len(x))[:, None], shown[:, :-1]], axis=1)
        h = self.trunk(self._input(before, label[:, None]), train)
        return self._output(h, before)

    def step(
        self, carry: PyTree, before: Array, t: Array, label: Array
    ) -> tuple[PyTree, jax.Array]:
        """The same of time point t alone; before [B, C] -> logits [B, C, K]."""
        carry, h = self.trunk.step(carry, self._input(before, label), t)
        return carry, self._output(h, before)

    def _input(self, before, label):
        offset = jnp.arange(self.channels) * (self.num_bins + 1)
        offset = offset.reshape((1,) * (before.ndim - 1) + (-1,))
        number = self.order(before / self.num_bins - 0.5)
        return self.table(before + offset).sum(-2) + number + self.classes(label)

    def _output(self, h, before):
        num = self.num_bins
        logits = self.leave(h).reshape(*h.shape[:-1], self.channels, num)
        bins = jnp.arange(num).reshape((1,) * before.ndim + (-1,))
        channel = jnp.arange(self.channels).reshape((1,) * (before.ndim - 1) + (-1, 1))
        near = _SPEED * self.near[channel, bins - before[..., None] + num]
        return logits + jnp.where(before[..., None] < num, near, 0)

    def log_prob(self, outputs: Array, x: Array, observed: Array | None) -> jax.Array:
        """log p of each time point's tokens, [B, L, C, K], int [B, L, C] -> [B, L]."""
        each = jnp.take_along_axis(jax.nn.log_softmax(outputs), x[..., None], -1)[
            ..., 0
        ]
        return (each if observed is None else jnp.where(observed, each, 0)).sum(-1)

    def draw(self, key: Array, outputs: Array, temperature: float) -> jax.Array:
        """One token of each channel, [B, C, K] -> int [B, C]."""
        return categorical.draw(key, outputs / temperature)

    def draw_given(
        self, key: Array, outputs: Array, x: Array, observed: Array
    ) -> tuple[jax.Array, jax.Array]:
        """As `mixture.draw_given`, of each time point's tokens."""
        log_p = self.log_prob(outputs, jnp.where(observed, x, 0), observed)
        return log_p, jnp.where(observed, x, categorical.draw(key, outputs))


def free_run(
    network: Values | Tokens,
    params: PyTree,
    key: Array,
    label: Array,
    length: int,
    temperature: float,
) -> jax.Array:
    """Draws series, one time point after the other.

    Args:
        network: of `params`.
        params: weights.
        key: a key; time t folds in t.
        label: int [B] in [0, Y].
        length: L.
        temperature: see `draw`; 1: the network's own distribution.

    Returns:
        What the network models, [B, L, C].
    """
    variables, batch = {"params": params}, label.shape[0]

    def step(state, t):
        carry, before = state
        carry, outputs = network.apply(
            variables, carry, before, t, label, method="step"
        )
        x = network.draw(jax.random.fold_in(key, t), outputs, temperature)
        return (carry, x), x

    begin = (
        network.apply(variables, batch, method="start"),
        network.apply(variables, batch, method="first"),
    )
    _, x = jax.lax.scan(step, begin, jnp.arange(length))
    return x.swapaxes(0, 1)
