"""Sequence to sequence with additive attention: series of a class, forecasts, gaps.

Bahdanau et al. 2015, https://arxiv.org/abs/1409.0473: the encoder reads what is observed,
in both directions, and the decoder draws the rest time point by time point while it
attends to it. So a gap is drawn with regard to what comes after it. One network does
all three: it was trained with series hidden in all these ways, see `stages/seq2seq.py`.
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators import free_running
from tsgen_jax.generators.batched import Batched
from tsgen_jax.generators.completing import FreeRunning
from tsgen_jax.models import cells, seq2seq
from tsgen_jax.recipe import Recipe
from tsgen_jax.runs.limits import INFINITY, WIDEST, Limits
from tsgen_jax.shown import Attention, View
from tsgen_jax.stages import seq2seq as stage
from tsgen_jax.types import Array


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Attending(FreeRunning):
    """Draws, rates and completes series, and shows what it attends to; `Shows` besides.

    Attributes:
        attend: jitted, of the recipe: (key, weights, x, observed, label) -> scaled
            series and weights, as `seq2seq.complete`.
        patch: time points of a frame.
    """

    attend: jax.stages.Wrapped
    patch: int

    def attention(
        self, key: Array, x: Array, observed: Array, label: Array
    ) -> tuple[np.ndarray, np.ndarray]:
        """As `inpaint`, once, of few series; and where each time point looked.

        Returns:
            Series float [n, L, C] in original units, and weights of the frames
            [n, L, T] that each time point was drawn with.
        """
        weights = []

        def draw(key, x, observed, label):
            drawn, seen = self.attend(key, self.weights, x, observed, label)
            weights.append(np.asarray(seen))
            return drawn

        drawn = self.batched.inpaint(key, x, observed, label, 1, draw)[0]
        return drawn, np.concatenate(weights)[: len(x)]

    def show(self, key: Array, x: Array, label: Array) -> dict[str, View]:
        """What is read while the last quarter of series is drawn; see `shown.Shows`."""
        observed = np.ones(np.shape(x), bool)
        observed[:, self.info.length * 3 // 4 :] = False
        drawn, weights = self.attention(key, x, observed, label)
        what = (
            "What the decoder reads of the encoder's frames for each time point, while it "
            "goes on with series whose last quarter it draws."
        )
        names = tuple(self.info.classes[k] for k in label)
        own = {"size": self.patch, "observed": observed}
        return {"attention": Attention({"decoder": weights}, drawn, names, what, **own)}


GENERATOR = Attending
_NOT_OF_NETWORK = "input_noise", "whole_rate", "label_drop_rate"
LIMITS = (
    Limits(
        choices={"seq2seq.cell": cells.KINDS},
        ranges={
            "seq2seq.width": (1, WIDEST),
            "seq2seq.attention_width": (1, WIDEST),
            "seq2seq.patch": (1, WIDEST),
            "seq2seq.num_components": (1, 1000),
            "seq2seq.min_scale": (1e-6, 1),
            "seq2seq.num_places": (0, 1000),
            "seq2seq.dropout": (0, 0.99),
            "seq2seq.input_noise": (0, INFINITY),
            "seq2seq.whole_rate": (0, 1),
            "seq2seq.label_drop_rate": (0, 1),
            "sample.temperature": (1e-6, INFINITY),
        },
        faults=functools.partial(free_running.label_faults, "seq2seq"),
        needed=("sample", "seq2seq"),
    ),
)


def make_recipe(config: ConfigDict, info: DataInfo) -> Recipe:
    """The recipe of `config` for series like these."""
    settings, shape = config.seq2seq, (info.length, info.scaled_channels)
    network = seq2seq.Seq2Seq(
        length=info.length,
        channels=info.scaled_channels,
        num_classes=info.num_classes,
        **{k: v for k, v in settings.items() if k not in _NOT_OF_NETWORK},
    )

    @jax.jit
    def draw(key, weights, label):
        x = jnp.zeros((label.shape[0], *shape))
        of = weights[stage.NAME], key, x, jnp.zeros(x.shape, bool), label
        return seq2seq.complete(network, *of, config.sample.temperature)[0]

    @jax.jit
    def log_prob(weights, batch):
        x = batch["x"]
        of = x, jnp.zeros(x.shape, bool), batch["label"]
        out, _ = network.apply({"params": weights[stage.NAME]}, *of, train=False)
        return network.log_prob(out, x, batch["observed"])

    @jax.jit
    def attend(key, weights, x, observed, label):
        of = weights[stage.NAME], key, x, observed, label
        return seq2seq.complete(network, *of)

    def complete(*args, num):
        del num  # What comes after a gap has been read: one draw is enough.
        return attend(*args)[0]

    batched = Batched(info, config.sample.batch_size)
    return Recipe(
        stages=(stage.make_stage(config, network),),
        assemble=lambda weights: Attending(
            batched,
            draw,
            weights,
            log_prob=log_prob,
            complete=complete,
            num_particles=1,
            attend=attend,
            patch=settings.patch,
        ),
        settings=("sample",),
        about=f"Sequence to sequence of {settings.cell} layers with additive attention.",
    )
