"""The stage of a network that predicts a time point from those before.

Teacher forcing: all time points of given series at once, -log p(x_t | before, class).
What the network is shown is disturbed in training, what it has to predict is not:
when it runs freely it sees its own errors, and must not go on from them for ever
(noise as in Graves 2013, https://arxiv.org/abs/1308.0850; for tokens, random ones).
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from tsgen_jax.models.autoregressive import Tokens, Values
from tsgen_jax.recipe import Measure, Part, Stage, Weights
from tsgen_jax.training import batches
from tsgen_jax.types import Array, Batch, Metrics, PyTree

NAME = "network"


def make_stage(
    network: Values | Tokens,
    shape: tuple[int, int],
    *,
    num_classes: int,
    disturb: Callable[[Array, Array], Array],
    label_drop_rate: float,
    batch_size: int,
    sections: tuple[str, ...],
    rows: Callable[[Part, Weights], np.ndarray] = lambda part, given: part.x,
    needs: tuple[str, ...] = (),
    about: str = "a network learns what comes next",
) -> Stage:
    """The stage 'network'.

    Args:
        network: what is trained.
        shape: (L, C') of a series.
        num_classes: Y.
        disturb: (key, x [B, L, C']) -> what the network is shown of it.
        label_drop_rate: series that are trained without their class.
        batch_size: of `evaluate`.
        sections: see `Stage.sections`.
        rows: what is modelled of a part, [n, L, C'].
        needs: earlier stages, for `rows`.
        about: for the log.
    """
    dtype = jnp.int32 if isinstance(network, Tokens) else jnp.float32

    def init(key, batch, given):
        del given
        return network.init(key, batch["x"], batch["label"], train=False)["params"], {}

    def log_prob(params, batch, label, train, shown=None, rngs=None):
        of = {"params": params}
        out = network.apply(of, batch["x"], label, train, shown, rngs=rngs)
        return network.log_prob(out, batch["x"], batch.get("observed")).sum(-1)

    def loss_fn(params, model_state, batch, key):
        key_label, key_shown, key_drop = jax.random.split(key, 3)
        label = batch["label"]
        drop = jax.random.bernoulli(key_label, label_drop_rate, label.shape)
        label = jnp.where(drop, num_classes, label)
        shown = disturb(key_shown, batch["x"])
        log_p = log_prob(params, batch, label, True, shown, {"dropout": key_drop})
        loss = -log_p.sum() / _count(batch, jnp)
        return loss, (model_state, {"loss": loss})

    @jax.jit
    def per_series(weights, batch):
        return log_prob(weights, batch, batch["label"], False)

    def evaluate(weights: PyTree, data: Batch) -> Metrics:
        log_p = batches.map_batches(
            lambda batch: per_series(weights, batch), data, batch_size
        )
        return {"loss": -log_p.astype("float64").sum() / _count(data, np)}

    def all_rows(part: Part, given: Weights, train: bool) -> Batch:
        del train
        made = {"x": rows(part, given), "label": np.asarray(part.label, np.int32)}
        return made if part.observed is None else {**made, "observed": part.observed}

    return Stage(
        name=NAME,
        needs=needs,
        example={
            "x": jax.ShapeDtypeStruct((1, *shape), dtype),
            "label": jax.ShapeDtypeStruct((1,), jnp.int32),
        },
        init=init,
        loss_fn=loss_fn,
        export=lambda params, model_state: params,
        rows=all_rows,
        evaluate=evaluate,
        measures={"loss": _measure(network)},
        sections=sections,
        about=about,
    )


def _count(batch: Batch, module) -> Array:
    """Values that were given."""
    seen = batch.get("observed")
    return batch["x"].size if seen is None else module.maximum(seen.sum(), 1)


def _measure(network: Values | Tokens) -> Measure:
    if isinstance(network, Tokens):
        note = "Nats per value of TEST in bins, class and all values before given."
        floors = {"guessing": float(np.log(network.num_bins))}
        return Measure("bin_nll", "lower", None, note, floors)
    note = "Nats per scaled value of TEST, class and all values before given."
    return Measure("value_nll", "lower", None, note)
