"""Draws of unknown values as bands around their median, with the truth."""

import numpy as np
from matplotlib.figure import Figure

from tsgen_jax.evaluation.measures import probabilistic
from tsgen_jax.reports.figures import canvas
from tsgen_jax.types import Array

_MAX_PANELS = 6
_BASELINE = "#56B4E9"


def plot_fan_chart(
    x: Array,
    observed: Array,
    draws: Array,
    baseline: Array,
    name: str,
    title: str,
    start: int = 0,
) -> Figure:
    """Median, 50 and 90 % bands, truth and a baseline; a panel for each series.

    Args:
        x: the truth, float [n, L]; one channel.
        observed: bool [n, L]: what the model was given.
        draws: float [m, n, L].
        baseline: float [n, L].
        name: of the baseline.
        title: of the figure.
        start: first time point to show, to look closer.

    Raises:
        ValueError: shapes that do not belong together, or values that are not finite.
    """
    x = canvas.check_series("x", np.asarray(x)[..., None], None)[..., 0]
    observed, draws = np.asarray(observed, bool), np.asarray(draws, np.float64)
    lines = {"baseline": baseline, "observed": observed, "a draw": draws[0]}
    for what, values in lines.items():
        if np.shape(values) != x.shape:
            raise ValueError(f"{what} is {np.shape(values)}, the series {x.shape}.")
    shown = min(len(x), _MAX_PANELS)
    columns = min(2, shown)
    figure, axes = canvas.grid(-(-shown // columns), columns, 1.55, False)
    for ax in axes.flat[shown:]:
        ax.remove()
    time = np.arange(start, x.shape[1])
    of = (x, observed, np.asarray(baseline, np.float64))
    for i, ax in zip(range(shown), axes.flat, strict=False):
        row = [a[i, start:] for a in of]
        _draw_one(ax, time, *row, draws[:, i, start:])
    marks = canvas.marks_of_draws("observed", "hidden")
    marks["truth, hidden"] = {"color": canvas.DATA, "ls": ":"}
    marks[name] = {"color": _BASELINE, "ls": "--"}
    said = f"Median and central bands of {len(draws)} draws."
    said += canvas.shown_of(shown, len(x), "series")
    return canvas.finish(figure, title, axes, "time point", said, marks)


def _draw_one(ax, time, truth, seen, baseline, draws) -> None:
    """One series: the bands only where something was missing, joined to its ends."""
    missing = ~seen
    reach = missing | np.roll(missing, 1) | np.roll(missing, -1)
    reach[0], reach[-1] = missing[:2].any(), missing[-2:].any()
    ax.fill_between(
        time,
        0,
        1,
        where=missing,
        transform=ax.get_xaxis_transform(),
        color=canvas.STRETCH,
        lw=0,
        step="mid",
    )
    for level, alpha in ((0.9, 0.22), (0.5, 0.38)):
        low, high = probabilistic.interval(draws, level)
        ax.fill_between(
            time,
            low,
            high,
            where=reach,
            color=canvas.MODEL,
            alpha=alpha,
            lw=0,
        )
    median = np.median(draws, axis=0)
    baseline, median = (np.where(reach, y, np.nan) for y in (baseline, median))
    ax.plot(time, baseline, color=_BASELINE, lw=1.1, ls="--")
    ax.plot(time, median, color=canvas.MODEL, lw=1.3)
    ax.plot(time, truth, color=canvas.DATA, lw=0.9, ls=":")
    ax.plot(time, np.where(seen, truth, np.nan), color=canvas.DATA, lw=1.3)
