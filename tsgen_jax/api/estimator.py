"""`tsgen_jax.fit` as a scikit-learn estimator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from ml_collections import ConfigDict
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.utils.validation import check_is_fitted

from tsgen_jax.api.fit import fit, make_config

_KEYS = {  # Parameter: key of the config.
    "method": "ssl.method",
    "num_codes": "quantizer.num_codes",
    "tokenizer_width": "tokenizer.width",
    "tokenizer_steps": "train.tokenizer.num_steps",
    "prior_width": "prior.width",
    "prior_layers": "prior.num_layers",
    "prior_steps": "train.prior.num_steps",
    "num_decode_steps": "sample.num_decode_steps",
    "guidance_scale": "sample.guidance_scale",
    "scaling": "data.scaling",
    "missing": "data.missing",
    "validation_fraction": "data.validation_fraction",
    "seed": "seed",
}
_READING = ("window", "stride", "id", "time", "label", "channels")


class TimeSeriesGenerator(DensityMixin, BaseEstimator):
    """A generator of time series with scikit-learn's interface.

    Parameters that are None are those of `config`. Any other value of the config is a
    parameter by its key with two underscores for each dot, also in a grid search:
    `set_params(prior__num_heads=4)`.

    Args:
        config: a config, or the name or file of one, as `fit` takes it.
        workdir: run directory to keep; None: a temporary one.
        changes: further values of the config by dotted key.
        layout: 'nlc' for series [n, L, C], 'ncl' for [n, C, L] (aeon, sktime).
        name: of the data, for messages and the model card.
        method: self-supervision of the tokenizer ('none', 'barlow_twins', 'vicreg',
            'vibcreg', 'byol').
        num_codes: size K of the codebook.
        tokenizer_width: channels of the tokenizer, and width D of a code.
        tokenizer_steps: of training.
        prior_width: of the transformer.
        prior_layers: of the transformer.
        prior_steps: of training.
        num_decode_steps: rounds in which tokens are drawn.
        guidance_scale: 1: none; above: more typical of the class.
        scaling: 'standard', 'robust' or 'quantile'.
        missing: NaN is an 'error', or 'interpolate'.
        validation_fraction: of the series, held out and watched in training.
        seed: of weights, batches and augmentations.
        constraints: what every generated value satisfies, as `fit` takes it.
        window: time points of the windows that a file or long table is cut into.
        stride: time points between the beginnings of two windows.
        id: column of a file or table that tells series apart; 'none': there is none.
        time: its column of times; 'none' likewise.
        label: its column of labels; 'none' likewise.
        channels: its columns of values.

    Attributes:
        model_: the trained `Model`.
        classes_: names of the classes, str [Y].
        n_features_in_: time points L of a series.
    """

    def __init__(
        self,
        config: ConfigDict | str | None = None,
        workdir: str | None = None,
        changes: dict[str, Any] | None = None,
        layout: str = "nlc",
        name: str = "memory",
        *,
        method: str | None = None,
        num_codes: int | None = None,
        tokenizer_width: int | None = None,
        tokenizer_steps: int | None = None,
        prior_width: int | None = None,
        prior_layers: int | None = None,
        prior_steps: int | None = None,
        num_decode_steps: int | None = None,
        guidance_scale: float | None = None,
        scaling: str | None = None,
        missing: str | None = None,
        validation_fraction: float | None = None,
        seed: int | None = None,
        constraints: dict[str, Any] | None = None,
        window: int | None = None,
        stride: int | None = None,
        id: str | None = None,
        time: str | None = None,
        label: str | None = None,
        channels: str | Sequence[str] | None = None,
    ):
        """Keeps the parameters as they are; `fit` checks them."""
        self.config = config
        self.workdir = workdir
        self.changes = changes
        self.layout = layout
        self.name = name
        self.method = method
        self.num_codes = num_codes
        self.tokenizer_width = tokenizer_width
        self.tokenizer_steps = tokenizer_steps
        self.prior_width = prior_width
        self.prior_layers = prior_layers
        self.prior_steps = prior_steps
        self.num_decode_steps = num_decode_steps
        self.guidance_scale = guidance_scale
        self.scaling = scaling
        self.missing = missing
        self.validation_fraction = validation_fraction
        self.seed = seed
        self.constraints = constraints
        self.window = window
        self.stride = stride
        self.id = id
        self.time = time
        self.label = label
        self.channels = channels

    def fit(
        self, X: ArrayLike | str, y: ArrayLike | None = None
    ) -> TimeSeriesGenerator:
        """Trains `model_`; arguments and errors as of the function `fit`.

        `X` may be the path of a file, or a long pandas table, as well.
        """
        reading = {name: getattr(self, name) for name in _READING}
        self.model_ = fit(
            X,
            y,
            self.config,
            self.workdir,
            self._asked(),
            self.layout,
            self.name,
            self.constraints,
            **{name: value for name, value in reading.items() if value is not None},
        )
        self.classes_ = np.array(self.model_.classes)
        self.n_features_in_ = self.model_.length
        return self

    def sample(
        self,
        num: int = 1,
        label: ArrayLike | None = None,
        seed: int = 0,
        *,
        label_index: ArrayLike | None = None,
    ) -> np.ndarray:
        """`Model.sample`: float32 [num, L, C].

        Raises:
            NotFittedError: before `fit`.
        """
        check_is_fitted(self)
        return self.model_.sample(num, label, seed, label_index=label_index)

    def score_samples(self, X: ArrayLike, y: ArrayLike | None = None) -> np.ndarray:
        """`Model.log_density`: a lower bound of log p(series) in nats, float64 [n]."""
        check_is_fitted(self)
        return self.model_.log_density(X, y, layout=self.layout)

    def score(self, X: ArrayLike, y: ArrayLike | None = None) -> float:
        """The mean lower bound of the log density, in nats per value; more is better.

        Of held-out series it rates tokenizer and prior together, and can be compared
        between models of the same data whatever their tokenizers; see
        `Model.log_density`. It does not say how good samples look: for that, see
        `Model.evaluate`.
        """
        bound = self.score_samples(X, y)
        return float(bound.mean() / (self.model_.length * self.model_.num_channels))

    def set_params(self, **params: Any) -> TimeSeriesGenerator:
        """Changes parameters; `section__key` is a value of the config.

        Raises:
            ValueError: an unknown one.
        """
        keys = {k.replace("__", "."): v for k, v in params.items() if "__" in k}
        own = {k: v for k, v in params.items() if "__" not in k}
        super().set_params(**own)
        if keys:
            make_config(self.config, keys, self.name)  # Says which are unknown.
            self.changes = {**(self.changes or {}), **keys}
        return self

    def _asked(self) -> dict[str, Any]:
        """`changes` with the parameters that have names of their own.

        Raises:
            ValueError: both say something of one key.
        """
        named = {
            key: getattr(self, parameter)
            for parameter, key in _KEYS.items()
            if getattr(self, parameter) is not None
        }
        twice = sorted(set(named) & set(self.changes or {}))
        if twice:
            parameter = next(p for p, key in _KEYS.items() if key == twice[0])
            raise ValueError(
                f"{parameter} and changes[{twice[0]!r}] are the same value: give one."
            )
        return {**(self.changes or {}), **named}

    def __sklearn_tags__(self):
        """Series may have three axes and, where `missing` says so, NaN."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = self.missing == "interpolate"
        return tags
