"""Blocks of training series of a class, one after the other.

Paper: Künsch 1989, https://doi.org/10.1214/aos/1176347265.
Command: python main.py --config=configs/block_bootstrap.py
Expected: trains nothing, samples in one to four seconds. MiniRocket FID to TEST, one
seed: GunPoint 1.82, ECG5000 0.49, SyntheticControl 0.84, CBF 0.71
(experiments/results/generators.jsonl).
"""

from ml_collections import ConfigDict

from tsgen_jax.configs import _floor


def get_config(arg: str = "") -> ConfigDict:
    """Values of a floor; takes no argument."""
    config = _floor.make_config("block_bootstrap", arg)
    config.block_bootstrap = ConfigDict()
    config.block_bootstrap.num_blocks = 4  # Of a series.
    # Blocks keep their place in the series; False: they come from anywhere, as for
    # windows of one recording.
    config.block_bootstrap.aligned = True
    return config.lock()
