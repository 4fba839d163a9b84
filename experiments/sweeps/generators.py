"""Every generator that has a preset of its name, with the preset's own values."""

import re
import subprocess
import sys

from experiments.sweeps import _shared

SETS = ("GunPoint", "SyntheticControl", "CBF", "ECG5000")
_OTHERS = ("default", "multivariate", "smoke")  # Presets that are no generator.


def presets() -> list[str]:
    """What `tsgen train --help` lists as configs, less those that are no generator."""
    command = [sys.executable, "-m", "tsgen_jax", "train", "--help"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    listed = text.partition("configs, for --config:")[2].partition("\n\n")[0]
    found = re.findall(r"^  (\w+)  ", listed, re.M)
    return [name for name in found if name not in _OTHERS]


def sweep():
    """An arm per preset."""
    known = presets()
    for seed in _shared.SEEDS:
        for name in SETS:
            for preset in known:
                values = {"config": preset, **_shared.data(name), "config.seed": seed}
                yield f"{name}/{preset}", values
