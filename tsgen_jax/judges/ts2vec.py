"""The TS2Vec judge: features behind Context-FID, learnt without labels.

Jeha et al. 2022 (PSA-GAN) proposed Context-FID; Diffusion-TS (arXiv 2403.01742) made
TS2Vec its usual network: trained anew on the real series at every evaluation, whole
series by the maximum over time. As there, series are scaled to [0, 1] per channel. Ours
sees TRAIN only, and its FID is against TEST; theirs sees the series it judges against.
"""

import jax
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.dataset import Dataset
from tsgen_jax.judges import fcn
from tsgen_jax.judges.fit_once import fit_once
from tsgen_jax.judges.stages import ts2vec
from tsgen_jax.types import Array

_WHY = (
    "Judge TS2Vec: trains on TRAIN without labels; Context-FID compares its features."
)


class Judge:
    """Series in original units to features, [n, L, C] -> [n, d].

    Trained on TRAIN from `judge.seed`; equal data and settings give equal features.
    """

    def __init__(self, config: ConfigDict, dataset: Dataset):
        x, _ = fcn.whole_train(dataset)
        self._low, high = x.min((0, 1)), x.max((0, 1))
        spread = high - self._low
        self._range = np.where(spread > 0, spread, 1)  # A constant channel is 0.
        settings = config.train.ts2vec.copy_and_resolve_references()
        if x.size <= config.judge.ts2vec.few_values:
            settings.num_steps = config.judge.ts2vec.few_steps
        stage, rows = ts2vec.make_stage(config, self._scale(x))
        key = jax.random.key(config.judge.seed)
        self._weights = fit_once(stage, rows, settings, key, _WHY)
        self._features = ts2vec.make_features(config)

    def _scale(self, x: Array) -> np.ndarray:
        return ((x - self._low) / self._range).astype(np.float32)

    def __call__(self, x: Array) -> np.ndarray:
        """Features float32 [n, d]."""
        return self._features(self._weights, self._scale(x))
