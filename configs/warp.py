"""Training series with a window stretched or squeezed in time.

Paper: Le Guennec et al. 2016, https://hal.science/hal-01357973.
Command: python main.py --config=configs/warp.py
Expected: trains nothing, samples in one to four seconds. MiniRocket FID to TEST, one
seed: GunPoint 0.89, ECG5000 0.32, SyntheticControl 1.28, CBF 1.16
(experiments/results/generators.jsonl).
"""

from ml_collections import ConfigDict

from tsgen_jax.configs import _floor


def get_config(arg: str = "") -> ConfigDict:
    """Values of a floor; takes no argument."""
    config = _floor.make_config("warp", arg)
    config.warp = ConfigDict()
    config.warp.window_ratio = 0.4  # Of a series' time points.
    config.warp.min_scale = 0.5  # The window's new length, of its old one.
    config.warp.max_scale = 2.0
    return config.lock()
