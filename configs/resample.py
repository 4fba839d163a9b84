"""Training series drawn with replacement: the floor of fidelity, all copies.

Paper: none; the row "TRAIN resampled" of every comparison.
Command: python main.py --config=configs/resample.py
Expected: trains nothing, samples in one to four seconds. MiniRocket FID to TEST, one
seed: GunPoint 0.54, ECG5000 0.16, SyntheticControl 0.75, CBF 1.13
(experiments/results/generators.jsonl).
"""

from ml_collections import ConfigDict

from tsgen_jax.configs import _floor


def get_config(arg: str = "") -> ConfigDict:
    """Values of a floor; takes no argument."""
    return _floor.make_config("resample", arg).lock()
