"""Pictures of what is behind series: latents one by one, and the same ones in training."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from tsgen_jax.reports.figures import canvas
from tsgen_jax.shown import Traversal
from tsgen_jax.types import Array

# From one end to the other, the middle in grey; safe for colour-blind readers.
_SHADES = (canvas.DATA, "#6FB1DA", "#8C8C8C", "#EBA06A", canvas.MODEL)
_BEYOND = 0.4  # Of the range of real series, either way, is drawn.
_CLASSES = (canvas.MODEL, canvas.VIEW, canvas.TEST, "#E69F00")


def plot_traversal(of: Traversal) -> Figure:
    """A panel for each number that moves; colours say what it is set to.

    The first channel is drawn; of many values some, both ends included.

    Raises:
        ValueError: values that are not finite, or other shapes.
    """
    x = np.asarray(of.x, np.float64)
    like = len(of.values), ..., ...
    x = np.stack([canvas.check_series("x", each, like) for each in x])
    columns = min(canvas.columns(2), len(x))
    height = 1.4 if len(x) > 1 else 2.2
    figure, axes = canvas.grid(-(-len(x) // columns), columns, height, "all")
    for ax in axes.flat[len(x) :]:
        ax.remove()
    picked = canvas.spread(x.shape[1], len(_SHADES))
    shades = [_SHADES[i] for i in canvas.spread(len(_SHADES), len(picked))]
    for name, series, ax in zip(of.rows, x[..., 0], axes.flat, strict=False):
        for i, colour in zip(picked, shades, strict=True):
            ax.plot(series[i], color=colour, lw=1.3)
        ax.set_title(name, fontsize=8)
    for ax in axes[:, 0]:
        ax.set_ylabel("value")
    _label_lowest(axes, len(x))
    said = of.what + canvas.shown_of(len(picked), x.shape[1], "values")
    said += canvas.shown_of(1, x.shape[3], "channels")
    marks = {
        of.values[i]: {"color": colour}
        for i, colour in zip(picked, shades, strict=True)
    }
    beside = len(marks) if max(map(len, marks)) < 8 else 0  # In order, as a scale.
    return canvas.finish(figure, of.title, axes, "time point", said, marks, beside)


def plot_snapshots(
    drawn: Mapping[int, Array], labels: Array, real: Array, names: Sequence[str]
) -> Figure:
    """What the same noise becomes step by step of training, and real series last.

    Args:
        drawn: step -> series float [n, L, C]; the first channel is drawn.
        labels: of all of them and of the real ones, int [n] indices of `names`.
        real: series of such classes, float [n, L, C].
        names: of classes; at most four are told apart.

    Raises:
        ValueError: values that are not finite, or other shapes.
    """
    real = canvas.check_series("real", real, None)
    labels = canvas.check_indices("labels", labels, (len(real),), len(names))
    sets = {
        f"step {k:,}": canvas.check_series(f"step {k}", x, real.shape)
        for k, x in drawn.items()
    }
    sets["TRAIN"] = real
    columns = canvas.columns(3, 2)
    figure, axes = canvas.grid(-(-len(sets) // columns), columns, 1.3, "all")
    for ax in axes.flat[len(sets) :]:
        ax.remove()
    kinds = list(dict.fromkeys(labels.tolist()))
    colours = {k: _CLASSES[i % len(_CLASSES)] for i, k in enumerate(kinds)}
    for (name, x), ax in zip(sets.items(), axes.flat, strict=False):
        for series, label in zip(x[..., 0], labels, strict=True):
            ax.plot(series, color=colours[label], lw=1)
        ax.set_title(name, fontsize=8)
    for ax in axes[:, 0]:
        ax.set_ylabel("value")
    low, high = real[..., 0].min(), real[..., 0].max()
    beyond = _BEYOND * max(high - low, 1e-6)
    axes[0, 0].set_ylim(low - beyond, high + beyond)
    _label_lowest(axes, len(sets))
    said = (
        "The same noise at every step; last, series of TRAIN to compare with. What is far "
        "beyond their range is cut off."
    )
    said += canvas.shown_of(1, real.shape[2], "channels")
    marks = {canvas.short(names[k], 16): {"color": colours[k]} for k in kinds}
    title = "Samples over training"
    return canvas.finish(figure, title, axes, "time point", said, marks)


def _label_lowest(axes: np.ndarray, num: int) -> None:
    """Where the last row is not full, panels above the gap have the axis's name."""
    rows, columns = axes.shape
    for column in range(columns):
        if (rows - 1) * columns + column >= num and rows > 1:
            ax = axes[rows - 2, column]
            ax.set_xlabel("time point")
            ax.tick_params(labelbottom=True)
