"""Figures draw the numbers they were given, and say what they leave out."""

import io

import numpy as np
import pytest

from tsgen_jax.reports.figures import canvas
from tsgen_jax.reports.figures import series as figures


def make_series(n: int, length: int, channels: int, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(n, length, channels))
    return np.sin(np.arange(length) / 3)[None, :, None] + 0.2 * noise


def line(ax, label: str) -> np.ndarray:
    (found,) = [line for line in ax.lines if line.get_label() == label]
    return found.get_ydata()


def thin_lines(ax) -> np.ndarray:
    return np.array([one.get_ydata() for one in ax.lines if one.get_lw() == 0.6])


def caption(figure) -> str:
    return " ".join(figure.get_supxlabel().split())


def draw(figure) -> None:
    """Renders it: layout and fonts fail only here."""
    figure.savefig(io.BytesIO(), format="png", dpi=30)


def test_reconstructions_are_best_median_and_worst_of_each_class():
    x = make_series(9, 12, 1, 0)
    error = np.array([3, 1, 2, 5, 4, 30, 10, 20, 7])
    labels = np.array([0, 0, 0, 0, 0, 2, 2, 2, 1])
    x_hat = x + error[:, None, None] * np.eye(9, 12)[:, :, None]  # One time point.
    figure = figures.plot_reconstructions(x, x_hat, labels, ["a", "b", "c"])
    draw(figure)
    axes = np.array(figure.axes).reshape(3, 3)
    for row, members in zip(axes, ([1, 0, 3], [8], [6, 7, 5]), strict=True):
        for ax, i in zip(row, members, strict=False):
            np.testing.assert_array_equal(ax.lines[0].get_ydata(), x[i, :, 0])
            np.testing.assert_array_equal(ax.lines[1].get_ydata(), x_hat[i, :, 0])
            total = 0.0
            for t in range(12):
                total += (x[i, t, 0] - x_hat[i, t, 0]) ** 2
            assert ax.get_title() == f"MSE {total / 12:.2g}"
        assert [ax.axison for ax in row] == [k < len(members) for k in range(3)]
    assert [ax.get_ylabel() for ax in axes[:, 0]] == ["a", "b", "c"]
    assert axes[0, 0].lines[0].get_color() == canvas.DATA
    assert axes[0, 0].lines[1].get_color() == canvas.MODEL


def test_reconstruction_errors_of_channels_are_their_own():
    x = np.zeros((1, 4, 2))
    x_hat = np.stack([np.full((1, 4), 2.0), np.full((1, 4), 3.0)], -1)
    figure = figures.plot_reconstructions(x, x_hat, np.array([0]), ["only"])
    assert [ax.get_title() for ax in figure.axes] == ["MSE 4", "MSE 9"]
    assert figure.axes[1].get_ylabel() == "only\nchannel 1"


def test_real_and_generated_shows_every_series_mean_and_band():
    x_real, x_generated = make_series(22, 8, 2, 1), make_series(14, 8, 2, 2)
    y_real, y_generated = np.repeat([0, 1], [20, 2]), np.repeat([0, 1], [3, 11])
    figure = figures.plot_real_and_generated(
        x_real, y_real, x_generated, y_generated, ["walk", "run"]
    )
    draw(figure)
    axes = np.array(figure.axes).reshape(4, 2)
    for row, (y, c) in zip(axes, [(0, 0), (0, 1), (1, 0), (1, 1)], strict=True):
        sets = (("real", x_real, y_real), ("generated", x_generated, y_generated))
        for ax, (name, x, labels) in zip(row, sets, strict=True):
            mine = np.array([x[i, :, c] for i in range(len(x)) if labels[i] == y])
            np.testing.assert_array_equal(thin_lines(ax), mine)
            np.testing.assert_allclose(line(ax, "mean"), sum(mine) / len(mine))
            assert ax.get_title() == f"{name}, n = {len(mine)}"
            assert len(ax.collections) == (len(mine) >= 10)
        assert row[0].get_ylim() == row[1].get_ylim()
        np.testing.assert_array_equal(line(row[1], "real mean"), line(row[0], "mean"))
    assert axes[0, 0].get_xlim() == axes[3, 1].get_xlim()
    assert "Shown" not in caption(figure)


