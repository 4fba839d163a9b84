"""The core of the factorial: ten tokenizers x 10 sets x 3 seeds, with the tied prior.

Which tokenizer helps classification, reconstruction, the prior and the samples (RQ1 to
RQ4 of the thesis), all else equal. Work goes seed by seed and set by set: what is
finished at any moment is whole blocks, but for the last. Ten sets, because with eight no
arm can differ significantly from another one of nine (Wilcoxon, Holm: at best p = 0.07).
"""

from experiments.sweeps import _shared

SETS = (
    "SonyAIBORobotSurface1",
    "SonyAIBORobotSurface2",
    "SyntheticControl",
    "ECG200",
    "CBF",
    "ECG5000",
    "SwedishLeaf",
    "Trace",
    "TwoPatterns",
    "Wafer",
)


def sweep():
    """300 runs."""
    for seed in _shared.SEEDS:
        for name in SETS:
            for arm, values in _shared.tokenizers():
                place = _shared.data(name) | {"config.seed": seed}
                yield f"{name}/{arm}", values | _shared.SHORT | place
