"""A picture of how real and generated series swing, and how long they remember.

Arrays in, a matplotlib figure out. Series are float [n, L, C] in original units.
"""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tsgen_jax.reports.figures import canvas
from tsgen_jax.types import Array

_COLOURS = {"real": canvas.DATA, "generated": canvas.MODEL}
_NUM_LAGS, _SILENT = 64, 1e-6  # As the scores of `statistics` have them.
_BAND_FROM = 10  # Series; the percentiles of fewer are only their extremes.


def plot_spectra_and_autocorrelation(x_real: Array, x_generated: Array) -> Figure:
    """How series swing and how long they remember, per channel.

    Left: power |FFT|^2 / L, in squared units of the data, of the frequencies above 0.
    Right: autocorrelation, mean over time of products of values standardised by one
    mean and variance per set and channel. The means are what `spectral_distance` and
    `autocorrelation_difference` compare. A channel that never changes has none.

    Args:
        x_real: float [n, L, C], L from 2 on.
        x_generated: float [m, L, C].

    Raises:
        ValueError: other shapes, values that are not finite, or L is 1.
    """
    x_real = canvas.check_series("x_real", x_real, None)
    like = (..., *x_real.shape[1:])
    x_generated = canvas.check_series("x_generated", x_generated, like)
    if x_real.shape[1] < 2:
        raise ValueError("The series have 1 time point: no frequency and no lag.")
    channels = min(x_real.shape[2], canvas.MAX_CHANNELS)
    beside = canvas.columns(2)
    figure, axes = canvas.grid(channels * 2 // beside, beside, 1.6, False)
    axes = axes.reshape(channels, 2)
    frequencies = np.fft.rfftfreq(x_real.shape[1])[1:]
    lags = np.arange(min(_NUM_LAGS, x_real.shape[1]))
    for c, (left, right) in enumerate(axes):
        sets = {"real": x_real[..., c], "generated": x_generated[..., c]}
        moving = {name: x for name, x in sets.items() if np.ptp(x) > 0}
        power = {name: _power(x) for name, x in moving.items()}
        _draw_bands(left, frequencies, power)
        levels = [p.mean() for p in power.values() if p.mean() > 0]
        if levels:  # The first is that of the real series, where these swing.
            left.set_yscale("log")
            left.set_ylim(bottom=max(_SILENT * levels[0], left.get_ylim()[0]))
        right.axhline(0, color="0.6", lw=0.6)
        _draw_bands(right, lags, {n: _autocorrelation(x) for n, x in moving.items()})
        name = f"channel {c}\n" if x_real.shape[2] > 1 else ""
        left.set(ylabel=f"{name}power", xlim=(0, 0.5))
        right.set(ylabel="autocorrelation", xlim=(0, max(lags)))
        still = "\n".join(f"{name}: constant" for name in sets if name not in moving)
        for ax in (left, right):
            ax.text(0.5, 0.8, still, transform=ax.transAxes, ha="center", fontsize=8)
    canvas.legend(figure, _COLOURS)
    said = "Blue: real; vermilion: generated. Lines: means; shaded with dotted edge: 5 "
    said += f"to 95 % of the series (from {_BAND_FROM} on). Power below 1e-6 of the "
    said += "real mean is cut off."
    said += canvas.shown_of(channels, x_real.shape[2], "channels")
    canvas.finish(figure, "Spectra and autocorrelation", axes, "", said)
    axes[-1, 0].set_xlabel("frequency, cycles per time point")
    axes[-1, 1].set_xlabel("lag, time points")
    return figure


def _power(x: np.ndarray) -> np.ndarray:
    """[n, L // 2] power of series [n, L] at the frequencies above 0."""
    return np.abs(np.fft.rfft(x)[:, 1:]) ** 2 / x.shape[1]


def _autocorrelation(x: np.ndarray) -> np.ndarray:
    """[n, lags] of series [n, L], lags from 0 on; one mean and variance for all."""
    z, length = (x - x.mean()) / x.std(), x.shape[1]
    lags = range(min(_NUM_LAGS, length))
    return np.stack([(z[:, k:] * z[:, : length - k]).mean(1) for k in lags], 1)


def _draw_bands(ax: Axes, x: np.ndarray, sets: Mapping[str, np.ndarray]) -> None:
    """Mean and band over the rows of each set [n, len(x)]."""
    for name, rows in sets.items():
        colour, mark = _COLOURS[name], "o" * (len(x) == 1)
        if len(rows) >= _BAND_FROM:
            band = np.percentile(rows, [5, 95], axis=0)
            ax.fill_between(x, *band, color=colour, alpha=0.15, lw=0)
            ax.plot(x, band.T, color=colour, lw=0.8, ls=":")
        ax.plot(x, rows.mean(0), color=colour, lw=1.6, marker=mark, label=name)
