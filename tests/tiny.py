"""Small data and configs that tests share."""

import functools
import math
import os

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.configs import smoke
from tsgen_jax.data import synthetic
from tsgen_jax.data.dataset import Dataset, from_raw
from tsgen_jax.data.info import DataInfo
from tsgen_jax.nn.quantizers import ema
from tsgen_jax.runs import checkpoint, directory, files
from tsgen_jax.sampling import residual
from tsgen_jax.stages import masked_prior
from tsgen_jax.stages import tokenizer as tokenizer_stage


def make_config(method: str = "vibcreg", **changes) -> ConfigDict:
    """The smoke config, smaller still; `changes` by dotted key."""
    config = smoke.get_config(method)
    config.tokenizer.width = 8
    config.quantizer.num_codes = 8
    config.ssl.projector.hidden = config.ssl.projector.width = 32
    config.sample.num_samples = 8
    config.sample.num_decode_steps = 3
    config.evaluation.batch_size = 8
    config.sample.batch_size = 8
    for train in (config.train.tokenizer, config.train.prior):
        train.batch_size = 16
    config.judge.widths = (8, 16, 8)
    config.update_from_flattened_dict(changes)
    return config


def make_dataset(
    length: int = 24, channels: int = 1, num_classes: int = 2, num_series: int = 32
) -> Dataset:
    """Synthetic series of a few classes, a quarter of them for validation."""
    raw = synthetic.make_shapes(
        seed=0,
        num_series=num_series,
        length=length,
        num_channels=channels,
        num_classes=num_classes,
    )
    return from_raw(raw, "archive", 0.2, 0.25, 0, "error")


def scaled(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Scaled train and validation series."""
    scale = dataset.scaler.transform
    return scale(dataset.x_train), scale(dataset.x_valid)


def untrained_weights(config: ConfigDict, info: DataInfo, key) -> dict:
    """Stage -> weights drawn at random; nothing is known of what tokens leave out."""
    tokenizer = tokenizer_stage.make_model(config, info.length, info.scaled_channels)
    num_tokens = math.prod(tokenizer.map_shape)
    prior = masked_prior.make_model(config, num_tokens, info.num_classes)
    keys = jax.random.split(key, 3)
    first = tokenizer.init(keys[0], jnp.zeros((1, info.length, tokenizer.channels)))
    num_codes, width = config.quantizer.num_codes, config.tokenizer.width
    codebook = ema.init_normal(keys[1], num_codes, width)
    tokens, label = jnp.zeros((1, num_tokens), int), jnp.zeros(1, int)
    params = prior.init(keys[2], tokens, label, codebook.codes, train=False)["params"]
    return {
        "tokenizer": {**first, "codebook": codebook},
        "prior": {"params": params, "codes": codebook.codes},
        "residual": residual.none(info.length, tokenizer.channels, info.num_classes),
        "residual_scale": {"scale": np.float32(0)},
    }


def write_run(
    workdir: str, config: ConfigDict | None = None, info: DataInfo | None = None
) -> str:
    """Leaves what a run leaves, untrained; without more of `make_dataset(channels=2)`."""
    config = make_config("none") if config is None else config
    info = DataInfo.of(make_dataset(channels=2)) if info is None else info
    draw = jax.jit(functools.partial(untrained_weights, config, info))
    weights = draw(jax.random.key(1))
    shape = 5, info.length, info.scaled_channels
    errors = np.random.default_rng(2).normal(size=shape)
    errors = residual.Errors(errors, np.zeros(len(errors), int))
    weights["residual"] = residual.fit(errors, errors, info.num_classes)
    os.makedirs(workdir, exist_ok=True)
    files.write_json(os.path.join(workdir, "config.json"), config.to_dict())
    files.write_json(os.path.join(workdir, "dataset.json"), info.to_json())
    for stage, tree in weights.items():
        done = {"scale": 0.0, "fid_minirocket": {}} if stage == "residual_scale" else {}
        directory.mark_done(workdir, stage, done)
        tree = jax.tree.map(jnp.asarray, tree)
        checkpoint.save_weights(os.path.join(workdir, stage, "weights"), tree)
    return workdir
