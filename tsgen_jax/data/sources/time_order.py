"""Time points in the order of time, one for each time."""

import numpy as np

from tsgen_jax.data.sources.reading import Reading


def arrange(
    times: list[np.ndarray],
    series: list[np.ndarray],
    how: Reading,
    where: str,
    names: list[str],
) -> tuple[list[np.ndarray], list[np.ndarray], list[str]]:
    """Sorts time points and merges those of one time, where `how` allows it.

    Args:
        times: float64 [L_i] each.
        series: float64 [L_i, C] each, NaN where missing.
        how: sort_time and duplicates of it.
        where: names the file.
        names: of the series; '' where there is one only.

    Returns:
        Times that ascend, their series, and what was done, in phrases.

    Raises:
        ValueError: times that do not ascend, and no leave to sort or merge them; it
            names the series, the time point and the option.
    """
    made, num_sorted, num_merged = [], 0, 0
    for name, t, x in zip(names, times, series, strict=True):
        here = f"{where}, series {name!r}" if name else where
        if how.sort_time and (np.diff(t) < 0).any():
            order = ascending(t)
            num_sorted += int((order != np.arange(len(t))).sum())
            t, x = t[order], x[order]
        if how.duplicates and (np.diff(t) == 0).any():
            _check(t, here, "sort")
            count = len(t)
            t, x = _merged(t, x, how.duplicates)
            num_merged += count - len(t)
        _check(t, here)
        made.append((t, x))
    said = [f"{num_sorted} time points sorted by time"] * (num_sorted > 0)
    what = {"mean": "the mean", "first": "the first", "last": "the last"}
    if num_merged:
        kept = what[how.duplicates]
        said.append(f"{num_merged} time points of a time already there: {kept} is kept")
    return [t for t, _ in made], [x for _, x in made], said


def ascending(times: np.ndarray) -> np.ndarray:
    """Rows in the order of time; of equal times the file's order, or its reverse."""
    if (np.diff(times) <= 0).all():  # The newest came first.
        return np.arange(len(times))[::-1]
    return np.argsort(times, kind="stable")


def _merged(times: np.ndarray, x: np.ndarray, how: str):
    """One time point for each time; a value that is missing does not count."""
    import pandas as pd  # Takes half a second to import.

    groups = pd.DataFrame(x).groupby(np.asarray(times), sort=True)
    found = getattr(groups, how)()
    return found.index.to_numpy(np.float64), found.to_numpy(np.float64)


def _check(times: np.ndarray, where: str, only: str = "") -> None:
    steps = np.diff(times)
    faults = (
        (
            "sort",
            "earlier than",
            steps < 0,
            "sort the rows, or let it be done by data.sort_time=True",
        ),
        (
            "merge",
            "the same time as",
            steps == 0,
            "keep one of them, as by data.duplicates=mean, first or last",
        ),
    )
    for kind, fault, bad, fix in faults:
        rows = np.flatnonzero(bad)
        if len(rows) and only in ("", kind):
            row = rows[0] + 2
            raise ValueError(
                f"{where}: time point {row} is {fault} time point {row - 1} "
                f"({len(rows)} such in all): {fix}; or name the column of series, by "
                "data.id_column, if there are several."
            )
