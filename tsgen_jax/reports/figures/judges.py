"""Pictures that question the samples: copies, gaps, confusions.

Arrays in, matplotlib figures out. Series are float [n, L, C] in original units. Colours
and layout are those of `canvas`. A figure that shows less than it was given says so.
All functions raise ValueError for wrong shapes and for values that are not finite.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tsgen_jax.evaluation.measures.arrays import check_features
from tsgen_jax.reports.figures import canvas
from tsgen_jax.types import Array

_COLOURS = {"real": canvas.DATA, "generated": canvas.MODEL}
_PAIRS, _POINTS, _NAMES = 12, 1000, 12  # At most: of a figure, a set, an axis.
_SHAPES = dict(zip("o^sDv<>*", "●▲■◆▼◀▶★", strict=True))  # Of the largest classes.
_BESIDE = 20  # Classes up to which two matrices share a row.


def plot_nearest_neighbours(
    x_generated: Array,
    x_nearest: Array,
    distances: Array,
    usual_distance: float,
    names: Sequence[str],
) -> Figure:
    """Generated series over the TRAIN series nearest to them: are they copies?

    Panels are in the order given; channels lie below each other.

    Args:
        x_generated: float [k, L, C].
        x_nearest: the nearest TRAIN series of each, same shape.
        distances: float [k], between the two, in whichever space found them.
        usual_distance: median distance from a TEST series to its nearest TRAIN series
            in that space; may be 0, where most of TEST is in TRAIN.
        names: of the k pairs, such as their classes.
    """
    x = canvas.check_series("x_generated", x_generated, None)
    nearest = canvas.check_series("x_nearest", x_nearest, x.shape)
    distances = _check_distances(distances, usual_distance, names, len(x))
    shown, channels = min(len(x), _PAIRS), min(x.shape[2], canvas.MAX_CHANNELS)
    columns = min(canvas.columns(3, 2), shown)
    figure, axes = canvas.grid(-(-shown // columns) * channels, columns, 1.3, "row")
    for ax in axes.flat:
        ax.set_axis_off()
    for i in range(shown):
        row, column = divmod(i, columns)
        for c in range(channels):
            ax = axes[row * channels + c, column]
            ax.set_axis_on()
            ax.plot(nearest[i, :, c], color=canvas.DATA, lw=2.6, alpha=0.5)
            ax.plot(x[i, :, c], color=canvas.MODEL, lw=1.1)
            ax.tick_params(labelbottom=c == channels - 1 and i + columns >= shown)
            if column == 0 and x.shape[2] > 1:
                ax.set_ylabel(f"channel {c}")
        title = f"{canvas.short(names[i], 22)}\n{distances[i]:.3g}"
        if usual_distance > 0:
            title += f" = {distances[i] / usual_distance:.2g} × usual"
        axes[row * channels, column].set_title(title, fontsize=8)
    canvas.legend(
        figure, {"generated": canvas.MODEL, "nearest TRAIN series": canvas.DATA}
    )
    said = "Vermilion: generated; blue: the nearest TRAIN series; number: their "
    said += (
        f"distance. Usual is {usual_distance:.3g}, the median from a TEST series to "
    )
    said += "its nearest TRAIN series; far below it are copies. One y axis per row."
    said += canvas.shown_of(shown, len(x), "pairs")
    said += canvas.shown_of(channels, x.shape[2], "channels")
    return canvas.finish(figure, "Nearest neighbours", axes, "time point", said)


def plot_embedding(
    points: Mapping[str, Mapping[str, Array]],
    labels: Mapping[str, Mapping[str, Sequence[str]]] | None,
    title: str,
) -> Figure:
    """Real and generated sets as points of planes, one panel each.

    Args:
        points: panel -> {"real": [n, 2], "generated": [m, 2]}. The name of a panel
            says what was projected how, such as 'PCA, series (62 + 20 %)'.
        labels: panel -> set -> the class name of each point, drawn as its shape. None,
            or panels and sets that are left out: dots.
        title: of the figure.
    """
    labels = labels or {}
    if not points or not set(labels) <= set(points):
        raise ValueError(f"Panels {list(points)} with labels of {list(labels)}.")
    panels = {p: _check_panel(p, sets, labels.get(p, {})) for p, sets in points.items()}
    names = [y for sets in panels.values() for _, ys in sets.values() for y in ys if y]
    counts = Counter(names)
    shown = sorted(y for y, _ in counts.most_common(len(_SHAPES)))
    marks = dict(zip(shown, _SHAPES, strict=False))
    columns = min(canvas.columns(2), len(points))
    height = 2.2 if columns == 2 else 3.4
    figure, axes = canvas.grid(-(-len(points) // columns), columns, height, False)
    for ax in axes.flat[len(points) :]:
        ax.remove()
    for (panel, sets), ax in zip(panels.items(), axes.flat, strict=False):
        _scatter(ax, sets, marks)
        numbers = ", ".join(
            f"{name} {min(len(x), _POINTS)}" + f" of {len(x)}" * (len(x) > _POINTS)
            for name, (x, _) in sets.items()
        )
        ax.set(xticks=[], yticks=[])
        ax.set_title(f"{canvas.short(panel, 40)}\n{numbers}", fontsize=8)
    canvas.legend(figure, _COLOURS)
    said = "Blue: real; vermilion: generated. Each panel has axes of its own."
    shapes = [f"{_SHAPES[mark]} {canvas.short(y, 16)}" for y, mark in marks.items()]
    said += f" Classes: {', '.join(shapes)}." if marks else ""
    said += " Dots: the other classes." if len(counts) > len(marks) else ""
    return canvas.finish(figure, canvas.short(title, 50), axes, "", said)


def plot_confusion(matrices: Mapping[str, Array], classes: Sequence[str]) -> Figure:
    """What classifiers take each class for, as shares of the true class, in percent.

    Args:
        matrices: title -> counts [Y, Y], such as 'trained on real' beside 'trained on
            generated'; rows are true classes, columns predicted ones.
        classes: the Y names.
    """
    if not matrices:
        raise ValueError("There are no confusion matrices to draw.")
    many, said = len(classes), ""
    columns = min(canvas.columns(2), len(matrices)) if many <= _BESIDE else 1
    rows = -(-len(matrices) // columns)
    figure, axes = canvas.grid(rows, columns, 2.6 if columns == 2 else 4.2, False)
    for ax in axes.flat[len(matrices) :]:
        ax.remove()
    colours = matplotlib.colormaps["Blues"].with_extremes(bad="0.88")
    ticks = np.arange(0, many, -(-many // _NAMES))
    names = [canvas.short(classes[y], 12) for y in ticks]
    if len(set(names)) < len(names):
        names, said = [str(y) for y in ticks], "Classes are numbered from 0. "
    for (title, counts), ax in zip(matrices.items(), axes.flat, strict=False):
        counts, title = _check_counts(title, counts, many), canvas.short(title, 30)
        percent = 100 * counts / np.where(counts.any(1), counts.sum(1), np.nan)[:, None]
        image = ax.imshow(percent, cmap=colours, vmin=0, vmax=100, aspect="auto")
        for (true, taken), value in np.ndenumerate(percent):
            if many <= _NAMES and value > 0:
                colour, size = "w" if value > 55 else "k", 8 if many < 8 else 7
                style = {"color": colour, "fontsize": size, "ha": "center"}
                ax.text(taken, true, f"{value:.0f}", va="center", **style)
        ax.set_xticks(ticks, names, rotation=90 * (sum(map(len, names)) > 24))
        ax.set_yticks(ticks, names)
        accuracy = 100 * np.trace(counts) / counts.sum()
        ax.set_title(f"{title}\naccuracy {accuracy:.1f} %", fontsize=8)
        said += f"{title[:1].upper()}{title[1:]}: {_worst(percent, classes)}. "
        said += "Grey rows: no series. " * bool(np.isnan(percent).any())
    for first, *others in axes:
        first.set_ylabel("true class")
        for ax in others:
            ax.set_yticklabels([])
    if many > _NAMES:  # Without numbers in the cells.
        bar = figure.colorbar(image, ax=axes, shrink=0.7, aspect=40)
        bar.set_label("percent of the true class", fontsize=7)
    said = f"Percent of the true class. {said}"
    said += canvas.shown_of(len(ticks), many, "class names").strip()
    return canvas.finish(figure, "Confusion", axes, "predicted class", said)


def _check_distances(
    distances: Array, usual: float, names: Sequence[str], count: int
) -> np.ndarray:
    distances = np.asarray(distances, float)
    fits = distances.shape == (count,) == (len(names),)
    if not fits or not all(0 <= d < np.inf for d in (*distances, usual)):
        raise ValueError(
            f"{count} pairs need as many names and distances, finite and from 0 on, "
            f"as usual_distance; got {len(names)} names, {distances} and {usual}."
        )
    return distances


def _check_panel(panel: str, sets: Mapping, labels: Mapping) -> dict[str, tuple]:
    """The points of each set, float [n, 2], and their names [n], '' where none."""
    if not sets or not set(labels) <= set(sets) <= set(_COLOURS):
        said = f"{panel}: sets {list(sets)} with labels of {list(labels)}; "
        raise ValueError(f"{said}known sets: {list(_COLOURS)}.")
    checked = {}
    for name, x in sets.items():
        x = check_features(f"{panel}: {name}", x, 1)
        y = np.asarray(labels.get(name, [""] * len(x))).astype(str)
        if x.shape[1] != 2 or y.shape != (len(x),):
            said = f"{panel}: {name} must be points [n, 2] with n labels; got "
            raise ValueError(f"{said}{x.shape} and {y.shape}.")
        checked[name] = x, y
    return checked


def _check_counts(title: str, counts: Array, num_classes: int) -> np.ndarray:
    counts, shape = np.asarray(counts, float), (num_classes, num_classes)
    if counts.shape != shape or not 0 <= counts.min() <= counts.sum() < np.inf:
        raise ValueError(f"{title}: counts must be {shape}, from 0 on; got {counts}.")
    if not counts.any():
        raise ValueError(f"{title}: all counts are 0: no series were classified.")
    return counts


def _scatter(ax: Axes, sets: Mapping[str, tuple], marks: Mapping[str, str]) -> None:
    """Points of all sets in mixed order, so that none hides the other."""
    drawn = [canvas.spread(len(x), _POINTS) for x, _ in sets.values()]
    pairs = list(zip(sets.values(), drawn, strict=True))
    x = np.concatenate([x[rows] for (x, _), rows in pairs])
    y = np.concatenate([y[rows] for (_, y), rows in pairs])
    colours = np.repeat([_COLOURS[name] for name in sets], [len(d) for d in drawn])
    order = np.random.default_rng(0).permutation(len(x))
    size = float(np.clip(3000 / len(x), 4, 16))
    for mark in (".", *marks.values()):
        mine = order[[marks.get(name, ".") == mark for name in y[order]]]
        style = {"s": size * (1 + (mark == ".")), "alpha": 0.6, "lw": 0, "marker": mark}
        ax.scatter(*x[mine].T, c=colours[mine], **style)


def _worst(percent: np.ndarray, classes: Sequence[str]) -> str:
    """In words, the most frequent confusion."""
    wrong = np.nan_to_num(percent) * (1 - np.eye(len(percent)))
    true, taken = np.unravel_index(wrong.argmax(), wrong.shape)
    a, b = canvas.short(classes[true], 16), canvas.short(classes[taken], 16)
    said = f"most often {a} is taken for {b} ({wrong.max():.0f} %)"
    return said if wrong.max() else "no confusion"
