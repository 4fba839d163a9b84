"""A picture of what was understood of a file: series of each part, by channel."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from tsgen_jax.reports.figures import canvas
from tsgen_jax.types import Array

_LINES = 30  # Series drawn in a panel, at most.


def plot_data_set(
    parts: dict[str, Array],
    observed: dict[str, Array | None],
    channels: Sequence[str],
    name: str,
) -> Figure:
    """Series of every part that has some; rows are channels, columns parts.

    Args:
        parts: float [n, L, C] in original units by 'train', 'valid' and 'test'; NaN
            after the end of a series.
        observed: bool [n, L, C] likewise, False where a value was filled in; None: all
            were given.
        channels: a name for each of the C channels.
        name: of the set.

    Raises:
        ValueError: no part has series.
    """
    parts = {part: np.asarray(x, np.float64) for part, x in parts.items() if len(x)}
    if not parts:
        raise ValueError(f"{name} has no series to draw.")
    rows = min(len(channels), canvas.MAX_CHANNELS)
    figure, axes = canvas.grid(rows, len(parts), 1.4, "row")
    for c, row in enumerate(axes):
        for ax, (part, x) in zip(row, parts.items(), strict=True):
            _draw(ax, x[..., c], observed.get(part), c, part)
        row[0].set_ylabel(canvas.short(channels[c], 16))
    legend = "In the file's units."
    shown = max(min(len(x), _LINES) for x in parts.values())
    total = max(len(x) for x in parts.values())
    legend += canvas.shown_of(shown, total, "series of a part")
    legend += canvas.shown_of(rows, len(channels), "channels")
    title = f"What was read: {canvas.short(name, 40)}"
    marks = {part: {"color": canvas.SPLITS[part]} for part in parts}
    marks["missing, filled in"] = canvas.DOT | {"color": canvas.MODEL}
    return canvas.finish(figure, title, axes, "time point", legend, marks)


def _draw(ax, x: np.ndarray, observed, channel: int, part: str) -> None:
    drawn = canvas.spread(len(x), _LINES)
    ax.plot(x[drawn].T, color=canvas.SPLITS[part], lw=0.7, alpha=0.6)
    if observed is not None:
        gaps = ~observed[drawn, :, channel] & ~np.isnan(x[drawn])
        series, time = np.nonzero(gaps)
        ax.plot(time, x[drawn][series, time], ".", color=canvas.MODEL, ms=3)
    ax.set_title(f"{part}, n = {len(x)}", fontsize=8)
