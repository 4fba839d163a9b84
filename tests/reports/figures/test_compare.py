"""Scores of several runs: every number in its place, nothing invented."""

import io

import numpy as np
import pytest

from tsgen_jax.reports.figures import canvas
from tsgen_jax.reports.figures import compare as compare_figures

FID = {
    "score": "fid",
    "judge": "fcn",
    "better": "lower",
    "ideal": 0.0,
    "group": "fidelity",
    "floors": {"TRAIN": 0.3, "TEST halves": 0.2},
    "entries": [("first", 1.0, 0.5, 2.0), ("second", 4.0, None, None)],
}
SHARE = FID | {
    "score": "share_closer_to_train",
    "judge": "",
    "better": "",
    "ideal": 0.5,
    "floors": {"TEST": 0.4},
    "entries": [("third", 0.6, 0.5, 0.7), ("first", float("nan"), None, None)],
}


def draw(figure) -> None:
    """Renders it: layout and fonts fail only here."""
    figure.savefig(io.BytesIO(), format="png", dpi=30)


def drawn(ax, mark: str) -> list[list[float]]:
    """[x, y] of the marks, from the left."""
    lines = [line for line in ax.lines if line.get_marker() == mark]
    return sorted(np.ravel(line.get_xydata()).tolist() for line in lines)


def names(ax) -> list[str]:
    return [label.get_text() for label in ax.get_yticklabels()]


def test_every_run_has_a_dot_an_interval_and_a_row_of_its_own():
    figure = compare_figures.plot_scores([FID, SHARE])
    draw(figure)
    left, right = figure.axes
    floors = ["TRAIN", "TEST halves", "TEST"]
    assert names(left) == ["first", "second", "third", *floors]
    assert names(right) == [""] * 6
    assert drawn(left, "o") == [[1.0, 0.0], [4.0, 1.0]]
    assert drawn(left, "D") == [[0.2, 4.0], [0.3, 3.0]]
    intervals = [
        line.get_xydata().tolist()
        for line in left.lines
        if line.get_color() == canvas.MODEL and line.get_marker() == "None"
    ]
    assert intervals == [[[0.5, 0.0], [2.0, 0.0]], []]
    dashed = [line for line in left.lines if line.get_linestyle() == "--"]
    assert [set(line.get_xdata()) for line in dashed] == [{0.3}, {0.2}]
    assert left.get_title() == "fid (fcn)\n← lower is better"
    assert right.get_title() == "share_closer_to_train\nideal is 0.5"
    assert drawn(right, "o") == [[0.6, 2.0]]
    assert drawn(right, "D") == [[0.4, 5.0]]
    (word,) = right.texts
    assert (word.get_text(), word.get_position()[1]) == ("nan", 0)
    assert left.get_ylim() == right.get_ylim() == (5.5, -0.5)  # The first on top.


def test_floors_have_rows_only_beside_their_scores():
    scores = [FID, FID | {"judge": "minirocket"}, SHARE]
    axes = compare_figures.plot_scores(scores).axes
    runs = ["first", "second", "third"]
    assert names(axes[0]) == [*runs, "TRAIN", "TEST halves"]
    assert names(axes[2]) == [*runs, "TEST"]
    bare = FID | {"floors": {}, "better": "higher"}
    figure = compare_figures.plot_scores([bare])
    draw(figure)
    assert figure.axes[0].get_title() == "fid (fcn)\nhigher is better →"
    assert "floors" not in figure.get_supxlabel()


@pytest.mark.parametrize(
    ("values", "scale"),
    [((1.0, 30.0), "linear"), ((1.0, 31.0), "log"), ((0.0, 99.0), "linear")],
)
def test_axis_is_logarithmic_only_for_large_ratios_of_positive_values(values, scale):
    entries = [(f"run {v}", v, None, None) for v in values]
    figure = compare_figures.plot_scores([FID | {"floors": {}, "entries": entries}])
    assert figure.axes[0].get_xscale() == scale


def test_wrong_scores_are_refused_in_words():
    wrong = [
        ([], "No entries in 0 scores"),
        ([FID | {"entries": []}], "No entries in 1 scores"),
        ([{"score": "fid"}], "A score needs the keys"),
        ([FID | {"better": "low"}], "fid: better is 'low'; known"),
        ([FID | {"entries": [("a", 1.0, None, None)] * 2}], "a run occurs twice"),
        ([FID | {"entries": [("a", 1.0, 2.0, 1.0)]}], r"\[2.0, 1.0\] is no interval"),
        ([FID | {"entries": [("a", 1.0, None, 1.0)]}], "is no interval"),
    ]
    for scores, match in wrong:
        with pytest.raises(ValueError, match=match):
            compare_figures.plot_scores(scores)
