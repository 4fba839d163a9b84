"""Regular VQ-VAE and MaskGIT: the baseline without self-supervision.

Paper: "naive VQVAE" of https://arxiv.org/abs/2408.16613.
Command: python main.py --config=configs/vqvae.py
Published behaviour: --config=configs/vqvae.py:faithful
Longer: --config=configs/vqvae.py:standard, or full (`_effort.py`).
"""

from ml_collections import ConfigDict

from tsgen_jax.configs import _effort, _published, default
from tsgen_jax.suggest import did_you_mean

_MODES = ("fixed", "faithful")


def get_config(arg: str = "fixed") -> ConfigDict:
    """`arg`: 'fixed' (default), 'faithful', or an effort."""
    mode, effort = _effort.split(arg)
    if mode not in ("", *_MODES) or (mode == "faithful" and effort != "quick"):
        known = (*_MODES, *_effort.EFFORTS)
        raise ValueError(
            f"configs/vqvae.py:{arg}: known are {', '.join(known)}, one of them; "
            f"'faithful' trains as long as published.{did_you_mean(mode, known)}"
        )
    config = default.get_config()
    config.name = "vqvae-faithful" if mode == "faithful" else "vqvae"
    if mode == "faithful":
        return _published.faithful(config)
    _effort.apply(config, effort)
    return config
