"""The bad end of a distance: what white noise scores in the place of samples."""

from collections.abc import Callable, Mapping

import numpy as np

from tsgen_jax.evaluation.measures import fidelity
from tsgen_jax.types import Array

_PREFIX = "white_noise/fid_"  # Before the judge's name, in an assessment's pictures.


def draw(x_train: Array, num: int, seed: int) -> np.ndarray:
    """`num` series of independent Gaussian values, float [num, L, C].

    Each channel has the mean and deviation that its values have over all of TRAIN,
    [n, L, C]: nothing of shape, order or class.
    """
    x_train = np.asarray(x_train)
    shape = (num, *x_train.shape[1:])
    rng = np.random.default_rng(seed)
    mean, deviation = x_train.mean((0, 1)), x_train.std((0, 1))
    return rng.normal(mean, deviation, shape).astype(x_train.dtype)


def distances(
    extract: dict[str, Callable[[Array], np.ndarray]],
    features: dict[str, dict[str, np.ndarray]],
    x_train: Array,
    seed: int,
) -> dict[str, np.ndarray]:
    """FID of TEST and as many series of noise as there are samples, by every judge.

    Args:
        extract: judge -> function from series [n, L, C] to features [n, d].
        features: judge -> 'test' and 'samples' -> features, float [n, d].
        x_train: series, float [n, L, C].
        seed: of the noise.

    Returns:
        Values that `read` finds, with the shrinkage that `fid` has.
    """
    found = {}
    for name, of in features.items():
        test, num = of["test"], len(of["samples"])
        shrink = fidelity.needs_shrinkage(len(test), num, test.shape[1])
        noise = extract[name](draw(x_train, num, seed))
        found[_PREFIX + name] = np.asarray(fidelity.fid(test, noise, shrink))
    return found


def read(pictures: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Judge -> what `distances` left in an assessment; older ones have nothing."""
    return {
        name.removeprefix(_PREFIX): float(value)
        for name, value in pictures.items()
        if name.startswith(_PREFIX)
    }
