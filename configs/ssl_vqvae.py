"""SSL-VQVAE: the tokenizer with a non-contrastive self-supervised second view.

Paper: NC-VQVAE, https://arxiv.org/abs/2408.16613.
Command: python main.py --config=configs/ssl_vqvae.py
Expected: 3 to 6 minutes on 2 CPU cores, compiling and judging included; on GunPoint's
TEST a reconstruction MSE of 0.010 (scaled series).
With a method: --config=configs/ssl_vqvae.py:barlow_twins (none, barlow_twins,
vicreg, vibcreg, byol; 'none' is the control that reconstructs the augmented view
as well but has no self-supervised loss). Published behaviour, with the prior that
the paper gave its self-supervised tokenizers: --config=configs/ssl_vqvae.py:vibcreg,faithful
Longer: --config=configs/ssl_vqvae.py:standard, or full; vibcreg,standard (`_effort.py`).
"""

from ml_collections import ConfigDict

from tsgen_jax.configs import _effort, _published, default
from tsgen_jax.suggest import did_you_mean

_MODES = ("fixed", "faithful")


def get_config(arg: str = "vibcreg") -> ConfigDict:
    """`arg`: a method, or nothing, then ',faithful' or an effort."""
    rest, effort = _effort.split(arg)
    method, _, mode = rest.partition(",")
    method = method or "vibcreg"
    known = default.methods()
    if method not in known or mode not in ("", *_MODES):
        words = (*known, *_MODES, *_effort.EFFORTS)
        wrong = mode if method in known else method
        raise ValueError(
            f"configs/ssl_vqvae.py:{arg}: known are {', '.join(known)}, each also "
            f"followed by ,faithful or by ,{' or ,'.join(_effort.EFFORTS)}."
            f"{did_you_mean(wrong, words)}"
        )
    if mode == "faithful" and effort != "quick":
        raise ValueError(
            f"configs/ssl_vqvae.py:{arg}: 'faithful' trains as long as published; leave "
            f"{effort!r} out."
        )
    config = default.get_config()
    config.name = f"ssl_vqvae-{method}"
    config.ssl.method = method
    config.ssl.augmented_weight = 0.2
    if mode == "faithful":
        config.name += "-faithful"
        config.prior.kind = "full_embedding"
        config = _published.faithful(config)
    _effort.apply(config, effort)
    return config
