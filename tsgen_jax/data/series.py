"""What a file of one's own holds, before it is divided and scaled."""

import dataclasses

import numpy as np

from tsgen_jax.data.sources.description import Description

_SHOWN = 10  # Channels listed.
UNLABELLED = "all"  # The one class of series that come without labels.
_WARNING = "Warning: "


def warning(said: str) -> str:
    """A note of `SeriesSet.notes` on a guess that may as well be wrong.

    Args:
        said: what was taken for what, and the option that says otherwise.
    """
    return f"{_WARNING}{said}."


def is_warning(note: str) -> bool:
    """Whether a note was made by `warning`."""
    return note.startswith(_WARNING)


@dataclasses.dataclass(frozen=True, eq=False)
class SeriesSet:
    """Series in original units, as a file gives them.

    Attributes:
        name: short, for titles and directories.
        source: a short phrase, such as the file's name.
        series: float64 [L_i, C] each, NaN where a value is missing.
        label: str [n]; None: there are none.
        channels: a name for each of the C channels.
        part: 'TRAIN', 'VALID' or 'TEST' for each series, str [n]; None: undivided.
        notes: what was guessed and done, in short phrases; also by `warning`.
        described: what the file was understood to be; None: no file was read.
        ids: name of each series; None: they have none.
        times: stamps [L_i] of each series, as of `TimeStep`; None: there are none.
        num_missing: values that are missing, each counted once where windows overlap;
            None: those that are NaN in `series`.

    Raises:
        ValueError: no series, or shapes and values that cannot be; names the series,
            and what to do about it.
    """

    name: str
    source: str
    series: tuple[np.ndarray, ...]
    label: np.ndarray | None
    channels: tuple[str, ...]
    part: np.ndarray | None
    notes: tuple[str, ...]
    described: Description | None = None
    ids: tuple[str, ...] | None = None
    times: tuple[np.ndarray, ...] | None = None
    num_missing: int | None = None

    def __post_init__(self):
        if not self.series or not self.channels:
            raise ValueError(f"{self.source} holds no series.")
        for row, x in enumerate(self.series):
            self._check_series(row, x)

    def check_learnable(self) -> None:
        """Raises ValueError where there is nothing to learn from."""
        lowest = np.full(len(self.channels), np.inf)
        highest = -lowest
        for x in self.series:
            lowest = np.fmin(lowest, np.nanmin(x, axis=0, initial=np.inf))
            highest = np.fmax(highest, np.nanmax(x, axis=0, initial=-np.inf))
        empty = np.flatnonzero(lowest > highest)
        if len(empty):
            raise ValueError(
                f"{self.source}: channel {self.channels[empty[0]]} has no value in any "
                "series: leave it out, by data.channels or in the file."
            )
        if (lowest == highest).all():
            raise ValueError(
                f"{self.source}: all values are equal ({lowest[0]:g} in channel "
                f"{self.channels[0]}): there is nothing to learn."
            )
        if self.label is not None:
            self._check_labels()

    def _check_series(self, row: int, x: np.ndarray) -> None:
        if x.ndim != 2 or x.shape[1] != len(self.channels):
            raise ValueError(
                f"{self.source}, series {row + 1} is {x.shape}; needs time points by "
                f"{len(self.channels)} channels."
            )
        if not np.isfinite(x).any():
            raise ValueError(
                f"{self.source}, series {row + 1} has no value: remove it, or correct "
                "the file."
            )
        # NaN compares False: it stands for a value that is missing.
        large = np.argwhere(np.abs(x) > np.finfo(np.float32).max)
        if len(large):
            time, channel = large[0]
            raise ValueError(
                f"{self.source}, series {row + 1}, time point {time + 1} of channel "
                f"{self.channels[channel]} is {x[time, channel]}, no finite float32: "
                "correct it, or leave the cell empty if it is missing."
            )

    def _check_labels(self) -> None:
        if self.label.shape != (len(self.series),):
            raise ValueError(
                f"{self.source}: {len(self.series)} series and labels "
                f"{self.label.shape}: there must be one label per series."
            )
        lower = np.char.strip(np.char.lower(self.label.astype(str)))
        bare = np.flatnonzero(np.isin(lower, ("", "nan", "none", "?")))
        if len(bare):
            raise ValueError(
                f"{self.source}, series {bare[0] + 1} has no label "
                f"({str(self.label[bare[0]])!r}); {len(bare)} in all: add them, remove "
                "these series, or do without labels by data.label_column=none."
            )

    @property
    def lengths(self) -> np.ndarray:
        """Time points of every series, int [n]."""
        return np.array([len(x) for x in self.series])

    def facts(self) -> tuple[str, ...]:
        """Lengths, channels with their ranges, and missing values, in phrases."""
        lengths = self.lengths
        low = np.nanmin([np.nanmin(x, 0, initial=np.inf) for x in self.series], 0)
        high = np.nanmax([np.nanmax(x, 0, initial=-np.inf) for x in self.series], 0)
        shown = [
            f"{name} {a:.4g} to {b:.4g}" + " (constant)" * bool(a == b)
            for name, a, b in zip(self.channels[:_SHOWN], low, high, strict=False)
        ] + ["..."] * (len(self.channels) > _SHOWN)
        gaps = sum(int(np.isnan(x).sum()) for x in self.series)
        total = int(lengths.sum()) * len(self.channels)
        said = f"{len(lengths)} series of {lengths[0]} time points"
        if lengths.min() < lengths.max():
            said = (
                f"{len(lengths)} series of unequal lengths: {lengths.min()} to "
                f"{lengths.max()}, median {np.median(lengths):g}"
            )
        return (
            said,
            f"channels: {', '.join(shown)}",
            f"missing: {gaps} of {total} values ({gaps / total:.1%})",
        )


def without_end(x: np.ndarray, trailing: str) -> np.ndarray:
    """A series [L, C] up to its last value, where NaN at its end is no value at all.

    Args:
        x: one series.
        trailing: 'end', or 'missing' to keep it as it is.
    """
    given = np.flatnonzero(~np.isnan(x).all(axis=1))
    return x[: given[-1] + 1] if trailing == "end" and len(given) else x
