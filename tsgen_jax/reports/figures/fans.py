"""Pictures beside outputs: what was drawn of series as bands, and generated series."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from tsgen_jax.evaluation.measures import probabilistic
from tsgen_jax.reports.figures import canvas

_MAX_PANELS = 6
_LINES = 30  # Generated series in a panel.


class Fan(NamedTuple):
    """What a panel shows of one channel of one series."""

    name: str
    time: np.ndarray  # [T] numbers, or datetime64.
    given: np.ndarray  # float [T], NaN where nothing was read.
    draws: np.ndarray  # float [m, T], NaN where nothing was drawn.


def plot_fans(fans: Sequence[Fan], total: int, title: str, x_label: str) -> Figure:
    """Median, 50 and 90 % bands of what was drawn, beside what was read.

    Args:
        fans: a panel each; at most 6 are shown.
        total: how many there are in all, said where some are left out.
        title: of the figure.
        x_label: of the time axes.
    """
    fans = fans[:_MAX_PANELS]
    figure, axes = canvas.grid(len(fans), 1, 1.7, False)
    for fan, ax in zip(fans, axes[:, 0], strict=True):
        drawn = np.isfinite(fan.draws).all(axis=0)
        # Bands begin at the neighbours that were read, so that they meet the line.
        reach = _widen(drawn) & (drawn | np.isfinite(fan.given))
        values = np.where(drawn, fan.draws, fan.given)
        low, high = _runs(drawn)
        for a, b in zip(fan.time[low], fan.time[high], strict=True):
            ax.axvspan(a, b, color=canvas.STRETCH, lw=0)
        for level, alpha in ((0.9, 0.22), (0.5, 0.38)):
            band = probabilistic.interval(values, level)
            ax.fill_between(
                fan.time, *band, where=reach, color=canvas.MODEL, alpha=alpha, lw=0
            )
        median = np.where(reach, np.median(values, axis=0), np.nan)
        ax.plot(fan.time, median, color=canvas.MODEL, lw=1.3)
        ax.plot(fan.time, fan.given, color=canvas.DATA, lw=1.3)
        alone = np.isfinite(fan.given) & _alone(np.isfinite(fan.given))
        ax.plot(fan.time[alone], fan.given[alone], ".", color=canvas.DATA, ms=3)
        ax.set_title(canvas.short(fan.name, 60), fontsize=8, loc="left")
        ax.margins(x=0.01)
        _date_axis(ax, fan.time)
    marks = canvas.marks_of_draws("as read", "drawn")
    said = f"Median and central bands of {len(fans[0].draws)} draws."
    said += canvas.shown_of(len(fans), total, "series and channels")
    return canvas.finish(figure, title, axes, x_label, said, marks)


def plot_generated(
    x: Sequence[np.ndarray],
    label: np.ndarray | None,
    time: np.ndarray,
    channels: Sequence[str],
    title: str,
    x_label: str,
) -> Figure:
    """Generated series [L_i, C] over each other, a panel per class and channel.

    Args:
        x: the series.
        label: name of each series' class [n], or None.
        time: of the longest, numbers or datetime64 [L].
        channels: names [C].
        title: of the figure.
        x_label: of the time axes.
    """
    classes = [""] if label is None else list(dict.fromkeys(label))
    every = [(name, c) for name in classes for c in range(len(channels))]
    shown = every[:_MAX_PANELS]
    figure, axes = canvas.grid(len(shown), 1, 1.5, False)
    for (name, channel), ax in zip(shown, axes[:, 0], strict=True):
        mine = [i for i in range(len(x)) if label is None or label[i] == name]
        for i in mine[:_LINES]:
            one = x[i][:, channel]
            alpha = 0.9 if len(mine) == 1 else 0.35
            ax.plot(time[: len(one)], one, color=canvas.MODEL, lw=0.9, alpha=alpha)
        said = f"class {name}, " * bool(name) + str(channels[channel])
        count = f": {min(len(mine), _LINES)} of {len(mine)} series"
        ax.set_title(canvas.short(said, 60) + count, fontsize=8, loc="left")
        ax.margins(x=0.01)
        _date_axis(ax, time)
    said = "Generated series." + canvas.shown_of(len(shown), len(every), "panels")
    return canvas.finish(figure, title, axes, x_label, said)


def _date_axis(ax, time: np.ndarray) -> None:
    if time.dtype.kind == "M":
        from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

        locator = AutoDateLocator(minticks=3)
        ax.xaxis.set_major_locator(locator)
        ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))
        ax.xaxis.get_offset_text().set_size(7)


def _widen(flags: np.ndarray) -> np.ndarray:
    """True where a flag or a neighbour's is."""
    padded = np.pad(flags, 1)
    return padded[:-2] | flags | padded[2:]


def _alone(flags: np.ndarray) -> np.ndarray:
    """True where neither neighbour's flag is set: a line would not show the point."""
    padded = np.pad(flags, 1)
    return ~(padded[:-2] | padded[2:])


def _runs(flags: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Indices before and after every run of true flags, within the array."""
    edges = np.flatnonzero(np.diff(np.pad(flags.astype(np.int8), 1)))
    last = len(flags) - 1
    return np.maximum(edges[::2] - 1, 0), np.minimum(edges[1::2], last)
