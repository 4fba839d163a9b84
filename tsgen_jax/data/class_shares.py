"""Which classes generated series are asked for, where nobody says."""

import numpy as np
from ml_collections import ConfigDict


def of_training(settings: ConfigDict, counts: np.ndarray, num: int) -> np.ndarray:
    """Labels int32 [num] in the shares of training, sorted.

    Args:
        settings: config.sample.
        counts: series of each class in training data, int [Y].
        num: of labels.

    Returns:
        In [0, Y); Y, which is no class, where series are drawn without.
    """
    if not settings.class_conditional:
        return np.full(num, len(counts), np.int32)
    return share(np.asarray(counts), num)


def share(counts: np.ndarray, num_samples: int) -> np.ndarray:
    """Labels int32 [num_samples] in the proportions of `counts` [Y], sorted.

    Largest remainders; every class with a count gets at least one while they last.
    """
    exact = counts / counts.sum() * num_samples
    shares = np.floor(exact).astype(int)
    shares[(shares == 0) & (counts > 0)] = 1
    while shares.sum() > num_samples:  # Classes with more than one give first.
        excess = shares - exact
        if shares.max() > 1:
            excess = np.where(shares > 1, excess, -np.inf)
        shares[excess.argmax()] -= 1
    for i in np.argsort(shares - exact, kind="stable")[: num_samples - shares.sum()]:
        shares[i] += 1
    return np.repeat(np.arange(len(counts)), shares).astype(np.int32)
