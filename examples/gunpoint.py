"""GunPoint as aeon carries it."""

import numpy as np
from aeon.datasets import load_gunpoint


def series(part: str) -> tuple[np.ndarray, np.ndarray]:
    """'TRAIN' or 'TEST': x [n, L, 1] and the names of the classes [n]."""
    x, y = load_gunpoint(part)
    return x.swapaxes(1, 2).astype(np.float32), np.asarray(y, str)