def test_band_is_from_the_5_to_the_95_percent_quantile():
    # Ranks 0..20 at every time point: 5 % of them lie below 1, 5 % above 19.
    x = np.random.default_rng(0).permuted(np.tile(np.arange(21.0), (6, 1)), axis=1)
    x = x.T[:, :, None]
    labels = np.zeros(21, int)
    figure = figures.plot_real_and_generated(x, labels, x, labels, ["a"])
    np.testing.assert_allclose(line(figure.axes[0], "5 %"), 1.0)
    np.testing.assert_allclose(line(figure.axes[0], "95 %"), 19.0)
    (band,) = figure.axes[0].collections
    heights = band.get_paths()[0].vertices[:, 1]
    np.testing.assert_allclose([heights.min(), heights.max()], [1.0, 19.0])


def test_unconditional_samples_form_one_row():
    x, labels = make_series(12, 5, 1, 0), np.arange(12) % 3
    none = np.full(7, -1)
    names = ["a", "b", "c"]
    figure = figures.plot_real_and_generated(x, labels, x[:7], none, names)
    left, right = figure.axes
    assert left.get_ylabel() == "all classes"
    assert len(thin_lines(left)) == 12
    assert len(thin_lines(right)) == 7
    with pytest.raises(ValueError, match="y_generated must be"):
        figures.plot_real_and_generated(x, labels, x, labels - 1, names)


def test_a_class_without_samples_is_an_empty_panel():
    x, labels = make_series(4, 5, 1, 0), np.array([0, 0, 1, 1])
    figure = figures.plot_real_and_generated(x, labels, x[:1], labels[:1], ["a", "b"])
    draw(figure)
    right = figure.axes[3]
    assert right.get_title() == "generated, n = 0"
    assert [one.get_label() for one in right.lines] == ["real mean"]


def test_many_classes_channels_and_series_are_cut_and_said_so():
    # Class y has y + 1 series: the 8 largest of 60 are the last ones.
    labels = np.repeat(np.arange(60), np.arange(60) + 1)
    x = make_series(len(labels), 3, 1, 0)
    names = [f"class {y}" for y in range(60)]
    figure = figures.plot_real_and_generated(x, labels, x, labels, names)
    assert [ax.get_ylabel() for ax in figure.axes[::2]] == names[52:]
    assert "8 of 60 classes, the largest" in caption(figure)
    last = figure.axes[-2]
    assert last.get_title() == "real, n = 60, 50 drawn"
    assert len(thin_lines(last)) == 50
    x = make_series(10, 3, 9, 0)
    labels = np.arange(10) // 2
    figure = figures.plot_reconstructions(x, x, labels, names[:5])
    assert len(figure.axes) == 4 * 6 * 2
    assert "4 of 5 classes" in caption(figure)
    assert "6 of 9 channels" in caption(figure)


def test_names_are_short_and_no_formulas():
    x, names = make_series(1, 4, 1, 0), ["$x_{$" + "long" * 9, "$a$"]
    figure = figures.plot_reconstructions(x, x, np.array([0]), names)
    draw(figure)  # A formula that is none would raise.
    assert figure.axes[0].get_ylabel() == r"\$x_{\$longlonglo…"


def test_augmented_views_are_drawn_over_their_series():
    x = make_series(5, 7, 2, 0)
    figure = figures.plot_augmented_views(x, -x, "flip")
    draw(figure)
    axes = np.array(figure.axes).reshape(2, 3)
    for (c, i), ax in np.ndenumerate(axes):
        np.testing.assert_array_equal(ax.lines[0].get_ydata(), x[i, :, c])
        np.testing.assert_array_equal(ax.lines[1].get_ydata(), -x[i, :, c])
    assert "flip" in figure.get_suptitle()
    assert "3 of 5 series" in caption(figure)


