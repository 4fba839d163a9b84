"""What training time buys: efforts beside each other, three seeds, five sets.

Arms are METHOD-EFFORT (configs/_effort.py): quick and standard on any machine; full, an
hour of an accelerator for each run, is last, so that a launcher without one can be
stopped before it. The sets have 50 to 1000 series in TRAIN; GunPoint and ECG5000 had a
part in choices (`experiments/development_sets.py`), the others had none.
"""

from experiments.sweeps import _shared

SETS = ("GunPoint", "ECG200", "ShapesAll", "ECG5000", "TwoPatterns")
PRESETS = {"vqvae": "vqvae:", "vibcreg": "ssl_vqvae:vibcreg,"}
EFFORTS = ("quick", "standard", "full")


def sweep():
    """90 runs, whole blocks of set x seed within an effort."""
    for effort in EFFORTS:
        for seed in _shared.SEEDS:
            for name in SETS:
                for arm, preset in PRESETS.items():
                    values = {"config": preset + effort, "config.seed": seed}
                    yield f"{name}/{arm}-{effort}", values | _shared.data(name)
