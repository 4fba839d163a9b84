"""The rim of the factorial: VICReg, BYOL and two more priors, on three sets.

Tokenizers of the core are trained once, in the sweep `research_questions`: run that
first, or they are trained here. 'twice' trains both stages twice as long: how far from
converged the short schedules are.
"""

from experiments.sweeps import _shared

SETS = ("SonyAIBORobotSurface2", "SyntheticControl", "ECG200")
PRIORS = {
    "frozen": {
        "config.prior.kind": "full_embedding",
        "config.prior.codebook": "frozen",
    },
    "finetuned": {
        "config.prior.kind": "full_embedding",
        "config.prior.codebook": "finetuned",
    },
}
TWICE = {
    f"config.train.{stage}.num_steps": 2
    * _shared.SHORT[f"config.train.{stage}.num_steps"]
    for stage in ("tokenizer", "prior")
}


def sweep():
    """Arms are TOKENIZER-AUGMENTATION-PRIOR; 'none' has no augmentation."""
    for seed in _shared.SEEDS:
        for name in SETS:
            place = _shared.data(name) | {"config.seed": seed}
            for method in ("vicreg", "byol"):
                for names in _shared.AUGMENTATIONS:
                    values = _shared.tokenizer(method, names) | _shared.SHORT | place
                    yield f"{name}/{method}-{names}-tied", values
                    for prior, more in PRIORS.items():
                        reuse = {"reuse": f"{name}/{method}-{names}-tied"}
                        yield f"{name}/{method}-{names}-{prior}", values | more | reuse
            for arm, tokenizer in _shared.tokenizers():
                values = tokenizer | _shared.SHORT | place
                reuse = {"reuse": f"../research_questions/{name}/{arm}"}
                label = "none-none" if arm == "none" else arm
                for prior, more in PRIORS.items():
                    yield f"{name}/{label}-{prior}", values | more | reuse
            if name in SETS[:2]:
                for arm in ("none", "vibcreg-gauss"):
                    tokenizer = dict(_shared.tokenizers())[arm]
                    values = tokenizer | _shared.SHORT | place | TWICE
                    label = "none-none" if arm == "none" else arm
                    yield f"{name}/{label}-twice", values
