"""Tables from .csv, .tsv, .txt and .parquet files: names of columns and their cells."""

import collections
import dataclasses
import os

import numpy as np

from tsgen_jax.data import spreadsheets
from tsgen_jax.data.sources import number_guess, text_files
from tsgen_jax.data.sources.number_format import NumberFormat
from tsgen_jax.data.sources.reading import Reading
from tsgen_jax.data.sources.separators import is_header
from tsgen_jax.data.sources.table import Table

_MAX_COLUMNS = 200_000  # More take minutes; series so long belong into rows.
SUFFIXES = (".csv", ".tsv", ".txt", ".parquet")
_FREE, _MAX_RATIO = 2**24, 100  # Values of a .parquet that are read; or per byte of it.


def read(path: str, how: Reading) -> Table:
    """Reads a table.

    Args:
        path: .csv (commas, semicolons, tabs or bars), .tsv, .txt (also blanks) or
            .parquet.
        how: its header, separator and number format are used; '' is guessed.

    Raises:
        ValueError: no such file, no rows, rows of unequal numbers of cells, columns of
            one name, or numbers written in two ways.
    """
    if not os.path.isfile(path):
        raise ValueError(f"{path} is no regular file.")
    if os.path.getsize(path) == 0:
        raise ValueError(f"{path} is empty.")
    if path.lower().endswith(".parquet"):
        return _read_parquet(path, how)
    return _read_text(path, how)


def _read_text(path: str, how: Reading) -> Table:
    import pandas as pd  # Takes half a second to import.

    cells = text_files.read_cells(path, how)
    if len(cells.rows[0]) > _MAX_COLUMNS:
        raise ValueError(
            f"{path} has {len(cells.rows[0])} columns; at most {_MAX_COLUMNS} are read. "
            "Write long series downwards, a row per time point, or as .npy."
        )
    rows, names = spreadsheets.unguard_rows(cells.rows), cells.names
    has_header = how.header == "yes" or (how.header == "" and is_header(rows))
    if has_header:
        names, rows = [name.strip() for name in rows[0]], rows[1:]
    if not rows:
        raise ValueError(f"{path} has no rows" + " below its header." * has_header)
    array = np.array(rows, dtype=object)
    width = array.shape[1]
    # Separators at the end of every row make columns that hold nothing.
    while width > 1 and not (names and names[width - 1]):
        if any(cell.strip() for cell in array[:, width - 1]):
            break
        width -= 1
    array = array[:, :width]
    array[array == ""] = None
    given = names or [str(i) for i in range(1, width + 1)]
    given = [name or f"column {i}" for i, name in enumerate(given[:width], start=1)]
    _check_names(given, path)
    frame = pd.DataFrame(array, columns=pd.Index(given, dtype=object), dtype=object)
    where = os.path.basename(path)
    first = cells.first_row + has_header
    plain = Table(frame, names is not None, where, first, separator=cells.separator)
    return _with_format(plain, how, cells.notes)


def _with_format(plain: Table, how: Reading, notes: list[str]) -> Table:
    """The same table with its number format."""
    form, said = number_guess.guess(plain, how)
    made = dataclasses.replace(plain, format=form, notes=(*notes, *said))
    if form.is_plain and not form.missing:
        plain.hand_over(made)
    return made


def _read_parquet(path: str, how: Reading) -> Table:
    import pandas as pd

    try:
        _check_size(path)
        frame = pd.read_parquet(path)
    except ImportError as error:
        raise ValueError(
            f"{path}: reading .parquet needs pyarrow, which is not installed: pip "
            "install pyarrow, or write the table as .csv."
        ) from error
    except (ValueError, OSError) as error:
        raise ValueError(f"{path} cannot be read as .parquet: {error}") from error
    return from_frame(frame, os.path.basename(path), how)


def from_frame(frame, where: str, how: Reading) -> Table:
    """A table from a pandas DataFrame; `where` names it, errors as of `read`."""
    frame = _with_index(frame)
    frame.columns = [str(name) for name in frame.columns]
    _check_names(list(frame.columns), where)
    if frame.empty:
        raise ValueError(f"{where} has no rows or no columns.")
    text = [n for n in frame.columns if frame[n].dtype.kind not in "fiubM"]
    for name in text:
        cells = frame[name].astype(object)
        frame[name] = cells.where(cells.notna(), None)
    form = NumberFormat(missing=how.missing_words)
    return Table(frame, True, where, 1, form)


def _check_size(path: str) -> None:
    """Raises ValueError where a small file says that it holds very many values."""
    import pyarrow.parquet

    found = pyarrow.parquet.read_metadata(path)
    count, size = found.num_rows * found.num_columns, os.path.getsize(path)
    if count > max(_FREE, _MAX_RATIO * size):
        raise ValueError(
            f"{found.num_rows:,} rows of {found.num_columns:,} columns in {size:,} bytes "
            "are not expected of a file of series; if they are right, give a part of it"
        )


def _with_index(frame):
    """The index as a column of a copy, if it says more than the rows' numbers."""
    import pandas as pd

    times = pd.DatetimeIndex | pd.PeriodIndex | pd.TimedeltaIndex
    if frame.index.names == [None]:
        if not isinstance(frame.index, times):
            return frame.copy()
        frame = frame.copy()
        frame.index.name = next(n for n in ("time", "index") if n not in frame.columns)
    if isinstance(frame.index, pd.PeriodIndex):
        frame = frame.copy()
        frame.index = frame.index.to_timestamp()
    return frame.reset_index()


def _check_names(names: list[str], path: str) -> None:
    twice = [name for name, count in collections.Counter(names).items() if count > 1]
    if twice:
        raise ValueError(
            f"{path} has more than one column named {', '.join(sorted(twice)[:3])}: give "
            "every column a name of its own."
        )
