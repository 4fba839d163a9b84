"""Stage 2 as an autoregression: each token from those before it, and the class.

van den Oord et al. 2017, https://arxiv.org/abs/1711.00937, section 3.3, with the
transformer of the masked prior. Tokens follow each other in time, see
`models/prior.in_time`. Its likelihood is exact; decoding takes a round for each token.
"""

import dataclasses
import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.losses import masked_tokens
from tsgen_jax.models import prior, vqvae
from tsgen_jax.recipe import Measure, Stage
from tsgen_jax.sampling import categorical
from tsgen_jax.stages import masked_prior, token_rows
from tsgen_jax.training import batches
from tsgen_jax.types import Batch, Metrics


def make_model(
    config: ConfigDict,
    map_shape: tuple[int, int],
    num_classes: int,
    num_context: int = 0,
) -> prior.Prior:
    """The prior of `config` for a map of tokens [F, W] and Y classes, given M tokens."""
    size = math.prod(map_shape), num_classes, num_context
    return masked_prior.make_model(config, *size, causal=tuple(map_shape))


def make_stage(
    config: ConfigDict,
    model: prior.Prior,
    tokenizer: vqvae.AutoEncoder,
    band: str = "",
    given_first: token_rows.Band | None = None,
) -> Stage:
    """As `masked_prior.make_stage`, with another loss and another evaluation."""
    masked = masked_prior.make_stage(config, model, tokenizer, band, given_first)
    measure = Measure(
        "token_nll",
        "lower",
        None,
        "Nats per token of the token map of TEST given those before, class given; exact.",
        {"guessing": math.log(model.num_codes)},
    )
    return dataclasses.replace(
        masked,
        loss_fn=_make_loss_fn(config, model),
        evaluate=_make_evaluate(config, model),
        measures={"loss": measure._replace(band=band)},
        curves=("loss", "accuracy", "grad_norm"),
        about=masked.about.replace("go together", "follow each other"),
    )


def _make_loss_fn(config: ConfigDict, model: prior.Prior):
    """`Stage.loss_fn`: cross-entropy of all tokens."""
    masking, num_codes = config.masking, config.quantizer.num_codes

    def loss_fn(params, model_state, batch, key):
        key_target, key_corrupt, key_label, key_dropout = jax.random.split(key, 4)
        label = batch["label"]
        if "token_logits" in batch:
            tokens = categorical.draw(key_target, batch["token_logits"])
        else:
            tokens = batch["tokens"]
        rate = masking.corruption_rate
        seen = masked_prior.corrupt(key_corrupt, tokens, rate, num_codes)
        drop = jax.random.bernoulli(
            key_label, config.prior.label_drop_rate, label.shape
        )
        logits = model.apply(
            {"params": params},
            token_rows.after_context(batch, seen),
            jnp.where(drop, model.num_classes, label),
            **model_state,
            train=True,
            rngs={"dropout": key_dropout},
        )
        every = jnp.ones(tokens.shape, bool)
        smoothing = masking.label_smoothing
        loss = masked_tokens.cross_entropy(logits, tokens, every, smoothing)
        accuracy = (logits.argmax(-1) == tokens).mean()
        return loss, (model_state, {"loss": loss, "accuracy": accuracy})

    return loss_fn


def _make_evaluate(config: ConfigDict, model: prior.Prior):
    """(weights, {'tokens', 'label'}) -> held-out -log p(tokens | class) / N, exact."""

    @jax.jit
    def per_series(weights, batch):
        seen = token_rows.after_context(batch, batch["tokens"])
        logits = masked_prior.make_logits_fn(model, weights)(seen, batch["label"])
        return masked_tokens.token_nll(logits, batch["tokens"]).mean(-1)

    def evaluate(weights, data: Batch) -> Metrics:
        data = {k: v for k, v in data.items() if k in ("tokens", "label", "context")}
        fn = functools.partial(per_series, weights)
        rows = batches.map_batches(fn, data, config.evaluation.batch_size)
        return {"loss": np.asarray(rows, "float64").mean()}

    return evaluate
