"""A column of times before it is read, and how faults in it are told."""

from typing import NamedTuple

import numpy as np

from tsgen_jax.data.sources.reading import Reading

KNOWN = (
    "Write numbers, or dates such as 2024-01-31 23:00; or say how it is written by "
    "data.time_format, as by data.time_format=%d/%m/%Y"
)


class Source(NamedTuple):
    """A column and where it stands, for messages."""

    column: object  # pandas Series.
    where: str
    first_row: int
    groups: list[np.ndarray]  # Rows of every series.
    how: Reading

    def check(self, bad: np.ndarray, said) -> None:
        """Raises ValueError for the first of the rows `bad`, bool [n]: said(cell)."""
        rows = np.flatnonzero(bad)
        if len(rows):
            cell = self.column.iloc[rows[0]]
            cell = str(cell) if isinstance(cell, str) else cell
            place = f"{self.where}, row {rows[0] + self.first_row}"
            raise ValueError(f"{place}: {said(cell)}")


def no_time(cell) -> str:
    """What is wrong with a cell that is no time."""
    return f"{cell!r} is no time. {KNOWN}."
