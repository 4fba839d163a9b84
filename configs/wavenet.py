"""WaveNet on real values: dilated causal convolutions with a mixture density.

Paper: van den Oord et al. 2016, https://arxiv.org/abs/1609.03499.
Command: python main.py --config=configs/wavenet.py
Expected: about a minute on CBF on two shared CPU cores. Scores at these values have
not been measured.
"""

from ml_collections import ConfigDict

from tsgen_jax.configs import _autoregressive


def get_config(arg: str = "") -> ConfigDict:
    """Values of WaveNet; takes no argument."""
    if arg:
        raise ValueError(f"configs/wavenet.py takes no argument, got {arg!r}.")
    config = _autoregressive.make_config("wavenet")
    config.wavenet = _autoregressive.make_values()
    config.wavenet.width = 32
    config.wavenet.taps = 2  # Of every filter.
    config.wavenet.num_layers = 5  # Of a stack; dilations 1, 2, 4, ...
    config.wavenet.num_stacks = 1
    config.train.network.num_steps = 400
    return config.lock()
