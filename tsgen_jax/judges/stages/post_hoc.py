"""The networks behind TimeGAN's post-hoc scores: a discriminator and a predictor.

Yoon et al. 2019, "Time-series Generative Adversarial Networks", section 5, and the
authors' metrics/{discriminative,predictive}_metrics.py: one-layer GRUs of width
int(C / 2). Both definitions have no width for univariate series; the variant here
takes `config.evaluation.hidden_univariate` for it, and predicts the channel from its
own past. Other differences: TensorFlow's GRU resets the state before the recurrent
product, ours after; a batch of the discriminator is drawn from both sides together,
theirs is 128 of each; theirs keeps the learning rate, our loop ends it in a cosine.
Series here are scaled to [0, 1], the range of the predictor's sigmoid.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import optax
from ml_collections import ConfigDict

from tsgen_jax.models.recurrent import Recurrent
from tsgen_jax.recipe import Stage, example_of
from tsgen_jax.training import batches
from tsgen_jax.types import Array, Batch, Metrics, PyTree

SeriesFn = Callable[[PyTree, Batch], jax.Array]


def make_model(config: ConfigDict, num_channels: int) -> Recurrent:
    """The network of both tasks for C channels.

    Raises:
        ValueError: there is no channel.
    """
    if num_channels < 1:
        raise ValueError(f"Series need a channel; num_channels={num_channels}.")
    univariate = config.evaluation.hidden_univariate
    return Recurrent(hidden=univariate if num_channels == 1 else num_channels // 2)


def make_logits_fn(model: Recurrent) -> SeriesFn:
    """(weights, {'x': [B, L, C]}) -> logits of being real, float [B]."""

    def logits_fn(weights, batch):
        return model.apply({"params": weights}, batch["x"])[:, -1]

    return logits_fn


def make_errors_fn(model: Recurrent) -> SeriesFn:
    """(weights, {'x': [B, L, C]}) -> mean absolute error per series, float [B].

    Of the last channel at t + 1, predicted from the other channels up to t; of the
    only channel, from itself.
    """

    def errors_fn(weights, batch):
        x = batch["x"]
        inputs = x if x.shape[-1] == 1 else x[..., :-1]
        y = jax.nn.sigmoid(model.apply({"params": weights}, inputs[:, :-1]))
        return jnp.abs(y - x[:, 1:, -1]).mean(-1)

    return errors_fn


def make_discriminator(
    config: ConfigDict, x: Array, is_real: Array
) -> tuple[Stage, Batch]:
    """Real or generated, from the last state; sigmoid cross entropy.

    Args:
        config: the whole config.
        x: series of both sides, scaled, float [n, L, C].
        is_real: bool [n] or 0 and 1.

    Raises:
        ValueError: `x` is not [n, L, C], `is_real` is not 0 or 1 for every series, or
            one side is missing.
    """
    x, is_real = _as_series(x), np.asarray(is_real)
    sides = np.unique(is_real)
    if is_real.shape != (len(x),) or not np.array_equal(sides, (0, 1)):
        raise ValueError(
            f"is_real must say of each of {len(x)} series whether it is real, with "
            f"both sides there; it has shape {is_real.shape} and values {sides[:5]}."
        )
    model = make_model(config, x.shape[-1])
    logits_fn = make_logits_fn(model)

    def per_series(weights, batch):
        logits, target = logits_fn(weights, batch), batch["is_real"]
        # TimeGAN adds the means of both sides; Adam does not see that factor of 2.
        loss = optax.sigmoid_binary_cross_entropy(logits, target)
        hit = (logits > 0) == (target > 0)
        return {"loss": loss, "accuracy": hit.astype(loss.dtype)}

    data = {"x": x, "is_real": is_real.astype(np.float32)}
    names = ("loss", "accuracy")
    init = _make_init(model, x.shape[-1])
    return _make_stage(config, "discriminator", init, per_series, names, data)


def make_predictor(config: ConfigDict, x: Array) -> tuple[Stage, Batch]:
    """The last channel one step ahead; absolute error.

    Args:
        config: the whole config.
        x: series to learn from, scaled, float [n, L, C] with L of 2 or more.

    Raises:
        ValueError: `x` is not [n, L, C], or has one time point.
    """
    x = _as_series(x)
    if x.shape[1] < 2:
        raise ValueError("A prediction one step ahead needs 2 time points; L=1.")
    model = make_model(config, x.shape[-1])
    errors_fn = make_errors_fn(model)

    def per_series(weights, batch):
        return {"loss": errors_fn(weights, batch)}

    init = _make_init(model, max(1, x.shape[-1] - 1))
    return _make_stage(config, "predictor", init, per_series, ("loss",), {"x": x})


def _as_series(x: Array) -> np.ndarray:
    x = np.asarray(x, np.float32)
    if x.ndim != 3 or 0 in x.shape:
        raise ValueError(f"x must be series [n, L, C]; it has shape {x.shape}.")
    return x


def _make_init(model: Recurrent, num_inputs: int) -> Callable:
    def init(key, batch, given):
        x = jnp.zeros((1, 1, num_inputs), batch["x"].dtype)
        return model.init(key, x)["params"], {}

    return init


def _make_stage(
    config: ConfigDict,
    name: str,
    init: Callable,
    per_series: Callable[[PyTree, Batch], dict[str, jax.Array]],
    names: tuple[str, ...],
    data: Batch,
) -> tuple[Stage, Batch]:
    """The stage and rows whose metrics `names` are the means of `per_series`."""

    def loss_fn(params, model_state, batch, key):
        metrics = {k: v.mean() for k, v in per_series(params, batch).items()}
        return metrics["loss"], (model_state, metrics)

    @jax.jit
    def columns(weights, batch):
        values = per_series(weights, batch)
        return jnp.stack([values[n] for n in names], axis=-1)

    def evaluate(weights: PyTree, data: Batch) -> Metrics:
        size = config.evaluation.batch_size
        rows = batches.map_batches(lambda batch: columns(weights, batch), data, size)
        return dict(zip(names, rows.astype(np.float64).mean(0), strict=True))

    stage = Stage(
        name=name,
        example=example_of(data),
        init=init,
        loss_fn=loss_fn,
        export=lambda params, model_state: params,
        evaluate=evaluate,
    )
    return stage, data
