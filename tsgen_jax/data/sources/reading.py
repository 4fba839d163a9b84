"""How a file of one's own is to be read: the part of `config.data` for it."""

import dataclasses

NONE = "none"  # In place of a column's name: there is no such column.
LAYOUTS = ("", "wide", "long", "series")
HEADERS = ("", "yes", "no")
TRAILING = ("end", "missing")
SEPARATORS = ("", ",", ";", "\t", "tab", "|", " ")
DECIMALS = ("", ".", ",")
THOUSANDS = ("", "none", ",", ".", " ", "'")
NUMBER = "number"  # In place of a format of times: they are plain numbers.
TIME_FORMATS = (
    *("", NUMBER, "epoch-s", "epoch-ms", "epoch-us", "epoch-ns"),
    *("day-first", "month-first", "year-first"),
)
DUPLICATES = ("", "mean", "first", "last")
ARRAY_LAYOUTS = ("", "nlc", "ncl")
# What a file that a model goes on with may have in another way than its training file.
MAY_DIFFER = (
    *("label_column", "id_column", "time_column", "channels", "header"),
    *("time_format", "time_zone", "sort_time", "duplicates"),
    *("separator", "decimal", "thousands", "missing_values", "array_layout"),
)


@dataclasses.dataclass(frozen=True)
class Reading:
    """Values of `config.data`; '' leaves a matter to be guessed, which is then said.

    Attributes:
        layout: 'wide' (a row per series), 'long' (columns of series, of time and of
            channels) or 'series' (one long series, a row per time point).
        header: 'yes' or 'no': whether the first row of a text file names columns.
        label_column: name of a column, or its number from 1 where columns have no
            names; 'none': there is none.
        id_column: as `label_column`, of the column that names series.
        time_column: as `label_column`, of the column of times; or 'DATE+TIME', where
            date and time of day have a column each.
        time_format: how times are written: as of `strftime`, such as '%d/%m/%Y %H:%M';
            or one of `TIME_FORMATS`.
        time_zone: zone of the times, such as 'Europe/Berlin'.
        sort_time: whether time points may be sorted by time.
        duplicates: what is kept of time points of one time: their 'mean', the 'first'
            or the 'last'; '': there must be none.
        channels: names of the columns of values, joined by '+'.
        trailing: what empty cells (NaN) at the end of a series stand for where there
            are several: the 'end' of a shorter series, or values that are 'missing'.
        separator: of the cells of a text file: ',', ';', 'tab', '|' or ' '.
        decimal: decimal sign of a text file, '.' or ','.
        thousands: thousands separator of a text file: ',', '.', ' ', "'" or 'none'.
        missing_values: words and numbers, joined by ',', that stand for a missing value
            besides empty cells and the usual words, such as '-9999'.
        array_layout: of arrays: 'nlc' (series, time points, channels) or 'ncl'.
        window: time points of the windows that long series are cut into; 0: not cut.
        stride: time points between the beginnings of two windows; -1: a quarter of
            the window.

    Raises:
        ValueError: an unknown word, or a number out of range.
    """

    layout: str
    header: str
    label_column: str
    id_column: str
    time_column: str
    time_format: str
    time_zone: str
    sort_time: bool
    duplicates: str
    channels: str
    array_layout: str
    trailing: str
    separator: str
    decimal: str
    thousands: str
    missing_values: str
    window: int
    stride: int

    def __post_init__(self):
        known = {
            "layout": LAYOUTS,
            "header": HEADERS,
            "trailing": TRAILING,
            "separator": SEPARATORS,
            "decimal": DECIMALS,
            "thousands": THOUSANDS,
            "time_format": TIME_FORMATS,
            "sort_time": (False, True),
            "duplicates": DUPLICATES,
            "array_layout": ARRAY_LAYOUTS,
        }
        for key, choices in known.items():
            value = getattr(self, key)
            if value not in choices and not (key == "time_format" and "%" in value):
                shown = ", ".join(repr(c) for c in choices)
                raise ValueError(f"data.{key}={value!r}: known are {shown}.")
        if self.decimal and self.decimal == self.thousands:
            raise ValueError(
                f"data.decimal and data.thousands are both {self.decimal!r}."
            )
        if self.window < 0 or self.window == 1:
            raise ValueError(
                f"data.window={self.window}: a window has 2 time points or more; 0: "
                "series are not cut."
            )
        if self.stride < 1 and self.stride != -1:
            raise ValueError(
                f"data.stride={self.stride}: windows begin at least 1 time point apart; "
                "-1: a quarter of the window."
            )
        if self.window == 0 and self.stride != -1:
            raise ValueError(
                f"data.stride={self.stride} goes with data.window, which is 0."
            )

    @property
    def missing_words(self) -> tuple[str, ...]:
        """What `missing_values` lists, in lower case."""
        words = (word.strip().lower() for word in self.missing_values.split(","))
        return tuple(word for word in words if word)

    @classmethod
    def plain(cls) -> "Reading":
        """Nothing said: what a file is, is to be guessed."""
        usual = {str: "", int: 0, bool: False, "trailing": "end", "stride": -1}
        fields = dataclasses.fields(cls)
        return cls(**{f.name: usual.get(f.name, usual.get(f.type)) for f in fields})

    def check_unused(self) -> None:
        """Raises ValueError where a value is set that goes with `data.path` only."""
        usual = {"trailing": "end", "window": 0, "stride": -1, "sort_time": False}
        for key, value in dataclasses.asdict(self).items():
            if value != usual.get(key, ""):
                raise ValueError(
                    f"data.{key}={value!r} is about a file of one's own; there is no "
                    "data.path."
                )
