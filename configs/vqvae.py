"""Regular VQ-VAE and MaskGIT: the baseline without self-supervision.

Paper: "naive VQVAE" of https://arxiv.org/abs/2408.16613.
Command: python main.py --config=configs/vqvae.py
Published behaviour: --config=configs/vqvae.py:faithful
"""

from ml_collections import ConfigDict

from tsgen_jax.configs import _published, default


def get_config(arg: str = "fixed") -> ConfigDict:
    """`arg`: 'fixed' (default) or 'faithful'."""
    if arg not in ("fixed", "faithful"):
        raise ValueError(f"configs/vqvae.py:{arg}: known are fixed, faithful.")
    config = default.get_config()
    config.name = "vqvae" if arg == "fixed" else "vqvae-faithful"
    return _published.faithful(config) if arg == "faithful" else config
