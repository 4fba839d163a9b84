"""The networks of a run without a run: their shapes, and weights drawn at random."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.models import prior, vqvae
from tsgen_jax.nn import quantizer
from tsgen_jax.stages import masked_prior as prior_task
from tsgen_jax.stages import tokenizer as tokenizer_task
from tsgen_jax.types import Array, PyTree


def make_models(
    config: ConfigDict, facts: DataInfo
) -> tuple[vqvae.AutoEncoder, prior.Prior]:
    """The networks of `config` for series like these, without weights."""
    tokenizer = tokenizer_task.make_model(config, facts.length, num_scaled(facts))
    bins, columns = tokenizer.map_shape
    return tokenizer, prior_task.make_model(config, bins * columns, facts.num_classes)


def num_scaled(facts: DataInfo) -> int:
    """Channels of scaled series: some scalers add one."""
    return facts.scaler.transform(np.zeros((1, 1, facts.num_channels))).shape[-1]


def untrained_weights(
    config: ConfigDict, facts: DataInfo, key: Array
) -> dict[str, PyTree]:
    """Stage -> weights as tasks export them, drawn at random."""
    tokenizer, second = make_models(config, facts)
    keys = jax.random.split(key, 3)
    first = tokenizer.init(keys[0], jnp.zeros((1, facts.length, tokenizer.channels)))
    num_codes, width = config.quantizer.num_codes, config.tokenizer.width
    codebook = quantizer.init_normal(keys[1], num_codes, width)
    tokens, label = jnp.zeros((1, second.num_tokens), int), jnp.zeros(1, int)
    params = second.init(keys[2], tokens, label, codebook.codes, train=False)["params"]
    return {
        "tokenizer": {**first, "codebook": codebook},
        "prior": {"params": params, "codes": codebook.codes},
    }


def abstract_weights(config: ConfigDict, facts: DataInfo) -> dict[str, PyTree]:
    """Stage -> shapes and dtypes of its weights."""
    return jax.eval_shape(
        functools.partial(untrained_weights, config, facts), jax.random.key(0)
    )
