"""How much noise a generator's samples have: the scale of the least FID to TRAIN.

Noise of the size of reconstruction errors is too much where errors are shape: so
samples with several shares of it are compared with TRAIN, and the best share is kept.
"""

import dataclasses
import logging
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data import class_shares
from tsgen_jax.data.dataset import Dataset
from tsgen_jax.data.info import DataInfo
from tsgen_jax.data.missing import hold_ends
from tsgen_jax.evaluation.measures import fidelity
from tsgen_jax.judges import usable
from tsgen_jax.recipe import Fitted, Generator, Stage, Weights
from tsgen_jax.runs import limits
from tsgen_jax.types import Array

_LOG = logging.getLogger(__name__)
_MARGIN = 0.05  # What noise must gain, of the FID without it.
_NUM_SERIES = (256, 1000)  # Samples to compare: at least and at most.
NAME = "residual_scale"


@dataclasses.dataclass(frozen=True)
class Choice:
    """A scale, and why.

    Attributes:
        scale: what the drawn residual noise is multiplied by.
        fids: FID of samples at each scale; empty where they were not compared.
    """

    scale: float
    fids: dict[float, float]

    def __str__(self) -> str:
        compared = ", ".join(f"{s:g}: {fid:.4g}" for s, fid in self.fids.items())
        said = f"residual noise: scale {self.scale:g}"
        if compared:
            said += f" (FID to TRAIN in MiniRocket's features by scale: {compared})"
        return said


def make_stage(
    scales: tuple[float, ...],
    needs: tuple[str, ...],
    compare_all: Callable[[Array, Dataset, Weights], Choice],
) -> Fitted:
    """The stage 'residual_scale'.

    Args:
        scales: to choose from; one is taken as it is.
        needs: earlier stages.
        compare_all: (key, dataset, weights of those) -> the choice.
    """

    def fit(key, dataset, given):
        choice = Choice(float(scales[0]), {})
        if len(scales) > 1:
            _LOG.info(
                "Comparing scales %s of the noise that is added to samples: generates "
                "samples with each and keeps the one with the least FID to TRAIN.",
                ", ".join(f"{scale:g}" for scale in scales),
            )
            choice = compare_all(key, dataset, given)
        _LOG.info("%s", choice)
        fids = {str(scale): fid for scale, fid in choice.fids.items()}
        summary = {"scale": choice.scale, "fid_minirocket": fids}
        return {"scale": np.float32(choice.scale)}, summary

    return Fitted(
        name=NAME,
        shapes={"scale": jax.ShapeDtypeStruct((), jnp.float32)},
        fit=fit,
        needs=needs,
        say=say,
        about="how much of that samples get as noise",
    )


def make_fitted(
    config: ConfigDict,
    scales: tuple[float, ...],
    stages: Sequence[Stage | Fitted],
    make: Callable[..., Generator],
) -> Fitted:
    """The stage of the share of noise, after all others.

    Args:
        config: of the run.
        scales: to compare; one is taken as it is.
        stages: those before it.
        make: `weights` of all stages, this one among them, -> the generator.
    """

    def compare_all(key, dataset, given):
        def draw(label):
            def series(scale):
                weights = given | {NAME: {"scale": np.float32(scale)}}
                return hold_ends(make(weights=weights).sample(key, label)["x"])

            return series

        return compare(config, dataset, scales, draw)

    needs = tuple(stage.name for stage in stages)
    return make_stage(scales, needs, compare_all)


def say(summary: dict) -> tuple[str, str]:
    """A title and a sentence of what the stage 'residual_scale' chose."""
    fids = {float(s): float(f) for s, f in summary["fid_minirocket"].items()}
    return "Noise in samples", str(Choice(float(summary["scale"]), fids))


def compare(
    config: ConfigDict,
    dataset: Dataset,
    scales: tuple[float, ...],
    draw: Callable[[np.ndarray], Callable[[float], np.ndarray]],
) -> Choice:
    """The scale of noise whose samples have the least FID to TRAIN.

    Args:
        config: of the run.
        dataset: TRAIN and its validation part are compared with.
        scales: to compare.
        draw: labels [m] -> (scale -> series [m, L, C] in original units).
    """
    from tsgen_jax.judges import fcn

    real = fcn.whole_train(dataset.complete())[0]
    _, obstacles = usable(
        "minirocket", dataset.name, dataset.num_classes, real.shape[1]
    )
    if len(real) < 2:
        obstacles.append(f"{dataset.name} has one training series.")
    if obstacles:
        _LOG.info("Scales of noise are not compared. %s", " ".join(obstacles))
        return Choice(0.0, {})
    counts = DataInfo.of(dataset).class_counts
    num = int(np.clip(len(real), *_NUM_SERIES))
    label = class_shares.of_training(config.sample, counts, num)
    fids = measure(config, real, draw(label), scales)
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


def limits_of(key: str) -> limits.Limits:
    """Ranges of the scales at a dotted key."""

    def faults(config: ConfigDict) -> list[str]:
        scales = limits.value_of(config, key)
        if not isinstance(scales, tuple | list) or not scales:
            return [f"{key}={scales!r}: must be one number or more, such as (0.0,)"]
        # NaN is not in it either.
        wrong = [s for s in scales if type(s) not in (int, float) or not 0 <= s <= 2]
        if wrong:
            return [f"{key} has {wrong}: must be numbers in [0, 2]"]
        twice = len(set(scales)) < len(scales)
        return [f"{key}={tuple(scales)} names a scale twice"] if twice else []

    return limits.Limits(faults=faults)
