"""All that can be wrong with a config or its data, said before any compute."""

import jax
import jax.numpy as jnp
from ml_collections import ConfigDict

from tsgen_jax.constraints import rules, terms
from tsgen_jax.data import scaler_fit
from tsgen_jax.data.augment import time as augment
from tsgen_jax.data.dataset import MISSING, SPLITS, Dataset
from tsgen_jax.data.info import DataInfo
from tsgen_jax.data.sources.reading import (
    DECIMALS,
    HEADERS,
    LAYOUTS,
    SEPARATORS,
    THOUSANDS,
    TRAILING,
)
from tsgen_jax.evaluation.scores import GROUPS
from tsgen_jax.judges import JUDGES, ranges
from tsgen_jax.models import prior
from tsgen_jax.nn import quantizers, resnet, stft
from tsgen_jax.sampling import mask_schedule
from tsgen_jax.stages import views
from tsgen_jax.suggest import did_you_mean

STAGES = ("tokenizer", "prior", "judge", "discriminator", "predictor", "ts2vec")
_MODELS = {
    "precision": ("float32", "bfloat16"),
    "data.split": SPLITS,
    "data.missing": MISSING,
    "data.scaling": scaler_fit.KINDS,
    "data.layout": LAYOUTS,
    "data.header": HEADERS,
    "data.trailing": TRAILING,
    "data.separator": SEPARATORS,
    "data.decimal": DECIMALS,
    "data.thousands": THOUSANDS,
    "prior.kind": prior.KINDS,
    "prior.codebook": prior.CODEBOOKS,
    "masking.loss_on": ("masked", "all"),
}
_MODELS |= {f"quantizer.{k}": known for k, known in quantizers.CHOICES.items()}
_CHOICES = _MODELS | {f"train.{s}.select": ("best", "last") for s in STAGES}
_INFINITY = float("inf")
_WIDEST = 2**16  # Channels of a layer: more is a mistake, and would fill any memory.
_TRAIN_RANGES = {
    "num_steps": (1, _INFINITY),
    "num_epochs": (0, _INFINITY),
    "batch_size": (1, _INFINITY),
    "learning_rate": (1e-12, _INFINITY),
    "weight_decay": (0, _INFINITY),
    "warmup_steps": (0, _INFINITY),
    "clip_norm": (0, _INFINITY),
    "ema_decay": (0, 1 - 1e-9),
    "log_every": (1, _INFINITY),
    "eval_every": (1, _INFINITY),
    "checkpoint_every": (1, _INFINITY),
    "patience": (0, _INFINITY),
}
_RANGES = {
    **ranges.RANGES,
    "seed": (0, 2**32 - 1),
    "num_devices": (0, _INFINITY),
    "data.test_fraction": (1e-6, 1 - 1e-6),
    "data.validation_fraction": (0, 0.5),
    "tokenizer.width": (1, _WIDEST),
    "tokenizer.num_res_blocks": (0, 32),
    "tokenizer.target_width": (1, _WIDEST),
    "ssl.augmented_weight": (0, _INFINITY),
    "ssl.projector.hidden": (1, _WIDEST),
    "ssl.projector.width": (1, _WIDEST),
    "ssl.iter_norm.group_size": (1, _INFINITY),
    "ssl.iter_norm.num_steps": (1, 100),
    "prior.width": (1, _WIDEST),
    "prior.num_layers": (1, 100),
    "prior.num_heads": (1, 1024),
    "prior.head_width": (1, _WIDEST),
    "prior.mlp_ratio": (1, 100),
    "prior.dropout": (0, 0.99),
    "prior.label_drop_rate": (0, 1),
    "masking.target_temperature": (0, _INFINITY),
    "masking.corruption_rate": (0, 0.99),
    "masking.label_smoothing": (0, 0.99),
    "sample.num_samples": (0, _INFINITY),
    "sample.num_decode_steps": (1, 10_000),
    "sample.choice_temperature": (0, _INFINITY),
    "sample.token_temperature": (1e-6, _INFINITY),
    "sample.guidance_scale": (0, _INFINITY),
    "sample.batch_size": (1, 2**20),
    "inpaint.keep_share": (1e-6, 1),
    "inpaint.join_reach": (1e-6, _INFINITY),
    "inpaint.residual_scale": (0, _INFINITY),
    "inpaint.num_rounds": (1, 10_000),
    "inpaint.num_decode_steps": (1, 10_000),
    "inpaint.choice_temperature": (0, _INFINITY),
    "inpaint.token_temperature": (1e-6, _INFINITY),
} | {f"train.{s}.{k}": bound for s in STAGES for k, bound in _TRAIN_RANGES.items()}
_RANGES |= {f"quantizer.{k}": bound for k, bound in quantizers.RANGES.items()}
for _stage in STAGES[2:]:  # No validation part to be patient with.
    _RANGES[f"train.{_stage}.patience"] = (0, 0)


