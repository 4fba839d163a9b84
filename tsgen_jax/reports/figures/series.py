"""The pictures of a run: arrays in, matplotlib figures out.

Series are float [n, L, C] in original units; labels, int [n], index the names in
`classes`. Colours and layout are those of `canvas`. A figure that shows less than it
was given says so. All functions raise ValueError for wrong shapes, values that are not
finite and labels that are no class.
"""

from collections.abc import Mapping, Sequence
from numbers import Real

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tsgen_jax.reports.figures import canvas
from tsgen_jax.types import Array

_OTHERS = (canvas.MODEL, canvas.VIEW, "#56B4E9", "#E69F00")  # For further splits.
_CLASSES, _ROWS, _LINES, _EXAMPLES = 8, 24, 50, 3  # At most.
_BAND_FROM = 10  # Series; the percentiles of fewer are only their extremes.


def plot_reconstructions(
    x: Array, x_hat: Array, labels: Array, classes: Sequence[str]
) -> Figure:
    """Test series `x` under their reconstructions `x_hat`, same shape.

    Rows: class and channel. Columns: the smallest, median and largest mean squared
    error within the class; the number on a panel is the error of its channel.
    """
    x = canvas.check_series("x", x, None)
    x_hat = canvas.check_series("x_hat", x_hat, x.shape)
    labels = canvas.check_indices("labels", labels, (len(x),), len(classes))
    rows, said = _rows(labels, classes, x.shape[2])
    error, picks = ((x - x_hat) ** 2).mean((1, 2)), []
    for _, mine, _ in rows:
        mine = mine[error[mine].argsort(kind="stable")]
        picks.append(mine[np.unique(canvas.spread(len(mine), _EXAMPLES))])
    legend = "Blue: test series; vermilion: reconstruction. Per class, from the left: "
    legend += "smallest, median and largest error. One y axis per row."
    title = "Reconstructions"
    names = "TEST series", "reconstruction"
    return _draw_pairs(title, x, x_hat, canvas.MODEL, names, rows, picks, legend + said)


def plot_augmented_views(x: Array, x_augmented: Array, name: str) -> Figure:
    """The first series of `x` and their views, same shape; `name` of the augmentation.

    Rows: channels. Columns: series; the number on a panel is the mean squared change.
    """
    x = canvas.check_series("x", x, None)
    view = canvas.check_series("x_augmented", x_augmented, x.shape)
    rows, said = _rows(np.zeros(len(x), int), ["value"], x.shape[2])
    picks = [mine[:_EXAMPLES] for _, mine, _ in rows]
    legend = "Blue: series; green: its augmented view. One y axis per row."
    legend += canvas.shown_of(len(picks[0]), len(x), "series") + said
    title = f"Augmented views: {canvas.short(name, canvas.columns(40, 12))}"
    names = "series", "augmented view"
    return _draw_pairs(title, x, view, canvas.VIEW, names, rows, picks, legend)


def plot_real_and_generated(
    x_real: Array,
    y_real: Array,
    x_generated: Array,
    y_generated: Array,
    classes: Sequence[str],
) -> Figure:
    """Real series left, generated ones right, with common axes, per class and channel.

    The two sets may differ in n. `y_generated` is the class that was asked for, or -1
    throughout when none was: then all series form one row.
    """
    x_real = canvas.check_series("x_real", x_real, None)
    like = (..., *x_real.shape[1:])
    x_generated = canvas.check_series("x_generated", x_generated, like)
    y_real = canvas.check_indices("y_real", y_real, (len(x_real),), len(classes))
    if np.all(np.asarray(y_generated) == -1):
        y_generated = np.zeros(np.shape(y_generated), int)
        y_real, classes = 0 * y_real, ["all classes"]
    shape = (len(x_generated),)
    y_generated = canvas.check_indices("y_generated", y_generated, shape, len(classes))
    rows, said = _rows(y_real, classes, x_real.shape[2])
    height = 1.4 if x_real.shape[2] == 1 else 1.1
    figure, axes = canvas.grid(len(rows), 2, height, "row")
    for (name, real, c), (left, right) in zip(rows, axes, strict=True):
        generated = y_generated == y_real[real[0]]
        _draw_set(left, x_real[real, :, c], canvas.DATA, "real")
        _draw_set(right, x_generated[generated, :, c], canvas.MODEL, "generated")
        mean = x_real[real, :, c].mean(0)
        right.plot(mean, color=canvas.DATA, lw=1.2, ls="--", label="real mean")
        left.set_ylabel(name)
    legend = f"The bands: from {_BAND_FROM} series of a class on."
    title = "Real and generated series"
    marks = _marks("real ", canvas.DATA) | _marks("generated ", canvas.MODEL)
    marks["real mean, right"] = {"color": canvas.DATA, "lw": 1.2, "ls": "--"}
    return canvas.finish(figure, title, axes, "time point", legend + said, marks)


