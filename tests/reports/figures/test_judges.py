"""Figures that question the samples draw the numbers they were given."""

import io

import numpy as np
import pytest
from matplotlib.colors import to_hex

from tsgen_jax.reports.figures import canvas
from tsgen_jax.reports.figures import judges as judge_figures


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


def test_neighbours_are_drawn_over_each_other_with_their_distance():
    x, nearest = make_series(4, 9, 2, 0), make_series(4, 9, 2, 1)
    distances = np.array([0.5, 1.0, 2.0, 3.0])
    figure = judge_figures.plot_nearest_neighbours(x, nearest, distances, 2.0, "abcd")
    draw(figure)
    axes = np.array(figure.axes).reshape(2, 2, 3)  # Rows of pairs, channels, columns.
    for i in range(4):
        for c in range(2):
            ax = axes[i // 3, c, i % 3]
            np.testing.assert_array_equal(ax.lines[0].get_ydata(), nearest[i, :, c])
            np.testing.assert_array_equal(ax.lines[1].get_ydata(), x[i, :, c])
            assert ax.lines[0].get_color() == canvas.DATA
            assert ax.lines[1].get_color() == canvas.MODEL
    titles = [axes[i // 3, 0, i % 3].get_title() for i in range(4)]
    assert titles == [
        "a\n0.5 = 0.25 × usual",
        "b\n1 = 0.5 × usual",
        "c\n2 = 1 × usual",
        "d\n3 = 1.5 × usual",
    ]
    assert [ax.axison for ax in axes[1, 0]] == [True, False, False]
    assert "Usual is 2," in caption(figure)
    assert "Shown" not in caption(figure)


def test_neighbours_beyond_a_page_are_left_out_and_zero_is_no_divisor():
    x = make_series(20, 5, 7, 0)
    figure = judge_figures.plot_nearest_neighbours(x, x, np.zeros(20), 0.0, ["a"] * 20)
    assert figure.axes[0].get_title() == "a\n0"
    assert "Shown: 12 of 20 pairs. Shown: 6 of 7 channels." in caption(figure)
    for wrong in (np.zeros(19), -np.ones(20), np.full(20, np.nan)):
        with pytest.raises(ValueError, match="20 pairs need as many names and dist"):
            judge_figures.plot_nearest_neighbours(x, x, wrong, 1.0, ["a"] * 20)
    with pytest.raises(ValueError, match="x_nearest must have the shape"):
        judge_figures.plot_nearest_neighbours(x, x[1:], np.zeros(20), 1.0, ["a"] * 20)


def points_of(ax) -> dict[str, set]:
    """Colour -> points drawn in it."""
    found = {}
    for collection in ax.collections:
        at, faces = collection.get_offsets(), collection.get_facecolors()
        for point, face in zip(np.asarray(at), faces, strict=True):
            found.setdefault(to_hex(face).upper(), set()).add(tuple(point))
    return found


def test_embedding_draws_every_point_in_the_colour_of_its_set():
    rng = np.random.default_rng(0)
    sets = {"real": rng.normal(size=(30, 2)), "generated": rng.normal(size=(20, 2))}
    labels = {"real": np.array(["up", "down"] * 15)}
    points = {"PCA": sets, "t-SNE": {"real": sets["real"][:9]}}
    figure = judge_figures.plot_embedding(points, {"PCA": labels}, "Points")
    draw(figure)
    first, second = figure.axes
    assert first.get_title() == "PCA\nreal 30, generated 20"
    assert second.get_title() == "t-SNE\nreal 9"
    drawn = points_of(first)
    assert drawn == {
        canvas.DATA: set(map(tuple, sets["real"])),
        canvas.MODEL: set(map(tuple, sets["generated"])),
    }
    counts = [len(collection.get_offsets()) for collection in first.collections]
    assert counts == [20, 15, 15]  # No name; down; up.
    down = {tuple(p) for p in np.asarray(first.collections[1].get_offsets())}
    assert down == set(map(tuple, sets["real"][1::2]))
    assert "Classes: ● down, ▲ up." in caption(figure)
    plain = judge_figures.plot_embedding(points, None, "Points")
    assert points_of(plain.axes[0]) == drawn
    assert "Classes" not in caption(plain)


def test_embedding_cuts_many_points_and_classes_and_says_so():
    x = np.random.default_rng(0).normal(size=(1500, 2))
    names = {"PCA": {"real": np.arange(1500) % 10}}
    figure = judge_figures.plot_embedding({"PCA": {"real": x}}, names, "Points")
    assert figure.axes[0].get_title() == "PCA\nreal 1000 of 1500"
    assert sum(len(c.get_offsets()) for c in figure.axes[0].collections) == 1000
    assert "Dots: the other classes." in caption(figure)


def test_embedding_refuses_what_is_no_plane():
    x = np.zeros((3, 2))
    wrong = [
        ({}, None, "Panels"),
        ({"a": {"real": x}}, {"b": {}}, r"Panels \['a'\] with labels of \['b'\]"),
        ({"a": {"train": x}}, None, r"known sets: \['real', 'generated'\]"),
        ({"a": {"real": x}}, {"a": {"generated": "abc"}}, "with labels of"),
        ({"a": {"real": x[:, :1]}}, None, r"must be points \[n, 2\]"),
        ({"a": {"real": x}}, {"a": {"real": ["y"]}}, r"got \(3, 2\) and \(1,\)"),
        ({"a": {"real": x + np.nan}}, None, "a: real has 6 of 6 values not finite"),
    ]
    for points, labels, match in wrong:
        with pytest.raises(ValueError, match=match):
            judge_figures.plot_embedding(points, labels, "t")


def test_confusion_is_a_share_of_the_true_class():
    counts = np.array([[3, 1, 0], [0, 0, 0], [6, 0, 6]])
    perfect = np.diag([4, 4, 4])
    matrices = {"trained on real": counts, "trained on generated": perfect}
    figure = judge_figures.plot_confusion(matrices, ["a", "b", "c"])
    draw(figure)
    left, right = figure.axes
    shown = np.ma.filled(left.images[0].get_array(), np.nan)
    none = [np.nan] * 3
    np.testing.assert_array_equal(shown, [[75, 25, 0], none, [50, 0, 50]])
    numbers = {t.get_position(): t.get_text() for t in left.texts}
    assert numbers == {(0, 0): "75", (1, 0): "25", (0, 2): "50", (2, 2): "50"}
    assert left.get_title() == "trained on real\naccuracy 56.2 %"
    assert right.get_title() == "trained on generated\naccuracy 100.0 %"
    assert [t.get_text() for t in left.get_yticklabels()] == ["a", "b", "c"]
    said = caption(figure)
    assert "Trained on real: most often c is taken for a (50 %)." in said
    assert "Grey rows: no series." in said
    assert "Trained on generated: no confusion." in said


def test_confusion_of_60_classes_has_few_names_and_no_numbers():
    counts = np.eye(60, dtype=int)
    counts[7, 9] = 3
    names = [f"a long name of class {y}" for y in range(60)]
    figure = judge_figures.plot_confusion({"a": counts, "b": counts}, names)
    draw(figure)
    first = figure.axes[0]
    assert not first.texts
    ticks = [label.get_text() for label in first.get_xticklabels()]
    assert ticks == [str(y) for y in range(0, 60, 5)]  # Shortened, all were equal.
    assert "numbered from 0" in caption(figure)
    assert "12 of 60 class names" in caption(figure)
    assert "(75 %)" in caption(figure)
    for matrices, match in [
        ({}, "no confusion matrices"),
        ({"a": counts[:5]}, r"a: counts must be \(60, 60\)"),
        ({"a": -counts}, "from 0 on"),
        ({"a": 0 * counts}, "all counts are 0"),
    ]:
        with pytest.raises(ValueError, match=match):
            judge_figures.plot_confusion(matrices, names)
