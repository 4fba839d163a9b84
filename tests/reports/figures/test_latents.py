"""Pictures of latents, and of samples over training, draw what they were given."""

import io

import numpy as np
import pytest

from tsgen_jax.reports.figures import latents
from tsgen_jax.shown import Traversal

_RNG = np.random.default_rng(0)


@pytest.mark.parametrize(("num", "drawn"), [(3, [0, 1, 2]), (9, [0, 2, 4, 6, 8])])
def test_a_panel_a_latent_a_colour_a_value(num, drawn):
    x = _RNG.normal(size=(3, num, 20, 2))
    values = tuple(f"{i}" for i in range(num))
    of = Traversal(("a", "b", "c"), values, x, "One by one.")
    figure = latents.plot_traversal(of)
    figure.savefig(io.BytesIO(), format="png", dpi=30)
    assert [ax.get_title() for ax in figure.axes] == ["a", "b", "c"]
    for ax, series in zip(figure.axes, x, strict=True):
        found = [line.get_ydata() for line in ax.lines]
        np.testing.assert_array_equal(found, series[drawn, :, 0])
    (legend,) = figure.legends
    assert [t.get_text() for t in legend.get_texts()] == [values[i] for i in drawn]
    colours = [line.get_color() for line in legend.get_lines()]
    assert colours == [line.get_color() for line in figure.axes[0].lines]
    assert (f"Shown: 5 of {num} values" in figure.get_supxlabel()) == (num > 5)
    with pytest.raises(ValueError, match="shape"):
        latents.plot_traversal(of._replace(values=("0",)))


def test_steps_in_order_then_real_series():
    real, labels = _RNG.normal(size=(4, 20, 1)), np.array([0, 2, 0, 2])
    drawn = {0: 9 * real, 30: real + 1}
    names = ["class a", "class b", "no class"]
    figure = latents.plot_snapshots(drawn, labels, real, names)
    figure.savefig(io.BytesIO(), format="png", dpi=30)
    assert [ax.get_title() for ax in figure.axes] == ["step 0", "step 30", "TRAIN"]
    for ax, x in zip(figure.axes, (*drawn.values(), real), strict=True):
        found = [line.get_ydata() for line in ax.lines]
        np.testing.assert_array_equal(found, x[..., 0])
        assert ax.get_ylim()[1] < real.max() + np.ptp(real)
    texts = [t.get_text() for t in figure.legends[0].get_texts()]
    assert texts == ["class a", "no class"]
    with pytest.raises(ValueError, match="labels"):
        latents.plot_snapshots(drawn, labels + 1, real, names)
