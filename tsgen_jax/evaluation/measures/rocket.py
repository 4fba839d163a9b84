"""Features that no data set trained: random convolutions, and how well they classify.

MiniRocket (Dempster et al. 2021, https://arxiv.org/abs/2012.08791) through aeon: 84
fixed kernels at many dilations, thresholds drawn from the training series, and the
share of positive outputs as a feature, in [0, 1]. The features know level and scale
(nothing is normalised) and are random, so a score that uses them is comparable only
under the same stored `RocketFeatures`. Series are float [n, L, C], computed with in
float32 (aeon). All functions raise ValueError for other shapes, values that are not
finite, and series of fewer than 9 time points, the length of a kernel.
"""

from collections.abc import Mapping

import numpy as np
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tsgen_jax.evaluation.measures.arrays import (
    check_alike,
    check_classes,
    check_labels,
    check_series,
)
from tsgen_jax.types import Array

_KERNEL_LENGTH, _NUM_PATTERNS = 9, 84  # Of MiniRocket.
_NUM_KERNELS = 10_000  # For classification, as published.
_MAX_DILATIONS = 32  # Per kernel, as published.


class RocketFeatures:
    """Random convolution features, drawn once, then the same for every set.

    Attributes:
        num_kernels: asked for.
        num_features: d, `num_kernels` rounded down to a multiple of 84.
    """

    def __init__(self, num_kernels: int):
        if num_kernels < _NUM_PATTERNS:
            raise ValueError(
                f"num_kernels={num_kernels}: MiniRocket has {_NUM_PATTERNS} at least."
            )
        self.num_kernels = num_kernels
        self.num_features = num_kernels // _NUM_PATTERNS * _NUM_PATTERNS
        self._shape, self._transformer = None, None

    def fit(self, x_train: Array, seed: int) -> "RocketFeatures":
        """Draws the features; the same `x_train` and `seed` give the same bits.

        Args:
            x_train: float [n, L, C]; the thresholds are quantiles of its outputs.
            seed: from 0 to 2^32 - 1.

        Returns:
            Itself.
        """
        x_train = check_series("x_train", x_train, 1)
        self._draw(x_train, seed)
        return self

    def transform(self, x: Array) -> np.ndarray:
        """Features, float64 [n, d], of series [n, L, C] like those fitted."""
        if self._transformer is None:
            raise ValueError("Nothing is fitted yet: call fit or from_arrays first.")
        x = check_series("x", x, 1)
        check_alike("The fitted series and x", self._shape, x.shape)
        features = self._transformer.transform(_to_aeon(x))
        return np.asarray(features, np.float64)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """All that is needed to compute the same features again, fit for `np.savez`."""
        if self._transformer is None:
            raise ValueError("Nothing is fitted yet: there is nothing to store.")
        stored = {f"parameters_{i}": p for i, p in enumerate(self._parameters())}
        shape = np.array(self._shape)
        return {"num_kernels": np.array(self.num_kernels), "shape": shape} | stored

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "RocketFeatures":
        """The features whose `to_arrays` gave these `arrays`."""
        features = cls(int(arrays["num_kernels"]))
        # A drawn transformer of the right shape, whose parameters are then replaced.
        features._draw(np.zeros((1, *arrays["shape"])), 0)
        count = len(features._parameters())
        features._transformer.parameters = tuple(
            np.asarray(arrays[f"parameters_{i}"]) for i in range(count)
        )
        return features

    def _parameters(self) -> tuple[np.ndarray, ...]:
        return self._transformer.parameters

    def _draw(self, x: np.ndarray, seed: int) -> None:
        if x.shape[1] < _KERNEL_LENGTH:
            raise ValueError(
                f"MiniRocket needs series of {_KERNEL_LENGTH} time points or more; "
                f"these have {x.shape[1]}."
            )
        # Imports numba: seconds.
        from aeon.transformations.collection.convolution_based import MiniRocket

        transformer = MiniRocket(
            n_kernels=self.num_kernels,
            max_dilations_per_kernel=_MAX_DILATIONS,
            n_jobs=1,
            random_state=seed,
        )
        # aeon seeds NumPy's global generator; whoever else draws from it is spared.
        state = np.random.get_state()  # noqa: NPY002
        try:
            transformer.fit(_to_aeon(x))
        finally:
            np.random.set_state(state)  # noqa: NPY002
        self._shape, self._transformer = x.shape[1:], transformer


def rocket_predictions(
    x_train: Array, y_train: Array, x_test: Array, seed: int
) -> np.ndarray:
    """Classes that MiniRocket and a ridge classifier give to test series.

    10 000 kernels, features divided by their standard deviation, the penalty chosen
    from 1e-3 to 1e3 by leave-one-out: the published classifier.

    Args:
        x_train: float [n, L, C].
        y_train: int [n], of two classes at least.
        x_test: float [m, L, C].
        seed: of the features.

    Returns:
        int [m], of the classes in `y_train`.
    """
    x_train = check_series("x_train", x_train, 2)
    x_test = check_series("x_test", x_test, 1)
    check_alike("x_train and x_test", x_train.shape, x_test.shape)
    y_train = check_labels("y_train", y_train, len(x_train))
    check_classes("y_train", y_train)
    features = RocketFeatures(_NUM_KERNELS).fit(x_train, seed)
    ridge = RidgeClassifierCV(alphas=np.logspace(-3, 3, 10))
    model = make_pipeline(StandardScaler(with_mean=False), ridge)
    model.fit(features.transform(x_train), y_train)
    return model.predict(features.transform(x_test))


def rocket_accuracy(
    x_train: Array, y_train: Array, x_test: Array, y_test: Array, seed: int
) -> float:
    """Accuracy, in [0, 1], of `rocket_predictions`.

    Trained on generated series and tested on real ones it is a classification accuracy
    score that needs no training of networks. `y_test` is int [m]; a class absent from
    `y_train` counts as an error.
    """
    y_test = check_labels("y_test", y_test, len(x_test))
    return float((rocket_predictions(x_train, y_train, x_test, seed) == y_test).mean())


def _to_aeon(x: np.ndarray) -> np.ndarray:
    """[n, L, C] to aeon's [n, C, L], contiguous."""
    return np.ascontiguousarray(x.swapaxes(1, 2))
