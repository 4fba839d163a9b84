"""The picture of filters, and their spectra against NumPy's FFT."""

import io

import numpy as np
import pytest

from tsgen_jax.reports.figures import canvas, filters

_W = np.random.default_rng(0).normal(size=(12, 6, 2))


def test_amplitudes_are_those_of_the_padded_fft():
    frequencies, found = filters.amplitudes(_W[..., 0])
    judge = np.fft.rfft(_W[..., 0], n=2 * (len(frequencies) - 1), axis=1)
    np.testing.assert_allclose(found, np.abs(judge), atol=1e-12)
    np.testing.assert_allclose(frequencies, np.fft.rfftfreq(2 * (len(frequencies) - 1)))


@pytest.mark.parametrize("narrow", [False, True])
def test_all_filters_stand_in_the_order_of_their_peaks(narrow):
    if narrow:
        with canvas.narrow():
            figure = filters.plot_filters(_W, "the encoder's first layer")
    else:
        figure = filters.plot_filters(_W, "the encoder's first layer")
    figure.savefig(io.BytesIO(), format="png", dpi=30)
    lines, spectra, *images = (
        ax for ax in figure.axes if ax.get_label() != "<colorbar>"
    )
    over_time, amplitudes = (np.asarray(ax.images[0].get_array()) for ax in images)
    unit = _W[..., 0] / np.linalg.norm(_W[..., 0], axis=1, keepdims=True)
    np.testing.assert_allclose(np.sort(over_time, 0), np.sort(unit, 0))
    assert (np.diff(amplitudes.argmax(1)) >= 0).all()
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert len(names) == 4
    for name, line, curve in zip(names, lines.lines, spectra.lines, strict=False):
        row = int(name.removeprefix("filter ")) - 1
        np.testing.assert_array_equal(line.get_ydata(), over_time[row])
        np.testing.assert_array_equal(curve.get_ydata(), amplitudes[row])
    assert [ax.get_xlabel() for ax in images] == [
        "time point of the filter",
        "cycles per time point",
    ]


def test_one_filter_is_drawn_and_nan_is_refused():
    assert len(filters.plot_filters(_W[:1], "layer").legends[0].get_texts()) == 1
    with pytest.raises(ValueError, match="weights"):
        filters.plot_filters(_W * np.nan, "layer")
