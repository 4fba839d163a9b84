"""Sequence to sequence with additive attention, from what is visible to what is not.

Bahdanau et al. 2015, https://arxiv.org/abs/1409.0473: an encoder in both directions, and
a decoder that at every time point attends to all that the encoder said. The encoder
reads a series where it is visible, `patch` time points at a time (frames), and where it
is not; the decoder gives every time point from those before, as a mixture of Gaussians
around the value before. With nothing visible that is the distribution of a series of a
class. Shapes: B batch, L time points, T frames, C channels.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from tsgen_jax.models import mixture
from tsgen_jax.models.autoregressive import places
from tsgen_jax.models.cells import Layer
from tsgen_jax.nn.dense import Dense
from tsgen_jax.nn.transformer import Dropout
from tsgen_jax.types import Array, PyTree


class Seq2Seq(nn.Module):
    """Encoder, additive attention, decoder and a mixture density."""

    cell: str
    width: int  # Of the decoder, and of the encoder in each direction.
    attention_width: int
    patch: int  # Time points of a frame.
    length: int  # L
    channels: int  # C
    num_classes: int  # Y; label Y stands for no class.
    num_components: int
    min_scale: float
    num_places: int  # Numbers that say the place in the series; 0: it is not told.
    dropout: float

    @property
    def num_frames(self) -> int:
        """T; the last frame is filled up with what is not visible."""
        return -(-self.length // self.patch)

    def setup(self):
        """Layers."""
        self.read, self.enter = Dense(self.width), Dense(self.width)
        self.read_class = nn.Embed(self.num_classes + 1, self.width)
        self.enter_class = nn.Embed(self.num_classes + 1, self.width)
        self.ahead, self.back = (Layer(self.cell, self.width) for _ in range(2))
        self.begin = Dense(self.width)
        self.of_state = Dense(self.attention_width)  # W_a and U_a of the paper.
        self.of_said = Dense(self.attention_width, use_bias=False)
        init = nn.initializers.normal(self.attention_width**-0.5)
        self.score = self.param("score", init, (self.attention_width,))  # v_a
        self.decoder = Layer(self.cell, self.width)
        num = mixture.num_outputs(self.num_components, self.channels)
        # Small: the first prediction is the value before; components begin apart.
        self.leave = Dense(num, kernel_init=nn.initializers.normal(0.01))
        shape = self.num_components, self.channels
        self.apart = self.param("apart", nn.initializers.normal(0.1), shape)
        self.drop = Dropout(self.dropout)

    def encode(self, x: Array, visible: Array, label: Array, train: bool) -> PyTree:
        """What the decoder is given.

        Args:
            x: scaled series, float [B, L, C]; anything where not visible.
            visible: bool [B, L, C].
            label: int [B] in [0, Y].
            train: whether units are dropped.

        Returns:
            'said' [B, T, 2 W] of each frame, its part of the scores 'keys' [B, T, A],
            and the decoder's first state.
        """
        both = jnp.concatenate([jnp.where(visible, x, 0), visible], axis=-1)
        more = self.num_frames * self.patch - self.length
        both = jnp.pad(both, ((0, 0), (0, more), (0, 0)))
        frames = both.reshape(x.shape[0], self.num_frames, -1)
        place = jnp.asarray(places(self.num_frames, self.num_places))[None]
        place = jnp.broadcast_to(place, (x.shape[0], *place.shape[1:]))
        e = self.read(jnp.concatenate([frames, place], axis=-1))
        e = e + self.read_class(label)[:, None]
        back = self.back(e[:, ::-1])[:, ::-1]
        said = self.drop(jnp.concatenate([self.ahead(e), back], axis=-1), train)
        first = jnp.tanh(self.begin(back[:, 0]))
        state = (first, *self.decoder.start(x.shape[0])[1:])
        return {"said": said, "keys": self.of_said(said), "state": state}

    def step(
        self, given: PyTree, state: PyTree, before: Array, t: Array, label: Array
    ) -> tuple[PyTree, jax.Array, jax.Array]:
        """Time point t alone, from the value before, [B, C].

        Returns:
            The state after it, outputs [B, outputs], weights of the frames [B, T].
        """
        state, h, weights = self._advance(given, state, self._entered(before, label, t))
        return state, self._output(h, before), weights

    def __call__(
        self,
        x: Array,
        visible: Array,
        label: Array,
        train: bool,
        shown: Array | None = None,
    ) -> tuple[jax.Array, jax.Array]:
        """All time points of given series.

        Args:
            x: scaled series, float [B, L, C].
            visible: what the encoder sees of them, bool [B, L, C].
            label: int [B] in [0, Y].
            train: whether units are dropped.
            shown: what the decoder sees of `x`, such as `x` with noise; None: `x`.

        Returns:
            Outputs float [B, L, outputs] and weights of the frames [B, L, T].
        """
        given = self.encode(x, visible, label, train)
        before = (x if shown is None else shown)[:, :-1]
        before = jnp.pad(before, ((0, 0), (1, 0), (0, 0)))
        e = self._entered(before, label[:, None])

        def step(state, e):
            state, h, weights = self._advance(given, state, e)
            return state, (h, weights)

        if self.is_initializing():
            step(given["state"], e[:, 0])
        _, found = jax.lax.scan(step, given["state"], e.swapaxes(0, 1))
        h, weights = (a.swapaxes(0, 1) for a in found)
        return self._output(self.drop(h, train), before), weights

    def _entered(self, before, label, t=None):
        """The decoder's input but for the context, at all times or at time t alone."""
        place = jnp.asarray(places(self.length, self.num_places))
        place = (place if t is None else place[t])[None]
        place = jnp.broadcast_to(place, (*before.shape[:-1], self.num_places))
        e = self.enter(jnp.concatenate([before, place], axis=-1))
        return e + self.enter_class(label)

    def _advance(self, given, state, e):
        """Attention by the state before, then the state: equations 5 and 6, A.1.2."""
        scores = jnp.tanh(given["keys"] + self.of_state(state[0])[:, None])
        weights = jax.nn.softmax((scores * self.score[None, None]).sum(-1))
        context = jnp.einsum("bt,btd->bd", weights, given["said"])
        state, h = self.decoder.step(state, jnp.concatenate([e, context], axis=-1))
        return state, jnp.concatenate([h, context], axis=-1), weights

    def _output(self, h, before):
        outputs, part = self.leave(h), self.num_components
        shift = jnp.tile(before, part) + self.apart.reshape((1,) * (h.ndim - 1) + (-1,))
        mean = slice(part, part * (1 + self.channels))
        return outputs.at[..., mean].add(shift)

    def log_prob(self, outputs: Array, x: Array, counted: Array | None) -> jax.Array:
        """log p of each time point's channels that count, [B, L]."""
        of = mixture.from_outputs(outputs, self.channels, self.min_scale)
        return mixture.log_prob(of, x, counted)

    def draw(self, key: Array, outputs: Array, temperature: float) -> jax.Array:
        """One value of each time point, [B, outputs] -> [B, C]."""
        of = mixture.from_outputs(outputs, self.channels, self.min_scale)
        return mixture.draw(key, of, temperature)


