"""The pictures of a run: arrays in, matplotlib figures out; no pyplot, no state.

Series are float [n, L, C] in original units; labels, int [n], index the names in
`classes`. Blue is data, vermilion what a model made, green a changed view; black and
purple are validation and test (Okabe and Ito 2008, safe for colour-blind readers).
One page wide, so that text survives a phone. A figure that shows less than it was
given says so. All functions raise ValueError for wrong shapes, values that are not
finite, labels that are no class and tokens that are no code.
"""

import textwrap
from collections.abc import Mapping, Sequence
from numbers import Real

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tsgen_jax.types import Array

DATA, MODEL, VIEW, VALID, TEST = "#0072B2", "#D55E00", "#009E73", "#000000", "#CC79A7"
_SPLITS = {"train": DATA, "valid": VALID, "test": TEST}
_OTHERS = (MODEL, VIEW, "#56B4E9", "#E69F00")  # For further splits, in order.
_CLASSES, _CHANNELS, _ROWS, _LINES, _EXAMPLES, _MAPS = 8, 6, 24, 50, 3, 4  # At most.
_BAND_FROM = 10  # Series; the percentiles of fewer are only their extremes.
_WIDTH = 5.2  # Inches.
_TOKEN_COLOURS = "Close colours are close numbers, not similar codes."


def plot_reconstructions(
    x: Array, x_hat: Array, labels: Array, classes: Sequence[str]
) -> Figure:
    """Test series `x` under their reconstructions `x_hat`, same shape.

    Rows: class and channel. Columns: the smallest, median and largest mean squared
    error within the class; the number on a panel is the error of its channel.
    """
    x = _series("x", x, None)
    x_hat = _series("x_hat", x_hat, x.shape)
    labels = _indices("labels", labels, (len(x),), len(classes))
    rows, said = _rows(labels, classes, x.shape[2])
    error, picks = ((x - x_hat) ** 2).mean((1, 2)), []
    for _, mine, _ in rows:
        mine = mine[error[mine].argsort(kind="stable")]
        picks.append(mine[np.unique(_spread(len(mine), _EXAMPLES))])
    legend = "Blue: test series; vermilion: reconstruction. Per class, from the left: "
    legend += "smallest, median and largest error. One y axis per row."
    return _draw_pairs("Reconstructions", x, x_hat, MODEL, rows, picks, legend + said)


def plot_augmented_views(x: Array, x_augmented: Array, name: str) -> Figure:
    """The first series of `x` and their views, same shape; `name` of the augmentation.

    Rows: channels. Columns: series; the number on a panel is the mean squared change.
    """
    x = _series("x", x, None)
    view = _series("x_augmented", x_augmented, x.shape)
    rows, said = _rows(np.zeros(len(x), int), ["value"], x.shape[2])
    picks = [mine[:_EXAMPLES] for _, mine, _ in rows]
    legend = "Blue: series; green: its augmented view. One y axis per row."
    legend += _said(len(picks[0]), len(x), "series") + said
    title = f"Augmented views: {_text(name, 40)}"
    return _draw_pairs(title, x, view, VIEW, rows, picks, legend)


def plot_real_and_generated(
    x_real: Array,
    y_real: Array,
    x_generated: Array,
    y_generated: Array,
    classes: Sequence[str],
) -> Figure:
    """Real series left, generated ones right, with common axes, per class and channel.

    The two sets may differ in n. `y_generated` is the class that was asked for, or -1
    throughout when none was: then all series form one row.
    """
    x_real = _series("x_real", x_real, None)
    x_generated = _series("x_generated", x_generated, (..., *x_real.shape[1:]))
    y_real = _indices("y_real", y_real, (len(x_real),), len(classes))
    if np.all(np.asarray(y_generated) == -1):
        y_generated = np.zeros(np.shape(y_generated), int)
        y_real, classes = 0 * y_real, ["all classes"]
    shape = (len(x_generated),)
    y_generated = _indices("y_generated", y_generated, shape, len(classes))
    rows, said = _rows(y_real, classes, x_real.shape[2])
    figure, axes = _grid(len(rows), 2, 1.4 if x_real.shape[2] == 1 else 1.1, "row")
    for (name, real, c), (left, right) in zip(rows, axes, strict=True):
        generated = y_generated == y_real[real[0]]
        _draw_set(left, x_real[real, :, c], DATA, "real")
        _draw_set(right, x_generated[generated, :, c], MODEL, "generated")
        mean = x_real[real, :, c].mean(0)
        right.plot(mean, color=DATA, lw=1.2, ls="--", label="real mean")
        left.set_ylabel(name)
    legend = "Thin: series; thick: mean; shaded with dotted edge: 5 to 95 % (from "
    legend += f"{_BAND_FROM} series on). Dashed blue, right: mean of the real series."
    title = "Real and generated series"
    return _finish(figure, title, axes, "time point", legend + said)


