"""Training series with white noise.

Paper: none; the row "TRAIN with noise" of every comparison.
Command: python main.py --config=configs/noise.py
Expected: trains nothing, samples in one to four seconds. MiniRocket FID to TEST, one
seed: GunPoint 4.40, ECG5000 0.83, SyntheticControl 0.69, CBF 0.77
(experiments/results/generators.jsonl).
"""

from ml_collections import ConfigDict

from tsgen_jax.configs import _floor


def get_config(arg: str = "") -> ConfigDict:
    """Values of a floor; takes no argument."""
    config = _floor.make_config("noise", arg)
    config.noise = ConfigDict()
    config.noise.scale = 0.1  # Deviations of a channel in TRAIN.
    return config.lock()
