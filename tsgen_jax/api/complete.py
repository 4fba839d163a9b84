"""A file, directory or DataFrame in; the same filled, or continued, out."""

import dataclasses
import logging
from collections.abc import Mapping
from typing import Any

import numpy as np

from tsgen_jax.api import sliding
from tsgen_jax.api.arguments import as_count
from tsgen_jax.api.completed import Completed
from tsgen_jax.api.trained import Label, Trained, key_of
from tsgen_jax.data.series import SeriesSet
from tsgen_jax.data.sources import similar
from tsgen_jax.data.sources.description import Description
from tsgen_jax.recipe import Inpaints

_LOG = logging.getLogger(__name__)


def complete(
    model: Trained,
    source,
    horizon: int | None,
    num: int,
    label: Label,
    seed: int,
    reading: Mapping[str, Any] | None = None,
) -> Completed:
    """Draws what is missing in a file's series, or how they go on.

    Args:
        model: that draws.
        source: path, or pandas DataFrame, that is read as the training file was.
        horizon: time points to go on for; None: gaps are filled.
        num: draws of each series.
        label: name of a class, or one for each series; None: the classes that the file
            names where the model knows them, else none.
        seed: of the draws.
        reading: where the source differs from the training file, see `similar.read`.

    Raises:
        ValueError: no such file, or nothing to fill.
    """
    model._check_can(Inpaints)
    found = read(model, source, horizon is not None, reading)
    _LOG.info("%s\n%s", found.source, "\n".join((*found.notes, *found.facts())))
    if label is None:
        label = _labels(model, found)
    series = [np.asarray(x, np.float32) for x in found.series]
    label, key = model._label(label, len(series)), key_of(seed)
    num = as_count(num, "num", 1)
    if horizon is None:
        if not any(np.isnan(x).any() for x in series):
            raise ValueError(
                f"{found.source} has no missing values: there is nothing to fill. An "
                "empty cell, NaN, or a row that is missing between two times is a gap."
            )
        draws = sliding.fill(model._constrained, key, series, label, num)
    else:
        horizon, overlap = as_count(horizon, "horizon", 1), model._overlap(None)
        model._constrained.check_no_sum_over_time("A forecast")
        draws = sliding.go_on(
            model._constrained, key, series, horizon, label, num, overlap
        )
    _warn_of_given(model, series, draws, horizon is not None)
    return Completed(
        found,
        tuple(draws),
        horizon is not None,
        _written_like(model, found),
        model.rules,
    )


def _written_like(model: Trained, found: SeriesSet) -> Description:
    """How the output is written: as the table that was read, else as the training file.

    Which channels are whole numbers, and a time step that one row cannot tell, are
    known from training.
    """
    learned, own = model.facts.described, found.described
    if own is None or not own.is_table:
        if own is not None and own.step is not None:  # Time stamps of a .ts file.
            return dataclasses.replace(learned, step=own.step, start=own.start)
        return learned
    step = own.step
    if step is not None and learned.step is not None and found.lengths.max() < 2:
        step = dataclasses.replace(learned.step, time_format=step.time_format)
    return dataclasses.replace(own, integer=learned.integer, step=step)


def _warn_of_given(model: Trained, series, draws, is_future: bool) -> None:
    """Says where constraints do not hold because of what was read."""
    if not model.rules:
        return
    for length in sorted({len(x) for x in series}):
        rows = [i for i, x in enumerate(series) if len(x) == length]
        given = np.stack([series[i] for i in rows])
        whole, seen = np.stack([draws[i][0] for i in rows]), ~np.isnan(given)
        if is_future:
            seen = np.concatenate([seen, np.zeros(whole.shape, bool)], axis=1)
            whole = np.concatenate([given, whole], axis=1)
        model._constrained.warn_of_given(whole, seen)


def read(
    model: Trained, source, is_past: bool, reading: Mapping[str, Any] | None = None
) -> SeriesSet:
    """Series of a file as the model's training file was read, but for `reading`.

    What is empty at the end of a row is missing, and filled; of a past, or where the
    model knows series of unequal lengths, it is the series' end.
    """
    ends = is_past or model.facts.has_ends
    trailing = "end" if ends else "missing"
    return similar.read(source, model.facts.described, trailing, reading)


def _labels(model: Trained, found: SeriesSet) -> np.ndarray | None:
    """Classes that the file names, where the model can use them."""
    if found.label is None or not model.uses_classes:
        return None
    unknown = sorted(set(found.label.tolist()) - set(model.classes))
    if unknown:
        _LOG.warning(
            "Classes %s of %s are not the model's (%s): drawn without classes.",
            ", ".join(map(repr, unknown[:3])),
            found.source,
            ", ".join(map(repr, model.classes[:6])),
        )
        return None
    _LOG.info("Series are drawn in the classes that %s gives them.", found.source)
    return found.label
