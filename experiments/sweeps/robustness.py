"""How far samples move with the seed, and how far with rounding alone.

Arms are the default run and three that differ in rounding (`experiments.rounding`):
one thread, AVX2 in place of AVX-512, and first weights moved by 1e-6. On a machine
without AVX-512 the arm 'avx2' equals 'plain'. Table: python -m experiments.robustness.
"""

from experiments.sweeps import _shared

SETS = ("GunPoint", "SyntheticControl", "CBF", "ECG5000")
PROGRAMS = {
    "plain": {},
    "nudged": {"program": "experiments.rounding.nudged"},
    "one_thread": {"program": "experiments.rounding.one_thread"},
    "avx2": {"program": "experiments.rounding.avx2"},
}


def sweep():
    """48 runs; a set after the other, so that a part of it is of use."""
    for name in SETS:
        for seed in _shared.SEEDS:
            for arm, program in PROGRAMS.items():
                values = {"config": "ssl_vqvae", **_shared.data(name), **program}
                values["config.evaluation.scores"] = "fidelity+usefulness"
                yield f"{name}/{arm}", values | {"config.seed": seed}
