"""Pictures of tokens and codes: arrays in, matplotlib figures out.

Tokens are int from 0 to num_codes - 1 = K - 1, and num_codes where they are masked.
Colours and layout are those of `canvas`. A figure that shows less than it was given
says so. All functions raise ValueError for wrong shapes, values that are not finite and
tokens that are no code.
"""

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tsgen_jax.evaluation.measures import embedding
from tsgen_jax.evaluation.measures.arrays import check_features
from tsgen_jax.reports.figures import canvas
from tsgen_jax.types import Array

_MAPS, _ROUNDS = 4, 4  # At most.
_TOKEN_COLOURS = "Close colours are close numbers, not similar codes."


def plot_codebook_usage(
    counts_train: Array, counts_test: Array, counts_generated: Array | None
) -> Figure:
    """Share of each code among the tokens of three sets, each counted in [K]."""
    sets = {"train": counts_train, "test": counts_test, "generated": counts_generated}
    sets = {name: np.asarray(s, float) for name, s in sets.items() if s is not None}
    order = np.argsort(-sets["train"], kind="stable")
    figure, axes = canvas.grid(len(sets), 1, 1.4, "all")
    for (name, counts), ax in zip(sets.items(), axes.flat, strict=True):
        ok = counts.shape == order.shape and counts.min() >= 0 < counts.sum() < np.inf
        if not ok:
            raise ValueError(
                f"counts_{name} must be {order.shape}, >= 0 and not all 0: {counts}."
            )
        share = counts[order] / counts.sum()
        outline = sets["train"][order] / sets["train"].sum()
        colour = canvas.SPLITS.get(name, canvas.MODEL)
        ax.bar(range(len(share)), share, width=1.0, color=colour)
        ax.stairs(outline, np.arange(len(share) + 1) - 0.5, color="0.45", lw=0.8)
        used = share[share > 0]
        apart = " " if canvas.columns(2) == 2 else "\n"
        title = f"{name}: perplexity {np.exp(-(used * np.log(used)).sum()):.1f};{apart}"
        title += f"{len(used)} of {len(share)} used, {len(share) - len(used)} dead"
        ax.set_title(title, fontsize=9)
        ax.set_ylabel("share")
    said = "Codes in the same order throughout."
    x_label = "rank of the code in train"
    colours = {name: canvas.SPLITS.get(name, canvas.MODEL) for name in sets}
    marks = {name: canvas.BAND | {"color": c} for name, c in colours.items()}
    marks["share in train"] = {"color": "0.45"}
    return canvas.finish(figure, "Codebook usage", axes, x_label, said, marks)