def test_loss_curves_join_splits_and_keep_the_later_of_two_values():
    rows = [
        {"stage": "tokenizer", "step": 20, "train/accuracy": 0.5, "train/loss": 9.0},
        {"stage": "tokenizer", "step": 10, "train/loss": 100.0},
        {"stage": "tokenizer", "step": 20, "train/loss": 1.0, "valid/loss": 2.0},
        {"stage": "tokenizer", "step": 20, "selected_step": 10, "note": "a/b"},
        {"stage": "prior", "step": 5, "train/loss": 3.0, "train/word": "text"},
        {"stage": "prior", "step": 6, "train/loss": float("nan")},
    ]
    figure = figures.plot_loss_curves(rows)
    draw(figure)
    axes = {ax.get_title(): ax for ax in figure.axes}
    assert list(axes) == ["tokenizer: loss", "tokenizer: accuracy", "prior: loss"]
    loss = axes["tokenizer: loss"]
    curves = {one.get_label(): one.get_xydata().tolist() for one in loss.lines}
    assert curves["train"] == [[10.0, 100.0], [20.0, 1.0]]
    assert curves["valid"] == [[20.0, 2.0]]
    assert [x for x, _ in curves["selected"]] == [10, 10]
    assert loss.get_yscale() == "log"
    assert axes["tokenizer: accuracy"].get_yscale() == "linear"
    assert len(axes["prior: loss"].lines) == 1


@pytest.mark.parametrize(
    ("values", "scale"), [([1, 10], "linear"), ([1, 11], "log"), ([0, 99], "linear")]
)
def test_loss_is_logarithmic_only_above_a_decade_of_positive_values(values, scale):
    rows = [{"stage": "s", "step": i, "train/loss": v} for i, v in enumerate(values)]
    assert figures.plot_loss_curves(rows).axes[0].get_yscale() == scale


def test_unknown_splits_have_colours_of_their_own():
    row = {"stage": "s", "step": 1} | {f"{name}/loss": 1.0 for name in "abcd"}
    lines = figures.plot_loss_curves([row | {"train/loss": 1.0}]).axes[0].lines
    assert len({one.get_color() for one in lines}) == 5


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        ([], "None of the 0 rows"),
        ([{"stage": "s", "step": 1, "loss": 2.0}], "None of the 1 rows"),
        ([{"stage": "s", "train/loss": 2.0}], "needs 'stage' and 'step'"),
    ],
)
def test_loss_curves_refuse_rows_that_are_no_metrics(rows, match):
    with pytest.raises(ValueError, match=match):
        figures.plot_loss_curves(rows)


def test_wrong_inputs_are_refused_in_words():
    x, labels = make_series(3, 4, 1, 0), np.array([0, 1, 1])
    hole = x.copy()
    hole[1, 2, 0] = np.inf
    wrong = [
        (x[..., 0], x, labels, "x must have the shape"),
        (x[:0], x, labels, "x must have the shape"),
        (x, x[:, :3], labels, r"x_hat must have the shape \(3, 4, 1\)"),
        (x, hole, labels, "x_hat has 1 of 12 values not finite"),
        (x, x, labels + 1, "labels must be .* from 0 to 1"),
        (x, x, labels[:2], "labels must be"),
        (x, x, labels.astype(float), "labels must be .* float64"),
    ]
    for x_in, x_hat, y, match in wrong:
        with pytest.raises(ValueError, match=match):
            figures.plot_reconstructions(x_in, x_hat, y, ["a", "b"])
    with pytest.raises(ValueError, match=r"x_generated .* \(any, 4, 1\)"):
        figures.plot_real_and_generated(x, labels, x[:, :2], labels, ["a", "b"])


def test_no_figure_touches_pyplot():
    import matplotlib.pyplot as plt

    x = make_series(3, 4, 1, 0)
    figures.plot_augmented_views(x, -x, "flip")
    assert plt.get_fignums() == []
