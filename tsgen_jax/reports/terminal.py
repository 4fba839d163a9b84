"""Series as text, for a terminal: lines of Braille dots, or of asterisks.

A character is two dots wide and four high, so a panel of 60 characters by 5 has 120 dots
by 20. Gaps in a line are missing values.
"""

from collections.abc import Sequence

import numpy as np

from tsgen_jax.types import Array

_WIDTH, _HEIGHT = 60, 5  # Characters of a panel.
_SERIES, _CHANNELS = 5, 6  # Lines in a panel, and panels, at most.
_FINE = 4  # Points of a line in a column of dots.
_DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
_BRAILLE = 0x2800


def series_text(x: Array, channels: Sequence[str], part: str, encoding: str) -> str:
    """A panel for each channel, with the least and the greatest value beside it.

    Args:
        x: series float [n, L, C]; NaN where missing.
        channels: a name for each of the C channels.
        part: what the series are, for the first line.
        encoding: of the terminal; without Braille in it lines are of asterisks.
    """
    x = np.asarray(x, np.float64)
    drawn = np.linspace(0, len(x) - 1, min(len(x), _SERIES)).round().astype(int)
    said = f"{part}: {len(drawn)} of {len(x)} series, time points 0 to {x.shape[1] - 1}"
    lines = [f"{said}; gaps are missing values"]
    for c, name in enumerate(channels[:_CHANNELS]):
        lines += [f"  {name}", *_panel(x[drawn, :, c], encoding)]
    if len(channels) > _CHANNELS:
        lines.append(f"  ... {len(channels) - _CHANNELS} channels more")
    return "\n".join(lines)


def _panel(x: np.ndarray, encoding: str) -> list[str]:
    """Lines of text for series [n, L]."""
    if np.isnan(x).all():
        return [f"{'':>10}  no values"]
    low, high = np.nanmin(x), np.nanmax(x)
    dots = np.any([_line(each, low, high) for each in x], axis=0)
    ends = [f"{high:.4g}", *[""] * (_HEIGHT - 2), f"{low:.4g}"]
    rows = _characters(dots, encoding)
    return [f"{end:>10}  {row}".rstrip() for end, row in zip(ends, rows, strict=True)]


def _line(x: np.ndarray, low: float, high: float) -> np.ndarray:
    """The dots of one series [L], bool [4 rows, 2 columns of a panel]."""
    num_rows, num_columns = 4 * _HEIGHT, 2 * _WIDTH
    last = max(len(x) - 1, 1)
    fine = np.linspace(0, len(x) - 1, _FINE * num_columns)
    time = np.unique(np.concatenate([np.arange(len(x)), fine]))
    y = np.interp(time, np.arange(len(x)), x)  # NaN beside NaN.
    column = (time / last * (num_columns - 1)).round().astype(int)
    share = (high - y) / (high - low) if high > low else np.where(np.isnan(y), y, 0.5)
    row = share * (num_rows - 1)
    first = np.append(np.nan, row[:-1])  # A line comes from the point before it.
    least, most = np.fmin(row, first).round(), np.fmax(row, first).round()
    top, bottom = np.full(num_columns, num_rows), np.full(num_columns, -1)
    given = ~np.isnan(row)
    np.minimum.at(top, column[given], least[given].astype(int))
    np.maximum.at(bottom, column[given], most[given].astype(int))
    rows = np.arange(num_rows)[:, None]
    return (rows >= top) & (rows <= bottom)


def _characters(dots: np.ndarray, encoding: str) -> list[str]:
    """Dots [4 rows, 2 columns] as lines of characters."""
    cells = dots.reshape(_HEIGHT, 4, _WIDTH, 2).swapaxes(1, 2)
    codes = (cells * _DOTS).sum((2, 3))
    try:
        chr(_BRAILLE).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return ["".join("*" if code else " " for code in row) for row in codes]
    letters = [" ", *(chr(_BRAILLE + code) for code in range(1, 256))]
    return ["".join(letters[code] for code in row) for row in codes]
