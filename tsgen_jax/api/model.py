"""A trained model as users see it: `tsgen_jax.load(...)` and `tsgen_jax.fit(...)`.

Series are float32 [n, L, C] in original units, channels last; `layout='ncl'` takes
[n, C, L] instead, [n, L] is one channel. A `label` is the name of a class, also where
it is a number (1 is the class named '1'); `label_index` is a place in `model.classes`,
from 0. The same seed gives the same draws, and the first series of many are those of
few with the same labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
from numpy.typing import ArrayLike

from tsgen_jax.api import arguments, completion, sliding
from tsgen_jax.api.complete import complete
from tsgen_jax.api.completed import Completed
from tsgen_jax.api.shown import Shown
from tsgen_jax.api.trained import Label, key_of
from tsgen_jax.recipe import Inpaints

_LATER = 2**32 - 1  # No batch of the first windows has this number.


class Model(Shown):
    """Generates, encodes, judges and completes series."""

    def sample(
        self,
        num: int,
        label: Label = None,
        seed: int = 0,
        *,
        label_index: Label = None,
    ) -> np.ndarray:
        """Generates series, with as much of what tokens leave out as the run chose.

        Args:
            num: how many, at least 1.
            label: name of a class, or one for each series; None: class shares of
                training.
            seed: of the draw.
            label_index: in place of `label`, by place in `classes`.

        Returns:
            float32 [num, L, C].

        Raises:
            ValueError: no such class, or a model that was trained without them.
        """
        num = arguments.as_count(num, "num", 1)
        label = self._drawn_label(label, num, label_index)
        return self._constrained.sample(key_of(seed), label)[0]["x"]

    def impute(
        self,
        x: ArrayLike,
        observed: ArrayLike | None = None,
        num: int = 20,
        label: Label = None,
        seed: int = 0,
        layout: str = "nlc",
        *,
        label_index: Label = None,
    ) -> np.ndarray:
        """Draws what is missing of series of any length.

        Series longer than L are gone through in windows, see `sliding.fill`; shorter
        ones are the beginning of a window.

        Args:
            x: series; anything where not observed, NaN as well.
            observed: bool [n, L] or of the shape of `x`; None: where `x` is not NaN.
            num: draws of each series.
            label: name of a class, or one for each series; None: not known.
            seed: of the draws.
            layout: of `x` and `observed`.
            label_index: in place of `label`, by place in `classes`.

        Returns:
            float32 [num, n, L', C] for `x` of L' time points, exactly `x` where
            observed. Take the median or quantiles over the first axis.
        """
        self._check_can(Inpaints)
        x = arguments.as_series(x, layout, self.num_channels, "x")
        finite = ~np.isnan(x)
        if observed is None:
            observed = finite
        else:
            observed = arguments.as_mask(observed, x, layout, "observed")
            if (observed & ~finite).any():
                raise ValueError("x is NaN where observed is true.")
        num = arguments.as_count(num, "num", 1)
        label = self._label(label, len(x), label_index)
        if x.shape[1] == self.length:
            draws = self._constrained.inpaint(key_of(seed), x, observed, label, num)
        else:
            gaps = list(np.where(observed, x, np.float32(np.nan)))
            draws = sliding.fill(self._constrained, key_of(seed), gaps, label, num)
            draws = np.stack(draws, axis=1)
        self._constrained.warn_of_given(draws[0], observed)
        return draws

    def edit(
        self,
        x: ArrayLike,
        keep: ArrayLike,
        num: int = 1,
        label: Label = None,
        seed: int = 0,
        layout: str = "nlc",
        *,
        label_index: Label = None,
    ) -> np.ndarray:
        """Holds some stretches of series and draws the others anew, in a class.

        Args:
            x: series of L time points.
            keep: bool [n, L] or of the shape of `x`; true where `x` stays.
            num: draws of each series.
            label: name of a class, or one for each series; None: any.
            seed: of the draws.
            layout: of `x` and `keep`.
            label_index: in place of `label`, by place in `classes`.

        Returns:
            float32 [num, n, L, C], exactly `x` where kept.
        """
        return self.impute(x, keep, num, label, seed, layout, label_index=label_index)

    def forecast(
        self,
        context: ArrayLike,
        horizon: int,
        num: int = 20,
        label: Label = None,
        seed: int = 0,
        overlap: int | None = None,
        layout: str = "nlc",
        *,
        label_index: Label = None,
    ) -> np.ndarray:
        """Draws how series go on.

        A context that leaves room for the horizon is taken as the beginning of a
        window; else the series is extended window by window, and each draw goes on
        with its own past.

        Args:
            context: series so far, of any length; NaN where missing, which is drawn
                as well.
            horizon: time points to draw, at least 1.
            num: draws of each series.
            label: name of a class, or one for each series; None: not known.
            seed: of the draws.
            overlap: time points of the past that a later window sees; None: L // 2.
            layout: of `context`.
            label_index: in place of `label`, by place in `classes`.

        Returns:
            float32 [num, n, horizon, C].
        """
        self._check_can(Inpaints)
        context = arguments.as_series(
            context, layout, self.num_channels, "context", self.facts.scaler.dtype
        )
        horizon = arguments.as_count(horizon, "horizon", 1)
        num = arguments.as_count(num, "num", 1)
        label = self._label(label, len(context), label_index)
        overlap = self._overlap(overlap)
        self._constrained.check_no_sum_over_time("A forecast")
        draws = sliding.go_on(
            self._constrained, key_of(seed), list(context), horizon, label, num, overlap
        )
        draws = np.stack(draws, axis=1)
        whole = np.concatenate([context, draws[0]], axis=1)
        seen = np.arange(whole.shape[1]) < context.shape[1]
        seen = np.broadcast_to(seen[None, :, None], whole.shape) & ~np.isnan(whole)
        self._constrained.warn_of_given(whole, seen)
        return draws

    def complete(
        self,
        source,
        horizon: int | None = None,
        num: int = 20,
        label: Label = None,
        seed: int = 0,
        *,
        reading: Mapping[str, Any] | None = None,
    ) -> Completed:
        """Fills the gaps of a file, or goes on with it; names and times are kept.

        The file is read as the one that the model learned from: series may be of any
        length, and of unequal ones.

        Args:
            source: path of a file or directory, or a pandas DataFrame.
            horizon: time points to go on for; None: gaps are filled.
            num: draws of each series.
            label: name of a class, or one for each series; None: as the file says.
            seed: of the draws.
            reading: where the file differs from the one learned from, values by key of
                `config.data`: {'separator': ';', 'time_format': 'day-first',
                'id_column': 'who'}.

        Returns:
            Draws, and tables of medians, quantiles and draws in the file's own layout.
        """
        return complete(self, source, horizon, num, label, seed, reading)

    def sample_long(
        self,
        num: int,
        length: int,
        overlap: int | None = None,
        label: Label = None,
        seed: int = 0,
        *,
        label_index: Label = None,
    ) -> np.ndarray:
        """Generates series longer than the training window, by outpainting.

        It suits windows cut from longer series. Where all windows begin alike, as with
        heartbeats, their order in a long series has no model.

        Args:
            num: how many series.
            length: time points of each.
            overlap: time points of the past that a later window sees; None: L // 2.
            label: name of a class, or one for each series; None: class shares of
                training.
            seed: of the draw.
            label_index: in place of `label`, by place in `classes`.

        Returns:
            float32 [num, length, C].
        """
        length = arguments.as_count(length, "length", 1)
        if length > self.length:
            self._check_can(Inpaints)
        overlap = self._overlap(overlap)
        if length != self.length:
            self._constrained.check_no_sum_over_time(
                f"A series of {length} time points"
            )
        first = self.sample(num, label, seed, label_index=label_index)[:, :length]
        if length <= self.length:
            return first
        label = self._drawn_label(label, num, label_index)
        key = jax.random.fold_in(key_of(seed), _LATER)
        return completion.extend(self._outpainting, key, first, length, label, overlap)
