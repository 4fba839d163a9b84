"""Files of generated series, from any generator."""

import os

import numpy as np

from tsgen_jax.data import bounded


def load_samples(
    path: str,
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
    """Reads `x` [n, L, C] or [n, L], `label` [n] and `classes` where they are there.

    Args:
        path: an .npz with the arrays `x` and, optionally, `label` and the names of
            classes that they number; or an .npy of x.

    Raises:
        ValueError: no such file, another kind of file, or no array x in it.
    """
    if not os.path.isfile(path):
        raise ValueError(f"{path} is no file of samples.")
    if path.endswith(".npy"):
        return bounded.read_npy(path), None, None
    try:
        arrays = bounded.read_npz(path)
    except ValueError as error:
        raise ValueError(
            f"{path} cannot be read as .npz or .npy ({error}). Write it with "
            "numpy.savez(path, x=x, label=label)."
        ) from error
    if "x" not in arrays:
        raise ValueError(
            f"{path} holds {', '.join(sorted(arrays)) or 'nothing'}; it needs x "
            "[n, L, C] and may have label [n]."
        )
    return arrays["x"], arrays.get("label"), arrays.get("classes")
