"""One score of generated series: a number with what is needed to read it."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

GROUPS = (
    "fidelity",
    "usefulness",
    "statistics",
    "post_hoc",
    "privacy",
    "representation",
)
MIN_ROWS = 4  # Of a set: a half with fewer than 2 rows cannot be compared.
_LEAST = {"mmd": -np.inf, "inception_score": 1.0}  # Of a measure; of the others: 0.
_SHARES = (
    "precision",
    "recall",
    "coverage",
    "outside_share",
    "share_closer_to_train",
    "copied_sequences",
)

Interval = tuple[float, float] | None


@dataclasses.dataclass(frozen=True)
class Score:
    """One number about samples.

    Attributes:
        name: of the measure, such as 'fid'.
        judge: whose features it is of, such as 'fcn'; '' where there is no judge.
        value: of the samples.
        low: lower end of the interval; None where there is none, and the note says why.
        high: upper end.
        floors: the same of sets that no generator made, by name.
        better: 'lower', 'higher', or '' where closeness to `ideal` counts.
        ideal: None where only the floors can tell.
        note: meaning, numbers of rows, and all else that the value depends on.
        group: one of `GROUPS`.

    Raises:
        ValueError: an unknown `group` or `better`, a number that is not finite, or
            one end of an interval without the other.
    """

    name: str
    judge: str
    value: float
    low: float | None
    high: float | None
    floors: dict[str, float]
    better: str
    ideal: float | None
    note: str
    group: str

    def __post_init__(self):
        # One order, whether they were computed or read back: TRAIN, then the others.
        names = sorted(self.floors, key=lambda name: (name != "TRAIN", name))
        object.__setattr__(self, "floors", {n: self.floors[n] for n in names})
        if self.group not in GROUPS:
            raise ValueError(f"Unknown group {self.group!r}: one of {GROUPS}.")
        if self.better not in ("lower", "higher", ""):
            raise ValueError(f"better={self.better!r}: 'lower', 'higher' or ''.")
        if (self.low is None) != (self.high is None):
            raise ValueError(f"{self.name} has one end of an interval only: {self}")
        numbers = (self.value, self.low, self.high, self.ideal, *self.floors.values())
        if not np.isfinite([x for x in numbers if x is not None]).all():
            raise ValueError(f"{self.name} has a number that is not finite: {self}")

    def to_json(self) -> dict[str, Any]:
        """Returns the fields as a dict that JSON can hold."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "Score":
        """Inverse of `to_json`.

        Raises:
            ValueError: a field is missing or unknown, or see the class.
        """
        known = {field.name for field in dataclasses.fields(cls)}
        if known != set(fields):
            wrong = sorted(known ^ set(fields))
            raise ValueError(
                f"Missing or unknown fields {wrong}: a score has {sorted(known)}."
            )
        return cls(**fields)


def make_score(
    group: str,
    judge: str,
    name: str,
    measure: tuple[str, float | None, str],
    value: float,
    ends: Interval,
    floors: dict[str, float],
    details: tuple[str, ...],
) -> Score:
    """Puts a score together.

    Args:
        group: see `Score`, as `judge`, `name`, `value` and `floors`.
        judge: as said.
        name: as said.
        measure: (better, ideal, meaning), an entry of a table of measures.
        value: as said.
        ends: the interval, cut off here where the measure ends; None: there is none.
        floors: as said.
        details: sentences for the note, after the meaning; empty ones are dropped.
    """
    better, ideal, meaning = measure
    low = high = None
    if ends is not None:
        least = _LEAST.get(name, 0.0)
        most = 1.0 if name in _SHARES else np.inf
        low, high = (float(np.clip(end, least, most)) for end in ends)
    return Score(
        name=name,
        judge=judge,
        value=float(value),
        low=low,
        high=high,
        floors={key: float(floor) for key, floor in floors.items()},
        better=better,
        ideal=ideal,
        note=" ".join([meaning, *filter(None, details)]),
        group=group,
    )


def check_draws(num_draws: int, level: float) -> None:
    """Raises ValueError where no interval can come of these settings."""
    if num_draws < 2:
        raise ValueError(f"num_draws={num_draws}: an interval needs 2 or more.")
    if not 0 < level < 1:
        raise ValueError(f"level={level} must lie between 0 and 1, such as 0.95.")


def few_draws(num_draws: int, level: float) -> int:
    """Half-samples for dear scores: no more than the ends of the interval need."""
    check_draws(num_draws, level)
    return min(num_draws, max(20, round(2 / (1 - level)) - 1))


def halves(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of two random halves without a row in common, n // 2 each, ascending."""
    order = np.random.default_rng(seed).permutation(n)
    return np.sort(order[: n // 2]), np.sort(order[n // 2 : 2 * (n // 2)])


def row_counts(test: int, samples: int, train: int) -> str:
    """Says how many rows were compared; the halves follow from TEST."""
    return f"Rows: TEST {test} (halves {test // 2}), samples {samples}, TRAIN {train}."


def interval_note(num_draws: int) -> str:
    """Says how many half-samples an interval rests on."""
    return f"Interval: {num_draws} half-samples."


def try_interval(interval: Callable[[], Interval]) -> tuple[Interval, str]:
    """The interval, or why there is none: a draw may have no statistic."""
    try:
        return interval(), ""
    except ValueError as error:
        return None, f"No interval: {error}"
