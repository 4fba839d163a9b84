"""`tsgen_jax.fit`, and an estimator with scikit-learn's manners around it."""

import copy
import dataclasses
import inspect
import tempfile
from typing import Any

import numpy as np
from ml_collections import ConfigDict

from tsgen_jax import pipeline
from tsgen_jax.api import arguments
from tsgen_jax.api.load import load
from tsgen_jax.api.model import Model
from tsgen_jax.data.dataset import Dataset, from_raw
from tsgen_jax.data.sources.archive import RawSet
from tsgen_jax.types import Array

_ONE_CLASS = "0"


def fit(
    x: Array,
    y: Array | None = None,
    config: ConfigDict | None = None,
    workdir: str | None = None,
    changes: dict[str, Any] | None = None,
    layout: str = "nlc",
    name: str = "memory",
) -> Model:
    """Trains a model on series in memory, by the same stages as the command.

    Args:
        x: series, numbers [n, L, C], [n, C, L] with layout='ncl' (aeon, sktime), or
            [n, L]; NaN as `config.data.missing` says.
        y: classes [n], words or numbers; None: there are none.
        config: of the run; None: configs/ssl_vqvae.py. `config.data` gives the
            validation part and what to do with NaN, no more.
        workdir: run directory to keep; the same call on it resumes. None: a temporary
            one.
        changes: values of the config by dotted key, {'train.prior.num_steps': 100}.
        layout: of `x`.
        name: of the data, for messages and the model card.

    Raises:
        ValueError: bad series, classes, config or directory, before any training.
    """
    config = make_config(config, changes, name)
    dataset = make_dataset(x, y, config, layout)
    if dataset.num_classes < 2:
        config.sample.class_conditional = False
    if workdir is not None:
        pipeline.run(config, workdir, dataset, evaluate=False)
        return load(workdir)
    with tempfile.TemporaryDirectory(prefix="tsgen-") as directory:
        pipeline.run(config, directory, dataset, evaluate=False)
        return load(directory)


def make_config(
    config: ConfigDict | None, changes: dict[str, Any] | None, name: str
) -> ConfigDict:
    """A copy of the config, changed.

    Raises:
        ValueError: an unknown key, or a value of another type.
    """
    if config is None:
        from tsgen_jax.configs import ssl_vqvae

        config = ssl_vqvae.get_config()
    config = copy.deepcopy(config)
    for key, value in (changes or {}).items():
        section = config
        for part in key.split("."):
            if not hasattr(section, "keys") or part not in section:
                known = sorted(section) if hasattr(section, "keys") else []
                raise ValueError(
                    f"changes: unknown key {key!r}; known there: "
                    f"{', '.join(known) or 'none'}."
                )
            section = section[part]
        try:
            config.update_from_flattened_dict({key: value})
        except (TypeError, ValueError) as error:
            raise ValueError(f"changes: {key}={value!r}: {error}") from error
    config.data.name = name
    return config


def make_dataset(x: Array, y: Array | None, config: ConfigDict, layout: str) -> Dataset:
    """Series in memory as a data set without TEST: all of them may be learnt from.

    Raises:
        ValueError: series or classes that cannot be used.
    """
    x = arguments.as_series(x, layout, 0, "x")
    labels = np.full(len(x), _ONE_CLASS) if y is None else np.asarray(y)
    if labels.shape != (len(x),):
        raise ValueError(f"y is {labels.shape}; it must be [{len(x)}], one per series.")
    if labels.dtype.kind not in "OUiub":
        raise ValueError(f"y must be words or whole numbers, not {labels.dtype}.")
    labels = np.array([str(label) for label in labels])
    x = x.astype(np.float64)
    raw = RawSet(config.data.name, x, labels, x[:1], labels[:1], "memory")
    data = config.data
    dataset = from_raw(
        raw,
        split="archive",
        test_fraction=data.test_fraction,
        validation_fraction=data.validation_fraction,
        split_seed=data.split_seed,
        missing=data.missing,
    )
    # A set as published has both parts; here the second is dropped again.
    nothing = {"x_test": dataset.x_test[:0], "y_test": dataset.y_test[:0]}
    return dataclasses.replace(dataset, **nothing)


class TimeSeriesGenerator:
    """`fit` as an estimator: its arguments are parameters, the model is `model_`."""

    def __init__(
        self,
        config: ConfigDict | None = None,
        workdir: str | None = None,
        changes: dict[str, Any] | None = None,
        layout: str = "nlc",
        name: str = "memory",
    ):
        """Keeps the parameters as they are; see `fit` for them."""
        self.config = config
        self.workdir = workdir
        self.changes = changes
        self.layout = layout
        self.name = name

    def fit(self, x: Array, y: Array | None = None) -> "TimeSeriesGenerator":
        """Trains `model_`; arguments and errors as of the function `fit`."""
        self.model_ = fit(x, y, **self.get_params())
        return self

    def sample(self, num: int, label=None, seed: int = 0) -> np.ndarray:
        """`Model.sample`: float32 [num, L, C].

        Raises:
            ValueError: it was not fitted.
        """
        if not hasattr(self, "model_"):
            raise ValueError("This generator is not fitted: call fit(x, y) first.")
        return self.model_.sample(num, label, seed)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters by name; `deep` changes nothing, there are none inside."""
        return {name: getattr(self, name) for name in self._names()}

    def set_params(self, **params: Any) -> "TimeSeriesGenerator":
        """Changes parameters.

        Raises:
            ValueError: an unknown one.
        """
        names = self._names()
        for name, value in params.items():
            if name not in names:
                raise ValueError(f"No parameter {name!r}; known: {', '.join(names)}.")
            setattr(self, name, value)
        return self

    @classmethod
    def _names(cls) -> list[str]:
        return list(inspect.signature(cls.__init__).parameters)[1:]

    def __repr__(self) -> str:
        given = {k: v for k, v in self.get_params().items() if k != "config"}
        shown = ", ".join(f"{k}={v!r}" for k, v in given.items())
        return f"TimeSeriesGenerator({shown})"
