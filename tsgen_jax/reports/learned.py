"""Sections of what a generator learned: what it shows, and its samples over training."""

from collections.abc import Iterator

import jax
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.dataset import Dataset
from tsgen_jax.data.missing import hold_ends
from tsgen_jax.recipe import Generator, Recipe, Stage
from tsgen_jax.reports import page, sample_report
from tsgen_jax.reports.figures import filters, latents
from tsgen_jax.reports.figures.attention import plot_attention
from tsgen_jax.shown import Attention, Filters, View
from tsgen_jax.training import snapshots

_NUM_CLASSES = 3  # Of which a series is read.
_KEY = 2  # Folded into the seed's; 0 and 1 are those of other sections.


def sections(
    config: ConfigDict, dataset: Dataset, generator: Generator
) -> Iterator[sample_report.Named]:
    """What `Shows.show` gives of a TEST series of each class."""
    labels = np.unique(dataset.y_test)[:_NUM_CLASSES]
    rows = [int(np.flatnonzero(dataset.y_test == label)[0]) for label in labels]
    key = jax.random.fold_in(jax.random.key(config.seed), _KEY)
    x = np.asarray(hold_ends(dataset.x_test[rows]))
    for name, view in generator.show(key, x, labels).items():
        yield name, _drawn(view, generator.info.classes[labels[0]])


def _drawn(view: View, first_class: str) -> page.Section:
    """The section of one view."""
    if isinstance(view, Filters):
        return page.drawn(
            "Filters of the first layer",
            "What the network takes from series at first, over time and by frequency.",
            filters.plot_filters,
            (view.weights, view.layer),
        )
    if isinstance(view, Attention):
        x = hold_ends(np.asarray(view.x))
        return page.drawn("Attention", view.what, plot_attention, (view._replace(x=x),))
    x = np.stack([hold_ends(each) for each in view.x])
    return page.drawn(
        view.title,
        f"Series of class {first_class} while one number behind them moves.",
        latents.plot_traversal,
        (view._replace(x=x),),
    )


def over_training(
    recipe: Recipe, dataset: Dataset, workdir: str
) -> Iterator[sample_report.Named]:
    """What the stages that keep some have drawn at steps of their training.

    Raises:
        ValueError: a file of them is damaged; names it.
    """
    for stage in recipe.stages:
        kept = snapshots.read(workdir, stage.name) if isinstance(stage, Stage) else {}
        if not kept:
            continue
        invert = dataset.scaler.inverse
        drawn = {step: hold_ends(invert(of["x"])) for step, of in kept.items()}
        labels = next(iter(kept.values()))["label"]
        names = [*(f"class {name}" for name in dataset.classes), "no class"]
        real = hold_ends(dataset.x_train[_like(dataset.y_train, labels)])
        yield (
            f"snapshots_{stage.name}",
            page.drawn(
                "Samples over training",
                "What the generator makes of the same noise, step by step of its training.",
                latents.plot_snapshots,
                (drawn, labels, real, names),
            ),
        )


def _like(have: np.ndarray, wanted: np.ndarray) -> list[int]:
    """A row of such a class for each of the wanted labels, no row twice if it can be."""
    left, rows = {k: list(np.flatnonzero(have == k)) for k in np.unique(wanted)}, []
    for label in wanted:
        own = left[label] or list(range(len(have)))
        rows.append(int(own[len(rows) % len(own)]))
    return rows
