"""The figure of attention draws the weights and the parts that it was given."""

import io

import numpy as np
import pytest

from tsgen_jax.reports.figures.attention import plot_attention
from tsgen_jax.shown import Attention

_RNG = np.random.default_rng(0)
_X = _RNG.normal(size=(2, 10, 1))


def _images(figure):
    figure.savefig(io.BytesIO(), format="png", dpi=30)
    axes = [ax for ax in figure.axes if ax.images and ax.get_label() != "<colorbar>"]
    return [ax.images[0] for ax in axes]


def test_weights_stand_below_their_series():
    observed = np.ones((2, 10, 1), bool)
    observed[:, 7:] = False
    weights = _RNG.dirichlet(np.ones(3), (2, 10))
    of = Attention({"decoder": weights}, _X, ("a", "b"), "", size=4, observed=observed)
    figure = plot_attention(of)
    images = _images(figure)
    for i in range(2):
        drawn, seen = figure.axes[i].lines
        np.testing.assert_array_equal(drawn.get_ydata(), _X[i, :, 0])
        np.testing.assert_array_equal(np.isfinite(seen.get_ydata()), observed[i, :, 0])
        np.testing.assert_array_equal(images[i].get_array(), weights[i])
        assert images[i].get_extent() == [-0.5, 11.5, 9.5, -0.5]
    with pytest.raises(ValueError, match="weights must have the shape"):
        plot_attention(of._replace(layers={"decoder": weights[:1]}))


def test_a_row_a_layer_and_of_many_some():
    layers = {f"layer {i}": _RNG.dirichlet(np.ones(6), (2, 6)) for i in range(1, 6)}
    of = Attention(layers, _X, ("a", "b"), "", "token", 0, (0, 3))
    figure = plot_attention(of)
    images = _images(figure)
    for k, name in enumerate(("layer 1", "layer 3", "layer 5")):
        for i in range(2):
            image = images[2 * k + i]
            np.testing.assert_array_equal(image.get_array(), layers[name][i])
            assert image.get_extent() == [-0.5, 5.5, 5.5, -0.5]
            assert len(image.axes.lines) == 2  # Where the second bin begins.
    assert "Shown: 3 of 5 layers." in figure.get_supxlabel().replace("\n", " ")
