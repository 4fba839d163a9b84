"""What a prior learns from: the tokens of a finished tokenizer, made once."""

import functools
import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.models import vqvae
from tsgen_jax.models.coder import of_band
from tsgen_jax.recipe import Part, Weights
from tsgen_jax.training import batches
from tsgen_jax.types import Array, Batch


class Band(NamedTuple):
    """A band of the tokenizer, and its network."""

    name: str
    model: vqvae.AutoEncoder


def prior_name(band: str) -> str:
    """The stage that learns the tokens of a band."""
    return f"prior_{band}" if band else "prior"


def make_rows(
    config: ConfigDict,
    model: vqvae.AutoEncoder,
    band: str = "",
    given_first: Band | None = None,
) -> Callable[[Part, Weights, bool], Batch]:
    """`Stage.rows`: what stage 2 learns from, tokenised once.

    'label' int32 [n], and 'tokens' int32 [n, N] of the nearest codes; or, to train on
    with a `masking.target_temperature`, 'token_logits' float [n, N, K] to draw them
    from at every step. n may be 0. With another band that is given, its tokens are
    'context' int32 [n, M].
    """
    tokenize = jax.jit(functools.partial(vqvae.tokenize, model))
    logits = jax.jit(functools.partial(vqvae.token_logits, model))

    def rows(part: Part, given: Weights, train: bool) -> Batch:
        weights = of_band(given["tokenizer"], band)
        temperature = config.masking.target_temperature if train else 0.0

        def fn(batch):
            if temperature > 0:
                return logits(weights, batch["x"], temperature)
            return tokenize(weights, batch["x"])

        found = {"label": np.asarray(part.label, np.int32)}
        if given_first:
            low = make_rows(config, given_first.model, given_first.name)
            found["context"] = low(part, given, False)["tokens"]
        if len(part.x) == 0:
            tokens = np.zeros((0, math.prod(model.map_shape)), np.int32)
            return {**found, "tokens": tokens}
        name = "token_logits" if temperature > 0 else "tokens"
        tokens = batches.map_batches(fn, {"x": part.x}, config.evaluation.batch_size)
        return {**found, name: tokens}

    return rows


def after_context(batch: Batch, tokens: Array) -> Array:
    """Tokens [B, N] -> [B, M + N], as the prior takes them."""
    if "context" not in batch:
        return tokens
    return jnp.concatenate([batch["context"], tokens], axis=-1)
