"""Stage 1: the tokenizer, with or without a self-supervised second view.

NC-VQVAE, https://arxiv.org/abs/2408.16613: reconstruction of the quantised series
and, from continuous latents, of its augmented view; commitment; and a
self-supervised loss between projections of the two.
"""

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.augment import time as augment
from tsgen_jax.losses import reconstruction, self_supervised
from tsgen_jax.models import vqvae
from tsgen_jax.nn import iter_norm, quantizer
from tsgen_jax.stages import observed as observed_errors
from tsgen_jax.stages import views
from tsgen_jax.training import batches
from tsgen_jax.types import Array, Batch, Metrics, PyTree, Task

METHODS = ("none", *self_supervised.METHODS, "byol")


def make_model(config: ConfigDict, length: int, channels: int) -> vqvae.AutoEncoder:
    """The autoencoder of `config` for series [L, C]."""
    return vqvae.AutoEncoder(
        length=length,
        channels=channels,
        **config.stft,
        **config.tokenizer,
        dtype=jnp.dtype(config.precision),
        remat=config.remat,
    )


def make_task(
    config: ConfigDict,
    batch_size: int,
    x_train: Array,
    x_valid: Array,
    observed_train: Array | None = None,
    observed_valid: Array | None = None,
) -> Task:
    """Stage 1 on scaled series.

    Args:
        config: the whole config.
        batch_size: B.
        x_train: scaled series, float32 [n, L, C].
        x_valid: the validation part, float32 [n', L, C].
        observed_train: bool [n, L, C], False where a value was missing and only
            filled; None, also in place of the next: all were given.
        observed_valid: the same of the validation part.
    """
    ssl = config.ssl
    model = make_model(config, *x_train.shape[1:])
    group = iter_norm.largest_group(
        ssl.iter_norm.group_size, batch_size, ssl.projector.width
    )
    head = views.Head(ssl, group, jnp.dtype(config.precision))

    def init(key: Array, batch: Batch) -> tuple[PyTree, PyTree]:
        return _init(config, model, head, key, batch["x"])

    def export(params, model_state):
        return {
            "params": params["model"],
            "batch_stats": model_state["batch_stats"],
            "codebook": model_state["codebook"],
        }

    return Task(
        name="tokenizer",
        init=init,
        loss_fn=_make_loss_fn(config, model, head),
        export=export,
        evaluate=make_evaluate(config, model),
        train_data=_data(x_train, observed_train),
        valid_data=_data(x_valid, observed_valid),
    )


def _data(x: Array, observed: Array | None) -> Batch:
    return {"x": x} if observed is None else {"x": x, "observed": observed}


def _init(config, model, head, key, x):
    """Weights, and a codebook fitted to what the fresh encoder makes of a batch."""
    key_model, key_head, key_codes = jax.random.split(key, 3)
    variables = model.init(key_model, x)
    params = {"model": variables["params"]}
    state = {"batch_stats": variables["batch_stats"]}
    quantiser = config.quantizer
    if quantiser.init == "normal":
        codebook = quantizer.init_normal(key_codes, quantiser.num_codes, model.width)
    else:
        u = model.to_map(x)
        z, _ = vqvae.apply(model, params["model"], state["batch_stats"], "encode", u)
        codebook = quantizer.init_from_vectors(
            key_codes, z, quantiser.num_codes, quantiser.init
        )
    state["codebook"] = codebook
    if config.ssl.method != "none":
        pooled = jnp.zeros((len(x), 2 * model.width))
        params["head"] = head.init(key_head, pooled)["params"]
    if config.ssl.method == "byol":
        state["target"] = jax.tree.map(jnp.copy, params)
    return params, state


def _make_loss_fn(config: ConfigDict, model: vqvae.AutoEncoder, head: views.Head):
    """`Task.loss_fn`: terms of the first view, of the second, and of both together."""
    ssl = config.ssl
    augmented = augment.make_augment(**config.augment)
    two_views = ssl.method != "none" or ssl.augmented_weight > 0

    def loss_fn(params, model_state, batch, key):
        key_view, key_revive = jax.random.split(key)
        x, observed = batch["x"], batch.get("observed")
        first, terms, metrics, moved = _first_view(
            config, model, params["model"], model_state, x, observed, key_revive
        )
        new_state = {**model_state, **moved}
        if two_views:
            x_b, observed_b = observed_errors.view_and_mask(
                augmented, key_view, x, observed
            )
            second, more_terms, stats = _second_view(
                config, model, params["model"], moved["batch_stats"], x_b, observed_b
            )
            terms |= more_terms
            if ssl.augmented_statistics:
                new_state["batch_stats"] = stats
        if ssl.method != "none":
            terms["loss_ssl"], more_metrics = views.compare(
                head, model, params, model_state, first, second
            )
            metrics |= more_metrics
        if ssl.method == "byol":
            new_state["target"] = views.move_target(
                model_state["target"], params, ssl.byol.target_decay
            )
        loss = sum(terms.values())
        return loss, (new_state, {"loss": loss, **terms, **metrics})

    return loss_fn


def _first_view(config, model, params, model_state, x, observed, key_revive):
    """The regular VQ-VAE: terms of its loss, use of its codes, the state it moves."""
    options, codebook = config.quantizer, model_state["codebook"]
    u = model.to_map(x)
    z, stats = vqvae.apply(model, params, model_state["batch_stats"], "encode", u)
    z_q, tokens = quantizer.quantize(codebook, z)
    u_hat, stats = vqvae.apply(model, params, stats, "decode", z_q)
    time, frequency = observed_errors.errors(model, x, u, u_hat, observed)
    codes = jax.lax.stop_gradient(codebook.codes[tokens])
    terms = {
        "loss_time": time,
        "loss_frequency": frequency,
        "loss_commitment": options.commitment_weight
        * reconstruction.mean_squared_error(codes, z),
    }
    metrics = quantizer.usage(tokens, options.num_codes)
    codebook = quantizer.update(codebook, z, tokens, options.decay)
    if options.revive_below > 0:
        codebook = quantizer.revive(key_revive, codebook, z, options.revive_below)
    moved = {"batch_stats": stats, "codebook": codebook}
    return views.View(u, z_q), terms, metrics, moved


def _second_view(config, model, params, stats, x, observed):
    """The augmented series: never quantised, reconstructed where that has a weight."""
    terms, weight = {}, config.ssl.augmented_weight
    u = model.to_map(x)
    z, stats = vqvae.apply(model, params, stats, "encode", u)
    if weight > 0:
        u_hat, stats = vqvae.apply(model, params, stats, "decode", z)
        time, frequency = observed_errors.errors(model, x, u, u_hat, observed)
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
            **quantizer.usage(tokens, config.quantizer.num_codes),
            "codebook_similarity": vqvae.spread(weights["codebook"].codes),
        }

    return evaluate