def complete(
    network: Seq2Seq,
    params: PyTree,
    key: Array,
    x: Array,
    visible: Array,
    label: Array,
    temperature: float = 1.0,
) -> tuple[jax.Array, jax.Array]:
    """Draws what is not visible, one time point after the other.

    Args:
        network: of `params`.
        params: weights.
        key: a key; time t folds in t.
        x: scaled series, float [B, L, C]; anything where not visible.
        visible: bool [B, L, C].
        label: int [B] in [0, Y].
        temperature: of draws; 1: the network's own distribution.

    Returns:
        Series, `x` where visible, and weights of the frames, [B, L, T].
    """
    variables = {"params": params}
    given = network.apply(variables, x, visible, label, train=False, method="encode")

    def step(carry, at):
        state, before = carry
        t, now, seen = at
        state, outputs, weights = network.apply(
            variables, given, state, before, t, label, method="step"
        )
        new = network.draw(jax.random.fold_in(key, t), outputs, temperature)
        new = jnp.where(seen, now, new)
        return (state, new), (new, weights)

    begin = given["state"], jnp.zeros_like(x[:, 0])
    times = jnp.arange(x.shape[1]), x.swapaxes(0, 1), visible.swapaxes(0, 1)
    _, found = jax.lax.scan(step, begin, times)
    drawn, weights = (a.swapaxes(0, 1) for a in found)
    return drawn, weights
