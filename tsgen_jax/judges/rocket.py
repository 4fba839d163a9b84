"""The MiniRocket judge: random features that no training decides."""

import os

import numpy as np
from ml_collections import ConfigDict

from tsgen_jax import run_dir
from tsgen_jax.data.dataset import Dataset, fit_scaler
from tsgen_jax.evaluation.rocket import RocketFeatures
from tsgen_jax.judges import fcn
from tsgen_jax.types import Array


class Judge:
    """Series in original units to features, [n, L, C] -> [n, d].

    Drawn from TRAIN and `judge.seed`, stored in `<workdir>/judge/minirocket.npz`.
    """

    def __init__(self, config: ConfigDict, dataset: Dataset, workdir: str):
        x, _ = fcn.whole_train(dataset)
        self._scaler = fit_scaler(x)
        self._features = RocketFeatures(config.judge.num_kernels)
        self._features.fit(self._scaler.transform(x), config.judge.seed)
        path = os.path.join(workdir, "judge", "minirocket.npz")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        run_dir.write_arrays(path, self._features.to_arrays())

    def __call__(self, x: Array) -> np.ndarray:
        """Features float64 [n, d]."""
        return self._features.transform(self._scaler.transform(x))
