"""Tables from .csv, .tsv, .txt and .parquet files: names of columns and their cells.

Nothing is understood here beyond cells: `layouts` says what the columns are.
"""

import csv
import dataclasses
import os
from typing import Any

import numpy as np

SUFFIXES = (".csv", ".tsv", ".txt", ".parquet")
_BLANK = ("", "nan", "na", "n/a", "?", "null", "none")
_MISSING = ["", "?", "NaN", "nan", "NA", "N/A", "null", "None"]


@dataclasses.dataclass(frozen=True, eq=False)
class Table:
    """A table as it stands in a file.

    Attributes:
        frame: pandas DataFrame; columns without a name are '1', '2', ...
        has_header: whether the file names its columns.
        where: the file's name.
        first_row: number of the file's line that the first row stands in.
    """

    frame: Any
    has_header: bool
    where: str
    first_row: int

    def numbers(self, columns: list[str]) -> np.ndarray:
        """Columns as float64 [rows, columns], NaN where a cell is empty.

        Raises:
            ValueError: a cell is no number; names row and column.
        """
        import pandas as pd  # Takes half a second to import.

        made = []
        for name in columns:
            cells = self.frame[name]
            values = pd.to_numeric(cells, errors="coerce").to_numpy(
                np.float64, na_value=np.nan
            )
            bad = np.flatnonzero(np.isnan(values) & cells.notna().to_numpy())
            if len(bad):
                raise ValueError(
                    f"{self.where}, row {bad[0] + self.first_row}, column {name!r}: "
                    f"{str(cells.iloc[bad[0]])[:40]!r} is not a number. Correct it, or "
                    "leave the cell empty if it is missing; or name the columns to "
                    "use by data.channels."
                )
            made.append(values)
        return np.stack(made, axis=1)

    def words(self, column: str) -> np.ndarray:
        """A column as text, str [rows]; '' where a cell is empty; 1.0 is '1'."""
        cells = self.frame[column]
        if cells.dtype.kind == "f":
            return np.array(
                ["" if np.isnan(v) else f"{v:.15g}" for v in cells], dtype=str
            )
        return cells.astype("string").fillna("").str.strip().to_numpy(dtype=str)


def read(path: str, header: str) -> Table:
    """Reads a table.

    Args:
        path: .csv (commas, semicolons or tabs), .tsv, .txt (blanks) or .parquet.
        header: 'yes', 'no', or '' to see from the first row.

    Raises:
        ValueError: no such file, no rows, rows of unequal numbers of cells, or
            columns of one name.
    """
    if os.path.getsize(path) == 0:
        raise ValueError(f"{path} is empty.")
    if path.lower().endswith(".parquet"):
        return _read_parquet(path)
    return _read_text(path, header)


def _read_text(path: str, header: str) -> Table:
    import pandas as pd

    separator, first, first_line = _scan(path)
    has_header = header == "yes" or (header == "" and _is_header(first))
    names = [name.strip() for name in first] if has_header else None
    if names is not None:
        names = [name or f"column {i}" for i, name in enumerate(names, start=1)]
        _check_names(names, path)
    try:
        frame = pd.read_csv(
            path,
            sep=r"\s+" if separator == " " else separator,
            header=0 if has_header else None,
            names=names,
            index_col=False,
            na_values=_MISSING,
            keep_default_na=False,
            skipinitialspace=True,
            encoding="utf-8-sig",
            encoding_errors="backslashreplace",
            low_memory=False,
        )
    except (ValueError, pd.errors.ParserError) as error:
        raise ValueError(f"{path} cannot be read as a table: {error}") from error
    if not has_header:
        frame.columns = [str(i) for i in range(1, frame.shape[1] + 1)]
    # Separators at the end of every row make columns that hold nothing.
    while frame.shape[1] > 1 and frame.iloc[:, -1].isna().all():
        if has_header and first[frame.shape[1] - 1].strip():
            break
        frame = frame.iloc[:, :-1]
    if len(frame) == 0:
        raise ValueError(f"{path} has no rows" + " below its header." * has_header)
    return Table(frame, has_header, os.path.basename(path), first_line + has_header)


def _read_parquet(path: str) -> Table:
    import pandas as pd

    try:
        frame = pd.read_parquet(path)
    except ImportError as error:
        raise ValueError(
            f"{path}: reading .parquet needs pyarrow, which is not installed: pip "
            "install pyarrow, or write the table as .csv."
        ) from error
    except (ValueError, OSError) as error:
        raise ValueError(f"{path} cannot be read as .parquet: {error}") from error
    if frame.index.names != [None]:
        frame = frame.reset_index()
    frame.columns = [str(name) for name in frame.columns]
    _check_names(list(frame.columns), path)
    if frame.empty:
        raise ValueError(f"{path} has no rows or no columns.")
    return Table(frame, True, os.path.basename(path), 1)


def _scan(path: str) -> tuple[str, list[str], int]:
    """Separator, cells and line of the first row; ValueError where rows are ragged."""
    with open(path, encoding="utf-8-sig", errors="backslashreplace", newline="") as f:
        lines = enumerate(f, start=1)
        number, line = next(((i, s) for i, s in lines if s.strip()), (0, ""))
        if not line:
            raise ValueError(f"{path} is empty.")
        if "\0" in line:
            raise ValueError(f"{path} is no text but binary: is its suffix right?")
        separator = _separator(path, line)
        first, first_number = _cells(line, separator), number
        for number, line in lines:
            # Counting is ten times faster than splitting, quotes apart.
            quoted = separator == " " or '"' in line
            count = (
                len(_cells(line, separator)) if quoted else line.count(separator) + 1
            )
            if count != len(first) and line.strip():
                raise ValueError(
                    f"{path}, row {number} has {count} cells, row {first_number} has "
                    f"{len(first)}: all rows need the same. Where values are missing, "
                    "or a series ends early, leave empty cells between separators."
                )
    return separator, first, first_number


def _separator(path: str, line: str) -> str:
    suffix = os.path.splitext(path)[1].lower()
    if suffix == ".tsv":
        return "\t"
    best = max(",;\t", key=line.count)
    return " " if suffix == ".txt" and not line.count(best) else best


def _cells(line: str, separator: str) -> list[str]:
    line = line.rstrip("\r\n")
    if separator == " ":
        return line.split()
    return next(csv.reader([line], delimiter=separator, skipinitialspace=True), [""])


def _is_header(cells: list[str]) -> bool:
    """Names, or the numbers of time steps, in the first row."""
    numbers = [_number(cell) for cell in cells]
    if not any(isinstance(n, float) for n in numbers):
        return any(n is None for n in numbers)
    steps = [n for n in numbers[1:] if isinstance(n, float)]
    counted = len(steps) > 1 and steps == [steps[0] + i for i in range(len(steps))]
    return counted and len(steps) == len(numbers) - 1 and steps[0] in (0.0, 1.0, 2.0)


def _number(cell: str) -> float | str | None:
    """The number in a cell, '' if it is blank, None if it is a word."""
    if cell.strip().lower() in _BLANK:
        return ""
    try:
        return float(cell)
    except ValueError:
        return None


def _check_names(names: list[str], path: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(
            f"{path} has more than one column named {', '.join(twice[:3])}: give every "
            "column a name of its own."
        )
