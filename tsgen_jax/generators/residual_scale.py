"""How much of what tokens leave out is added to the samples of a run.

Where errors of the tokenizer are noise, samples without them are too smooth; where they
are shape, such noise ruins samples. So each run compares the scales in
`config.sample.residual_scales` on its training data and keeps the choice in
<run>/sampling.json. See `residuals` for the errors and `Generator.sample` for the sum.
"""

import dataclasses
import logging
import os
import time
from collections.abc import Callable

import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.constraints import satisfy
from tsgen_jax.data import class_shares
from tsgen_jax.data.dataset import Dataset
from tsgen_jax.data.info import DataInfo
from tsgen_jax.data.missing import hold_ends
from tsgen_jax.evaluation.measures import fidelity
from tsgen_jax.generators.constrained import make_rules
from tsgen_jax.generators.tokens import Generator
from tsgen_jax.judges import usable
from tsgen_jax.runs import files
from tsgen_jax.runs.seeds import Own
from tsgen_jax.types import Array

_LOG = logging.getLogger(__name__)
_MARGIN = 0.05  # What noise must gain, of the FID without it.
_NUM_SERIES = (256, 1000)  # Samples to compare: at least and at most.
_MAX_FACTORS = 2**25  # Numbers C L^2 that noise is drawn with: 128 MiB.
_FILE = "sampling.json"
_WAY_BACK = "To choose anew, delete it and give the run's command once more; that trains nothing."


@dataclasses.dataclass(frozen=True)
class Choice:
    """A scale, and why.

    Attributes:
        scale: that what tokens leave out is multiplied by.
        fids: FID of samples at each scale; empty where they were not compared.
    """

    scale: float
    fids: dict[float, float]

    def __str__(self) -> str:
        compared = ", ".join(f"{s:g}: {fid:.4g}" for s, fid in self.fids.items())
        why = f" (FID to TRAIN in MiniRocket's features by scale: {compared})"
        return f"residual noise: scale {self.scale:g}{why if compared else ''}"


def settled(own: Own, dataset: Dataset, generator: Generator, key: Array) -> Generator:
    """The generator of a run with the scale that the run has, or chooses now.

    Args:
        own: the run, whose networks are done.
        dataset: of the run; TEST is not read.
        generator: of the run, with any scale.
        key: of the samples that are compared.
    """
    config, workdir, name, _ = own
    choice = read(config, workdir)
    if choice is None:
        _LOG.info(
            "Comparing scales %s of the noise that is added to samples: generates "
            "samples with each and keeps the one with the least FID to TRAIN.",
            ", ".join(f"{scale:g}" for scale in config.sample.residual_scales),
        )
        started = time.perf_counter()
        choice = choose(config, dataset, generator, key)
        fids = {str(scale): fid for scale, fid in choice.fids.items()}
        stored = {"residual_scale": choice.scale, "fid_minirocket": fids}
        files.write_json(os.path.join(workdir, _FILE), stored)
        who, seconds = f"{name}: " if name else "", time.perf_counter() - started
        _LOG.info("%s%s; %.0f s.", who, choice, seconds)
    return dataclasses.replace(generator, residual_scale=choice.scale)


def read(config: ConfigDict, workdir: str) -> Choice | None:
    """What the run in `workdir` has; None where it is still to be chosen.

    Raises:
        ValueError: the file is damaged.
    """
    scales = config.sample.residual_scales
    if len(scales) == 1:
        return Choice(float(scales[0]), {})
    path = os.path.join(workdir, _FILE)
    stored = files.read_json(path, _WAY_BACK)
    if stored is None:
        return None
    try:
        fids = {float(s): float(fid) for s, fid in stored["fid_minirocket"].items()}
        scale = as_scale(stored["residual_scale"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is damaged ({error!r}). {_WAY_BACK}") from error
    return Choice(scale, fids)


def as_scale(value: object) -> float:
    """`value` as a scale; ValueError where it is none."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= 2:
        raise ValueError(f"{value!r} is no scale: a number in [0, 2] is needed")
    return float(value)


def choose(
    config: ConfigDict, dataset: Dataset, generator: Generator, key: Array
) -> Choice:
    """Compares the scales on samples with equal tokens and equal noise.

    Series to compare with are those of TRAIN, the validation part among them.
    """
    from tsgen_jax.judges import fcn

    real = fcn.whole_train(dataset.complete())[0]
    shape = generator.residual.std.shape
    _, obstacles = usable(
        "minirocket", dataset.name, dataset.num_classes, real.shape[1]
    )
    if len(real) < 2:
        obstacles.append(f"{dataset.name} has one training series.")
    if shape[1] * shape[0] ** 2 > _MAX_FACTORS:
        obstacles.append(f"Series of {shape[0]} x {shape[1]} values are too large.")
    if obstacles:
        _LOG.info("Scales of noise are not compared. %s", " ".join(obstacles))
        return Choice(0.0, {})
    counts = DataInfo.of(dataset).class_counts
    num = int(np.clip(len(real), *_NUM_SERIES))
    label = class_shares.of_training(config.sample, counts, num)
    tokens = generator.sample_tokens(key, label)[-1]
    plain, noise = generator.detokenize(tokens), generator.noise(key, num)

    rules = make_rules(config, dataset)

    def series(scale):  # As they are generated, but for those that are drawn again.
        x = generator.scaler.inverse(plain + scale * noise)
        return hold_ends(satisfy.project(rules, x))

    fids = measure(config, real, series, config.sample.residual_scales)
    fids = {s: fid for s, fid in fids.items() if np.isfinite(fid)}
    return Choice(best(fids), fids)


def measure(
    config: ConfigDict,
    real: np.ndarray,
    series: Callable[[float], np.ndarray],
    scales: tuple[float, ...],
) -> dict[float, float]:
    """FID of series at every scale.

    Features are MiniRocket's of another seed than the judge's: what chose a run's
    samples is not what judges them.

    Args:
        config: section `judge` is read.
        real: series to be like, float [n, L, C].
        series: scale -> series [n', L, C] in the same units.
        scales: to compare.
    """
    from threadpoolctl import threadpool_limits

    from tsgen_jax.judges import rocket

    with threadpool_limits(1, "blas"):
        judge = rocket.Judge(config.judge, real, (config.judge.seed + 1) % 2**32)
        features = judge(real)
        return {float(s): fidelity.fid(features, judge(series(s))) for s in scales}


def best(fids: dict[float, float]) -> float:
    """The scale of the least FID; 0 where noise gains less than a twentieth.

    Also 0 where no scale has a FID: series that are not finite have none.
    """
    if not fids:
        return 0.0
    scale = min(fids, key=lambda s: (fids[s], s))
    if 0 in fids and fids[scale] > (1 - _MARGIN) * fids[0]:
        return 0.0
    return scale
