"""Series written for others to read: .npz, .csv or .parquet, whole or not at all.

Tables are long: a row for each series and time point, a column for each channel.
"""

import contextlib
import importlib.util
import os

import numpy as np

from tsgen_jax.data import spreadsheets

SUFFIXES = (".npz", ".csv", ".parquet")
_PARTIAL = ".partial"  # Appended to the name of a file that is being written.


def check_output(path: str, force: bool) -> None:
    """Says before any work whether `path` can be written.

    Raises:
        ValueError: unknown suffix, no such directory, a file that is there already and
            may not be replaced, or .parquet without pyarrow.
    """
    suffix = os.path.splitext(path)[1]
    if suffix not in SUFFIXES:
        raise ValueError(
            f"--out={path}: the suffix says the format, one of {', '.join(SUFFIXES)}."
        )
    check_place(path, force)
    if suffix == ".parquet" and importlib.util.find_spec("pyarrow") is None:
        raise ValueError(
            f"--out={path} needs pyarrow, which is not installed: pip install pyarrow, "
            "or choose .npz or .csv."
        )


def check_place(path: str, force: bool) -> None:
    """ValueError where a file cannot or, without `force`, may not be put."""
    directory = os.path.dirname(os.path.abspath(path))
    if not os.path.isdir(directory):
        raise ValueError(f"--out={path}: there is no directory {directory}.")
    if os.path.isdir(path):
        raise ValueError(f"--out={path} is a directory; give a file.")
    if os.path.exists(path) and not force:
        raise ValueError(f"{path} is there already: give --force to replace it.")


def channel_names(num_channels: int) -> list[str]:
    """'value' for one channel, else 'channel_0', 'channel_1' and so on."""
    if num_channels == 1:
        return ["value"]
    return [f"channel_{c}" for c in range(num_channels)]


def long_table(
    values: dict[str, np.ndarray], label: np.ndarray | None, start: int
) -> dict[str, np.ndarray]:
    """Columns of a long table.

    Args:
        values: suffix of a column's name -> [n, L, C]; '' for the series themselves.
        label: name of each series' class [n], or None.
        start: time of the first time point.

    Returns:
        Columns [n L] by name: series, time, all channels with all suffixes, label.
    """
    num, length, channels = next(iter(values.values())).shape
    table = {
        "series": np.repeat(np.arange(num), length),
        "time": np.tile(np.arange(start, start + length), num),
    }
    for c, channel in enumerate(channel_names(channels)):
        for suffix, x in values.items():
            name = f"{channel}_{suffix}" if suffix else channel
            table[name] = x[:, :, c].reshape(-1)
    if label is not None:
        table["label"] = np.repeat(label, length)
    return table


def write(
    path: str, arrays: dict[str, np.ndarray], table: dict[str, np.ndarray]
) -> None:
    """Writes `arrays` to an .npz, or `table` to a .csv or .parquet.

    Raises:
        OSError: it cannot be written, or the disk is full.
    """
    partial = path + _PARTIAL
    try:
        if path.endswith(".npz"):
            with open(partial, "wb") as file:
                np.savez_compressed(file, **arrays)
        else:
            import pandas as pd

            frame = pd.DataFrame(table)
            if path.endswith(".csv"):
                spreadsheets.guard_frame(frame).to_csv(partial, index=False)
            else:
                frame.to_parquet(partial, index=False)
        os.replace(partial, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.remove(partial)
        raise