def plot_codebook_map(codes: Array, counts: Array) -> Figure:
    """Where the codes lie, how much each is used, and which of them are alike.

    Left: PCA of the used codes (of all, where under 3 are used). Right: |cosine|
    between codes, most used first; grey where a code is 0 and has no direction.

    Args:
        codes: float [K, D], K from 3 on and D from 2 on.
        counts: [K], tokens that chose each code over a whole data set.
    """
    codes, counts = check_features("codes", codes, 3), np.asarray(counts, float)
    if (
        counts.shape != codes.shape[:1]
        or not 0 <= counts.min() <= counts.sum() < np.inf
    ):
        raise ValueError(f"counts must be [{len(codes)}], from 0 on; got {counts}.")
    used, order = counts > 0, np.argsort(-counts, kind="stable")
    fitted = codes[used] if used.sum() >= 3 else codes
    points, explained = embedding.pca({"fitted": fitted, "all": codes}, "fitted")
    beside = canvas.columns(2)
    figure, axes = canvas.grid(2 // beside, beside, 2.5, False)
    axes = axes.ravel()
    left, right = axes
    x, share = points["all"], counts[used] / max(counts.sum(), 1)
    left.scatter(*x[used].T, s=600 * share + 1, color=canvas.DATA, alpha=0.5, lw=0)
    left.scatter(*x[~used].T, s=14, color=canvas.MODEL, marker="x", lw=0.8)
    left.set_title(f"{used.sum()} of {len(codes)} codes used", fontsize=8)
    lengths = np.linalg.norm(codes[order], axis=1, keepdims=True)
    units = codes[order] / np.where(lengths > 0, lengths, np.nan)
    cosine = np.abs(units @ units.T)
    colours = matplotlib.colormaps["viridis"].with_extremes(bad="0.88")
    image = right.imshow(cosine, cmap=colours, vmin=0, vmax=1, aspect="auto")
    apart = cosine[: used.sum(), : used.sum()][~np.eye(used.sum(), dtype=bool)]
    apart = apart[np.isfinite(apart)]
    mean = f", mean {apart.mean():.2f}" if apart.size else ""
    right.set_title(f"|cosine| of used codes{mean}", fontsize=8)
    for edge in (right.axvline, right.axhline):
        edge(used.sum() - 0.5, color="w", lw=0.8, ls="--")
    figure.colorbar(image, ax=right, shrink=0.7)
    said = "Left: the area of a dot is its code's share of use. Right: dead codes are "
    said += "those beyond the white lines."
    dot = {"ls": "", "alpha": 0.5, "color": canvas.DATA}
    marks = {
        "a code in use": dot | {"marker": "o"},
        "a dead code": {"ls": "", "marker": "x", "color": canvas.MODEL},
    }
    canvas.finish(figure, "Codebook", axes[None], "", said, marks)
    first, second = 100 * explained
    left.set(xlabel=f"PCA 1, {first:.0f} %", ylabel=f"PCA 2, {second:.0f} %")
    right.set(xlabel="rank of use", ylabel="rank of use")
    for axis in (right.xaxis, right.yaxis):
        axis.set_major_locator(MaxNLocator(4, integer=True))
    return figure


def plot_token_maps(
    tokens_real: Array, tokens_generated: Array, num_codes: int
) -> Figure:
    """The first token maps, int [n, F, W], of real (top) and generated series."""
    maps = {"real": np.asarray(tokens_real), "generated": np.asarray(tokens_generated)}
    shown = min(canvas.columns(_MAPS, 2), max(map(len, maps.values())))
    figure, axes = canvas.grid(2, shown, 1.3, "all")
    for row, (name, tokens) in zip(axes, maps.items(), strict=True):
        shape = (len(tokens), *maps["real"].shape[1:])
        tokens = canvas.check_indices(f"tokens_{name}", tokens, shape, num_codes)
        for ax, one in zip(row, tokens, strict=False):
            image = _draw_tokens(ax, one, num_codes)
        for ax in row[len(tokens) :]:
            ax.set_axis_off()
        row[0].set_ylabel(f"{name}\nfrequency")
    axes[0, 0].set_ylim(-0.5, shape[1] - 0.5)
    figure.colorbar(image, ax=axes, label="token", aspect=40)
    said = f"The first of {len(maps['real'])} real and {len(maps['generated'])} "
    said += f"generated maps, low frequencies below. {_TOKEN_COLOURS}"
    return canvas.finish(figure, "Token maps", axes, "frame", said)


def plot_decoding(
    token_history: Array | None, series_history: Array | None, num_codes: int
) -> Figure:
    """From all tokens masked, or from noise, to a series, round by round.

    Row s of `token_history`, int [S + 1, N], is the state after s rounds; an absent
    token is `num_codes`, the mask token. `series_history`, float [S + 1, L, C], is what
    these states decode to. Either may be None.
    """
    given = [h for h in (token_history, series_history) if h is not None]
    num, channels, said, marks = len(given[0]), 0, "", {}
    rounds = np.unique(canvas.spread(num, canvas.columns(_ROUNDS, 3)))
    if series_history is not None:
        x = canvas.check_series("series_history", series_history, (num, ..., ...))
        channels = min(x.shape[2], canvas.MAX_CHANNELS)
        said = canvas.shown_of(channels, x.shape[2], "channels")
        marks = {
            "of this round": {"color": "0.2"},
            "the last series": {"color": canvas.MODEL, "lw": 2.6, "alpha": 0.5},
        }
    above = token_history is not None
    figure, axes = canvas.grid(above + channels, len(rounds), 1.3, "row")
    if above:
        shape = (num, np.shape(token_history)[-1])
        tokens = canvas.check_indices(
            "token_history", token_history, shape, num_codes + 1
        )
        _draw_history(figure, axes[0], tokens, num_codes, rounds)
        said = f"{_TOKEN_COLOURS} Below: what the tokens so far decode to.{said}"
        marks = {"masked": canvas.BAND | {"color": "0.88"}, **marks}
    for (c, i), ax in np.ndenumerate(axes[above:]):
        ax.plot(x[-1, :, c], color=canvas.MODEL, lw=2.6, alpha=0.5)
        ax.plot(x[rounds[i], :, c], color="0.2", lw=1.1)
        ax.set_title(f"round {rounds[i]}" if c == 0 else "", fontsize=8)
        if i == 0:
            ax.set_ylabel(f"channel {c}" if x.shape[2] > 1 else "value")
    return canvas.finish(figure, "Decoding", axes, "time point", said, marks)


def _draw_history(figure, axes, tokens: np.ndarray, num_codes: int, rounds) -> None:
    """All rounds as one picture over a row of `axes`, which it takes the place of."""
    for ax in axes:
        ax.remove()
    top = figure.add_subplot(axes[0].get_gridspec()[0, :])
    image = _draw_tokens(top, tokens, num_codes)
    top.set(xlabel="token position", ylabel="round", yticks=rounds)
    figure.colorbar(image, ax=top, location="top", aspect=50, label="token")


def _draw_tokens(ax: Axes, tokens: np.ndarray, num_codes: int):
    """A picture of tokens, [rows, columns]; the mask token, num_codes, is grey."""
    colours = matplotlib.colormaps["viridis"].with_extremes(over="0.88")
    limits = {"vmin": -0.5, "vmax": num_codes - 0.5}
    return ax.imshow(tokens, cmap=colours, aspect="auto", **limits)
