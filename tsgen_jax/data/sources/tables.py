"""Tables from .csv, .tsv, .txt and .parquet files: names of columns and their cells.

Nothing is understood here beyond cells: `layouts` says what the columns are.
"""

import collections
import dataclasses
import functools
import os
from typing import Any

import numpy as np

from tsgen_jax.data.sources import number_guess, text_files
from tsgen_jax.data.sources.number_format import NumberFormat, unit_of
from tsgen_jax.data.sources.reading import Reading
from tsgen_jax.data.sources.separators import is_header

SUFFIXES = (".csv", ".tsv", ".txt", ".parquet")
_SAMPLE = 3  # Cells shown.


@dataclasses.dataclass(frozen=True, eq=False)
class Table:
    """A table as it stands in a file.

    Attributes:
        frame: pandas DataFrame; columns without a name are '1', '2', ... Cells of text
            files are str as written, None where they are empty.
        has_header: whether the file names its columns.
        where: the file's name.
        first_row: number of the file's line that the first row stands in.
        format: how numbers are written.
        separator: of the cells; '' where the file is no text.
        notes: what was found out about the file.
    """

    frame: Any
    has_header: bool
    where: str
    first_row: int
    format: NumberFormat = NumberFormat()
    separator: str = ""
    notes: tuple[str, ...] = ()

    @functools.cached_property
    def _read(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        return {}

    def parsed(self, column: str) -> tuple[np.ndarray, np.ndarray]:
        """Numbers, float64 [rows], NaN where there is none; and where words are, bool."""
        if column not in self._read:
            self._read[column] = _parse(self.frame[column], self.format)
        return self._read[column]

    def share_of_numbers(self, column: str) -> float:
        """Of the cells that are neither empty nor missing; 1 where there are none."""
        values, is_word = self.parsed(column)
        count = (~np.isnan(values)).sum()
        return float(count / max(count + is_word.sum(), 1)) if is_word.any() else 1.0

    def sample_of_words(self, column: str) -> str:
        """Some different cells that are no numbers, as they are shown."""
        cells = self.frame[column][self.parsed(column)[1]]
        shown = list(dict.fromkeys(str(cell)[:20] for cell in cells))
        more = ", ..." if len(shown) > _SAMPLE else ""
        return ", ".join(map(repr, shown[:_SAMPLE])) + more

    def unit(self, column: str) -> str:
        """The unit in all cells of a column of words, '' if they have none."""
        cells = self.frame[column][self.parsed(column)[1]]
        return unit_of(map(str, cells)) if len(cells) else ""

    def numbers(self, columns: list[str]) -> np.ndarray:
        """Columns as float64 [rows, columns], NaN where a cell is empty.

        Raises:
            ValueError: a cell is no number; names row and column.
        """
        made = np.empty((len(self.frame), len(columns)))
        for place, name in enumerate(columns):
            made[:, place], is_word = self.parsed(name)
            if is_word.any():
                raise ValueError(self.no_number(name))
        return made

    def no_number(self, name: str) -> str:
        """The sentence that refuses a column for its first cell that is no number."""
        is_word = self.parsed(name)[1]
        first = int(is_word.argmax())
        cell = str(self.frame[name].iloc[first])[:40]
        place = f"{self.where}, row {first + self.first_row}, column {name!r}: {cell!r}"
        unit = self.unit(name)
        if unit:
            return (
                f"{place} has the unit {unit!r}: write the numbers alone, in one unit, "
                f"and put the unit into the column's name, as {name} [{unit}]."
            )
        others = f" ({int(is_word.sum())} such cells: {self.sample_of_words(name)})"
        option = f"--missing-values={cell}" if "," not in cell else "--missing-values"
        return (
            f"{place} is not a number{others if is_word.sum() > 1 else ''}. Correct it, "
            "or leave the cell empty if it is missing; or count such cells as missing by "
            f"{option} (data.missing_values); or name the columns to use by data.channels."
        )

    def words(self, column: str) -> np.ndarray:
        """A column as text as it is written, str [rows]; '' where a cell is empty.

        Where all cells are whole numbers written with a point, such as 1.0 and 2e0,
        they are '1' and '2'.
        """
        cells = self.frame[column]
        if cells.dtype.kind == "f":
            return np.array([_short(v) for v in cells], dtype=str)
        words = cells.astype("string").fillna("").to_numpy(dtype=str)
        return _without_decimals(words) if cells.dtype.kind == "O" else words

    def missing_words(self, columns: list[str]) -> dict[str, int]:
        """How often every word for a missing value is in these columns."""
        counts = collections.Counter()
        for name in columns:
            if self.frame[name].dtype.kind == "O":
                values, is_word = self.parsed(name)
                cells = self.frame[name][np.isnan(values) & ~is_word]
                counts.update(c.strip() for c in cells if isinstance(c, str))
        counts.pop("", None)
        return dict(counts)


def _short(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.15g}"


def _without_decimals(words: np.ndarray) -> np.ndarray:
    """'1.0' as '1', where all are so and none become one by it."""
    kinds = set(words.tolist()) - {""}
    try:
        values = {word: float(word) for word in kinds}
    except ValueError:
        return words
    whole = all(v.is_integer() for v in values.values())
    if not whole or not all("." in w or "e" in w.lower() for w in kinds):
        return words
    if len(set(values.values())) < len(kinds):
        return words
    shown = {word: f"{value:.15g}" for word, value in values.items()} | {"": ""}
    return np.array([shown[word] for word in words.tolist()], dtype=str)


def _parse(cells, form: NumberFormat) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of a pandas column, and which cells are words."""
    kind = cells.dtype.kind
    if kind in "fiub":
        values = cells.to_numpy(np.float64, na_value=np.nan)
        for number in form.missing_numbers:
            values = np.where(values == number, np.nan, values)
        return values, np.zeros(len(values), dtype=bool)
    if kind == "M":
        return np.full(len(cells), np.nan), cells.notna().to_numpy()
    listed = [c if c is None or isinstance(c, str) else str(c) for c in cells.tolist()]
    if form.is_plain and not form.missing:
        try:  # Ten times faster than cell by cell.
            values = np.fromiter(map(float, listed), np.float64, len(listed))
            if not any("_" in c for c in listed):
                return values, np.zeros(len(values), dtype=bool)
        except (ValueError, TypeError):
            pass
    known = {cell: form.number(cell) for cell in set(listed) - {None}} | {None: np.nan}
    found = [known[cell] for cell in listed]
    is_word = np.fromiter((v is None for v in found), bool, len(found))
    values = [np.nan if v is None else v for v in found]
    return np.array(values, dtype=np.float64), is_word


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
    rows, names = cells.rows, cells.names
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
    listed = {
        name: [cell for cell in plain.frame[name].tolist() if cell is not None]
        for name in plain.frame.columns
    }
    numeric = {name for name in listed if not plain.parsed(name)[1].any()}
    form, said = number_guess.guess(listed, numeric, plain.separator, how, plain.where)
    made = dataclasses.replace(plain, format=form, notes=(*notes, *said))
    if form.is_plain and not form.missing:
        made._read.update(plain._read)
    return made


def _read_parquet(path: str, how: Reading) -> Table:
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
    frame = _with_index(frame)
    frame.columns = [str(name) for name in frame.columns]
    _check_names(list(frame.columns), path)
    if frame.empty:
        raise ValueError(f"{path} has no rows or no columns.")
    text = [n for n in frame.columns if frame[n].dtype.kind not in "fiubM"]
    for name in text:
        cells = frame[name].astype(object)
        frame[name] = cells.where(cells.notna(), None)
    form = NumberFormat(missing=how.missing_words)
    return Table(frame, True, os.path.basename(path), 1, form)


def _with_index(frame):
    """A parquet file's index as a column, if it says more than the rows' numbers."""
    import pandas as pd

    times = pd.DatetimeIndex | pd.PeriodIndex | pd.TimedeltaIndex
    if frame.index.names == [None]:
        if not isinstance(frame.index, times):
            return frame
        frame.index.name = next(n for n in ("time", "index") if n not in frame.columns)
    if isinstance(frame.index, pd.PeriodIndex):
        frame.index = frame.index.to_timestamp()
    return frame.reset_index()


def _check_names(names: list[str], path: str) -> None:
    twice = [name for name, count in collections.Counter(names).items() if count > 1]
    if twice:
        raise ValueError(
            f"{path} has more than one column named {', '.join(sorted(twice)[:3])}: give "
            "every column a name of its own."
        )
