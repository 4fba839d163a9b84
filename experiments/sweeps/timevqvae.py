"""TimeVQVAE and NC-TimeVQVAE on three sets, three seeds.

Arms: 'faithful', the published networks and losses for `STEPS` steps a stage, beside
which PyPI timevqvae trains as long (experiments/competitor.py --steps); 'none', the
preset's defaults; 'vibcreg', a self-supervised second view in both branches.
"""

from experiments.sweeps import _shared

SETS = ("SyntheticControl", "CBF", "ECG5000")
STEPS = 1500
_STAGES = ("tokenizer", "prior_low", "prior_high")
# One judge and one CAS for all arms; published values are others.
_JUDGED = {
    "config.train.judge.num_epochs": 0,
    "config.train.judge.batch_size": 64,
    "config.evaluation.cas_min_series": 0,
    "config.evaluation.scores": "fidelity+usefulness+representation",
}


def sweep():
    """27 runs."""
    steps = {f"config.train.{stage}.num_epochs": 0 for stage in _STAGES}
    steps |= {f"config.train.{stage}.num_steps": STEPS for stage in _STAGES}
    arms = {
        "faithful": steps,
        "none": {},
        "vibcreg": {},
    }
    for name in SETS:
        for arm, values in arms.items():
            for seed in _shared.SEEDS:
                place = _shared.data(name) | {"config.seed": seed}
                preset = {"config": f"timevqvae:{arm}"}
                yield f"{name}/{arm}", preset | values | _JUDGED | place
