"""What tokens leave out of series, and how much of it is added to samples.

Two measured stages of generators with tokens. 'residual' is the distribution of a
tokenizer's errors (`sampling/residual.py`). Where they are noise, samples without them
are too smooth; where they are shape, such noise ruins samples: so 'residual_scale'
compares `config.sample.residual_scales` on the training data and keeps the best.
"""

import logging

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.constraints import satisfy
from tsgen_jax.data.dataset import Dataset
from tsgen_jax.data.missing import hold_ends
from tsgen_jax.generators import noise_scale, tokens
from tsgen_jax.generators.constrained import make_rules
from tsgen_jax.generators.token_programs import Programs
from tsgen_jax.models.coder import Coder
from tsgen_jax.recipe import Fitted, Part, part_of
from tsgen_jax.sampling import residual
from tsgen_jax.stages.token_rows import prior_name
from tsgen_jax.training import batches
from tsgen_jax.types import Array, PyTree

_LOG = logging.getLogger(__name__)
_MAX_FACTORS = 2**25  # Numbers C L^2 that noise is drawn with: 128 MiB.
_MAX_SERIES = 2000  # Of a part, to measure errors on; more make the means no better.
_BATCH_SIZE = 64


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


def make_scale(
    config: ConfigDict, programs: Programs, bands: tuple[str, ...] = ("",)
) -> Fitted:
    """The stage 'residual_scale'; its key draws the samples it compares."""

    def compare_all(key, dataset, given):
        generator = tokens.TokenGenerator(programs, given, 0.0)
        return choose(config, dataset, generator, key)

    needs = "tokenizer", *map(prior_name, bands), "residual"
    return noise_scale.make_stage(config.sample.residual_scales, needs, compare_all)


def chosen_scale(config: ConfigDict, weights: PyTree) -> float:
    """The one value of `sample.residual_scales`, else what was fitted.

    Raises:
        ValueError: the fitted value is no number in [0, 2].
    """
    scales = config.sample.residual_scales
    scale = float(scales[0]) if len(scales) == 1 else float(weights["scale"])
    if not 0 <= scale <= 2:
        raise ValueError(
            f"{noise_scale.NAME} is {scale}: a number in [0, 2] is needed."
        )
    return scale


def choose(
    config: ConfigDict, dataset: Dataset, generator: tokens.TokenGenerator, key: Array
) -> noise_scale.Choice:
    """Compares the scales on samples with equal tokens and equal noise.

    Series to compare with are those of TRAIN, the validation part among them.
    """
    shape = generator.residual.std.shape
    if shape[1] * shape[0] ** 2 > _MAX_FACTORS:
        words = f"Series of {shape[0]} x {shape[1]} values are too large."
        _LOG.info("Scales of noise are not compared. %s", words)
        return noise_scale.Choice(0.0, {})
    rules = make_rules(config, dataset)

    def draw(label):
        drawn = generator.sample_tokens(key, label)[-1]
        plain, noise = generator.detokenize(drawn), generator.noise(key, label)

        def series(scale):  # As they are generated, but for those that are drawn again.
            x = generator.scaler.inverse(plain + scale * noise)
            return hold_ends(satisfy.project(rules, x))

        return series

    return noise_scale.compare(config, dataset, config.sample.residual_scales, draw)


LIMITS = noise_scale.limits_of("sample.residual_scales")
