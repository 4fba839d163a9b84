"""Several seeds of one configuration: a run directory each, and a table over all."""

import copy
import csv
import io
import math
import os
import statistics
import zlib
from typing import NamedTuple

import jax
from ml_collections import ConfigDict

from tsgen_jax.runs import files
from tsgen_jax.runs.tracking import Tracker

_TABLE = "seeds.csv"
_NUMBERS = {"tokenizer": 1, "prior": 2, "samples": 3, "residual_scale": 4}  # Of keys.


class SeedRun(NamedTuple):
    """One run: its config, its directory, and its name among others ('': alone)."""

    config: ConfigDict
    workdir: str
    name: str
    tracker: Tracker | None = None  # Copies of its metrics go there.


def key_of(config: ConfigDict, name: str) -> jax.Array:
    """The key of all that a stage of a run draws, or of its 'samples'."""
    number = _NUMBERS.get(name, zlib.crc32(name.encode()))
    return jax.random.fold_in(jax.random.key(config.seed), number)


def split(config: ConfigDict, workdir: str) -> list[SeedRun]:
    """The runs of `config`: itself or, where it has `seeds`, one for each of them."""
    if not config.seeds:
        return [SeedRun(config, workdir, "")]
    runs = []
    for seed in config.seeds:
        own = copy.deepcopy(config)
        own.seed, own.seeds = seed, ()
        runs.append(SeedRun(own, os.path.join(workdir, f"seed-{seed}"), f"seed {seed}"))
    return runs


def check_is_one_run(config: ConfigDict, workdir: str) -> None:
    """Raises ValueError where `workdir` holds the runs of several seeds."""
    if "seeds" in config and config.seeds:  # Early versions had one seed only.
        names = ", ".join(own.workdir for own in split(config, workdir))
        raise ValueError(f"{workdir} holds a run per seed; name one of them: {names}.")


class Spread(NamedTuple):
    """A metric over seeds; what is not finite is left out."""

    name: str
    values: list[float]  # One per seed.

    @property
    def mean(self) -> float:
        """NaN if there is no finite value."""
        return statistics.fmean(self._finite) if self._finite else math.nan

    @property
    def deviation(self) -> float:
        """Of the sample, 1 / (n - 1); NaN for fewer than two finite values."""
        return statistics.stdev(self._finite) if len(self._finite) > 1 else math.nan

    @property
    def _finite(self) -> list[float]:
        return [value for value in self.values if math.isfinite(value)]


def summarise(metrics: dict[str, dict[str, float]], workdir: str) -> dict[str, float]:
    """Writes `seeds.csv` and prints the table.

    Args:
        metrics: name of a run, such as 'seed 3' -> its final metrics.
        workdir: the directory of all.

    Returns:
        The means.
    """
    names = list(dict.fromkeys(name for values in metrics.values() for name in values))
    spreads = [
        Spread(name, [values.get(name, math.nan) for values in metrics.values()])
        for name in names
    ]
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["metric", "mean", "standard_deviation", *metrics])
    for spread in spreads:
        numbers = spread.mean, spread.deviation, *spread.values
        shown = [repr(float(v)) if math.isfinite(v) else "" for v in numbers]
        table.writerow([spread.name, *shown])
    path = os.path.join(workdir, _TABLE)
    files.write_text(path, text.getvalue())
    title = f"{len(metrics)} seeds: mean and standard deviation"
    width = max(map(len, names))
    print(f"\n{title}\n" + "-" * len(title))
    for spread in spreads:
        known = math.isfinite(spread.deviation)
        deviation = f" ± {spread.deviation:.2g}" if known else ""
        print(f"{spread.name:<{width}} {spread.mean:>10.4g}{deviation}")
    print(f"\nTable: {path}")
    return {spread.name: spread.mean for spread in spreads}
