"""A picture of what a network looks at while it reads or draws series."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tsgen_jax.reports.figures import canvas
from tsgen_jax.shown import Attention

_SERIES, _LAYERS = 3, 3  # At most.
_COLOURS = {"observed": canvas.DATA, "drawn": canvas.MODEL}


def plot_attention(of: Attention) -> Figure:
    """Series above the weights of every place in them, a row for each layer.

    The first channel is drawn; of many layers some, the first and the last included.

    Raises:
        ValueError: values that are not finite, or other shapes.
    """
    x = canvas.check_series("x", of.x, None)
    names = [*of.layers]
    names = [names[i] for i in canvas.spread(len(names), _LAYERS)]
    like = len(x), ..., ...
    layers = {k: canvas.check_series("weights", of.layers[k], like) for k in names}
    shown, length = min(canvas.columns(_SERIES, 2), len(x)), x.shape[1]
    figure, axes = canvas.grid(1 + len(layers), shown, 1.5, False)
    for i, ax in enumerate(axes[0]):
        _draw_series(ax, x[i, :, 0], None if of.observed is None else of.observed[i])
        ax.set_title(canvas.short(f"class {of.names[i]}", 20), fontsize=8)
    for (name, weights), row in zip(layers.items(), axes[1:], strict=True):
        most = max(weights[:shown].max(), 1e-6)
        look = {"cmap": "viridis", "norm": PowerNorm(0.5, 0, most), "aspect": "auto"}
        for ax, one in zip(row, weights, strict=False):
            extent = _extent(of, one.shape, length)
            image = ax.imshow(one, extent=extent, interpolation="nearest", **look)
            _break(ax, of.breaks)
            for axis in (ax.xaxis, ax.yaxis):
                axis.set_major_locator(MaxNLocator(5, integer=True))
            if of.size:
                ax.set_xlim(-0.5, length - 0.5)
        row[0].set_ylabel(f"{canvas.short(name, 12)}\n{of.place}")
        figure.colorbar(image, ax=row, label="weight", aspect=10)
    axes[0, 0].set_ylabel("value")
    if not of.size:
        for ax in axes[0]:
            ax.set_xlabel("time point")
    said = (
        "A row says what was read for that place; brightness is the root of the weight."
    )
    if of.size > 1:
        said += f" Columns are {of.size} time points wide."
    if of.breaks:
        said += (
            " White lines: where another bin of frequencies begins, the lowest first."
        )
    said += canvas.shown_of(len(layers), len(of.layers), "layers")
    said += canvas.shown_of(1, x.shape[2], "channels")
    marks = None
    if of.observed is not None:
        marks = {name: {"color": colour} for name, colour in _COLOURS.items()}
    label = f"{of.place} read"
    return canvas.finish(figure, "Attention", axes, label, said, marks or {})


def _draw_series(ax: Axes, series: np.ndarray, observed: np.ndarray | None) -> None:
    """A series [L]; what was not observed in another colour."""
    seen = series
    if observed is not None:
        ax.plot(series, color=_COLOURS["drawn"], lw=1)
        seen = np.where(observed[:, 0], series, np.nan)
    ax.plot(seen, color=_COLOURS["observed"], lw=1)
    ax.set_xlim(-0.5, len(series) - 0.5)


def _extent(of: Attention, shape: tuple[int, int], length: int) -> tuple:
    """Left, right, bottom and top of weights [Q, T] in places, or in time points."""
    num, read = shape
    if not of.size:
        return -0.5, read - 0.5, num - 0.5, -0.5
    height = length if num == length else num * of.size
    return -0.5, read * of.size - 0.5, height - 0.5, -0.5


def _break(ax: Axes, places: tuple[int, ...]) -> None:
    """Lines in front of places, but not at the edge."""
    for place in places:
        if place:
            ax.axvline(place - 0.5, color="white", lw=0.6)
            ax.axhline(place - 0.5, color="white", lw=0.6)
