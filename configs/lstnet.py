"""LSTNet, a forecaster that also rates and generates series.

Paper: https://arxiv.org/abs/1703.07015.
Command: python main.py --config=configs/lstnet.py
or --config=configs/lstnet.py:attention in place of the recurrent skip.
Expected: 127 s of training on one shared CPU core (GunPoint). GunPoint, one seed: CRPS of
the last 38 time points 0.086, where ssl_vqvae has 0.077, RidgeCV 0.096 and the last value
0.334 (experiments/forecasting.py, 60 series, 30 draws). It is a forecaster: what it
generates has a MiniRocket FID of 7.09, where a Gaussian by class has 3.66.
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
