"""Stage 1: the tokenizer, with or without a self-supervised second view.

NC-VQVAE, https://arxiv.org/abs/2408.16613: reconstruction of the quantised series
and, from continuous latents, of its augmented view; commitment; and a
self-supervised loss between projections of the two.
"""

import functools

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data import augment, batches
from tsgen_jax.losses import reconstruction, self_supervised
from tsgen_jax.models import vqvae
from tsgen_jax.nn import iter_norm, projector, quantizer
from tsgen_jax.tasks import observed as observed_errors
from tsgen_jax.types import Array, Batch, DType, Metrics, PyTree, Task

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


class _Head(nn.Module):
    """All that comes after pooling: projector, whitener, predictor."""

    config: ConfigDict  # config.ssl
    group_size: int
    dtype: DType

    def setup(self):
        layers = {**self.config.projector, "dtype": self.dtype}
        byol = self.config.method == "byol"
        self.projector = projector.Projector(
            **layers, num_hidden=1 if byol else 2, use_bias=byol
        )
        if self.config.method == "vibcreg":
            steps = self.config.iter_norm.num_steps
            self.whitener = projector.Whitener(self.group_size, steps)
        if byol:
            self.predictor = projector.Projector(**layers, num_hidden=1, use_bias=True)

    def __call__(self, pooled: Array) -> jax.Array:
        p = self.project(pooled)
        return self.predict(p) if self.config.method == "byol" else p

    def project(self, pooled: Array) -> jax.Array:
        p = self.projector(pooled)
        return self.whitener(p) if self.config.method == "vibcreg" else p

    def predict(self, p: Array) -> jax.Array:
        return self.predictor(p)


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
    head = _Head(ssl, group, jnp.dtype(config.precision))
    view = augment.make_augment(**config.augment)
    two_views = ssl.method != "none" or ssl.augmented_weight > 0

    def init(key: Array, batch: Batch) -> tuple[PyTree, PyTree]:
        return _init(config, model, head, key, batch["x"])

    def loss_fn(params, model_state, batch, key):
        key_view, key_revive = jax.random.split(key)
        x = batch["x"]
        u = model.to_map(x)
        run = functools.partial(vqvae.apply, model, params["model"])
        z, stats = run(model_state["batch_stats"], "encode", u)
        codebook = model_state["codebook"]
        z_q, tokens = quantizer.quantize(codebook, z)
        u_hat, stats = run(stats, "decode", z_q)
        mse, observed = reconstruction.mean_squared_error, batch.get("observed")
        time, frequency = observed_errors.errors(model, x, u, u_hat, observed)
        terms = {
            "loss_time": time,
            "loss_frequency": frequency,
            "loss_commitment": config.quantizer.commitment_weight
            * mse(jax.lax.stop_gradient(codebook.codes[tokens]), z),
        }
        metrics = quantizer.usage(tokens, config.quantizer.num_codes)
        codebook = quantizer.update(codebook, z, tokens, config.quantizer.decay)
        below = config.quantizer.revive_below
        if below > 0:
            codebook = quantizer.revive(key_revive, codebook, z, below)
        new_state = {**model_state, "codebook": codebook}
        if two_views:
            if observed is None:
                x_b, observed_b = view(key_view, x), None
            else:
                x_b, observed_b = observed_errors.view_and_mask(
                    view, key_view, x, observed
                )
            u_b = model.to_map(x_b)
            z_b, stats_b = run(stats, "encode", u_b)
            if ssl.augmented_weight > 0:
                u_b_hat, stats_b = run(stats_b, "decode", z_b)
                again = observed_errors.errors(model, x_b, u_b, u_b_hat, observed_b)
                terms["loss_augmented"] = ssl.augmented_weight * (again[0] + again[1])
            stats = stats_b if ssl.augmented_statistics else stats
            views = jnp.stack([projector.pool(z_q), projector.pool(z_b)])
            if ssl.method == "byol":
                terms["loss_ssl"], extra = _byol(
                    config, model, head, params, model_state, views, u, u_b
                )
                new_state["target"] = _move_target(
                    model_state["target"], params, ssl.byol.target_decay
                )
                metrics |= extra
            elif ssl.method != "none":
                terms["loss_ssl"], extra = _pair_loss(ssl, head, params, views)
                metrics |= extra
        new_state["batch_stats"] = stats
        loss = sum(terms.values())
        return loss, (new_state, {"loss": loss, **terms, **metrics})

    def export(params, model_state):
        return {
            "params": params["model"],
            "batch_stats": model_state["batch_stats"],
            "codebook": model_state["codebook"],
        }

    return Task(
        name="tokenizer",
        init=init,
        loss_fn=loss_fn,
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


def _pair_loss(ssl, head, params, views):
    """A loss between the projections of the two views, [2, B, 2D]."""
    p_a, p_b = head.apply({"params": params["head"]}, views)
    return self_supervised.METHODS[ssl.method](p_a, p_b, **ssl[ssl.method])


def _byol(config, model, head, params, model_state, views, u, u_b):
    """BYOL: predictions of each view against the slow network's other view."""
    predicted = head.apply({"params": params["head"]}, views)
    slow = jax.lax.stop_gradient(model_state["target"])
    pooled = []
    for view in (u, u_b):
        z, _ = vqvae.apply(
            model, slow["model"], model_state["batch_stats"], "encode", view
        )
        pooled.append(projector.pool(z))
    targets = head.apply({"params": slow["head"]}, jnp.stack(pooled), method="project")
    return self_supervised.byol(*predicted, *targets, weight=config.ssl.byol.weight)


def _move_target(target: PyTree, params: PyTree, decay: float) -> PyTree:
    params = jax.lax.stop_gradient(params)
    return jax.tree.map(lambda t, p: decay * t + (1 - decay) * p, target, params)


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