def plot_loss_curves(rows: Sequence[Mapping]) -> Figure:
    """One panel per stage and metric of the `rows` of a metrics.jsonl, splits together.

    A row is {"stage": "prior", "step": 10, "train/loss": 1.5}; of two values for one
    step the later row counts; "selected_step" in a row marks that step of its stage.
    The y axis is logarithmic where values are positive and span over a decade.
    """
    panels, selected = _panels(rows)
    columns, colours = min(2, len(panels)), dict(_SPLITS)
    figure, axes = _grid(-(-len(panels) // columns), columns, 1.7, False)
    for ax in axes.flat[len(panels) :]:
        ax.remove()
    for (stage, metric), ax in zip(panels, axes.flat, strict=False):
        for split, points in panels[stage, metric].items():
            steps, values = zip(*sorted(points.items()), strict=True)
            spare = _OTHERS[(len(colours) - len(_SPLITS)) % len(_OTHERS)]
            colour, mark = colours.setdefault(split, spare), "o" * (len(steps) < 25)
            ax.plot(steps, values, color=colour, lw=1.2, marker=mark, ms=3, label=split)
        values = np.concatenate([line.get_ydata() for line in ax.lines])
        values = values[np.isfinite(values)]
        if values.size and values.min() > 0 and values.max() > 10 * values.min():
            ax.set_yscale("log")
        if stage in selected:
            ax.axvline(selected[stage], color="0.5", ls="--", lw=1, label="selected")
        ax.set_title(_text(f"{stage}: {metric}", 32), fontsize=8)
        ax.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        ax.legend(fontsize=7, handlelength=1.2, frameon=False)
    said = "Dashed grey: the step whose weights are kept." if selected else ""
    return _finish(figure, "Training", axes, "step", said)


def plot_codebook_usage(
    counts_train: Array, counts_test: Array, counts_generated: Array | None
) -> Figure:
    """Share of each code among the tokens of three sets, each counted in [K]."""
    sets = {"train": counts_train, "test": counts_test, "generated": counts_generated}
    sets = {name: np.asarray(s, float) for name, s in sets.items() if s is not None}
    order = np.argsort(-sets["train"], kind="stable")
    figure, axes = _grid(len(sets), 1, 1.4, "all")
    for (name, counts), ax in zip(sets.items(), axes.flat, strict=True):
        ok = counts.shape == order.shape and counts.min() >= 0 < counts.sum() < np.inf
        if not ok:
            raise ValueError(
                f"counts_{name} must be {order.shape}, >= 0 and not all 0: {counts}."
            )
        share = counts[order] / counts.sum()
        outline = sets["train"][order] / sets["train"].sum()
        ax.bar(range(len(share)), share, width=1.0, color=_SPLITS.get(name, MODEL))
        ax.stairs(outline, np.arange(len(share) + 1) - 0.5, color="0.45", lw=0.8)
        used = share[share > 0]
        title = f"{name}: perplexity {np.exp(-(used * np.log(used)).sum()):.1f}; "
        title += f"{len(used)} of {len(share)} used, {len(share) - len(used)} dead"
        ax.set_title(title, fontsize=9)
        ax.set_ylabel("share")
    said = "Codes in the same order throughout; grey outline: their share in train."
    return _finish(figure, "Codebook usage", axes, "rank of the code in train", said)


def plot_token_maps(
    tokens_real: Array, tokens_generated: Array, num_codes: int
) -> Figure:
    """The first token maps, int [n, F, W], of real (top) and generated series."""
    maps = {"real": np.asarray(tokens_real), "generated": np.asarray(tokens_generated)}
    shown = min(_MAPS, max(map(len, maps.values())))
    figure, axes = _grid(2, shown, 1.3, "all")
    for row, (name, tokens) in zip(axes, maps.items(), strict=True):
        shape = (len(tokens), *maps["real"].shape[1:])
        tokens = _indices(f"tokens_{name}", tokens, shape, num_codes)
        for ax, one in zip(row, tokens, strict=False):
            image = _draw_tokens(ax, one, num_codes)
        for ax in row[len(tokens) :]:
            ax.set_axis_off()
        row[0].set_ylabel(f"{name}\nfrequency")
    axes[0, 0].set_ylim(-0.5, shape[1] - 0.5)
    figure.colorbar(image, ax=axes, label="token", aspect=40)
    said = f"The first of {len(maps['real'])} real and {len(maps['generated'])} "
    said += f"generated maps, low frequencies below. {_TOKEN_COLOURS}"
    return _finish(figure, "Token maps", axes, "frame", said)


def plot_decoding(
    token_history: Array, series_history: Array | None, num_codes: int
) -> Figure:
    """From all tokens masked to a series, round by round.

    Row s of `token_history`, int [S + 1, N], is the state after s rounds; an absent
    token is `num_codes`, the mask token. `series_history`, float [S + 1, L, C], is what
    these states decode to.
    """
    shape = (len(token_history), np.shape(token_history)[-1])
    tokens = _indices("token_history", token_history, shape, num_codes + 1)
    rounds, channels, said = np.unique(_spread(len(tokens), 4)), 0, ""
    if series_history is not None:
        x = _series("series_history", series_history, (shape[0], ..., ...))
        channels = min(x.shape[2], _CHANNELS)
        said = "Below: what the tokens so far decode to; vermilion: the last series."
        said += _said(channels, x.shape[2], "channels")
    figure, axes = _grid(1 + channels, len(rounds), 1.3, "row")
    for ax in axes[0]:
        ax.remove()
    top = figure.add_subplot(axes[0, 0].get_gridspec()[0, :])
    image = _draw_tokens(top, tokens, num_codes)
    top.set(xlabel="token position", ylabel="round", yticks=rounds)
    figure.colorbar(image, ax=top, location="top", aspect=50, label="token")
    for (c, i), ax in np.ndenumerate(axes[1:]):
        ax.plot(x[-1, :, c], color=MODEL, lw=2.6, alpha=0.5)
        ax.plot(x[rounds[i], :, c], color="0.2", lw=1.1)
        ax.set_title(f"round {rounds[i]}" if c == 0 else "", fontsize=8)
        if i == 0:
            ax.set_ylabel(f"channel {c}" if x.shape[2] > 1 else "value")
    said = f"Grey: masked. {_TOKEN_COLOURS} {said}"
    return _finish(figure, "Decoding", axes, "time point", said)


def _draw_pairs(title, x, other, colour, rows, picks, said) -> Figure:
    """Panels of `x` and the `other` series, one row of `picks` per row."""
    figure, axes = _grid(len(rows), max(map(len, picks)), 1.25, "row")
    for (name, _, c), mine, row in zip(rows, picks, axes, strict=True):
        for i, ax in zip(mine, row, strict=False):
            ax.plot(x[i, :, c], color=DATA, lw=2.6, alpha=0.5)
            ax.plot(other[i, :, c], color=colour, lw=1.1)
            mse = ((x[i, :, c] - other[i, :, c]) ** 2).mean()
            ax.set_title(f"MSE {mse:.2g}", fontsize=8)
        for ax in row[len(mine) :]:
            ax.set_axis_off()
        row[0].set_ylabel(name)
    return _finish(figure, title, axes, "time point", said)


def _draw_set(ax: Axes, x: np.ndarray, colour: str, name: str) -> None:
    """Lines, mean and band of the series `x`, [n, L]; the title has the counts."""
    drawn = x[_spread(len(x), _LINES)]
    some = f", {len(drawn)} drawn" if len(drawn) < len(x) else ""
    ax.set_title(f"{name}, n = {len(x)}{some}", fontsize=8, color=colour)
    if len(x):
        alpha = float(np.clip(4 / len(drawn), 0.15, 0.6))
        ax.plot(drawn.T, color=colour, lw=0.6, alpha=alpha)
        ax.plot(x.mean(0), color=colour, lw=1.8, label="mean")
    if len(x) >= _BAND_FROM:
        band = np.percentile(x, [5, 95], axis=0)
        ax.fill_between(np.arange(x.shape[1]), *band, color=colour, alpha=0.15, lw=0)
        ax.plot(band.T, color=colour, lw=0.8, ls=":", label=["5 %", "95 %"])


def _draw_tokens(ax: Axes, tokens: np.ndarray, num_codes: int):
    """A picture of tokens, [rows, columns]; the mask token, num_codes, is grey."""
    colours = matplotlib.colormaps["viridis"].with_extremes(over="0.88")
    limits = {"vmin": -0.5, "vmax": num_codes - 0.5}
    return ax.imshow(tokens, cmap=colours, aspect="auto", **limits)


def _panels(rows: Sequence[Mapping]) -> tuple[dict, dict]:
    """{(stage, metric): {split: {step: value}}} and {stage: selected step}."""
    panels, selected = {}, {}
    for row in rows:
        if not {"stage", "step"} <= set(row):
            raise ValueError(f"A row of metrics needs 'stage' and 'step': {row}.")
        if row.get("selected_step") is not None:
            selected[row["stage"]] = row["selected_step"]
        for name, value in row.items():
            split, slash, metric = name.partition("/")
            if slash and isinstance(value, Real):
                panel = panels.setdefault((row["stage"], metric), {})
                panel.setdefault(split, {})[row["step"]] = value
    if not panels:
        raise ValueError(f"None of the {len(rows)} rows has a number 'split/metric'.")
    stages = list(dict.fromkeys(stage for stage, _ in panels))
    order = sorted(panels, key=lambda key: (stages.index(key[0]), key[1] != "loss"))
    return {key: panels[key] for key in order}, selected


def _rows(labels: np.ndarray, classes: Sequence[str], num_channels: int):
    """(name, members, channel) of each row, and in words what is left out.

    Where there are too many classes, those with most series stay, in their order.
    """
    channels = min(num_channels, _CHANNELS)
    counts = np.bincount(labels, minlength=len(classes))
    largest = np.argsort(-counts, kind="stable")[: min(_CLASSES, _ROWS // channels)]
    shown, rows = [y for y in sorted(largest) if counts[y]], []
    for y in shown:
        for c in range(channels):
            name = _text(classes[y], 16) + f"\nchannel {c}" * (num_channels > 1)
            rows.append((name, np.flatnonzero(labels == y), c))
    said = _said(len(shown), len(classes), "classes, the largest")
    return rows, said + _said(channels, num_channels, "channels")


def _grid(num_rows: int, num_columns: int, height: float, share_y):
    """A figure of panels, `height` inches each, and its axes, [rows, columns]."""
    figure = Figure((_WIDTH, height * num_rows + 0.9), layout="constrained")
    share = {"sharex": bool(share_y), "sharey": share_y, "squeeze": False}
    return figure, figure.subplots(num_rows, num_columns, **share)


def _finish(figure, title: str, axes: np.ndarray, x_label: str, said: str) -> Figure:
    """Writes the title, what is `said` below, and all axes in one style."""
    figure.suptitle(title, fontsize=11, weight="bold")
    said = "\n".join(textwrap.wrap(said, 90))
    figure.supxlabel(said, fontsize=7.5, x=0.01, ha="left")
    for ax in axes[-1]:
        ax.set_xlabel(x_label)
    for ax in figure.axes:
        ax.tick_params(labelsize=7)
        ax.xaxis.label.set_size(8)
        ax.yaxis.label.set_size(8)
        ax.spines[["top", "right"]].set_visible(False)
    return figure


def _series(name: str, x: Array, like: tuple | None) -> np.ndarray:
    """Checks series of a shape `like` this; `...` stands for any number."""
    x, like = np.asarray(x, float), like or (..., ..., ...)
    fits = x.ndim == 3 and all(map(lambda a, b: a in (..., b), like, x.shape))
    if not fits or not x.size:
        wanted = str(like).replace("Ellipsis", "any")
        raise ValueError(f"{name} must have the shape {wanted}; it has {x.shape}.")
    if not np.isfinite(x).all():
        raise ValueError(f"{name} has {(~np.isfinite(x)).sum()} values not finite.")
    return x


def _indices(name: str, values: Array, shape: tuple, bound: int) -> np.ndarray:
    values = np.asarray(values)
    fits = values.shape == shape and values.size and values.dtype.kind in "iu"
    if not fits or values.min() < 0 or values.max() >= bound:
        raise ValueError(
            f"{name} must be {shape} integers, at least one, from 0 to {bound - 1}; "
            f"got {values.dtype} {values.shape} with {np.unique(values)}."
        )
    return values


def _spread(count: int, most: int) -> np.ndarray:
    """At most `most` indices spread evenly over `count`, int, ends included."""
    return np.linspace(0, count - 1, min(count, most)).round().astype(int)


def _said(shown: int, total: int, what: str) -> str:
    return f" Shown: {shown} of {total} {what}." if shown < total else ""


def _text(name: str, width: int) -> str:
    """A name that fits `width` letters and is no formula."""
    name = " ".join(str(name).split())
    name = name if len(name) <= width else name[: width - 1] + "…"
    return name.replace("$", r"\$")
