"""Independent series of a Gaussian with TRAIN's mean and covariance by class.

Paper: none; the row "i.i.d. Gaussian" of every comparison.
Command: python main.py --config=configs/gaussian.py
Expected: trains nothing, samples in one to four seconds. MiniRocket FID to TEST, one
seed: GunPoint 3.66, ECG5000 0.48, SyntheticControl 0.80, CBF 1.05
(experiments/results/generators.jsonl).
"""

from ml_collections import ConfigDict

from tsgen_jax.configs import _floor


def get_config(arg: str = "") -> ConfigDict:
    """Values of a floor; takes no argument."""
    return _floor.make_config("gaussian", arg).lock()
