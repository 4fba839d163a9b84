"""What the config of stage 1 may say, and of which series it makes tokens."""

import jax
import jax.numpy as jnp
from ml_collections import ConfigDict

from tsgen_jax.data.augment import time as augment
from tsgen_jax.data.dataset import Dataset
from tsgen_jax.data.info import DataInfo
from tsgen_jax.nn import quantizers, resnet, stft
from tsgen_jax.runs import limits
from tsgen_jax.stages import views


def _faults(config: ConfigDict) -> list[str]:
    """Values of its sections that need more than a range."""
    found = quantizers.faults(config)
    limits.value_of(config, "ssl.method")
    try:
        augment.make_augment(**config.augment)
    except (ValueError, TypeError) as error:
        found.append(f"augment: {error}")
    if config.train.tokenizer.ema_decay > 0:
        found.append(
            "train.tokenizer.ema_decay > 0 would join averaged weights with batch "
            "statistics and codes of others; only train.prior can have it"
        )
    return found


def _check_info(config: ConfigDict, info: DataInfo) -> None:
    """ValueError where the config makes no tokens of series of this length."""
    stft.check(info.length, config.stft.window_size, config.stft.hop)
    halvings = resnet.num_halvings(
        info.length, config.stft.window_size, config.tokenizer.target_width
    )
    frames = stft.num_frames(info.length, config.stft.hop)
    if frames >> halvings < 1:
        raise ValueError(
            f"Series of {info.length} samples give {frames} STFT frames, too few for "
            f"{halvings} halvings; use a larger tokenizer.target_width."
        )


def _check_data(config: ConfigDict, dataset: Dataset) -> None:
    """ValueError where views cannot be made of the series, or not be compared."""
    if config.ssl.method != "none" and len(dataset.x_train) < 2:
        raise ValueError(
            f"ssl.method={config.ssl.method!r} compares series within a batch and "
            "needs at least 2 training series; use ssl.method='none'."
        )
    one = jax.ShapeDtypeStruct((1, dataset.length, dataset.num_channels), jnp.float32)
    try:
        jax.eval_shape(augment.make_augment(**config.augment), jax.random.key(0), one)
    except ValueError as error:
        raise ValueError(
            f"augment.names={config.augment.names!r} does not suit {dataset.name}: "
            f"{error}"
        ) from error


LIMITS = limits.Limits(
    choices={f"quantizer.{k}": known for k, known in quantizers.CHOICES.items()},
    ranges={
        "tokenizer.width": (1, limits.WIDEST),
        "tokenizer.num_res_blocks": (0, 32),
        "tokenizer.target_width": (1, limits.WIDEST),
        "ssl.augmented_weight": (0, limits.INFINITY),
        "ssl.projector.hidden": (1, limits.WIDEST),
        "ssl.projector.width": (1, limits.WIDEST),
        "ssl.iter_norm.group_size": (1, limits.INFINITY),
        "ssl.iter_norm.num_steps": (1, 100),
    }
    | {f"quantizer.{k}": bound for k, bound in quantizers.RANGES.items()},
    faults=_faults,
    training_faults=lambda config: views.faults(config.ssl),
    check_info=_check_info,
    check_data=_check_data,
    needed=("stft", "tokenizer", "quantizer"),
    depth=lambda config: config.tokenizer.num_res_blocks,
)
