"""A model judged by series that training did not see: `Model.evaluate`."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
from ml_collections import ConfigDict
from numpy.typing import ArrayLike

from tsgen_jax import checks
from tsgen_jax.api import arguments
from tsgen_jax.data import parts
from tsgen_jax.data.dataset import from_raw
from tsgen_jax.data.missing import hold_ends
from tsgen_jax.data.sources.archive import RawSet
from tsgen_jax.evaluation.scores import Score
from tsgen_jax.judges import assess
from tsgen_jax.runs.config import override

if TYPE_CHECKING:
    import pandas as pd

    from tsgen_jax.api.model import Model

_MIN_SERIES = 8
_ONE_CLASS = "0"


@dataclasses.dataclass(frozen=True, repr=False)
class Judged:
    """Scores of generated series, each with its interval and its floors.

    Attributes:
        scores: see `tsgen_jax.evaluation.scores`.
        notes: what was left out and why, in sentences.
    """

    scores: list[Score]
    notes: list[str]

    def metrics(self) -> dict[str, float]:
        """Values by name, such as 'fid_minirocket'."""
        return {"_".join(filter(None, (s.name, s.judge))): s.value for s in self.scores}

    def to_frame(self) -> pd.DataFrame:
        """A row for each score: value, interval, floors, which way is better, note."""
        import pandas as pd

        names = ("name", "judge", "value", "low", "high", "better", "ideal", "note")
        rows = [
            {name: getattr(s, name) for name in names}
            | {f"floor {name}": value for name, value in s.floors.items()}
            for s in self.scores
        ]
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        rows = []
        for score in self.scores:
            name = "_".join(filter(None, (score.name, score.judge)))
            ends = "" if score.low is None else f"[{score.low:.3g}, {score.high:.3g}]"
            floors = ", ".join(f"{k} {v:.3g}" for k, v in score.floors.items())
            rows.append((name, f"{score.value:.4g}", ends, score.better, floors))
        rows = [("score", "value", "interval", "better", "real series"), *rows]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        return "\n".join([*lines, *self.notes])


def judge(
    model: Model,
    x: np.ndarray,
    y: ArrayLike | None,
    asked: dict[str, Any],
    num: int,
    seed: int,
    workdir: str,
) -> Judged:
    """Scores of `num` generated series; see `Shown.evaluate`.

    Args:
        model: generates them.
        x: real series, float [n, L, C].
        y: names of their classes [n]; None: not known.
        asked: values of `config.evaluation` by dotted key.
        num: of generated series.
        seed: of halves and samples.
        workdir: keeps what the judges leave.
    """
    if len(x) < _MIN_SERIES:
        raise ValueError(
            f"{len(x)} series to judge by: at least {_MIN_SERIES} are needed."
        )
    config = ConfigDict(model.config.to_dict()).lock()
    override(config, asked, ("evaluation",))
    checks.check_config(config, training=False)
    names = np.full(len(x), _ONE_CLASS)
    if y is not None:
        index = arguments.as_label(y, len(x), model.classes)
        names = np.array(model.classes)[index]
    a, b, _ = parts.resplit(names, 0.5, seed)
    x = hold_ends(x).astype(np.float64)
    raw = RawSet(model.facts.name, x[a], names[a], x[b], names[b], "memory")
    dataset = from_raw(raw, "archive", 0.5, 0.0, 0, "error")
    wanted = None if y is None else names[np.arange(num) % len(x)]
    drawn = hold_ends(model.sample(num, wanted, seed))
    label = None
    if wanted is not None:
        label = np.array([dataset.classes.index(name) for name in wanted])
    samples = assess.check_samples(dataset, drawn, label)
    found = assess.assess(config, dataset, samples, workdir, None)
    return Judged(found.scores, found.notes)
