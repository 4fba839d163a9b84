"""Stage 1: the tokenizer, with or without a self-supervised second view.

NC-VQVAE, https://arxiv.org/abs/2408.16613: reconstruction of the quantised series
and, from continuous latents, of its augmented view; commitment; and a
self-supervised loss between projections of the two.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.augment import time as augment
from tsgen_jax.losses import self_supervised
from tsgen_jax.models import vqvae
from tsgen_jax.nn import quantizers
from tsgen_jax.recipe import Measure, Part, Stage, Weights
from tsgen_jax.stages import observed as observed_errors
from tsgen_jax.stages import views
from tsgen_jax.training import batches
from tsgen_jax.types import Array, Batch, Metrics, PyTree

SECTIONS = ("stft", "tokenizer", "quantizer", "augment", "ssl")  # Of the config.
_CURVES = (
    "loss",
    "loss_time",
    "loss_commitment",
    "loss_ssl",
    "reconstruction_mse",
    "codebook_perplexity",
)
_MEASURES = {
    row.name: row
    for row in (
        Measure("reconstruction_mse", "lower", 0.0, "TEST, scaled to variance 1."),
        Measure(
            "reconstruction_mse_frequency",
            "lower",
            0.0,
            "TEST, on the STFT of scaled series.",
        ),
        Measure(
            "codebook_perplexity",
            "higher",
            None,
            "exp of the entropy of token use on TEST; at most the number of codes.",
        ),
        Measure("codebook_usage", "higher", 1.0, "Share of the codes that TEST uses."),
        Measure(
            "codebook_similarity",
            "lower",
            None,
            "Mean |cosine| between different codes.",
        ),
    )
}


def make_model(
    config: ConfigDict, length: int, channels: int, **band
) -> vqvae.AutoEncoder:
    """The autoencoder of `config` for series [L, C]; of a `band`, its `bins`, `cut`."""
    return vqvae.AutoEncoder(
        length=length,
        channels=channels,
        **config.stft,
        **config.tokenizer,
        quantizer=quantizers.make(config.quantizer, config.tokenizer.width),
        dtype=jnp.dtype(config.precision),
        remat=config.remat,
        **band,
    )


def make_stage(
    config: ConfigDict, model: vqvae.AutoEncoder, time_error: str = "squared"
) -> Stage:
    """Stage 1 on scaled series.

    Its rows are 'x' float32 [n, L, C] and, where values are missing, 'observed' bool
    [n, L, C], False where a value was only filled.

    Args:
        config: the whole config.
        model: from `make_model`.
        time_error: of reconstructions, see `observed.errors`.
    """
    head = views.Head(config.ssl, jnp.dtype(config.precision))

    def init(key: Array, batch: Batch, given) -> tuple[PyTree, PyTree]:
        return _init(config, model, head, key, batch["x"])

    def export(params, model_state):
        return {
            "params": params["model"],
            "batch_stats": model_state["batch_stats"],
            "codebook": model_state["codebook"],
        }

    shape = config.train.tokenizer.batch_size, model.length, model.channels
    return Stage(
        name="tokenizer",
        example={"x": jax.ShapeDtypeStruct(shape, jnp.float32)},
        init=init,
        loss_fn=_make_loss_fn(config, model, head, time_error),
        export=export,
        rows=_rows,
        evaluate=make_evaluate(config, model),
        measures=_MEASURES,
        sections=SECTIONS,
        curves=_CURVES,
        about="a network learns to turn series into tokens and back",
    )


def _rows(part: Part, given: Weights, train: bool) -> Batch:
    del given, train
    return {"x": part.x} | (
        {} if part.observed is None else {"observed": part.observed}
    )


def _init(config, model, head, key, x):
    """Weights, and a codebook fitted to what the fresh encoder makes of a batch."""
    key_model, key_head, key_codes = jax.random.split(key, 3)
    variables = model.init(key_model, x)
    params = {"model": variables["params"]}
    state = {"batch_stats": variables["batch_stats"]}
    u = model.to_map(x)
    z, _ = vqvae.apply(model, params["model"], state["batch_stats"], "encode", u)
    state["codebook"] = model.quantizer.init(key_codes, z)
    # Of a loss that is not registered any more the head is not needed: nothing trains.
    if config.ssl.method in self_supervised.METHODS:
        pooled = jnp.zeros((len(x), 2 * model.quantizer.width))
        params["head"] = head.init(key_head, pooled)["params"]
    if _has_slow_copy(config.ssl):
        state["target"] = jax.tree.map(jnp.copy, params)
    return params, state


def _has_slow_copy(ssl: ConfigDict) -> bool:
    method = self_supervised.METHODS.get(ssl.method)
    return method is not None and method.slow_copy


def _make_loss_fn(
    config: ConfigDict, model: vqvae.AutoEncoder, head: views.Head, time_error: str
):
    """`Stage.loss_fn`: terms of the first view, of the second, and of both together."""
    ssl = config.ssl
    augmented = augment.make_augment(**config.augment)
    two_views = ssl.method != "none" or ssl.augmented_weight > 0
    errors = functools.partial(observed_errors.errors, time_error=time_error)

    def loss_fn(params, model_state, batch, key):
        key_view, key_revive = jax.random.split(key)
        x, observed = batch["x"], batch.get("observed")
        first, terms, metrics, moved = _first_view(
            config, model, errors, params["model"], model_state, x, observed, key_revive
        )
        new_state = {**model_state, **moved}
        if two_views:
            x_b, observed_b = observed_errors.view_and_mask(
                augmented, key_view, x, observed
            )
            stats = moved["batch_stats"]
            second, more_terms, stats = _second_view(
                config, model, errors, params["model"], stats, x_b, observed_b
            )
            terms |= more_terms
            if ssl.augmented_statistics:
                new_state["batch_stats"] = stats
        if ssl.method != "none":
            terms["loss_ssl"], more_metrics = views.compare(
                head, model, params, model_state, first, second
            )
            metrics |= more_metrics
        if _has_slow_copy(ssl):
            new_state["target"] = views.move_target(
                model_state["target"], params, ssl[ssl.method].target_decay
            )
        loss = sum(terms.values())
        return loss, (new_state, {"loss": loss, **terms, **metrics})

    return loss_fn


def _first_view(config, model, errors, params, model_state, x, observed, key_revive):
    """The regular VQ-VAE: terms of its loss, use of its codes, the state it moves."""
    options, codebook = config.quantizer, model_state["codebook"]
    u = model.to_map(x)
    z, stats = vqvae.apply(model, params, model_state["batch_stats"], "encode", u)
    z_q, tokens = model.quantizer.quantize(codebook, z)
    u_hat, stats = vqvae.apply(model, params, stats, "decode", z_q)
    time, frequency = errors(model, x, u, u_hat, observed)
    terms = {"loss_time": time, "loss_frequency": frequency}
    if model.quantizer.commitment is not None:
        commitment = model.quantizer.commitment(codebook, z, tokens)
        terms["loss_commitment"] = options.commitment_weight * commitment
    metrics = quantizers.usage(tokens, options.num_codes)
    codebook = model.quantizer.update(key_revive, codebook, z, tokens)
    moved = {"batch_stats": stats, "codebook": codebook}
    return views.View(u, z_q), terms, metrics, moved


def _second_view(config, model, errors, params, stats, x, observed):
    """The augmented series: never quantised, reconstructed where that has a weight."""
    terms, weight = {}, config.ssl.augmented_weight
    u = model.to_map(x)
    z, stats = vqvae.apply(model, params, stats, "encode", u)
    if weight > 0:
        u_hat, stats = vqvae.apply(model, params, stats, "decode", z)
        time, frequency = errors(model, x, u, u_hat, observed)
        terms["loss_augmented"] = weight * (time + frequency)
    return views.View(u, z), terms, stats


def make_evaluate(config: ConfigDict, model: vqvae.AutoEncoder):
    """(weights, {'x': [n, L, C]}) -> reconstruction error and codebook use.

    With 'observed' bool [n, L, C] only values that were given count in the error.
    """

    @jax.jit
    def per_series(weights, batch):
        x = batch["x"]
        tokens = vqvae.tokenize(model, weights, x)
        u_hat = vqvae.decode_map(model, weights, tokens)
        errors = observed_errors.errors_per_series(
            model, x, u_hat, batch.get("observed")
        )
        return jnp.concatenate([errors, tokens.astype(errors.dtype)], axis=-1)

    def evaluate(weights: vqvae.Weights, data: Batch) -> Metrics:
        rows = batches.map_batches(
            lambda batch: per_series(weights, batch),
            data,
            config.evaluation.batch_size,
        )
        errors, width = rows[:, :2].astype("float64"), 2
        if "observed" in data:
            time, frequency = np.average(errors, 0, weights=rows[:, 2:4])
            width = 4
        else:
            time, frequency = errors.mean(0)
        tokens = jnp.asarray(rows[:, width:], jnp.int32)
        return {
            "loss": time + frequency,
            "reconstruction_mse": time,
            "reconstruction_mse_frequency": frequency,
            **quantizers.usage(tokens, config.quantizer.num_codes),
            "codebook_similarity": vqvae.spread(vqvae.codes(model, weights)),
        }

    return evaluate
