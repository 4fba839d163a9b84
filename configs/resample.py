"""Training series drawn with replacement: the floor of fidelity, all copies.

Paper: none; the row "TRAIN resampled" of every comparison.
Command: python main.py --config=configs/resample.py
Expected: trains nothing, samples in a second.
"""

from ml_collections import ConfigDict

from tsgen_jax.configs import _floor


def get_config(arg: str = "") -> ConfigDict:
    """Values of a floor; takes no argument."""
    return _floor.make_config("resample", arg).lock()
