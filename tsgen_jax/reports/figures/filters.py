"""Filters of a first layer, over time and by frequency."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tsgen_jax.reports.figures import canvas
from tsgen_jax.types import Array

_NUM_FREQUENCIES = 65  # From 0 to half a cycle per time point.
_COLOURS = (canvas.DATA, canvas.VIEW, canvas.MODEL, canvas.TEST)


def amplitudes(weights: Array) -> tuple[np.ndarray, np.ndarray]:
    """How much a filter lets through of every frequency.

    Args:
        weights: float [K, taps].

    Returns:
        Frequencies in cycles per time point, float [S], from 0 to 1/2, and
        |sum_t w_t exp(-2 pi i f t)|, float [K, S].
    """
    weights = np.asarray(weights, np.float64)
    frequencies = np.linspace(0, 0.5, _NUM_FREQUENCIES)
    waves = np.exp(-2j * np.pi * np.outer(np.arange(weights.shape[1]), frequencies))
    return frequencies, np.abs(weights @ waves)


def plot_filters(weights: Array, layer: str) -> Figure:
    """All filters by the frequency they let through most, four of them as lines too.

    Args:
        weights: float [K, taps, C]; the first channel is drawn.
        layer: whose they are.

    Raises:
        ValueError: values that are not finite, or another shape.
    """
    weights = canvas.check_series("weights", weights, None)
    filters = weights[..., 0]
    norms = np.linalg.norm(filters, axis=1, keepdims=True)
    filters = filters / np.where(norms > 0, norms, 1)
    frequencies, spectra = amplitudes(filters)
    peaks = frequencies[spectra.argmax(1)]
    order = np.lexsort((-norms[:, 0], peaks))
    filters, spectra, peaks = filters[order], spectra[order], peaks[order]
    some = [part[norms[order[part], 0].argmax()] for part in _parts(len(order))]
    marks = {}
    tall = canvas.columns(2) == 1
    figure, axes = canvas.grid(4 if tall else 2, 1 if tall else 2, 1.7, False)
    lines, images = (axes[:2, 0], axes[2:, 0]) if tall else (axes[0], axes[1])
    time = np.arange(filters.shape[1])
    for row, colour in zip(some, _COLOURS, strict=False):
        look = {"color": colour, "lw": 1.3}
        lines[0].plot(time, filters[row], marker="o", ms=2.5, **look)
        lines[1].plot(frequencies, spectra[row], **look)
        marks[f"filter {row + 1}"] = look
    _draw_all(figure, lines, images, filters, spectra)
    said = (
        f"{layer[:1].upper()}{layer[1:]}: {len(filters)} filters, each scaled to norm 1. "
        "Below: all, in the order of the frequency of their greatest amplitude. Above: "
        "four of them, of each fourth the one of greatest norm."
    )
    said += canvas.shown_of(1, weights.shape[2], "channels")
    canvas.finish(figure, "Filters of the first layer", axes, "", said, marks)
    for ax in (lines[0], images[0]):
        ax.set_xlabel("time point of the filter")
    for ax in (lines[1], images[1]):
        ax.set_xlabel("cycles per time point")
    return figure


def _parts(count: int) -> list[np.ndarray]:
    """The rows in at most as many parts as there are colours, none empty."""
    return np.array_split(np.arange(count), min(count, len(_COLOURS)))


def _draw_all(figure, lines, images, filters, spectra) -> None:
    """The images, and what is common to all panels of a column."""
    num, taps = filters.shape
    most = np.abs(filters).max() or 1
    looks = (
        (filters, {"cmap": "RdBu_r", "vmin": -most, "vmax": most}, "weight"),
        (spectra, {"cmap": "viridis", "vmin": 0}, "amplitude"),
    )
    extents = (-0.5, taps - 0.5), (0, 0.5)
    for (values, look, name), ends, line, ax in zip(
        looks, extents, lines, images, strict=True
    ):
        extent = *ends, num + 0.5, 0.5
        shown = {"aspect": "auto", "extent": extent, "interpolation": "nearest"}
        image = ax.imshow(values, **look, **shown)
        figure.colorbar(image, ax=ax, label=name, aspect=12)
        line.set_xlim(*ends)
        line.set_ylabel(name)
        ax.set_ylabel("filter")
    for ax in (lines[0], images[0]):
        ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    lines[0].axhline(0, color="0.6", lw=0.8)
    lines[1].set_ylim(bottom=0)
