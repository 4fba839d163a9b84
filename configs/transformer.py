"""A causal transformer on discretised values.

Paper: Shalova and Oseledets 2020, https://arxiv.org/abs/2002.05111.
Command: python main.py --config=configs/transformer.py
Expected: three to four minutes a set on two shared CPU cores. MiniRocket FID to TEST, one
seed, with train.network.select='best': GunPoint 3.13 (Gaussian 3.66), CBF 1.76 (1.05).
At these values scores have not been measured.
"""

from ml_collections import ConfigDict

from tsgen_jax.configs import _autoregressive


def get_config(arg: str = "") -> ConfigDict:
    """Values of the transformer; takes no argument."""
    if arg:
        raise ValueError(f"configs/transformer.py takes no argument, got {arg!r}.")
    config = _autoregressive.make_config("transformer")
    config.transformer = ConfigDict()
    config.transformer.num_bins = 64  # K, of every channel.
    config.transformer.positions = "rotary"  # Or 'sinusoidal', as published.
    config.transformer.width = 64
    config.transformer.num_layers = 3
    config.transformer.num_heads = 4
    config.transformer.head_width = 16
    config.transformer.mlp_ratio = 2
    config.transformer.dropout = 0.2
    # What the network sees in training: bins moved by so many (deviation), and a share
    # drawn anew from all bins.
    config.transformer.input_noise = 1.0
    config.transformer.corruption = 0.05
    config.transformer.label_drop_rate = 0.1  # Series trained without their class.
    config.train.network.num_steps = 400
    return config.lock()
