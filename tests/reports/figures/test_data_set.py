import numpy as np
import pytest

from tsgen_jax.reports.figures.data_set import plot_data_set


def test_lines_and_gaps_are_those_of_the_arrays():
    x = np.arange(40.0).reshape(4, 5, 2)
    observed = np.ones(x.shape, bool)
    observed[1, 3, 1] = False
    figure = plot_data_set(
        {"train": x, "valid": x[:0], "test": x[:2]},
        {"train": observed},
        ["load", "rain"],
        "set",
    )
    axes = np.array(figure.axes).reshape(2, 2)
    assert [len(ax.lines) for ax in axes.flat] == [5, 2, 5, 2]
    np.testing.assert_array_equal(axes[1, 0].lines[2].get_ydata(), x[2, :, 1])
    (gap,) = axes[1, 0].lines[-1].get_xydata()
    assert gap.tolist() == [3, x[1, 3, 1]]
    assert len(axes[0, 0].lines[-1].get_xydata()) == 0
    with pytest.raises(ValueError, match="no series to draw"):
        plot_data_set({"train": x[:0]}, {}, ["a", "b"], "set")
