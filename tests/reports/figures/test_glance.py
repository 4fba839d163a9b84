"""The first series of each class, real and generated, on shared axes."""

import numpy as np
import pytest

from tests.reports.figures.test_series import caption, draw, make_series
from tsgen_jax.reports.figures import canvas, glance


def test_the_first_series_of_each_class_left_and_right():
    real, made = make_series(30, 12, 1, 0), make_series(24, 12, 1, 1)
    y_real, y_made = np.arange(30) % 3, np.arange(24) % 2  # Class 2 is never made.
    figure = glance.plot_glance(real, y_real, made, y_made, ["a", "b", "c"])
    draw(figure)
    axes = np.array(figure.axes).reshape(3, 2)
    for y, (left, right) in enumerate(axes):
        for ax, x, labels, colour in (
            (left, real, y_real, canvas.DATA),
            (right, made, y_made, canvas.MODEL),
        ):
            drawn = [line.get_ydata() for line in ax.lines]
            wanted = x[labels == y][:8, :, 0]
            assert len(drawn) == len(wanted)
            for got, want in zip(drawn, wanted, strict=True):
                np.testing.assert_array_equal(got, want)
            assert {line.get_color() for line in ax.lines} <= {colour}
        assert left.get_ylim() == right.get_ylim()
        assert left.get_ylabel() == f"class {'abc'[y]}"
    assert caption(figure) == "The first 8 of each class; nothing is chosen."


@pytest.mark.parametrize(
    ("classes", "channels", "rows"), [(1, 3, 3), (1, 9, 5), (2, 3, 4), (9, 2, 5)]
)
def test_a_glance_has_few_rows_and_says_what_is_left_out(classes, channels, rows):
    x = make_series(18, 12, channels, 0)
    y = np.arange(18) % classes
    names = [f"class number {i}" for i in range(classes)]
    figure = glance.plot_glance(x, y, x, y, names)
    assert len(figure.axes) == 2 * rows
    assert ("Shown: 5 of 9 classes" in caption(figure)) == (classes == 9)
    drawn = rows // min(classes, 5)
    said = f"{drawn} of {channels} channels" in caption(figure)
    assert said == (drawn < channels)


def test_series_of_another_shape_are_refused():
    x, y = make_series(4, 12, 1, 0), np.zeros(4, int)
    with pytest.raises(ValueError, match="x_generated must have the shape"):
        glance.plot_glance(x, y, x[:, :5], y, ["a"])
    with pytest.raises(ValueError, match="from 0 to 0"):
        glance.plot_glance(x, y, x, y + 1, ["a"])
