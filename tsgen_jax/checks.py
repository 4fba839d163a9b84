"""All that can be wrong with a config or its data, said before any compute."""

import jax
from ml_collections import ConfigDict

from tsgen_jax import generators
from tsgen_jax.constraints import rules, terms
from tsgen_jax.data import scaler_fit
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
from tsgen_jax.runs import limits
from tsgen_jax.runs.limits import INFINITY, Limits
from tsgen_jax.suggest import did_you_mean

JUDGING = ("judge", "discriminator", "predictor", "ts2vec")  # Stages of judges.
_TRAIN_RANGES = {
    "num_steps": (1, INFINITY),
    "num_epochs": (0, INFINITY),
    "batch_size": (1, INFINITY),
    "learning_rate": (1e-12, INFINITY),
    "weight_decay": (0, INFINITY),
    "warmup_steps": (0, INFINITY),
    "clip_norm": (0, INFINITY),
    "ema_decay": (0, 1 - 1e-9),
    "log_every": (1, INFINITY),
    "eval_every": (1, INFINITY),
    "checkpoint_every": (1, INFINITY),
    "patience": (0, INFINITY),
}
_COMMON = Limits(
    choices={
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
    },
    ranges={
        **ranges.RANGES,
        "seed": (0, 2**32 - 1),
        "num_devices": (0, INFINITY),
        "data.test_fraction": (1e-6, 1 - 1e-6),
        "data.validation_fraction": (0, 0.5),
        "sample.num_samples": (0, INFINITY),
        "sample.batch_size": (1, 2**20),
    },
    faults=lambda config: _contradictions(config),
)


def _of_training(config: ConfigDict) -> Limits:
    """What `config.train` may say of every stage in it."""
    choices, bounds = {}, {}
    for stage in config.train:
        choices[f"train.{stage}.select"] = ("best", "last")
        for key, bound in _TRAIN_RANGES.items():
            bounds[f"train.{stage}.{key}"] = bound
    for stage in JUDGING:  # No validation part to be patient with.
        bounds[f"train.{stage}.patience"] = (0, 0)
    return Limits(choices, bounds)


def check_config(config: ConfigDict, training: bool = True) -> None:
    """Raises ValueError that lists every value out of range or not among the known.

    Args:
        config: the whole of a run's.
        training: False where its networks are trained: the self-supervised loss need
            not be known any more, which may be one that a user registered.
    """
    limits.value_of(config, "train")
    own, found = generators.module_of(config).LIMITS, []
    for each in (_COMMON, _of_training(config), *own):
        found += limits.faults(config, each)
        found += each.training_faults(config) if training else []
    limits.value_of(config, "constraints.min")
    found += terms.faults(config.constraints)
    if found:
        raise ValueError("The config has faults:\n  " + "\n  ".join(found))


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
    low, high = _COMMON.ranges["seed"]
    wrong = [s for s in seeds if type(s) is not int or not low <= s <= high]
    if wrong:
        faults.append(f"seeds has {wrong}: must be whole numbers in [{low}, {high}]")
    if config.num_devices > jax.device_count():
        faults.append(
            f"num_devices={config.num_devices}: {jax.device_count()} are there; 0 "
            "uses all"
        )
    faults += [
        f"train.{name}.patience={train.patience} with train.{name}.select='last' keeps "
        f"weights from {train.patience} evaluations after the best: set "
        f"train.{name}.select='best'"
        for name, train in config.train.items()
        if train.patience > 0 and train.select == "last"
    ]
    return faults


def check_dataset(config: ConfigDict, dataset: Dataset) -> None:
    """Raises ValueError where the config cannot be used with this data set."""
    info = DataInfo.of(dataset)
    rules.make(config.constraints, info)
    for each in generators.module_of(config).LIMITS:
        each.check_info(config, info)
        each.check_data(config, dataset)
    patient = [s for s in config.train if config.train[s].patience]
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
