"""`tsgen_jax.fit`: a model from series in memory."""

from __future__ import annotations

import copy
import dataclasses
import os
import tempfile
from collections.abc import Sequence
from typing import Any

import numpy as np
from ml_collections import ConfigDict
from numpy.typing import ArrayLike

from tsgen_jax import pipeline
from tsgen_jax.api import arguments, fit_files
from tsgen_jax.api.load import load
from tsgen_jax.api.model import Model
from tsgen_jax.configs import default
from tsgen_jax.constraints import terms
from tsgen_jax.data.dataset import Dataset, from_series, rescaled
from tsgen_jax.data.series import SeriesSet, warning, without_end
from tsgen_jax.data.sources.description import describe_arrays
from tsgen_jax.data.sources.reading import Reading
from tsgen_jax.runs import presets
from tsgen_jax.runs.config import override

_ONE_CLASS = "0"
_DEFAULT = "ssl_vqvae"
_LAYOUTS = {"nlc": ""}  # Of arrays alone.
# Of config.data; the others say how files are read and divided.
_OF_MEMORY = ("missing", "name", "scaling", "split_seed", "trailing")
_OF_MEMORY = (*_OF_MEMORY, "validation_fraction")


def fit(
    x: ArrayLike,
    y: ArrayLike | None = None,
    config: ConfigDict | str | None = None,
    workdir: str | None = None,
    changes: dict[str, Any] | None = None,
    layout: str = "nlc",
    name: str = "memory",
    constraints: dict[str, Any] | None = None,
    *,
    window: int | None = None,
    stride: int | None = None,
    id: str | None = None,
    time: str | None = None,
    label: str | None = None,
    channels: str | Sequence[str] | None = None,
) -> Model:
    """Trains a model on series in memory or in a file, by the stages of the command.

    Args:
        x: path of a file or directory, or a long pandas table, read as `tsgen train`
            reads it, TEST put aside: `fit("load.csv", window=96)`. Or series, numbers [n, L, C], [n, C, L] with layout='ncl' (aeon, sktime), or
            [n, L]; or a list of series of unequal lengths, a pandas table with a series
            in each row, or sktime's tables (`api/series_like.py`). NaN after the end of
            a series says how long it is (`config.data.trailing`), inside it is missing
            (`config.data.missing`).
        y: classes [n], words or whole numbers; None: there are none.
        config: of the run, or the name or file of one ('smoke', 'mine.py'); None:
            configs/ssl_vqvae.py. Keys of `config.data` that are about files must be as
            in configs/default.py.
        workdir: run directory to keep; the same call on it resumes. None: a temporary
            one.
        changes: values of the config by dotted key, {'train.prior.num_steps': 100}.
        layout: of arrays 'nlc' or 'ncl'; of files and tables 'wide', 'long' or
            'series' ('nlc': guessed).
        name: of the data, for messages and the model card.
        constraints: what every generated value satisfies, in original units, by key of
            `config.constraints`: {'min': 0, 'max': {'channel_1': 5}, 'integer': True,
            'monotone': {0: 'increasing'}, 'sum_to': {'time:0': 100}}. A channel is
            named, or numbered from 0.
        window: time points of the windows that long series of a file or table are cut
            into.
        stride: time points between the beginnings of two windows.
        id: column of a file or table that tells series apart; 'none': there is none.
        time: its column of times; 'none' likewise.
        label: its column of labels; 'none' likewise.
        channels: its columns of values.

    Raises:
        ValueError: bad series, classes, config or directory, before any training.
    """
    config = make_config(config, changes, name)
    if constraints:
        config.constraints.update(terms.as_texts(constraints))
    how = fit_files.given(
        window=window, stride=stride, id=id, time=time, label=label, channels=channels
    )
    if fit_files.is_source(x, how):
        if y is not None:
            raise ValueError(
                "y goes with series in memory; the classes of a file or long table are "
                "a column of it: label='NAME'."
            )
        dataset = fit_files.make_dataset(x, config, how, _LAYOUTS.get(layout, layout))
    elif how:
        raise ValueError(
            f"{', '.join(how)}: is about files and pandas tables; x is neither. Cut "
            "and select arrays themselves."
        )
    else:
        dataset = make_dataset(x, y, config, layout)
    if dataset.num_classes < 2:
        config.sample.class_conditional = False
    if workdir is not None:
        workdir = os.path.expanduser(os.fspath(workdir))
        pipeline.run(config, workdir, dataset, evaluate=False)
        return load(workdir)
    with tempfile.TemporaryDirectory(prefix="tsgen-") as directory:
        pipeline.run(config, directory, dataset, evaluate=False)
        return load(directory)


