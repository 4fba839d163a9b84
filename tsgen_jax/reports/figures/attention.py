"""A picture of what a network looks at while it draws what is missing of series."""

import numpy as np
from matplotlib.figure import Figure

from tsgen_jax.reports.figures import canvas
from tsgen_jax.types import Array

_SERIES = 3
_COLOURS = {"observed": canvas.DATA, "drawn": canvas.MODEL}


def plot_attention(x: Array, observed: Array, weights: Array, patch: int) -> Figure:
    """Series, observed and drawn parts, above the weights of every time point.

    Args:
        x: float [n, L, C]; the first channel is drawn.
        observed: bool [n, L, C].
        weights: float [n, L, T]: a row for every time point, sum 1, of frames.
        patch: time points of a frame.

    Raises:
        ValueError: values that are not finite, or other shapes.
    """
    x = canvas.check_series("x", x, None)
    weights = canvas.check_series("weights", weights, (*x.shape[:2], ...))
    shown, length = min(canvas.columns(_SERIES, 2), len(x)), x.shape[1]
    figure, axes = canvas.grid(2, shown, 1.7, False)
    most = max(weights[:shown].max(), 1e-6)
    for (top, below), series, seen, one in zip(
        axes.T, x[..., 0], observed[..., 0], weights, strict=False
    ):
        time = np.arange(length)
        top.plot(time, series, color=_COLOURS["drawn"], lw=1)
        top.plot(time, np.where(seen, series, np.nan), color=_COLOURS["observed"], lw=1)
        extent = -0.5, one.shape[1] * patch - 0.5, length - 0.5, -0.5
        image = below.imshow(
            one, cmap="viridis", vmin=0, vmax=most, aspect="auto", extent=extent
        )
        for ax in (top, below):
            ax.set_xlim(-0.5, length - 0.5)
    axes[0, 0].set_ylabel("value")
    axes[1, 0].set_ylabel("time point drawn")
    figure.colorbar(image, ax=axes[1], label="weight", aspect=10)
    canvas.legend(figure, _COLOURS)
    said = (
        "Below: a row says where the decoder looked for that time point, in frames of "
    )
    said += f"{patch} time points. Bright: more weight; a row sums to 1."
    said += canvas.shown_of(1, x.shape[2], "channels")
    return canvas.finish(figure, "Attention", axes, "time point read", said)
