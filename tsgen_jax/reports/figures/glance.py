"""Real series beside generated ones at a glance: the picture that a page opens with."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from tsgen_jax.reports.figures import canvas
from tsgen_jax.types import Array

_ROWS, _LINES, _HEIGHT = 5, 8, 3.9  # At most; at most; inches of all panels.


def plot_glance(
    x_real: Array,
    y_real: Array,
    x_generated: Array,
    y_generated: Array,
    classes: Sequence[str],
) -> Figure:
    """The first series of every class, real left and generated right, common axes.

    Series are in their given order, nothing is chosen. Rows are classes, the largest
    where there are too many, and channels as far as there is room.

    Args:
        x_real: float [n, L, C].
        y_real: int [n].
        x_generated: float [m, L, C].
        y_generated: int [m]; the class that was asked for.
        classes: their names.
    """
    x_real = canvas.check_series("x_real", x_real, None)
    like = (..., *x_real.shape[1:])
    x_generated = canvas.check_series("x_generated", x_generated, like)
    for name, y, x in (("real", y_real, x_real), ("gen.", y_generated, x_generated)):
        canvas.check_indices(f"labels ({name})", y, (len(x),), len(classes))
    counts = np.bincount(y_real, minlength=len(classes))
    largest = np.argsort(-counts, kind="stable")[:_ROWS]
    shown = [y for y in sorted(largest) if counts[y]]
    channels = min(x_real.shape[2], max(1, _ROWS // len(shown)))
    rows = [(y, c) for y in shown for c in range(channels)]
    with canvas.narrow():
        figure, axes = canvas.grid(len(rows), 2, _HEIGHT / len(rows), "row")
        sets = (
            (x_real, y_real, canvas.DATA, "real (TEST)"),
            (x_generated, y_generated, canvas.MODEL, "generated"),
        )
        for (y, c), panels in zip(rows, axes, strict=True):
            for (x, labels, colour, _), ax in zip(sets, panels, strict=True):
                drawn = x[np.flatnonzero(labels == y)[:_LINES], :, c]
                if len(drawn):
                    ax.plot(drawn.T, color=colour, lw=0.8, alpha=0.55)
            of = f"\nchannel {c}" * (x.shape[2] > 1)
            name = f"class {classes[y]}" if len(classes) > 1 else classes[y]
            panels[0].set_ylabel(canvas.short(name, 16) + of)
        for (*_, colour, title), ax in zip(sets, axes[0], strict=True):
            ax.set_title(title, fontsize=9, color=colour, weight="bold")
        said = f"The first {_LINES} of each class; nothing is chosen."
        said += canvas.shown_of(len(shown), len(classes), "classes, the largest")
        said += canvas.shown_of(channels, x_real.shape[2], "channels")
        return canvas.finish(figure, "", axes, "time point", said)
