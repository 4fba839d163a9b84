"""LSTNet, a forecaster that also rates and generates series.

Paper: https://arxiv.org/abs/1703.07015.
Command: python main.py --config=configs/lstnet.py
or --config=configs/lstnet.py:attention in place of the recurrent skip.
Time and scores on real sets have not been measured yet.
"""

from ml_collections import ConfigDict

from tsgen_jax.configs import _autoregressive


def get_config(arg: str = "skip") -> ConfigDict:
    """`arg`: the memory, 'skip' or 'attention'."""
    if arg not in ("skip", "attention"):
        raise ValueError(f"configs/lstnet.py takes skip or attention, got {arg!r}.")
    config = _autoregressive.make_config("lstnet")
    config.lstnet = _autoregressive.make_values()
    config.lstnet.width = 64
    config.lstnet.taps = 6  # Time points that the convolution sees.
    config.lstnet.memory = arg  # Of what lies further back: 'skip' or 'attention'.
    # Time points that it goes back: those of a season where there is one.
    config.lstnet.period = 24
    config.lstnet.skip_width = 8  # Of the second GRU, with memory='skip'.
    config.lstnet.highway = 8  # Values of the linear autoregression beside the network.
    return config.lock()
