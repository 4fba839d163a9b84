"""Defects of the published runs, switched on one at a time, on sets of the thesis.

The gain of a tokenizer is VIbCReg's score less that of none. Arms are TOKENIZER-DEFECT:

    fixed     no defect: one prior, one mask schedule, and a control beside none
    prior     the self-supervised tokenizer alone gets the full-embedding prior
    mask      the regular tokenizer's prior alone trains on inverted mask ratios
    leak      statistics and codebook follow TRAIN, then TEST, before they are stored
    all       prior, mask and leak together
    faithful  `,faithful` presets: what the published code does, less the leak

The missing control is the arm 'control-fixed', left out of a comparison. The leak is in
`experiments.leak`, not in the product.
"""

from experiments.sweeps import _shared

SETS = ("SonyAIBORobotSurface1", "SonyAIBORobotSurface2", "ECG5000")
_PRIOR = {"config.prior.kind": "full_embedding", "config.prior.codebook": "finetuned"}
_MASK = {"config.masking.schedule": "inverted"}
_LEAK = {"program": "experiments.leak"}
_TOKENIZERS = {
    "none": {"config": "vqvae"},
    "control": _shared.tokenizer("control", "gauss"),
    "vibcreg": _shared.tokenizer("vibcreg", "gauss"),
}
_FAITHFUL = {
    "none": {"config": "vqvae:faithful"},
    "vibcreg": {"config": "ssl_vqvae:vibcreg,faithful"},
}
_STEPS = {  # Of the sweep, not the 1000 epochs of the preset.
    "config.train.tokenizer.num_epochs": 0,
    "config.train.prior.num_epochs": 0,
    "config.train.judge.num_epochs": 0,
}
_DEFECTS = (  # Tokenizer, defect, values.
    ("vibcreg", "prior", _PRIOR),
    ("none", "mask", _MASK),
    ("none", "leak", _LEAK),
    ("vibcreg", "leak", _LEAK),
    ("none", "all", _MASK | _LEAK),
    ("vibcreg", "all", _PRIOR | _LEAK),
)


def sweep():
    """Every tokenizer is trained once, without a defect; the others take it over."""
    for seed in _shared.SEEDS:
        for name in SETS:
            place = _shared.SHORT | _shared.data(name) | {"config.seed": seed}
            for tokenizer, values in _TOKENIZERS.items():
                yield f"{name}/{tokenizer}-fixed", values | place
            for tokenizer, defect, more in _DEFECTS:
                reuse = {"reuse": f"{name}/{tokenizer}-fixed"}
                values = _TOKENIZERS[tokenizer] | place | more | reuse
                yield f"{name}/{tokenizer}-{defect}", values
            for tokenizer, values in _FAITHFUL.items():
                yield f"{name}/{tokenizer}-faithful", values | place | _STEPS
