"""What a network draws of the same noise in the course of its training.

A few series at a few steps, in <workdir>/<stage>/snapshots, a file for each step. A
function of the weights alone: what a resumed run writes again is what was there.
"""

import os

import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.runs import files
from tsgen_jax.types import Batch

_PARTS = (0, 64, 16, 4, 1)  # Of all steps: none, a 64th, a 16th, a quarter, all.
_ENDING = ".npz"


def steps(settings: ConfigDict) -> list[int]:
    """At most five steps of a stage with such settings, each one that is logged.

    Args:
        settings: `config.train[stage.name]`.
    """
    every, num = settings.log_every, settings.num_steps
    wanted = (num / part if part else 0 for part in _PARTS)
    return sorted({min(num, -(-int(step) // every) * every) for step in wanted})


def write(workdir: str, stage: str, step: int, drawn: Batch) -> None:
    """Keeps what `Stage.snapshot` has drawn at a step; OSError where it cannot."""
    directory = _place(workdir, stage)
    with files.in_words(directory):
        os.makedirs(directory, exist_ok=True)
    arrays = {name: np.asarray(value) for name, value in drawn.items()}
    files.write_arrays(os.path.join(directory, f"{step}{_ENDING}"), arrays)


def read(workdir: str, stage: str) -> dict[int, dict[str, np.ndarray]]:
    """Step -> what was drawn there, in order; nothing where none were kept.

    Raises:
        ValueError: a file is damaged; names it.
    """
    directory = _place(workdir, stage)
    found = os.listdir(directory) if os.path.isdir(directory) else []
    at = (name.removesuffix(_ENDING) for name in found if name.endswith(_ENDING))
    return {
        step: files.read_arrays(
            os.path.join(directory, f"{step}{_ENDING}"),
            "Delete it: the report then leaves that step out.",
        )
        for step in sorted(int(name) for name in at if name.isdecimal())
    }


def _place(workdir: str, stage: str) -> str:
    return os.path.join(workdir, stage, "snapshots")
