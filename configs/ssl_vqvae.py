"""SSL-VQVAE: the tokenizer with a non-contrastive self-supervised second view.

Paper: NC-VQVAE, https://arxiv.org/abs/2408.16613.
Command: python main.py --config=configs/ssl_vqvae.py
Expected: 3 to 6 minutes on 2 CPU cores, compiling and judging included; on GunPoint's
TEST a reconstruction MSE of 0.010 (scaled series).
With a method: --config=configs/ssl_vqvae.py:barlow_twins (none, barlow_twins,
vicreg, vibcreg, byol; 'none' is the control that reconstructs the augmented view
as well but has no self-supervised loss). Published behaviour, with the prior that
the paper gave its self-supervised tokenizers: --config=configs/ssl_vqvae.py:vibcreg,faithful
"""

from ml_collections import ConfigDict

from tsgen_jax.configs import _published, default
from tsgen_jax.suggest import did_you_mean


def get_config(arg: str = "vibcreg") -> ConfigDict:
    """`arg`: a method, then ',faithful' for the published behaviour."""
    method, _, mode = arg.partition(",")
    known = default.methods()
    if method not in known or mode not in ("", "fixed", "faithful"):
        raise ValueError(
            f"configs/ssl_vqvae.py:{arg}: known are {', '.join(known)}, each "
            f"also followed by ,faithful.{did_you_mean(method, known)}"
        )
    config = default.get_config()
    config.name = f"ssl_vqvae-{method}"
    config.ssl.method = method
    config.ssl.augmented_weight = 0.2
    if mode == "faithful":
        config.name += "-faithful"
        config.prior.kind = "full_embedding"
        config = _published.faithful(config)
    return config
