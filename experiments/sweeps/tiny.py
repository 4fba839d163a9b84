"""Two small sets, four arms, two seeds, hardly trained: the machinery, for `make ablation`.

Its scores say nothing of the methods.
"""

from experiments.sweeps import _shared

SETS = ("GunPoint", "ItalyPowerDemand")  # Both come with aeon.
_ARMS = {
    "none": {"config": "smoke:none", "config.ssl.augmented_weight": 0.0},
    "control-gauss": {"config": "smoke:none"},
    "vibcreg-gauss": {"config": "smoke:vibcreg"},
}
_TINY = {
    "config.sample.num_decode_steps": 4,
    "config.evaluation.scores": "fidelity+representation",
}


def sweep():
    """Three tokenizers, and one of them again with another prior."""
    for name in SETS:
        for seed in (0, 1):
            place = _TINY | _shared.data(name) | {"config.seed": seed}
            for arm, values in _ARMS.items():
                yield f"{name}/{arm}", values | place
            more = {
                "config.prior.kind": "full_embedding",
                "reuse": f"{name}/vibcreg-gauss",
            }
            values = _ARMS["vibcreg-gauss"] | more | place
            yield f"{name}/vibcreg-gauss-finetuned", values
