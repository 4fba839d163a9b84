"""A table as it stands in a file: names of columns, cells, and the numbers in them.

Nothing is understood here beyond cells: `layouts` says what the columns are.
"""

import collections
import dataclasses
import functools
from typing import Any

import numpy as np

from tsgen_jax.data.sources.number_format import NumberFormat, unit_of

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

    @functools.cached_property
    def _array(self) -> np.ndarray:
        """All cells of a text file; a column of a frame takes long to get."""
        return self.frame.to_numpy(dtype=object)

    @functools.cached_property
    def _places(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.frame.columns)}

    def cells(self, column: str) -> list:
        """Cells of a column, None where they are empty."""
        if self.separator:
            return self._array[:, self._places[column]].tolist()
        return self.frame[column].tolist()

    @functools.cached_property
    def _plain(self) -> tuple[dict[str, int], np.ndarray]:
        """Places and numbers of columns that Python reads at once, of many."""
        plain = self.separator and self.format.is_plain and not self.format.missing
        if not plain:
            return {}, np.empty((0, 0))
        names = [
            n for n, c in zip(self.frame, self._array[0], strict=True) if _float(c)
        ]
        cells = self._array[:, [self._places[n] for n in names]]
        try:
            values = cells.astype(np.float64)
        except (ValueError, TypeError):
            return {}, np.empty((0, 0))
        if any("_" in cell for cell in cells.flat if cell):
            return {}, np.empty((0, 0))
        return {n: i for i, n in enumerate(names)}, values

    @functools.cached_property
    def _no_words(self) -> np.ndarray:
        return np.zeros(len(self.frame), dtype=bool)

    def parsed(self, column: str) -> tuple[np.ndarray, np.ndarray]:
        """Numbers, float64 [rows], NaN where there is none; and where words are, bool."""
        places, values = self._plain
        if column in places:
            return values[:, places[column]], self._no_words
        if column not in self._read:
            dtype = self.frame[column].dtype
            self._read[column] = (
                _parse(self.cells(column), self.format)
                if dtype.kind == "O"
                else _typed(self.frame[column], self.format)
            )
        return self._read[column]

    def is_numeric(self, column: str) -> bool:
        """Whether all cells are numbers, empty or missing."""
        return column in self._plain[0] or not self.parsed(column)[1].any()

    def hand_over(self, other: "Table") -> None:
        """Gives what was read to a table of the same cells and format."""
        vars(other).update({k: v for k, v in vars(self).items() if k.startswith("_")})

    def share_of_numbers(self, column: str) -> float:
        """Of the cells that are neither empty nor missing; 1 where there are none."""
        if self.is_numeric(column):
            return 1.0
        values, is_word = self.parsed(column)
        count = (~np.isnan(values)).sum()
        return float(count / (count + is_word.sum()))

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
        places, values = self._plain
        if all(name in places for name in columns):
            return values[:, [places[name] for name in columns]]
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


def _typed(cells, form: NumberFormat) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of a pandas column of numbers or dates, and which cells are words."""
    if cells.dtype.kind not in "fiub":
        return np.full(len(cells), np.nan), cells.notna().to_numpy()
    values = cells.to_numpy(np.float64, na_value=np.nan)
    for number in form.missing_numbers:
        values = np.where(values == number, np.nan, values)
    return values, np.zeros(len(values), dtype=bool)


def _float(cell: str | None) -> bool:
    """Whether Python reads a cell as a number."""
    try:
        return cell is None or float(cell) is not None
    except (ValueError, TypeError):
        return False


def _parse(cells: list, form: NumberFormat) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of cells of text, and which of them are words."""
    cells = [c if c is None or isinstance(c, str) else str(c) for c in cells]
    if form.is_plain and not form.missing:
        try:  # Ten times faster than cell by cell.
            values = np.fromiter(map(float, cells), np.float64, len(cells))
            if not any("_" in c for c in cells):
                return values, np.zeros(len(values), dtype=bool)
        except (ValueError, TypeError):
            pass
    known = {cell: form.number(cell) for cell in set(cells) - {None}} | {None: np.nan}
    found = [known[cell] for cell in cells]
    is_word = np.fromiter((v is None for v in found), bool, len(found))
    values = [np.nan if v is None else v for v in found]
    return np.array(values, dtype=np.float64), is_word
