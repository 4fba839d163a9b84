"""TimeVQVAE: low and high frequencies have encoders, codebooks and priors of their own.

Paper: TimeVQVAE, https://arxiv.org/abs/2303.04743.
Command: python main.py --config=configs/timevqvae.py
Published behaviour: --config=configs/timevqvae.py:faithful, the networks and values of the
paper's code, layer by layer (docs/results.md); not those of PyPI `timevqvae` 1.0.1.
NC-TimeVQVAE, a self-supervised second view (https://arxiv.org/abs/2408.16613) in both
branches, or in one: --config=configs/timevqvae.py:vibcreg and vibcreg,low
Longer: --config=configs/timevqvae.py:standard, or full; vibcreg,standard (`_effort.py`).
Expected: about 10 min on one CPU core (SyntheticControl). FID fcn 3.2, MiniRocket 0.94
there, one seed; its tokenizer alone 0.54 and 0.35: the priors limit it. `faithful` at its
published length has not been run.
"""

import copy

from ml_collections import ConfigDict

from tsgen_jax.configs import _common, _effort, _published, default
from tsgen_jax.suggest import did_you_mean

_BANDS = ("low", "high")
_BY_BAND = ("tokenizer", "quantizer", "ssl", "prior")
# Steps of effort 'standard'. The high prior sees about 75 tokens, the low one 8 and the
# tokenizer has two branches: 22 minutes with two views, by the costs in `_effort.py`.
_STANDARD = {"tokenizer": 1000, "prior_low": 4800, "prior_high": 3200}
_SHARED = ("stft", "augment", "masking", "sample", "inpaint", "data", "judge")


def get_config(arg: str = "none") -> ConfigDict:
    """`arg`: 'faithful'; or a method, ',low' or ',high' for one branch only, an effort."""
    rest, effort = _effort.split(arg)
    name, _, band = rest.partition(",")
    name = name or "none"
    known = (*default.methods(), "faithful")
    if name not in known or band not in ("", *_BANDS) or (name == "faithful" and band):
        words = (*known, *_BANDS, *_effort.EFFORTS)
        raise ValueError(
            f"configs/timevqvae.py:{arg}: known are {', '.join(known)}; a method also "
            f"followed by ,low or ,high, and by ,{' or ,'.join(_effort.EFFORTS)}."
            f"{did_you_mean(band if name in known else name, words)}"
        )
    if name == "faithful" and effort != "quick":
        raise ValueError(
            f"configs/timevqvae.py:{arg}: 'faithful' trains as long as published; leave "
            f"{effort!r} out."
        )
    config = _of_two_bands(default.get_config())
    if name == "faithful":
        config = _faithful(_of_two_bands(_published.faithful(default.get_config())))
    elif name != "none":
        for each in [band] if band else _BANDS:
            config.ssl[each].method = name
            config.ssl[each].augmented_weight = 0.2
    config.name = (
        "timevqvae" if name == "none" else f"timevqvae-{rest.replace(',', '-')}"
    )
    _effort.apply(config, effort, _STANDARD)
    return config.lock()


def _of_two_bands(base: ConfigDict) -> ConfigDict:
    """The values of one tokenizer and prior for each band; what both share as it is."""
    config = _common.make_config()
    config.name, config.generator = "timevqvae", "timevqvae"
    config.remat = base.remat
    for section in _SHARED:
        config[section] = copy.deepcopy(base[section]).unlock()
    for section in _BY_BAND:
        config[section] = ConfigDict()
        for band in _BANDS:
            config[section][band] = copy.deepcopy(base[section]).unlock()
    config.stft.window = "hann"  # Or 'rectangular': none, as in the paper.

    config.split = ConfigDict()
    # Bins of the STFT from this on are the high band: bin i is i / window_size cycles
    # per time point. 1: the low band is the mean of each window.
    config.split.first_high_bin = 1
    config.split.cut = True  # False: networks see all bins, those of the other band 0.
    config.split.low_time_error = "squared"  # Of reconstructions, or 'absolute'.
    config.split.high_time_error = "absolute"

    # The high prior of the authors' later code (timevqvae 1.0.1). One as large as the low
    # one learns 240 series by heart: NLL of validation 4.2 in place of 2.1, SyntheticControl.
    high = config.prior.high
    high.width, high.num_layers, high.num_heads, high.head_width = 32, 1, 1, 32
    high.dropout = 0.3
    config.tokenizer.low.target_width = 8  # Columns of the token map aimed at.
    config.tokenizer.high.target_width = 16  # Published: 32, twice as many tokens.
    for band in _BANDS:
        config.train[f"prior_{band}"] = copy.deepcopy(base.train.prior).unlock()
    config.train.tokenizer = copy.deepcopy(base.train.tokenizer).unlock()
    for stage in ("judge", "discriminator", "predictor", "ts2vec"):
        config.train[stage] = copy.deepcopy(base.train[stage]).unlock()
    return config


def _faithful(config: ConfigDict) -> ConfigDict:
    """Where the authors' code differs from that of NC-VQVAE."""
    config.stft.window = "rectangular"
    config.split.cut = False
    for band in _BANDS:
        config.quantizer[band].decay = 0.8
    config.tokenizer.high.target_width = 32
    config.prior.high = copy.deepcopy(config.prior.low)  # Of the paper's code: equal.
    for stage, epochs in (("tokenizer", 2000), ("prior_low", 10000)):
        config.train[stage].num_epochs = epochs
        config.train[stage].weight_decay = 1e-5
    config.train.prior_high = copy.deepcopy(config.train.prior_low)
    return config