def plot_generated(x: Array, y: Array, classes: Sequence[str]) -> Figure:
    """Generated series `x`, a row for each class and channel.

    `y` is the class that was asked for, or -1 throughout when none was: one row.
    """
    x = canvas.check_series("x", x, None)
    if np.all(np.asarray(y) == -1):
        y, classes = np.zeros(len(x), int), ["all classes"]
    y = canvas.check_indices("y", y, (len(x),), len(classes))
    rows, said = _rows(y, classes, x.shape[2])
    figure, axes = canvas.grid(len(rows), 1, 1.1, False)
    for (name, members, c), (ax,) in zip(rows, axes, strict=True):
        _draw_set(ax, x[members, :, c], canvas.MODEL, "generated")
        ax.set_ylabel(name)
    legend = f"The band: from {_BAND_FROM} series of a class on."
    title, marks = "Generated series", _marks("", canvas.MODEL)
    return canvas.finish(figure, title, axes, "time point", legend + said, marks)


def plot_loss_curves(rows: Sequence[Mapping]) -> Figure:
    """One panel per stage and metric of the `rows` of a metrics.jsonl, splits together.

    A row is {"stage": "prior", "step": 10, "train/loss": 1.5}; of two values for one
    step the later row counts; "selected_step" in a row marks that step of its stage.
    The y axis is logarithmic where values are positive and span over a decade.
    """
    panels, selected = _panels(rows)
    columns, colours = min(canvas.columns(2), len(panels)), dict(canvas.SPLITS)
    figure, axes = canvas.grid(-(-len(panels) // columns), columns, 1.7, False)
    for ax in axes.flat[len(panels) :]:
        ax.remove()
    for (stage, metric), ax in zip(panels, axes.flat, strict=False):
        for split, points in panels[stage, metric].items():
            steps, values = zip(*sorted(points.items()), strict=True)
            spare = _OTHERS[(len(colours) - len(canvas.SPLITS)) % len(_OTHERS)]
            colour, mark = colours.setdefault(split, spare), "o" * (len(steps) < 25)
            ax.plot(steps, values, color=colour, lw=1.2, marker=mark, ms=3, label=split)
        values = np.concatenate([line.get_ydata() for line in ax.lines])
        values = values[np.isfinite(values)]
        if values.size and values.min() > 0 and values.max() > 10 * values.min():
            ax.set_yscale("log")
        if stage in selected:
            ax.axvline(selected[stage], color="0.5", ls="--", lw=1, label="selected")
        ax.set_title(canvas.short(f"{stage}: {metric}", 32), fontsize=8)
        ax.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        ax.legend(fontsize=7, handlelength=1.2, frameon=False)
    said = "Dashed grey: the step whose weights are kept." if selected else ""
    return canvas.finish(figure, "Training", axes, "step", said)


def _draw_pairs(title, x, other, colour, names, rows, picks, said) -> Figure:
    """Panels of `x` and the `other` series, one row of `picks` per row."""
    figure, axes = canvas.grid(len(rows), max(map(len, picks)), 1.25, "row")
    for (name, _, c), mine, row in zip(rows, picks, axes, strict=True):
        for i, ax in zip(mine, row, strict=False):
            ax.plot(x[i, :, c], color=canvas.DATA, lw=2.6, alpha=0.5)
            ax.plot(other[i, :, c], color=colour, lw=1.1)
            mse = ((x[i, :, c] - other[i, :, c]) ** 2).mean()
            ax.set_title(f"MSE {mse:.2g}", fontsize=8)
        for ax in row[len(mine) :]:
            ax.set_axis_off()
        row[0].set_ylabel(name)
    canvas.legend(figure, dict(zip(names, (canvas.DATA, colour), strict=True)))
    return canvas.finish(figure, title, axes, "time point", said)


def _marks(of: str, colour: str) -> dict[str, Mapping]:
    """The legend of `_draw_set`."""
    return {
        f"{of}series": {"color": colour, "lw": 0.6, "alpha": 0.6},
        f"{of}mean": {"color": colour, "lw": 1.8},
        f"{of}5 to 95 %": canvas.BAND | {"color": colour, "alpha": 0.25},
    }


def _draw_set(ax: Axes, x: np.ndarray, colour: str, name: str) -> None:
    """Lines, mean and band of the series `x`, [n, L]; the title has the counts."""
    drawn = x[canvas.spread(len(x), _LINES)]
    apart = " " if canvas.columns(2) == 2 else "\n"
    some = f",{apart}{len(drawn)} drawn" if len(drawn) < len(x) else ""
    ax.set_title(f"{name}, n = {len(x)}{some}", fontsize=8, color=colour)
    if len(x):
        alpha = float(np.clip(4 / len(drawn), 0.15, 0.6))
        ax.plot(drawn.T, color=colour, lw=0.6, alpha=alpha)
        ax.plot(x.mean(0), color=colour, lw=1.8, label="mean")
    if len(x) >= _BAND_FROM:
        band = np.percentile(x, [5, 95], axis=0)
        ax.fill_between(np.arange(x.shape[1]), *band, color=colour, alpha=0.15, lw=0)
        ax.plot(band.T, color=colour, lw=0.8, ls=":", label=["5 %", "95 %"])


def _panels(rows: Sequence[Mapping]) -> tuple[dict, dict]:
    """{(stage, metric): {split: {step: value}}} and {stage: selected step}."""
    panels, selected = {}, {}
    for row in rows:
        if not {"stage", "step"} <= set(row):
            raise ValueError(f"A row of metrics needs 'stage' and 'step': {row}.")
        if row.get("selected_step") is not None:
            selected[row["stage"]] = row["selected_step"]
        for name, value in row.items():
            split, slash, metric = name.partition("/")
            if slash and isinstance(value, Real):
                panel = panels.setdefault((row["stage"], metric), {})
                panel.setdefault(split, {})[row["step"]] = value
    if not panels:
        raise ValueError(f"None of the {len(rows)} rows has a number 'split/metric'.")
    stages = list(dict.fromkeys(stage for stage, _ in panels))
    order = sorted(panels, key=lambda key: (stages.index(key[0]), key[1] != "loss"))
    return {key: panels[key] for key in order}, selected


def _rows(labels: np.ndarray, classes: Sequence[str], num_channels: int):
    """(name, members, channel) of each row, and in words what is left out.

    Where there are too many classes, those with most series stay, in their order.
    """
    channels = min(num_channels, canvas.MAX_CHANNELS)
    counts = np.bincount(labels, minlength=len(classes))
    largest = np.argsort(-counts, kind="stable")[: min(_CLASSES, _ROWS // channels)]
    shown, rows = [y for y in sorted(largest) if counts[y]], []
    for y in shown:
        for c in range(channels):
            name = canvas.short(classes[y], 16) + f"\nchannel {c}" * (num_channels > 1)
            rows.append((name, np.flatnonzero(labels == y), c))
    said = canvas.shown_of(len(shown), len(classes), "classes, the largest")
    return rows, said + canvas.shown_of(channels, num_channels, "channels")
