"""What tokens leave out of series, and how much of it is added to samples.

Two measured stages of generators with tokens. 'residual' is the distribution of a
tokenizer's errors (`sampling/residual.py`). Where they are noise, samples without them
are too smooth; where they are shape, such noise ruins samples: so 'residual_scale'
compares `config.sample.residual_scales` on the training data and keeps the best.
"""

import dataclasses
import logging
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.constraints import satisfy
from tsgen_jax.data import class_shares
from tsgen_jax.data.dataset import Dataset
from tsgen_jax.data.info import DataInfo
from tsgen_jax.data.missing import hold_ends
from tsgen_jax.evaluation.measures import fidelity
from tsgen_jax.generators import tokens
from tsgen_jax.generators.constrained import make_rules
from tsgen_jax.generators.token_programs import Programs
from tsgen_jax.judges import usable
from tsgen_jax.models.coder import Coder
from tsgen_jax.recipe import Fitted, Part, part_of
from tsgen_jax.runs import limits
from tsgen_jax.sampling import residual
from tsgen_jax.stages.token_rows import prior_name
from tsgen_jax.training import batches
from tsgen_jax.types import Array, PyTree

_LOG = logging.getLogger(__name__)
_MARGIN = 0.05  # What noise must gain, of the FID without it.
_NUM_SERIES = (256, 1000)  # Samples to compare: at least and at most.
_MAX_FACTORS = 2**25  # Numbers C L^2 that noise is drawn with: 128 MiB.
_MAX_SERIES = 2000  # Of a part, to measure errors on; more make the means no better.
_BATCH_SIZE = 64
SCALE = "residual_scale"


def make_residual(coder: Coder, num_classes: int) -> Fitted:
    """The stage 'residual': the errors of a trained tokenizer of series [L, C]."""
    shape = coder.length, coder.channels, num_classes

    def fit(key, dataset, given):
        del key
        parts = (part_of(dataset, part) for part in ("train", "valid"))
        return measure_errors(coder, given["tokenizer"], *parts, num_classes), {}

    shapes = jax.tree.map(
        lambda a: jax.ShapeDtypeStruct(a.shape, jnp.float32), residual.none(*shape)
    )
    return Fitted(
        name="residual",
        shapes=shapes,
        fit=fit,
        needs=("tokenizer",),
        about="what tokens leave out of series is measured",
    )


def measure_errors(
    coder: Coder, weights: PyTree, train: Part, valid: Part, num_classes: int
) -> residual.Residual:
    """The errors of a trained tokenizer on scaled series.

    Args:
        coder: of series [L, C].
        weights: of the stage 'tokenizer'.
        train: n series.
        valid: of the validation part; n may be 0.
        num_classes: Y.
    """

    @jax.jit
    def errors(batch):
        x = batch["x"]
        return x - coder.detokenize(weights, coder.tokenize(weights, x))

    found = []
    for part in (train, valid):
        few = jax.tree.map(_some, part)
        x = few.x
        if len(x):
            x = batches.map_batches(errors, {"x": x}, _BATCH_SIZE)
        found.append(residual.Errors(x, few.label, few.observed))
    return residual.fit(*found, num_classes)


def _some(rows: np.ndarray) -> np.ndarray:
    """At most `_MAX_SERIES`, spread evenly."""
    num = min(len(rows), _MAX_SERIES)
    return rows[np.arange(num) * len(rows) // max(num, 1)]


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


def make_scale(
    config: ConfigDict, programs: Programs, bands: tuple[str, ...] = ("",)
) -> Fitted:
    """The stage 'residual_scale'; its key draws the samples it compares."""

    def fit(key, dataset, given):
        scales = config.sample.residual_scales
        if len(scales) == 1:
            choice = Choice(float(scales[0]), {})
        else:
            _LOG.info(
                "Comparing scales %s of the noise that is added to samples: generates "
                "samples with each and keeps the one with the least FID to TRAIN.",
                ", ".join(f"{scale:g}" for scale in scales),
            )
            generator = tokens.TokenGenerator(programs, given, 0.0)
            choice = choose(config, dataset, generator, key)
        _LOG.info("%s", choice)
        fids = {str(scale): fid for scale, fid in choice.fids.items()}
        summary = {"scale": choice.scale, "fid_minirocket": fids}
        return {"scale": np.float32(choice.scale)}, summary

    return Fitted(
        name=SCALE,
        shapes={"scale": jax.ShapeDtypeStruct((), jnp.float32)},
        fit=fit,
        needs=("tokenizer", *map(prior_name, bands), "residual"),
        say=say,
        about="how much of that samples get as noise",
    )


def chosen_scale(config: ConfigDict, weights: PyTree) -> float:
    """The one value of `sample.residual_scales`, else what was fitted.

    Raises:
        ValueError: the fitted value is no number in [0, 2].
    """
    scales = config.sample.residual_scales
    scale = float(scales[0]) if len(scales) == 1 else float(weights["scale"])
    if not 0 <= scale <= 2:
        raise ValueError(f"{SCALE} is {scale}: a number in [0, 2] is needed.")
    return scale


def say(summary: dict) -> tuple[str, str]:
    """A title and a sentence of what the stage 'residual_scale' chose."""
    fids = {float(s): float(f) for s, f in summary["fid_minirocket"].items()}
    return "Noise in samples", str(Choice(float(summary["scale"]), fids))


def choose(
    config: ConfigDict, dataset: Dataset, generator: tokens.TokenGenerator, key: Array
) -> Choice:
    """Compares the scales on samples with equal tokens and equal noise.

    Series to compare with are those of TRAIN, the validation part among them.
    """
    shape = generator.residual.std.shape
    if shape[1] * shape[0] ** 2 > _MAX_FACTORS:
        words = f"Series of {shape[0]} x {shape[1]} values are too large."
        _LOG.info("Scales of noise are not compared. %s", words)
        return Choice(0.0, {})
    rules = make_rules(config, dataset)

    def draw(label):
        drawn = generator.sample_tokens(key, label)[-1]
        plain, noise = generator.detokenize(drawn), generator.noise(key, label)

        def series(scale):  # As they are generated, but for those that are drawn again.
            x = generator.scaler.inverse(plain + scale * noise)
            return hold_ends(satisfy.project(rules, x))

        return series

    return compare(config, dataset, config.sample.residual_scales, draw)


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


LIMITS = limits_of("sample.residual_scales")
