"""The stage of a sequence-to-sequence network: parts of series from the other parts.

In training every series is hidden in one of four ways: whole (to generate), from a time
on (to forecast), a stretch (to fill a gap), or points here and there. Channels are hidden
together or each by itself. The loss is -log p of what is hidden and was observed.
"""

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.models.seq2seq import Seq2Seq
from tsgen_jax.recipe import Measure, Stage
from tsgen_jax.stages import adversarial
from tsgen_jax.training import batches
from tsgen_jax.types import Array, Batch, Metrics, PyTree

NAME = "network"


def draw_visible(key: Array, shape: tuple[int, int, int], whole_rate: float):
    """What is visible of series [B, L, C], bool.

    Args:
        key: a key.
        shape: (B, L, C).
        whole_rate: share of series that are hidden whole; the others are hidden from a
            time on, in a stretch, or at points, a third each.
    """
    batch, length, channels = shape
    keys = jax.random.split(key, 6)
    kind = jax.random.randint(keys[0], (batch, 1, 1), 0, 3)
    whole = jax.random.bernoulli(keys[1], whole_rate, (batch, 1, 1))
    apart = jax.random.bernoulli(keys[2], 0.5, (batch, 1, 1))

    def by_channel(u):  # The same numbers for all channels of half of the series.
        return jnp.where(apart, u, u[..., :1])

    ends = by_channel(jax.random.uniform(keys[3], (2, batch, 1, channels)))
    ends = jnp.sort(ends, axis=0) * length
    rate = by_channel(jax.random.uniform(keys[4], (batch, 1, channels)))
    points = by_channel(jax.random.uniform(keys[5], shape)) < rate
    time = jnp.arange(length)[None, :, None]
    stretch = (ends[0] <= time) & (time < ends[1])
    hidden = jnp.where(
        kind == 0, time >= ends[0], jnp.where(kind == 1, stretch, points)
    )
    return ~(hidden | whole)


def make_stage(config: ConfigDict, network: Seq2Seq) -> Stage:
    """The stage 'network' of `config.seq2seq`."""
    settings, shape = config.seq2seq, (network.length, network.channels)

    def init(key, batch, given):
        del given
        of = batch["x"], jnp.zeros(batch["x"].shape, bool), batch["label"]
        return network.init(key, *of, train=False)["params"], {}

    def loss_fn(params, model_state, batch, key):
        keys, (x, label) = jax.random.split(key, 4), (batch["x"], batch["label"])
        drop = jax.random.bernoulli(keys[0], settings.label_drop_rate, label.shape)
        label = jnp.where(drop, network.num_classes, label)
        visible = draw_visible(keys[1], x.shape, settings.whole_rate)
        seen = batch.get("observed", jnp.ones_like(visible))
        # Of the size of the decoder's own errors, where it would see its own draws.
        change = jnp.sqrt((jnp.diff(x, axis=1) ** 2).mean((0, 1), keepdims=True))
        noise = settings.input_noise * change * jax.random.normal(keys[2], x.shape)
        shown = x + jnp.where(visible & seen, 0, noise)
        outputs, _ = network.apply(
            {"params": params},
            x,
            visible & seen,
            label,
            True,
            shown,
            rngs={"dropout": keys[3]},
        )
        counted = ~visible & seen
        log_p = network.log_prob(outputs, x, counted)
        loss = -log_p.sum() / jnp.maximum(counted.sum(), 1)
        return loss, (model_state, {"loss": loss})

    @jax.jit
    def per_series(weights, batch):
        x = batch["x"]
        of = x, jnp.zeros(x.shape, bool), batch["label"]
        outputs, _ = network.apply({"params": weights}, *of, train=False)
        return network.log_prob(outputs, x, batch.get("observed")).sum(-1)

    def evaluate(weights: PyTree, rows: Batch) -> Metrics:
        log_p = batches.map_batches(
            lambda batch: per_series(weights, batch), rows, config.evaluation.batch_size
        )
        count = rows["observed"].sum() if "observed" in rows else rows["x"].size
        return {"loss": -log_p.astype(np.float64).sum() / max(count, 1)}

    note = "Nats per scaled value of TEST, class and all values before given."
    return Stage(
        name=NAME,
        example={
            "x": jax.ShapeDtypeStruct((1, *shape), jnp.float32),
            "label": jax.ShapeDtypeStruct((1,), jnp.int32),
        },
        init=init,
        loss_fn=loss_fn,
        export=lambda params, model_state: params,
        rows=adversarial.rows,
        evaluate=evaluate,
        measures={"loss": Measure("value_nll", "lower", None, note)},
        sections=("seq2seq", "evaluation"),
        about="a network learns parts of series from the other parts",
    )
