"""Control charts: six classes of series, as many of each as one likes.

The formulas of Alcock and Manolopoulos, "Time-Series Similarity Queries Employing a
Feature-Based Approach" (1999), by which the archive's SyntheticControl was made.
"""

import numpy as np

CLASSES = ("normal", "cyclic", "rising", "falling", "shifted up", "shifted down")
_LENGTH = 60


def series(num: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """`num` series of each class, each of mean 0 and deviation 1 as in the archive.

    Returns:
        x float32 [6 num, 60, 1], and the names of the classes [6 num].
    """
    rng, t = np.random.default_rng(seed), np.arange(_LENGTH)

    def uniform(low, high):
        return rng.uniform(low, high, (num, 1))

    def shift():
        return uniform(7.5, 20) * (t >= uniform(_LENGTH / 3, 2 * _LENGTH / 3))

    shapes = (
        np.zeros((num, 1)),
        uniform(10, 15) * np.sin(2 * np.pi * t / uniform(10, 15)),
        uniform(0.2, 0.5) * t,
        -uniform(0.2, 0.5) * t,
        shift(),
        -shift(),
    )
    noise = rng.uniform(-6, 6, (len(shapes), num, _LENGTH))
    x = np.concatenate([shape + n for shape, n in zip(shapes, noise, strict=True)])
    x = (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True)
    return x[..., None].astype(np.float32), np.repeat(CLASSES, num)
