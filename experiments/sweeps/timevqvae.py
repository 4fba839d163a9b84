"""TimeVQVAE and NC-TimeVQVAE on three sets, three seeds.

Arms: 'faithful', the published networks and losses; 'none', the preset's networks;
'vibcreg', those with a self-supervised second view in both branches. All train `STEPS`
steps of `BATCH` series a stage, and so does PyPI timevqvae beside them
(experiments/competitor.py --steps=500,500 --batch=32,32): far less than published, what
27 runs on CPU cores can pay. The batch is that of the authors' later code.
"""

from experiments.sweeps import _shared

SETS = ("SyntheticControl", "CBF", "ECG5000")
STEPS, BATCH = 500, 32
_STAGES = ("tokenizer", "prior_low", "prior_high")
# One judge and one CAS for all arms; published values are others.
_JUDGED = {
    "config.train.judge.num_epochs": 0,
    "config.train.judge.batch_size": 64,
    "config.evaluation.cas_min_series": 0,
    "config.evaluation.scores": "fidelity+usefulness+representation",
}


def sweep():
    """27 runs, whole seeds first."""
    length = {f"config.train.{stage}.num_epochs": 0 for stage in _STAGES}
    length |= {f"config.train.{stage}.num_steps": STEPS for stage in _STAGES}
    length |= {f"config.train.{stage}.batch_size": BATCH for stage in _STAGES}
    for arms in (("none", "vibcreg"), ("faithful",)):  # The longest last.
        for seed in _shared.SEEDS:
            for name in SETS:
                for arm in arms:
                    place = _shared.data(name) | {"config.seed": seed}
                    preset = {"config": f"timevqvae:{arm}"}
                    yield f"{name}/{arm}", preset | length | _JUDGED | place
