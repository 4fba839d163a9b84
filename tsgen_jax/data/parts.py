"""Which series are for training, validation and test."""

import collections
import logging

import numpy as np

from tsgen_jax.data.series import warning

_LOG = logging.getLogger(__name__)
_FEW_SERIES = 10
SPLITS = ("archive", "resplit")


def check_options(
    split: str, test_fraction: float, validation_fraction: float, split_seed: int
) -> None:
    """Raises ValueError where an option of `dataset.load_dataset` is senseless."""
    if split not in SPLITS:
        raise ValueError(
            f"--config.data.split={split}: must be one of {', '.join(SPLITS)}."
        )
    if not 0 < test_fraction < 1:
        raise ValueError(f"test_fraction must be in (0, 1), got {test_fraction}.")
    if not 0 <= validation_fraction <= 0.5:
        raise ValueError(
            f"validation_fraction must be in [0, 0.5], got {validation_fraction}."
        )
    if not 0 <= split_seed < 2**32:
        raise ValueError(f"split_seed must be in [0, 2^32), got {split_seed}.")


def resplit(
    y: np.ndarray, test_fraction: float, split_seed: int
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Divides series, stratified by label.

    Classes of one series are in TRAIN. TRAIN and TEST have one of every other class at
    least, so with many classes of few series TEST may be larger than asked for.

    Args:
        y: labels [n].
        test_fraction: share of the series for TEST.
        split_seed: of the draw.

    Returns:
        Row numbers, ascending, of TRAIN and of TEST, and what is to be said.

    Raises:
        ValueError: every class has one series.
    """
    from sklearn.model_selection import train_test_split

    single = {label for label, count in collections.Counter(y).items() if count < 2}
    rows = np.array([i for i, label in enumerate(y) if label not in single], dtype=int)
    alone = np.setdiff1d(np.arange(len(y)), rows)
    notes = _say_single(sorted(single))
    num_classes = len(set(y[rows]))
    if num_classes == 0:
        raise ValueError(
            f"Each of the {len(y)} series has a class of its own, so that none can be in "
            "TRAIN and TEST. If these are names of series, do without labels by "
            "--label=none (data.label_column)."
        )
    wanted = int(np.ceil(test_fraction * len(y)))
    num_test = min(max(wanted, num_classes), len(rows) - num_classes)
    if num_test != wanted:
        notes.append(
            f"TEST has {num_test} series, not {wanted} as data.test_fraction="
            f"{test_fraction:g} says: every class is in TRAIN and in TEST"
        )
    train, test = train_test_split(
        rows, test_size=num_test, stratify=y[rows], random_state=split_seed
    )
    return np.sort(np.concatenate([train, alone])), np.sort(test), notes


def _say_single(single: list[str]) -> list[str]:
    if not single:
        return []
    shown = ", ".join(repr(str(label)) for label in single[:5]) + ", ..." * (
        len(single) > 5
    )
    return [
        warning(
            f"classes of one series: {len(single)} ({shown}); they are in TRAIN and not "
            "in TEST; if labels are no classes, say --label=none (data.label_column)"
        )
    ]


def choose_validation(y: np.ndarray, fraction: float, seed: int) -> np.ndarray:
    """Which series of TRAIN, int `y` [n], go to the validation part, bool [n].

    Of every class `fraction`, rounded, but at least 1 series and at most half of them,
    and none of a class of 1. So every class stays in train, every class of 2 or more
    is validated, and with many classes of few series the part is larger than the
    fraction asks for.
    """
    chosen = np.zeros(len(y), dtype=bool)
    generator = np.random.default_rng(seed)
    for label in np.unique(y) if fraction else ():
        rows = generator.permutation(np.flatnonzero(y == label))
        half = len(rows) // 2
        chosen[rows[: min(max(int(fraction * len(rows) + 0.5), 1), half)]] = True
    return chosen


def warn_of_few(name: str, num: int) -> None:
    """Says where a set `name` has too few series, `num`, to learn more than those."""
    if num < _FEW_SERIES:
        _LOG.warning(
            "Warning: %s has %d series to train on, the validation part not counted. "
            "From so few a generator learns little but to repeat them: give more "
            "series, or shorter windows of long ones.",
            name,
            num,
        )
