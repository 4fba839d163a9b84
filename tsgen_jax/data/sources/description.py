"""What a file was understood to be: kept with a model, to read and write files by."""

import dataclasses
from typing import Any

import numpy as np

from tsgen_jax.data.sources.reading import NONE, Reading
from tsgen_jax.data.sources.time_step import TimeStep

_WORDS = ("columns", "channels")


@dataclasses.dataclass(frozen=True)
class Description:
    """Layout, columns, channels and times of a file.

    Attributes:
        how: the file's reading with nothing left to guess: layout is 'wide', 'long' or
            'series', and each column has a name or is 'none'.
        is_table: whether it is a table; else arrays or .ts.
        header: whether columns have names of the file's own.
        columns: names of all columns of a wide table, in order; else ().
        channels: names of the C channels.
        integer: for each channel whether all its values are whole numbers.
        step: between the time points of long tables; None: there is no column of times.
        start: the first time of the first series, as the file writes it; '' likewise.
    """

    how: Reading
    is_table: bool
    header: bool
    columns: tuple[str, ...]
    channels: tuple[str, ...]
    integer: tuple[bool, ...]
    step: TimeStep | None
    start: str

    def __post_init__(self):
        if len(self.integer) != len(self.channels) or not self.channels:
            raise ValueError(
                f"{len(self.channels)} channels, {len(self.integer)} kinds"
            )

    @property
    def layout(self) -> str:
        """'wide', 'long' or 'series'."""
        return self.how.layout

    @property
    def label(self) -> str:
        """Name of the column of labels; '' where there is none."""
        return _name(self.how.label_column)

    @property
    def series(self) -> str:
        """Name of the column that tells series apart; '' where there is none."""
        return _name(self.how.id_column)

    @property
    def time(self) -> str:
        """Name of the column of times; '' where there is none."""
        return _name(self.how.time_column)

    @property
    def steps(self) -> tuple[str, ...]:
        """Names of a wide table's time points."""
        return tuple(c for c in self.columns if c not in (self.label, self.series))

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        values |= {k: list(values[k]) for k in (*_WORDS, "integer")}
        values["how"] = dataclasses.asdict(self.how)
        values["step"] = None if self.step is None else dataclasses.asdict(self.step)
        return values

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Description":
        """The description that `to_json` was called on.

        Raises:
            ValueError: it is none.
        """
        try:
            fields = {f.name: values[f.name] for f in dataclasses.fields(cls)}
            fields |= {k: tuple(map(str, fields[k])) for k in _WORDS}
            fields["integer"] = tuple(map(bool, fields["integer"]))
            fields["how"] = Reading(**fields["how"])
            if fields["step"] is not None:
                fields["step"] = TimeStep(**fields["step"])
            return cls(**fields)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(
                f"the description of the data is damaged: {error}"
            ) from None


def are_whole(series: tuple[np.ndarray, ...], num_channels: int) -> tuple[bool, ...]:
    """For each channel whether all values that are there are whole numbers.

    Args:
        series: float [L_i, C] each, NaN where missing.
        num_channels: C.
    """
    whole = np.ones(num_channels, dtype=bool)
    for x in series:
        whole &= (np.isnan(x) | (x == np.round(x))).all(axis=0)
    return tuple(whole.tolist())


def describe_arrays(
    how: Reading, layout: str, series: tuple[np.ndarray, ...]
) -> Description:
    """What arrays are: their channels have numbers for names.

    Args:
        how: as they were read.
        layout: 'wide' where there are several series, else 'series'.
        series: float [L_i, C] each.
    """
    count = series[0].shape[1]
    names = [f"channel_{c}" for c in range(count)] if count > 1 else ["value"]
    none = {"label_column": NONE, "id_column": NONE, "time_column": NONE}
    return Description(
        how=dataclasses.replace(how, layout=layout, **none),
        is_table=False,
        header=False,
        columns=(),
        channels=tuple(names),
        integer=are_whole(series, count),
        step=None,
        start="",
    )


def _name(column: str) -> str:
    return "" if column == NONE else column
