"""Spectra and autocorrelations are those of their definitions, and of the scores."""

import io

import numpy as np
import pytest

from tsgen_jax.evaluation.measures import statistics
from tsgen_jax.reports.figures import spectra


def make_series(n: int, length: int, channels: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, length, channels)).cumsum(1)


def caption(figure) -> str:
    return " ".join(figure.get_supxlabel().split())


def draw(figure) -> None:
    """Renders it: layout and fonts fail only here."""
    figure.savefig(io.BytesIO(), format="png", dpi=30)


def curve(ax, label: str) -> np.ndarray:
    (found,) = [line for line in ax.lines if line.get_label() == label]
    return found.get_ydata()


def test_spectra_and_autocorrelation_by_hand():
    x, other = make_series(12, 10, 2, 0), make_series(3, 10, 2, 1)
    figure = spectra.plot_spectra_and_autocorrelation(x, other)
    draw(figure)
    axes = np.array(figure.axes).reshape(2, 2)
    for c, (left, right) in enumerate(axes):
        for name, series in (("real", x[..., c]), ("generated", other[..., c])):
            power = np.zeros(5)
            for k in range(1, 6):  # The definition of the Fourier sum.
                wave = np.exp(-2j * np.pi * k * np.arange(10) / 10)
                for one in series:
                    power[k - 1] += abs((one * wave).sum()) ** 2 / 10 / len(series)
            np.testing.assert_allclose(curve(left, name), power)
            memory = np.zeros(10)
            for k in range(10):
                products = [
                    (one[t] - series.mean()) * (one[t + k] - series.mean())
                    for one in series
                    for t in range(10 - k)
                ]
                memory[k] = np.mean(products) / series.var()
            np.testing.assert_allclose(curve(right, name), memory, atol=1e-12)
        assert left.get_yscale() == "log"
        assert len(left.collections) == 1  # A band of 12 series, none of 3.
    np.testing.assert_allclose(axes[0, 0].lines[0].get_xdata(), np.arange(1, 6) / 10)


def test_spectra_and_autocorrelation_show_what_the_scores_compare():
    x, other = make_series(12, 30, 1, 0), make_series(15, 30, 1, 1)
    left, right = spectra.plot_spectra_and_autocorrelation(x, other).axes
    real, generated = curve(right, "real"), curve(right, "generated")
    score = statistics.autocorrelation_difference(x, other)
    assert np.sqrt(((real - generated) ** 2).sum()) == pytest.approx(score)
    real, generated = curve(left, "real"), curve(left, "generated")
    floor = 1e-6 * real.mean()
    decibels = 10 * np.log10((real + floor) / (generated + floor))
    score = statistics.spectral_distance(x, other)
    assert np.sqrt((decibels**2).mean()) == pytest.approx(score)


def test_bands_are_the_5_and_95_percent_quantiles_over_series():
    # Impulses of height h have the power h^2 / L at every frequency.
    x = np.zeros((21, 4, 1))
    x[:, 1, 0] = np.sqrt(4 * np.arange(1.0, 22.0))
    left, _ = spectra.plot_spectra_and_autocorrelation(x, x[:2]).axes
    low, high = [line.get_ydata() for line in left.lines if line.get_ls() == ":"]
    np.testing.assert_allclose(low, 2.0)
    np.testing.assert_allclose(high, 20.0)


def test_constant_channels_are_said_and_others_still_drawn():
    x = make_series(12, 8, 7, 0)
    flat = x.copy()
    flat[..., 0] = 3.0
    figure = spectra.plot_spectra_and_autocorrelation(x, flat)
    draw(figure)
    for ax in figure.axes[:2]:
        assert [text.get_text() for text in ax.texts] == ["generated: constant"]
        assert "generated" not in [line.get_label() for line in ax.lines]
    assert figure.axes[2].texts[0].get_text() == ""
    assert "6 of 7 channels" in caption(figure)
    draw(spectra.plot_spectra_and_autocorrelation(0 * x, 0 * x))
    short = make_series(12, 2, 1, 0)
    draw(spectra.plot_spectra_and_autocorrelation(short, short))
    with pytest.raises(ValueError, match="1 time point"):
        spectra.plot_spectra_and_autocorrelation(x[:, :1], x[:, :1])
    with pytest.raises(ValueError, match="x_generated must have the shape"):
        spectra.plot_spectra_and_autocorrelation(x, x[:, :5])
