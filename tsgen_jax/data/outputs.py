"""Series written for others to read: .npz, .csv or .parquet, whole or not at all.

Tables are made by `frames`.
"""

import contextlib
import importlib.util
import os

import numpy as np

from tsgen_jax.data import spreadsheets

SUFFIXES = (".npz", ".csv", ".parquet")
_PARTIAL = ".partial"  # Appended to the name of a file that is being written.


def check_output(path: str, force: bool, option: str = "--out") -> None:
    """Says before any work whether `path` of an option can be written.

    Raises:
        ValueError: unknown suffix, no such directory, a file that is there already and
            may not be replaced, or .parquet without pyarrow.
    """
    suffix = os.path.splitext(path)[1]
    if suffix not in SUFFIXES:
        raise ValueError(
            f"{option}={path}: the suffix says the format, one of {', '.join(SUFFIXES)}."
        )
    check_place(path, force, option)
    if suffix == ".parquet" and importlib.util.find_spec("pyarrow") is None:
        raise ValueError(
            f"{option}={path} needs pyarrow, which is not installed: pip install pyarrow, "
            "or choose .npz or .csv."
        )


def check_place(path: str, force: bool, option: str = "--out") -> None:
    """ValueError where a file cannot or, without `force`, may not be put."""
    directory = os.path.dirname(os.path.abspath(path))
    if not os.path.isdir(directory):
        raise ValueError(f"{option}={path}: there is no directory {directory}.")
    if os.path.isdir(path):
        raise ValueError(f"{option}={path} is a directory; give a file.")
    if os.path.exists(path) and not force:
        raise ValueError(f"{path} is there already: give --force to replace it.")


def write(path: str, arrays: dict[str, np.ndarray], table) -> None:
    """Writes `arrays` to an .npz, or the DataFrame `table` to a .csv or .parquet.

    Raises:
        OSError: it cannot be written, or the disk is full.
    """
    partial = path + _PARTIAL
    try:
        if path.endswith(".npz"):
            with open(partial, "wb") as file:
                np.savez_compressed(file, **arrays)
        elif path.endswith(".csv"):
            spreadsheets.guard_frame(table).to_csv(partial, index=False)
        else:
            table.to_parquet(partial, index=False)
        os.replace(partial, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.remove(partial)
        raise
