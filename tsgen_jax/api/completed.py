"""Series of a file filled or continued, under the names and times of that file."""

import dataclasses

import numpy as np

from tsgen_jax.constraints import satisfy
from tsgen_jax.constraints.rules import Rules
from tsgen_jax.data import frames
from tsgen_jax.data.series import SeriesSet
from tsgen_jax.data.sources.description import Description

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
_PANELS = 6  # Of a picture.
_REACH, _SHORT = 3, 100  # A picture shows so many times a gap, or so many time points.


@dataclasses.dataclass(frozen=True, eq=False)
class Completed:
    """What was read, and what was drawn of it.

    Attributes:
        found: the series as they were read.
        draws: float32 [num, L_i, C] each: whole series where gaps were filled, equal to
            what was read where that was observed; else only how they go on.
        is_future: whether `draws` are how they go on.
        described: the file that the model learned from.
        rules: what medians and quantiles satisfy as far as they can.
    """

    found: SeriesSet
    draws: tuple[np.ndarray, ...]
    is_future: bool
    described: Description
    rules: Rules

    @property
    def observed(self) -> list[np.ndarray]:
        """bool [L_i, C] each, which values of `draws` were read."""
        if self.is_future:
            return [np.zeros(d.shape[1:], bool) for d in self.draws]
        return [~np.isnan(x) for x in self.found.series]

    def median(self) -> list[np.ndarray]:
        """float64 [L_i, C] each; where something was read, exactly that."""
        return self.quantiles((0.5,))[0.5]

    def quantiles(
        self, levels: tuple[float, ...] = LEVELS
    ) -> dict[float, list[np.ndarray]]:
        """Level -> float64 [L_i, C] each, of the draws at every time point."""
        each = [
            satisfy.quantiles(self.rules, d[:, None], levels, seen[None])[:, 0]
            for d, seen in zip(self.draws, self.observed, strict=True)
        ]
        return {
            level: [self._given(i, q[k]) for i, q in enumerate(each)]
            for k, level in enumerate(levels)
        }

    def frame(self, layout: str = ""):
        """The medians as a table, see `frames.make`, with what was observed."""
        observed = None if self.is_future else self.observed
        series = self._series(self.median(), observed=observed)
        return frames.make(series, self.described, layout)

    def quantiles_frame(self, layout: str = ""):
        """A column NAME_q05 and so on for each channel; wide, a row for each level."""
        quantiles = self.quantiles()
        if frames.choose_layout(self.described, layout) == "long":
            bands = {f"q{round(100 * k):02d}": q for k, q in quantiles.items()}
            series = self._series(quantiles[0.5], bands=bands)
            return frames.make(series, self.described, layout)
        return self._stacked(frames.QUANTILE, quantiles, layout)

    def draws_frame(self, layout: str = ""):
        """All draws, told apart by a column 'draw'."""
        num = len(self.draws[0])
        each = {
            k: [self._given(i, d[k]) for i, d in enumerate(self.draws)]
            for k in range(num)
        }
        return self._stacked(frames.DRAW, each, layout)

    def arrays(self) -> dict[str, np.ndarray]:
        """What an .npz holds; series of unequal lengths have NaN after their end."""
        quantiles = [_pad(q) for q in self.quantiles().values()]
        median = _pad(self.median()).astype(np.float32)
        of = {
            "x": median,
            "median": median,
            "draws": _pad([d.swapaxes(0, 1) for d in self.draws]).transpose(2, 0, 1, 3),
            "quantiles": np.stack(quantiles).astype(np.float32),
            "levels": np.array(LEVELS),
            "channels": np.array(self.described.channels),
        }
        if not self.is_future:
            of["observed"] = _pad(self.observed) == 1
        if self.found.ids is not None:
            of["series"] = np.array(self.found.ids)
        if self.found.label is not None:
            of["label"] = np.asarray(self.found.label)
        return of

    def times(self) -> list[np.ndarray] | None:
        """Stamps [L_i] each, as of `TimeStep`; None: there are none."""
        step = self.described.step
        if self.found.times is None or step is None:
            return None
        if not self.is_future:
            return list(self.found.times)
        each = zip(self.found.times, self.draws, strict=True)
        return [step.continue_from(t[-1], d.shape[1]) for t, d in each]

    def describe(self) -> str:
        """How much was drawn, each value counted once, and how sure the bands are."""
        from tsgen_jax.evaluation.measures import probabilistic

        num, count = len(self.draws[0]), len(self.draws)
        drawn = sum(int((~seen).sum()) for seen in self.observed)
        what = "that follow" if self.is_future else "that were missing"
        held = 100 * probabilistic.perfect_coverage(num, 0.9)
        return (
            f"{drawn:,} values {what} in {count} series, {num} draws of each (the 5 to "
            f"95 % band of {num} draws holds {held:.0f} % of true values at best)"
        )

    def plot(self):
        """A matplotlib figure: medians and bands beside what was read."""
        from tsgen_jax.reports.figures import fans

        return fans.plot_fans(*self._fans(), self._title(), self._time_name())

    def _fans(self):
        """Panels of the series and channels with most drawn values, and their count."""
        from tsgen_jax.reports.figures.fans import Fan

        drawn = np.stack([(~seen).sum(axis=0) for seen in self.observed])
        order = np.argsort(-drawn, axis=None, kind="stable")
        order = order[drawn.ravel()[order] > 0]
        panels = []
        for row, c in zip(*np.unravel_index(order[:_PANELS], drawn.shape), strict=True):
            given, draws = self._panel(row, c)
            name = str(self.described.channels[c])
            if len(self.draws) > 1:
                ids = self.found.ids
                name = f"series {ids[row] if ids else row}, {name}"
            time = self._whole_times(row)
            begin, end = _stretch(np.isnan(given), self.is_future)
            at = slice(begin, end)
            panels.append(Fan(name, time[at], given[at], draws[:, at]))
        return panels, len(order)

    def _panel(self, row: int, channel: int) -> tuple[np.ndarray, np.ndarray]:
        """What was read of a channel [T], and its draws [num, T]; NaN for neither."""
        given = self.found.series[row][:, channel]
        draws = self.draws[row][:, :, channel].astype(np.float64)
        if not self.is_future:
            return given, np.where(np.isnan(given), draws, np.nan)
        before = np.full((len(draws), len(given)), np.nan)
        after = np.full(draws.shape[1], np.nan)
        return np.concatenate([given, after]), np.concatenate([before, draws], axis=1)

    def _whole_times(self, row: int) -> np.ndarray:
        times = self.times()
        if times is None:
            length = len(self.found.series[row]) if self.is_future else 0
            return np.arange(length + self.draws[row].shape[1])
        if self.is_future:
            return np.concatenate([self.found.times[row], times[row]])
        return times[row]

    def _title(self) -> str:
        what = "Forecast of" if self.is_future else "Gaps filled in"
        return f"{what} {self.found.source}"

    def _time_name(self) -> str:
        return self.described.time or "time point"

    def _given(self, row: int, drawn: np.ndarray) -> np.ndarray:
        """What was drawn, but as it was read where it was."""
        drawn = frames.as_float64(drawn.astype(np.float32))
        if self.is_future:
            return drawn
        x = self.found.series[row]
        return np.where(np.isnan(x), drawn, x)

    def _series(self, values, **fields) -> frames.Series:
        first = None
        if self.is_future:
            first = [len(x) for x in self.found.series]
        known = self.found.ids, self.found.label, self.times(), first
        bounds = self.rules.bounds_of_rounding()
        return frames.Series(values, *known, bounds=bounds, **fields)

    def _stacked(self, name: str, each: dict, layout: str):
        import pandas as pd

        count = len(self.draws)
        tables = [
            frames.make(
                self._series(v, more={name: [k] * count}), self.described, layout
            )
            for k, v in each.items()
        ]
        return pd.concat(tables, ignore_index=True)


def _stretch(missing: np.ndarray, is_future: bool) -> tuple[int, int]:
    """What of a long series is shown: its end, or what is around its longest gap."""
    edges = np.flatnonzero(np.diff(np.pad(missing.astype(np.int8), 1))).reshape(-1, 2)
    begin, end = edges[-1] if is_future else edges[np.ptp(edges, axis=1).argmax()]
    reach = max(_REACH * (end - begin), _SHORT)
    return max(begin - reach, 0), min(end + reach, len(missing))


def _pad(series: list[np.ndarray]) -> np.ndarray:
    """Arrays [L_i, ...] as one, [n, L, ...], NaN after their ends."""
    length = max(len(x) for x in series)
    made = np.full((len(series), length, *series[0].shape[1:]), np.nan, np.float32)
    for row, x in enumerate(series):
        made[row, : len(x)] = x
    return made
