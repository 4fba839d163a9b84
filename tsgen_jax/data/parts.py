"""Which series are for training, validation and test."""

import collections

import numpy as np

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


def resplit(y: np.ndarray, test_fraction: float, split_seed: int) -> list[np.ndarray]:
    """Row numbers, ascending, of TRAIN and TEST; stratified by label `y` [n]."""
    from sklearn.model_selection import train_test_split

    single = [label for label, count in collections.Counter(y).items() if count < 2]
    if single:
        raise ValueError(
            f"'resplit' needs 2 series per class, these have 1: {', '.join(single)}."
        )
    num_test, num_classes = int(np.ceil(test_fraction * len(y))), len(np.unique(y))
    if min(num_test, len(y) - num_test) < num_classes:
        raise ValueError(
            f"test_fraction={test_fraction} of {len(y)} series leaves {num_test} for "
            f"TEST and {len(y) - num_test} for TRAIN; each needs {num_classes}, the "
            "number of classes. Choose a fraction nearer to 0.5."
        )
    train, test = train_test_split(
        np.arange(len(y)), test_size=num_test, stratify=y, random_state=split_seed
    )
    return [np.sort(train), np.sort(test)]


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
