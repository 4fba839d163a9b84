"""What all figures share: colours, panels, checks, and words that fit a page.

Blue is data, vermilion what a model made, green a changed view; black and purple are
validation and test (Okabe and Ito 2008, safe for colour-blind readers). One page wide,
so that text survives a phone; no pyplot, no state.
"""

import contextlib
import contextvars
import textwrap
import types
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
STRETCH = "0.92"  # Grey of a stretch of time behind lines.
BAND, DOT = {"lw": 6}, {"ls": "", "marker": "."}  # Looks of marks in a legend.
_MARKS = 4, 2  # Of a legend, beside each other; on a phone.
_NO_MARKS: Mapping[str, Mapping] = types.MappingProxyType({})
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
    figure: Figure,
    title: str,
    axes: np.ndarray,
    x_label: str,
    said: str,
    marks: Mapping[str, Mapping] = _NO_MARKS,
    beside: int = 0,
) -> Figure:
    """Writes the title, what is `said` below, and all axes in one style.

    `marks` go into a legend between title and panels: name -> a line's look, as
    `Line2D` takes it; `BAND` and `DOT` are looks as well. So many stand `beside` each
    other; 0: as many as usual.
    """
    size = 11 if columns(2) == 2 else 10
    beside = beside or columns(*_MARKS)
    lines = -(-len(marks) // beside) if marks else 0
    place = {"x": 0.01, "ha": "left", "weight": "bold"}
    figure.suptitle(title + "\n" * lines, fontsize=size, **place)
    if marks:
        _legend_below_title(figure, marks, size / 72 * 1.4, beside)
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


def _legend_below_title(figure: Figure, marks, title: float, beside: int) -> None:
    """A legend `title` inches below the top: the title leaves lines free for it."""
    looks = [Line2D([], [], **{"lw": 1.3, **look}) for look in marks.values()]
    figure.legend(
        looks,
        list(marks),
        loc="upper left",
        bbox_to_anchor=(0, 1 - title / figure.get_size_inches()[1]),
        ncols=beside,
        fontsize=7.5,
        frameon=False,
        handlelength=1.6,
        columnspacing=1.2,
        borderaxespad=0,
    )


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


def marks_of_draws(given: str, drawn: str) -> dict[str, Mapping]:
    """The legend of bands of draws: what blue lines and grey stretches are called."""
    band = BAND | {"color": MODEL}
    return {
        given: {"color": DATA},
        "median": {"color": MODEL},
        "50 %": band | {"alpha": 0.6},
        "90 %": band | {"alpha": 0.22},
        drawn: BAND | {"color": STRETCH},
    }


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
