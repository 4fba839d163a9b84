"""What all figures share: colours, panels, checks, and words that fit a page.

Blue is data, vermilion what a model made, green a changed view; black and purple are
validation and test (Okabe and Ito 2008, safe for colour-blind readers). One page wide,
so that text survives a phone; no pyplot, no state.
"""

import contextlib
import contextvars
import textwrap
from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tsgen_jax.evaluation.measures.arrays import check_finite
from tsgen_jax.types import Array

DATA, MODEL, VIEW, VALID, TEST = "#0072B2", "#D55E00", "#009E73", "#000000", "#CC79A7"
SPLITS = {"train": DATA, "valid": VALID, "test": TEST}
MAX_CHANNELS = 6  # More rows than these fit no page.
_WIDTH, _NARROW = 5.2, 3.4  # Inches; of a page, and of a phone.
_LETTERS = {_WIDTH: 90, _NARROW: 58}  # Of the words below, in a line.
_DRAWN_NARROW = contextvars.ContextVar("drawn narrow", default=False)


@contextlib.contextmanager
def narrow():
    """Figures that are made within are for a phone: narrower, panels stacked.

    At 358 pixels, which a phone of 390 leaves, the smallest text has 10.
    """
    token = _DRAWN_NARROW.set(True)
    try:
        yield
    finally:
        _DRAWN_NARROW.reset(token)


def columns(wide: int, on_a_phone: int = 1) -> int:
    """Panels beside each other: `wide` on a page, `on_a_phone` within `narrow`."""
    return min(wide, on_a_phone) if _DRAWN_NARROW.get() else wide


def _width() -> float:
    return _NARROW if _DRAWN_NARROW.get() else _WIDTH


def grid(
    num_rows: int, num_columns: int, height: float, share_y: str | bool
) -> tuple[Figure, np.ndarray]:
    """A figure of panels, `height` inches each, and its axes, [rows, columns].

    `share_y` is matplotlib's; the x axes are shared where any y axes are.
    """
    figure = Figure((_width(), height * num_rows + 0.9), layout="constrained")
    share = {"sharex": bool(share_y), "sharey": share_y, "squeeze": False}
    return figure, figure.subplots(num_rows, num_columns, **share)


def finish(
    figure: Figure, title: str, axes: np.ndarray, x_label: str, said: str
) -> Figure:
    """Writes the title, what is `said` below, and all axes in one style."""
    size = 11 if columns(2) == 2 else 10
    figure.suptitle(title, fontsize=size, weight="bold", x=0.01, ha="left")
    said = "\n".join(textwrap.wrap(said, _LETTERS[_width()]))
    figure.supxlabel(said, fontsize=7.5, x=0.01, ha="left")
    for ax in axes[-1]:
        ax.set_xlabel(x_label)
    for ax in figure.axes:
        ax.tick_params(labelsize=7)
        ax.xaxis.label.set_size(8)
        ax.yaxis.label.set_size(8)
        ax.spines[["top", "right"]].set_visible(False)
    return figure


def legend(figure: Figure, colours: Mapping[str, str]) -> None:
    """A legend beside the title: name -> colour."""
    lines = [Line2D([], [], color=colour, lw=2) for colour in colours.values()]
    figure.legend(
        lines,
        list(colours),
        loc="outside upper right",
        ncols=columns(2),
        fontsize=7.5,
        frameon=False,
    )


def check_series(name: str, x: Array, like: tuple | None) -> np.ndarray:
    """Returns series as float64 of a shape `like` this; `...` and None: any number.

    Raises:
        ValueError: another shape, no values, or values that are not finite.
    """
    x, like = np.asarray(x, np.float64), like or (..., ..., ...)
    fits = x.ndim == 3 and all(map(lambda a, b: a in (..., b), like, x.shape))
    if not fits or not x.size:
        wanted = str(like).replace("Ellipsis", "any")
        raise ValueError(f"{name} must have the shape {wanted}; it has {x.shape}.")
    check_finite(name, x)
    return x


def check_indices(name: str, values: Array, shape: tuple, bound: int) -> np.ndarray:
    """Returns integers of this `shape` from 0 to `bound` - 1.

    Raises:
        ValueError: another shape or type, no values, or values out of range.
    """
    values = np.asarray(values)
    fits = values.shape == shape and values.size and values.dtype.kind in "iu"
    if not fits or values.min() < 0 or values.max() >= bound:
        raise ValueError(
            f"{name} must be {shape} integers, at least one, from 0 to {bound - 1}; "
            f"got {values.dtype} {values.shape} with {np.unique(values)}."
        )
    return values


def spread(count: int, most: int) -> np.ndarray:
    """At most `most` indices spread evenly over `count`, int, ends included."""
    return np.linspace(0, count - 1, min(count, most)).round().astype(int)


def shown_of(shown: int, total: int, what: str) -> str:
    """The sentence that says what is left out; empty where all is shown."""
    return f" Shown: {shown} of {total} {what}." if shown < total else ""


def short(name: str, width: int) -> str:
    """A name that fits `width` letters and that matplotlib takes for no formula."""
    name = " ".join(str(name).split())
    name = name if len(name) <= width else name[: width - 1] + "…"
    return name.replace("$", r"\$")