def _value(config: ConfigDict, key: str):
    for part in key.split("."):
        if part not in config:
            raise ValueError(
                f"The config lacks {key}: it is of an older version. Add it to "
                "config.json as in configs/default.py, or begin a new run."
            )
        config = config[part]
    return config


def check_config(config: ConfigDict, training: bool = True) -> None:
    """Raises ValueError that lists every value out of range or not among the known.

    Args:
        config: the whole of a run's.
        training: False where its networks are trained: the self-supervised loss need
            not be known any more, which may be one that a user registered.
    """
    faults = []
    for key, known in _CHOICES.items():
        value = _value(config, key)
        if value not in known:
            shown = ", ".join(name or "''" for name in known)
            hint = did_you_mean(value, known)
            faults.append(f"{key}={value!r}: known are {shown}.{hint}")
    _value(config, "ssl.method")
    if training:
        faults += views.faults(config.ssl)
    for key, (low, high) in _RANGES.items():
        value = _value(config, key)
        # NaN fails as well, and so does infinity.
        if not low <= value <= high or value == _INFINITY:
            bound = f"at least {low}" if high == _INFINITY else f"in [{low}, {high}]"
            faults.append(f"{key}={value!r}: must be {bound}")
    try:
        augment.make_augment(**config.augment)
    except (ValueError, TypeError) as error:
        faults.append(f"augment: {error}")
    for key in ("masking.schedule", "sample.schedule", "inpaint.schedule"):
        faults += _schedule_faults(key, _value(config, key))
    faults += _scale_faults(_value(config, "sample.residual_scales"))
    _value(config, "constraints.min")
    faults += terms.faults(config.constraints)
    faults += _contradictions(config)
    if faults:
        raise ValueError("The config has faults:\n  " + "\n  ".join(faults))


def _schedule_faults(key: str, schedule: str) -> list[str]:
    """What is wrong with a schedule of masks."""
    try:
        mask_schedule.power(schedule)
    except ValueError as error:
        return [f"{key}: {error}"]
    if schedule == "inverted" and key != "masking.schedule":
        return [f"{key}='inverted' is for training only: decoding masks less and less"]
    return []


def _scale_faults(scales) -> list[str]:
    """What is wrong with `sample.residual_scales`."""
    key = "sample.residual_scales"
    if not isinstance(scales, tuple | list) or not scales:
        return [f"{key}={scales!r}: must be one number or more, such as (0.0,)"]
    # NaN is not in it either.
    wrong = [s for s in scales if type(s) not in (int, float) or not 0 <= s <= 2]
    if wrong:
        return [f"{key} has {wrong}: must be numbers in [0, 2]"]
    twice = len(set(scales)) < len(scales)
    return [f"{key}={tuple(scales)} names a scale twice"] if twice else []


