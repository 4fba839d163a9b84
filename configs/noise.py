"""Training series with white noise.

Paper: none; the row "TRAIN with noise" of every comparison.
Command: python main.py --config=configs/noise.py
Expected: trains nothing, samples in a second.
"""

from ml_collections import ConfigDict

from tsgen_jax.configs import _floor


def get_config(arg: str = "") -> ConfigDict:
    """Values of a floor; takes no argument."""
    config = _floor.make_config("noise", arg)
    config.noise = ConfigDict()
    config.noise.scale = 0.1  # Deviations of a channel in TRAIN.
    return config.lock()
