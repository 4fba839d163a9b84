"""The MiniRocket judge: random features that no training decides."""

import os

import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.dataset import fit_scaler
from tsgen_jax.evaluation.measures.rocket import RocketFeatures
from tsgen_jax.runs import files
from tsgen_jax.types import Array


class Judge:
    """Series in original units to features, [n, L, C] -> [n, d]."""

    def __init__(self, settings: ConfigDict, x_train: Array, seed: int):
        """Draws the features.

        Args:
            settings: config.judge.
            x_train: [n, L, C] in original units and in an order that no split decides.
            seed: of the features.
        """
        self._scaler = fit_scaler(x_train)
        self._features = RocketFeatures(settings.num_kernels)
        self._features.fit(self._scaler.transform(x_train), seed)

    def write(self, workdir: str) -> None:
        """Leaves `<workdir>/judge/minirocket.npz`."""
        path = os.path.join(workdir, "judge", "minirocket.npz")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        files.write_arrays(path, self._features.to_arrays())

    def __call__(self, x: Array) -> np.ndarray:
        """Features float64 [n, d]."""
        return self._features.transform(self._scaler.transform(x))
