"""Every colour in a figure has a name in it: in a legend, or beside what it draws."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from tests.reports.figures.test_narrow import _PLOTS
from tsgen_jax.reports.figures import canvas, data_set, fan_chart, fans, glance, series

_X = np.random.default_rng(0).normal(size=(12, 20, 1))
_Y = np.arange(12) % 2
_SEEN = np.arange(20) % 7 > 2
_GIVEN = np.where(_SEEN, _X[0, :, 0], np.nan)
_DRAWS = np.where(_SEEN, np.nan, _X[:, :, 0])
_OBSERVED = np.broadcast_to(_SEEN[None, :, None], _X.shape)
_FAN = fans.Fan("a", np.arange(20), _GIVEN, _DRAWS)
_CHART = _X[:, :, 0], _OBSERVED[..., 0], _X[None, :, :, 0] + np.ones((5, 1, 1))
_MORE = {
    "data set": (
        data_set.plot_data_set,
        ({"train": _X, "test": _X}, {"train": _OBSERVED}, ["v"], "n"),
    ),
    "fans": (fans.plot_fans, ([_FAN], 1, "t", "time")),
    "fan chart": (fan_chart.plot_fan_chart, (*_CHART, 0 * _CHART[0], "zero", "t")),
    "glance": (glance.plot_glance, (_X, _Y, _X, _Y, ["a", "b"])),
    "generated": (series.plot_generated, (_X, _Y, ["a", "b"])),
}
_ALL = {name: of[:2] for name, of in _PLOTS.items()} | _MORE
_IMAGES = (
    "confusion",
    "maps",
    "attention",
)  # Of one kind: a bar, or numbers, say what they mean.


def _drawn(figure):
    """Colours of lines, areas and points, but for grey lines that only guide the eye."""
    found = set()
    for ax in figure.axes:
        if ax.get_label() == "<colorbar>":
            continue
        for line in ax.lines:
            if (
                len(np.unique(line.get_xydata(), axis=0)) > 2
                or line.get_marker() != "None"
            ):
                found.add(to_hex(line.get_color()))
        for area in ax.collections:
            found |= {to_hex(colour[:3]) for colour in area.get_facecolor()}
        for patch in ax.patches:
            of = patch.get_facecolor() if patch.fill else patch.get_edgecolor()
            found.add(to_hex(of[:3]))
    return found


def _named(figure):
    """Colours in legends, and of titles and labels of axes."""
    legends = [*figure.legends, *(ax.get_legend() for ax in figure.axes)]
    lines = [line for one in legends if one for line in one.get_lines()]
    named = {to_hex(line.get_color()) for line in lines}
    for ax in figure.axes:
        named |= {to_hex(t.get_color()) for t in (ax.title, *ax.get_yticklabels())}
    return named


@pytest.mark.parametrize("name", [name for name in _ALL if name not in _IMAGES])
def test_every_colour_has_a_name(name):
    plot, arguments = _ALL[name]
    figure = plot(*arguments)
    said = figure.get_supxlabel()
    unnamed = _drawn(figure) - _named(figure) - {"#ffffff"}
    # Runs have rows of their own, with their names beside them.
    assert name == "compare" or not unnamed, (unnamed, said)
    figure.draw_without_rendering()  # The legend is within the figure.
    for legend in figure.legends:
        box = legend.get_window_extent()
        assert figure.bbox.x0 <= box.x0
        assert box.x1 <= figure.bbox.x1


@pytest.mark.parametrize("narrow", [False, True])
def test_a_legend_stands_between_title_and_panels(narrow):
    plot, arguments = _ALL["fan chart"]
    if narrow:
        with canvas.narrow():
            figure = plot(*arguments)
    else:
        figure = plot(*arguments)
    figure.draw_without_rendering()
    (legend,) = figure.legends
    box = legend.get_window_extent()
    assert max(ax.get_tightbbox().y1 for ax in figure.axes) <= box.y0 + 1
    assert box.y1 < figure.bbox.y1 - 10  # The title has its line.
