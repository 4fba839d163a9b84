"""Figures for a phone: no text below 10 pixels at a window of 390."""

import numpy as np
import pytest

from tsgen_jax.reports import page
from tsgen_jax.reports.figures import (
    attention,
    canvas,
    compare,
    filters,
    judges,
    latents,
    series,
    spectra,
    tokens,
)
from tsgen_jax.shown import Attention, Traversal

_PIXELS = 390 - 32  # Less the margins of the page.
_RNG = np.random.default_rng(0)
_X = _RNG.normal(size=(12, 20, 2))
_Y = np.arange(12) % 2
_POINTS = {"real": _X[:, :2, 0], "generated": _X[:, 2:4, 0]}
_SCORE = {
    "score": "fid",
    "judge": "fcn",
    "better": "lower",
    "ideal": 0.0,
    "floors": {"TRAIN": 0.1},
    "entries": [("a", 1.0, 0.5, 1.5), ("b", 2.0, 1.5, 2.5)],
}
_ROWS = [
    {"stage": "prior", "step": 1, "train/loss": 1.0},
    {"stage": "prior", "step": 2, "train/masked_accuracy": 1.0},
]
_PLOTS = {
    "reconstructions": (series.plot_reconstructions, (_X, _X + 0.1, _Y, "ab"), 3),
    "views": (series.plot_augmented_views, (_X, _X, "gauss"), 3),
    "real": (series.plot_real_and_generated, (_X, _Y, _X, _Y, "ab"), 2),
    "curves": (series.plot_loss_curves, (_ROWS,), 1),
    "nearest": (
        judges.plot_nearest_neighbours,
        (_X, _X, np.ones(12), 2.0, ["a"] * 12),
        2,
    ),
    "points": (judges.plot_embedding, ({"a": _POINTS, "b": _POINTS}, None, "t"), 1),
    "spectra": (spectra.plot_spectra_and_autocorrelation, (_X, _X), 1),
    "confusion": (
        judges.plot_confusion,
        ({"a": np.ones((9, 9)), "b": np.ones((9, 9))}, "abcdefghi"),
        1,
    ),
    "usage": (tokens.plot_codebook_usage, (np.ones(5), np.ones(5), np.ones(5)), 1),
    "codes": (tokens.plot_codebook_map, (_X[:, :, 0], np.ones(12)), 1),
    "maps": (tokens.plot_token_maps, (np.ones((6, 3, 4), int),) * 2 + (8,), 2),
    "decoding": (
        tokens.plot_decoding,
        (np.ones((6, 5), int), np.ones((6, 9, 1)), 8),
        3,
    ),
    "filters": (filters.plot_filters, (_X, "the first layer"), 2),
    "attention": (
        attention.plot_attention,
        (
            Attention(
                {"layer 1": np.ones((12, 4, 4))}, _X, tuple("ab" * 6), "", "token", 0
            ),
        ),
        2,
    ),
    "latents": (
        latents.plot_traversal,
        (
            Traversal(
                tuple("abcd"), ("-2 sd", "0 sd", "+2 sd"), _X.reshape(4, 3, 20, 2), ""
            ),
        ),
        1,
    ),
    "snapshots": (
        latents.plot_snapshots,
        ({0: _X[:4], 9: _X[4:8]}, _Y[:4], _X[8:], ["class a", "class b"]),
        2,
    ),
    "compare": (compare.plot_scores, ([_SCORE, _SCORE],), 1),
}


@pytest.mark.parametrize("name", _PLOTS)
def test_text_and_panels_on_a_phone(name):
    plot, arguments, columns = _PLOTS[name]
    with canvas.narrow():
        figure = plot(*arguments)
    scale = _PIXELS / figure.get_size_inches()[0] / 72
    sizes = {
        text.get_text(): text.get_fontsize() * scale
        for text in figure.findobj(lambda artist: hasattr(artist, "get_fontsize"))
        if text.get_text().strip()
    }
    assert min(sizes.values()) >= 10, min(sizes, key=sizes.get)
    beside = {
        ax.get_subplotspec().colspan.start for ax in figure.axes if ax.get_subplotspec()
    }
    assert len(beside) <= columns
    assert plot(*arguments).get_size_inches()[0] > figure.get_size_inches()[0]


def test_the_page_has_both():
    section = page.drawn("T", "", *_PLOTS["curves"][:2])
    text = page.make_report("T", [], [section], {})
    assert '<source media="(max-width: 40rem)" srcset="data:image/png' in text
    assert text.count("data:image/png") == 2