def make_config(
    config: ConfigDict | str | None, changes: dict[str, Any] | None, name: str
) -> ConfigDict:
    """A copy of the config, changed.

    Raises:
        ValueError: no such config, an unknown key, or a value of another type.
    """
    if config is None or isinstance(config, str):
        config = presets.load(config or _DEFAULT)
    config = copy.deepcopy(config)
    changes = dict(changes or {})
    config.data.name = changes.pop("data.name", name)
    try:
        override(config, changes, tuple(config))
    except ValueError as error:
        raise ValueError(f"changes: {error}") from error
    return config


def make_dataset(
    x: ArrayLike, y: ArrayLike | None, config: ConfigDict, layout: str
) -> Dataset:
    """Series in memory as a data set without TEST: all of them may be learnt from.

    Raises:
        ValueError: series or classes that cannot be used.
    """
    _check_data(config.data)
    x = arguments.as_series(x, layout, 0, "x", np.float64)
    if y is None:
        labels = np.full(len(x), _ONE_CLASS)
    else:
        labels = arguments.as_names(y, "y")
        if labels.shape != (len(x),):
            raise ValueError(
                f"y is {labels.shape}; it must be [{len(x)}], one per series."
            )
    data = config.data
    series = [without_end(one, data.trailing) for one in x]
    described = describe_arrays(Reading.plain(), "wide", tuple(series))
    # A set has both parts; here the second, copies, is dropped again.
    test = [0, len(x) - 1]
    found = SeriesSet(
        name=data.name,
        source="memory",
        series=(*series, *(series[i] for i in test)),
        label=np.concatenate([labels, labels[test]]),
        channels=described.channels,
        part=np.array(["TRAIN"] * len(x) + ["TEST"] * len(test)),
        notes=_notes(x),
        described=described,
        num_missing=sum(int(np.isnan(one).sum()) for one in series),
    )
    dataset = from_series(
        found,
        split="archive",
        test_fraction=data.test_fraction,
        validation_fraction=data.validation_fraction,
        split_seed=data.split_seed,
        missing=data.missing,
    )
    nothing = {"x_test": dataset.x_test[:0], "y_test": dataset.y_test[:0]}
    if dataset.observed_test is not None:
        nothing["observed_test"] = dataset.observed_test[:0]
    return rescaled(dataclasses.replace(dataset, **nothing), data.scaling)


def _check_data(data: ConfigDict) -> None:
    """ValueError where values of `config.data` would have no effect on arrays."""
    usual = default.get_config().data
    idle = [k for k in data if k not in _OF_MEMORY and data[k] != usual[k]]
    if idle:
        raise ValueError(
            f"data.{idle[0]}={data[idle[0]]!r} has no effect on series in memory: "
            f"{', '.join(f'data.{key}' for key in _OF_MEMORY)} have. Cut, select and "
            "divide the arrays themselves."
        )


def _notes(x: np.ndarray) -> tuple[str, ...]:
    """What a shape may also mean."""
    num, length, channels = x.shape
    if channels <= length:
        return ()
    return (
        warning(
            f"x is taken for {num} series of {length} time points and {channels} "
            "channels, more channels than time points; if it is the other way round, "
            "say layout='ncl'"
        ),
    )
