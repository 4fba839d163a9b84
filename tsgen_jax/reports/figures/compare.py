"""Pictures of several runs beside each other: plain data in, matplotlib figures out."""

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tsgen_jax.reports.figures import canvas

_KEYS = ("score", "judge", "better", "ideal", "floors", "entries")
_BETTER = {"lower": "← lower is better", "higher": "higher is better →", "": ""}
_LOG_FROM = 30  # Largest over smallest value.


def plot_scores(scores: Sequence[Mapping]) -> Figure:
    """One panel per score: a dot and an interval per run, floors as dashed lines.

    Rows: runs, and below them the floors. Of a value that is not finite the word is
    written; a row is empty where a score lacks that run or floor.

    Args:
        scores: of each score
            score, judge: names; judge '' where there is none.
            better: 'lower', 'higher', or '' where closeness to `ideal` counts.
            ideal: a number, or None.
            floors: {name: value}, what real series score.
            entries: [(run, value, low, high)]; low and high None: no interval.
            Further keys, such as the group, are not looked at.

    Raises:
        ValueError: nothing to draw, a key is missing, a run occurs twice in a score, an
            unknown `better`, or an interval with one end or in reverse.
    """
    for one in scores:
        _check(one)
    runs = list(dict.fromkeys(entry[0] for one in scores for entry in one["entries"]))
    if not runs:
        raise ValueError(f"No entries in {len(scores)} scores: nothing to compare.")
    columns = min(canvas.columns(2), len(scores))
    beside = [scores[i : i + columns] for i in range(0, len(scores), columns)]
    floors = [
        list(dict.fromkeys(n for one in row for n in one["floors"])) for row in beside
    ]
    height = 0.7 + 0.19 * (len(runs) + max(map(len, floors)))
    figure, axes = canvas.grid(len(beside), columns, height, False)
    for row, names, panels in zip(beside, floors, axes, strict=True):
        for one, ax in zip(row, panels, strict=False):
            _draw(ax, one, runs, names)
        labels = [canvas.short(name, 24) for name in [*runs, *names]]
        panels[0].set_yticks(range(len(labels)), labels)
        for label in panels[0].get_yticklabels()[len(runs) :]:
            label.set_color(canvas.DATA)
        for ax in panels[len(row) :]:
            ax.remove()
    said = "Vermilion: runs, with their intervals."
    if any(floors):
        said += " Blue, dashed: floors, the scores of real series in place of samples."
    return canvas.finish(figure, "Scores", axes, "", said)


def _check(one: Mapping) -> None:
    if not set(_KEYS) <= set(one):
        raise ValueError(f"A score needs the keys {_KEYS}; got {tuple(one)}.")
    name, runs = one["score"], [run for run, *_ in one["entries"]]
    if one["better"] not in _BETTER:
        raise ValueError(
            f"{name}: better is {one['better']!r}; known: {sorted(_BETTER)}."
        )
    if len(set(runs)) < len(runs):
        raise ValueError(f"{name}: a run occurs twice in {runs}.")
    for run, _, low, high in one["entries"]:
        if (low is None) != (high is None) or (low is not None and low > high):
            raise ValueError(f"{name} of {run}: [{low}, {high}] is no interval.")


def _draw(ax: Axes, one: Mapping, runs: Sequence[str], floors: Sequence[str]) -> None:
    """The panel of one score; the first run is on top, floors are below the runs."""
    entries = [(runs.index(e[0]), canvas.MODEL, "o", *e[1:]) for e in one["entries"]]
    for name, value in one["floors"].items():
        y = len(runs) + floors.index(name)
        entries.append((y, canvas.DATA, "D", value, None, None))
        if math.isfinite(value):
            ax.plot([value, value], [-0.5, y], "--", color=canvas.DATA, lw=0.8)
    finite = []
    for y, colour, mark, value, low, high in entries:
        if not math.isfinite(value):
            where = {"transform": ax.get_yaxis_transform(), "va": "center"}
            where["bbox"] = {"color": "w", "pad": 1}  # Lines of floors end here.
            ax.text(0.02, y, f"{value}", color=colour, fontsize=7, **where)
            continue
        ends = [end for end in (low, high) if end is not None]
        ax.plot(ends, [y] * len(ends), color=colour, lw=1.6, alpha=0.5)
        ax.plot(value, y, mark, color=colour, ms=4)
        finite += [value, *filter(math.isfinite, ends)]
    if finite and min(finite) > 0 and max(finite) > _LOG_FROM * min(finite):
        ax.set_xscale("log")
    else:
        ax.xaxis.set_major_locator(MaxNLocator(4))
    rows = len(runs) + len(floors)
    ax.set(ylim=(rows - 0.5, -0.5), yticks=range(rows), yticklabels=[""] * rows)
    judge = f" ({one['judge']})" if one["judge"] else ""
    title = canvas.short(f"{one['score']}{judge}", 34)
    better = _BETTER[one["better"]]
    if not better and one["ideal"] is not None:
        better = f"ideal is {one['ideal']:.4g}"
    ax.set_title(f"{title}\n{better}".strip(), fontsize=8)
