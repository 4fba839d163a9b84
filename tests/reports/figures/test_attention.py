"""The figure of attention draws the weights and the parts that it was given."""

import io

import numpy as np
import pytest

from tsgen_jax.reports.figures.attention import plot_attention


def test_weights_stand_below_their_series():
    rng = np.random.default_rng(0)
    x, observed = rng.normal(size=(2, 10, 1)), np.ones((2, 10, 1), bool)
    observed[:, 7:] = False
    weights = rng.dirichlet(np.ones(3), (2, 10))
    figure = plot_attention(x, observed, weights, 4)
    figure.savefig(io.BytesIO(), format="png", dpi=30)
    for i in range(2):
        drawn, seen = figure.axes[i].lines
        np.testing.assert_array_equal(drawn.get_ydata(), x[i, :, 0])
        np.testing.assert_array_equal(np.isfinite(seen.get_ydata()), observed[i, :, 0])
        (image,) = figure.axes[2 + i].images
        np.testing.assert_array_equal(image.get_array(), weights[i])
        assert image.get_extent() == [-0.5, 11.5, 9.5, -0.5]
    with pytest.raises(ValueError, match="weights must have the shape"):
        plot_attention(x, observed, weights[:, :9], 4)