def _contradictions(config: ConfigDict) -> list[str]:
    """Values that are each fine and together senseless or without effect."""
    faults = []
    for key, known in (("scores", GROUPS), ("judges", JUDGES)):
        unknown = set(config.evaluation[key].split("+")) - {*known, ""}
        if unknown:
            faults.append(
                f"evaluation.{key} has {', '.join(sorted(unknown))}: known are "
                f"{', '.join(known)}, joined by '+'."
                f"{did_you_mean(sorted(unknown)[0], known)}"
            )
    if len(config.judge.widths) != len(config.judge.kernel_sizes):
        faults.append(
            f"judge.widths={tuple(config.judge.widths)} and judge.kernel_sizes="
            f"{tuple(config.judge.kernel_sizes)} need one entry per convolution each"
        )
    seeds = list(config.seeds)
    if seeds and config.seed != 0:
        faults.append(
            f"seed={config.seed} and seeds={tuple(seeds)}: with seeds, leave seed at 0"
        )
    if len(set(seeds)) < len(seeds):
        faults.append(f"seeds={tuple(seeds)} names a seed twice")
    low, high = _RANGES["seed"]
    wrong = [s for s in seeds if type(s) is not int or not low <= s <= high]
    if wrong:
        faults.append(f"seeds has {wrong}: must be whole numbers in [{low}, {high}]")
    if config.num_devices > jax.device_count():
        faults.append(
            f"num_devices={config.num_devices}: {jax.device_count()} are there; 0 "
            "uses all"
        )
    faults += quantizers.faults(config)
    if config.prior.kind == "tied" and config.prior.codebook == "frozen":
        faults.append(
            "prior.codebook='frozen' has no effect with prior.kind='tied', which "
            "trains its embeddings: use prior.kind='full_embedding'"
        )
    guided = config.sample.guidance_scale != 1 or not config.sample.class_conditional
    if guided and config.prior.label_drop_rate == 0:
        faults.append(
            "prior.label_drop_rate=0 never trains the prior without a class, which "
            "sample.class_conditional=False and guidance need: set it above 0"
        )
    if config.sample.class_conditional and config.prior.label_drop_rate == 1:
        faults.append(
            "prior.label_drop_rate=1 never shows the prior a class: set "
            "sample.class_conditional=False, or the rate below 1"
        )
    if config.train.tokenizer.ema_decay > 0:
        faults.append(
            "train.tokenizer.ema_decay > 0 would join averaged weights with batch "
            "statistics and codes of others; only train.prior can have it"
        )
    return faults


def check_length(config: ConfigDict, length: int) -> None:
    """Raises ValueError where the config makes no tokens of series of this length."""
    stft.check(length, config.stft.window_size, config.stft.hop)
    halvings = resnet.num_halvings(
        length, config.stft.window_size, config.tokenizer.target_width
    )
    frames = stft.num_frames(length, config.stft.hop)
    if frames >> halvings < 1:
        raise ValueError(
            f"Series of {length} samples give {frames} STFT frames, too few for "
            f"{halvings} halvings; use a larger tokenizer.target_width."
        )


def check_dataset(config: ConfigDict, dataset: Dataset) -> None:
    """Raises ValueError where the config cannot be used with this data set."""
    rules.make(config.constraints, DataInfo.of(dataset))
    check_length(config, dataset.length)
    if config.ssl.method != "none" and len(dataset.x_train) < 2:
        raise ValueError(
            f"ssl.method={config.ssl.method!r} compares series within a batch and "
            "needs at least 2 training series; use ssl.method='none'."
        )
    patient = [s for s in STAGES if config.train[s].patience]
    if patient and len(dataset.x_valid) == 0:
        raise ValueError(
            f"train.{patient[0]}.patience watches the validation part, and there is "
            "none: set data.validation_fraction above 0."
        )
    if config.sample.class_conditional and dataset.num_classes < 2:
        raise ValueError(
            f"{dataset.name} has one class only ({dataset.classes[0]!r}): nothing to "
            "condition on. Set sample.class_conditional=False to generate without."
        )
    one = jax.ShapeDtypeStruct((1, dataset.length, dataset.num_channels), jnp.float32)
    try:
        jax.eval_shape(augment.make_augment(**config.augment), jax.random.key(0), one)
    except ValueError as error:
        raise ValueError(
            f"augment.names={config.augment.names!r} does not suit {dataset.name}: "
            f"{error}"
        ) from error
