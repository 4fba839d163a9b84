"""Figures of tokens draw the numbers they were given, and say what they leave out."""

import io

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from sklearn.decomposition import PCA

from tsgen_jax.evaluation.measures.tokens import codebook_correlation
from tsgen_jax.reports.figures import canvas
from tsgen_jax.reports.figures import tokens as token_figures


def draw(figure) -> None:
    """Renders it: layout and fonts fail only here."""
    figure.savefig(io.BytesIO(), format="png", dpi=30)


def test_codebook_usage_sorts_by_train_and_counts_perplexity():
    train, test = np.array([1, 0, 6, 3]), np.array([4, 4, 0, 0])
    figure = token_figures.plot_codebook_usage(train, test, np.array([5, 5, 5, 5]))
    draw(figure)
    bars = [[bar.get_height() for bar in ax.containers[0]] for ax in figure.axes]
    np.testing.assert_allclose(bars[0], [0.6, 0.3, 0.1, 0.0])
    np.testing.assert_allclose(bars[1], [0.0, 0.0, 0.5, 0.5])
    np.testing.assert_allclose(bars[2], 0.25)
    perplexity = (0.6**-0.6) * (0.3**-0.3) * (0.1**-0.1)
    assert [ax.get_title() for ax in figure.axes] == [
        f"train: perplexity {perplexity:.1f}; 3 of 4 used, 1 dead",
        "test: perplexity 2.0; 2 of 4 used, 2 dead",
        "generated: perplexity 4.0; 4 of 4 used, 0 dead",
    ]
    assert len(token_figures.plot_codebook_usage(train, test, None).axes) == 2
    for bad in (np.zeros(4), np.array([1, -1, 1, 1]), np.ones(3), np.full(4, np.nan)):
        with pytest.raises(ValueError, match="counts_test must be"):
            token_figures.plot_codebook_usage(train, bad, None)


def test_codebook_map_has_area_by_use_crosses_for_dead_and_cosines_by_rank():
    codes = np.random.default_rng(0).normal(size=(6, 4))
    codes[4] = 0.0
    counts = np.array([1, 0, 6, 3, 0, 10])
    figure = token_figures.plot_codebook_map(codes, counts)
    draw(figure)
    left, right = figure.axes[:2]
    used, dead = left.collections
    areas = used.get_sizes() - 1
    np.testing.assert_allclose(areas / areas.sum(), [0.05, 0.3, 0.15, 0.5])
    assert len(dead.get_offsets()) == 2
    np.testing.assert_allclose(dead.get_edgecolors()[0, :3], to_rgba(canvas.MODEL)[:3])
    # Four points of 4 dimensions: the plane keeps the largest part of their spread.
    judge = PCA(2).fit(codes[[0, 2, 3, 5]])
    at = judge.transform(codes[[0, 2, 3, 5]])
    np.testing.assert_allclose(np.abs(used.get_offsets()), np.abs(at), atol=1e-9)
    assert (
        left.get_xlabel() == f"PCA 1, {100 * judge.explained_variance_ratio_[0]:.0f} %"
    )
    order = [5, 2, 3, 0, 1, 4]
    shown = np.ma.filled(right.images[0].get_array(), np.nan)
    for row, i in enumerate(order):
        for column, j in enumerate(order):
            length = np.sqrt(sum(codes[i] ** 2)) * np.sqrt(sum(codes[j] ** 2))
            cosine = abs(sum(codes[i] * codes[j])) / length if length else np.nan
            np.testing.assert_allclose(shown[row, column], cosine)
    score = codebook_correlation(codes, counts)
    assert right.get_title() == f"|cosine| of used codes, mean {score['cosine']:.2f}"
    assert left.get_title() == "4 of 6 codes used"


def test_codebook_map_of_few_used_codes_and_wrong_inputs():
    codes = np.random.default_rng(0).normal(size=(5, 3))
    for counts in ([0, 0, 0, 0, 0], [0, 7, 0, 0, 0]):
        figure = token_figures.plot_codebook_map(codes, np.array(counts))
        draw(figure)
        assert len(figure.axes[0].collections[0].get_offsets()) == sum(counts) // 7
        assert "mean" not in figure.axes[1].get_title()
    for counts in ([1, 1], [-1, 1, 1, 1, 1], [np.nan] * 5):
        with pytest.raises(ValueError, match=r"counts must be \[5\]"):
            token_figures.plot_codebook_map(codes, np.array(counts))
    with pytest.raises(ValueError, match="codes needs 3 rows"):
        token_figures.plot_codebook_map(codes[:2], np.ones(2))


def test_token_maps_are_the_first_ones_with_low_frequencies_below():
    rng = np.random.default_rng(0)
    real, generated = rng.integers(0, 16, (6, 3, 5)), rng.integers(0, 16, (2, 3, 5))
    figure = token_figures.plot_token_maps(real, generated, 16)
    draw(figure)
    panels = np.array(figure.axes[:8]).reshape(2, 4)  # The ninth is the colour bar.
    for row, tokens in zip(panels, (real, generated), strict=True):
        for ax, one in zip(row, tokens, strict=False):
            np.testing.assert_array_equal(ax.images[0].get_array(), one)
            assert ax.get_ylim() == (-0.5, 2.5)
    assert [ax.axison for ax in panels[1]] == [True, True, False, False]
    with pytest.raises(ValueError, match=r"tokens_generated must be .* 0 to 15"):
        token_figures.plot_token_maps(real, generated + 8, 16)
    with pytest.raises(ValueError, match="tokens_generated must be"):
        token_figures.plot_token_maps(real, generated[:, :2], 16)


def test_decoding_shows_masks_grey_and_rounds_up_to_the_last():
    tokens = np.full((6, 4), 8)
    for step in range(1, 6):
        tokens[step, : step - 1] = step
    series = np.random.default_rng(0).normal(size=(6, 10, 2))
    figure = token_figures.plot_decoding(tokens, series, 8)
    draw(figure)
    (top,) = [ax for ax in figure.axes if ax.images]
    image = top.images[0]
    np.testing.assert_array_equal(image.get_array(), tokens)
    colours = image.to_rgba(np.array([[8, 7]]))[0]
    np.testing.assert_allclose(colours[0], to_rgba("0.88"))
    assert not np.allclose(colours[0], colours[1])
    panels = [ax for ax in figure.axes if ax.lines]
    for ax, step in zip(panels[:4], (0, 2, 3, 5), strict=True):
        assert ax.get_title() == f"round {step}"
        np.testing.assert_array_equal(ax.lines[0].get_ydata(), series[-1, :, 0])
        np.testing.assert_array_equal(ax.lines[1].get_ydata(), series[step, :, 0])
    assert len(panels) == 8
    alone = token_figures.plot_decoding(tokens, None, 8)
    draw(alone)
    assert not [ax for ax in alone.axes if ax.lines]
    with pytest.raises(ValueError, match=r"token_history must be .* 0 to 8"):
        token_figures.plot_decoding(tokens + 1, None, 8)
    with pytest.raises(ValueError, match="series_history must have the shape"):
        token_figures.plot_decoding(tokens, series[:5], 8)


def test_no_figure_touches_pyplot():
    import matplotlib.pyplot as plt

    token_figures.plot_token_maps(np.ones((1, 2, 2), int), np.ones((1, 2, 2), int), 4)
    assert plt.get_fignums() == []
