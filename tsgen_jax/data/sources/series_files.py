"""Series that a user wants completed: .npz, .npy or a wide .csv; gaps are NaN."""

import numpy as np

from tsgen_jax.data.sources.samples import load_samples

_LABEL = "label"


def load_series(path: str) -> tuple[np.ndarray, np.ndarray | None]:
    """Reads series of equal length.

    Args:
        path: an .npz with x [n, L, C] or [n, L] and perhaps label [n], an .npy of x, or
            a .csv with a row for each series, its values from left to right, with or
            without a header; a column called 'label' holds classes, and an empty cell
            is a gap.

    Returns:
        x, and labels as they are in the file, or None.

    Raises:
        ValueError: no such file, or it cannot be read so.
    """
    if not path.endswith(".csv"):
        return load_samples(path)
    import pandas as pd

    try:
        first = pd.read_csv(path, header=None, nrows=1, dtype=str)
        header = None if _numeric(first) else 0
        frame = pd.read_csv(path, header=header)
    except (OSError, ValueError) as error:  # Parser errors are ValueErrors.
        raise ValueError(f"{path} cannot be read as a table: {error}") from error
    label = None
    if _LABEL in frame.columns:
        label = frame.pop(_LABEL).astype(str).to_numpy()
    if frame.empty:
        raise ValueError(f"{path} holds no series.")
    words = [str(c) for c in frame.columns if frame[c].dtype.kind not in "fiu"]
    if words:
        raise ValueError(
            f"{path}: column {words[0]} holds other things than numbers; a row is a "
            f"series, a gap an empty cell, and classes are in a column '{_LABEL}'."
        )
    return frame.to_numpy(np.float64), label


def _numeric(row) -> bool:
    """Whether all cells of the first row are numbers or empty."""
    import pandas as pd

    cells = row.iloc[0]
    return bool((cells.isna() | pd.to_numeric(cells, errors="coerce").notna()).all())
