"""Stage 1 of several bands of frequencies: tokenizers side by side, trained as one.

TimeVQVAE, https://arxiv.org/abs/2303.04743, section 3.2: each band has an encoder, a
codebook and a decoder of its own, and the loss is the sum over bands. Sections
`SECTIONS` of the config have a section for each band, `quantizer.low.num_codes`.
"""

import copy
import functools
import re
import zlib
from collections.abc import Mapping

import jax
import jax.numpy as jnp
from ml_collections import ConfigDict

from tsgen_jax.losses import reconstruction
from tsgen_jax.models.coder import Coder
from tsgen_jax.nn import stft
from tsgen_jax.recipe import Measure, Stage
from tsgen_jax.runs import limits
from tsgen_jax.stages import tokenizer
from tsgen_jax.training import batches
from tsgen_jax.types import Batch, Metrics

BANDS = ("low", "high")
SECTIONS = ("tokenizer", "quantizer", "ssl", "prior")  # Of the config, by band.
_WHOLE = "reconstruction_mse"
_OF_SECTION = re.compile(rf"(?<![\w.])({'|'.join(SECTIONS)})\.(?=[a-z])")


def config_of(config: ConfigDict, band: str) -> ConfigDict:
    """The config as a band sees it: `quantizer.num_codes` is its own."""
    for section in SECTIONS:
        limits.value_of(config, f"{section}.{band}")
    own = copy.deepcopy(config).unlock()
    for section in SECTIONS:
        own[section] = config[section][band].copy_and_resolve_references()
    return own.lock()


def make_coder(config: ConfigDict, length: int, channels: int) -> Coder:
    """The autoencoders of both bands of series [L, C]."""
    first = config.split.first_high_bin
    bins = {"low": (0, first), "high": (first, config.stft.window_size // 2 + 1)}
    models = {
        band: tokenizer.make_model(
            config_of(config, band),
            length,
            channels,
            bins=bins[band],
            cut=config.split.cut,
        )
        for band in BANDS
    }
    return Coder(models)


def make_stage(config: ConfigDict, coder: Coder) -> Stage:
    """'tokenizer': a stage for each band, with weights by band and the sum of losses.

    Metrics of a band end in its name; `reconstruction_mse` is of the whole series.
    """
    stages = {
        band: tokenizer.make_stage(
            config_of(config, band), model, config.split[f"{band}_time_error"]
        )
        for band, model in coder.models.items()
    }
    first = next(iter(stages.values()))

    def init(key, batch, given):
        made = {
            band: stage.init(_key_of(key, band), batch, given)
            for band, stage in stages.items()
        }
        return tuple({band: each[i] for band, each in made.items()} for i in (0, 1))

    def loss_fn(params, model_state, batch, key):
        total, state, metrics = 0.0, {}, {}
        for band, stage in stages.items():
            own = params[band], model_state[band], batch, _key_of(key, band)
            loss, (state[band], found) = stage.loss_fn(*own)
            total += loss
            metrics |= _ending(found, band)
        return total, (state, {"loss": total, **metrics})

    def export(params, model_state):
        return {
            band: stage.export(params[band], model_state[band])
            for band, stage in stages.items()
        }

    return Stage(
        name=first.name,
        example=first.example,
        init=init,
        loss_fn=loss_fn,
        export=export,
        rows=first.rows,
        evaluate=_make_evaluate(config, coder, stages),
        measures=_measures(stages),
        sections=("split", *first.sections),
        curves=("loss", _WHOLE, *_names(stages, "loss", "codebook_perplexity")),
        about="a network for each band of frequencies turns series into tokens and back",
    )


def _make_evaluate(config: ConfigDict, coder: Coder, stages: Mapping[str, Stage]):
    """(weights, {'x', 'observed'}) -> metrics of both bands and of whole series."""

    @jax.jit
    def per_series(weights, batch):
        x = batch["x"]
        x_hat = coder.detokenize(weights, coder.tokenize(weights, x))
        weight = batch.get("observed", jnp.ones(x.shape, bool)).astype(x.dtype)
        error = (weight * jnp.square(x - x_hat)).sum((1, 2))
        return jnp.stack([error, weight.sum((1, 2))], axis=-1)

    def evaluate(weights, data: Batch) -> Metrics:
        found, total = {}, 0.0
        for band, stage in stages.items():
            own = stage.evaluate(weights[band], data)
            total += own["loss"]
            found |= _ending(own, band)
        size = config.evaluation.batch_size
        whole = functools.partial(per_series, weights)
        error, weight = batches.map_batches(whole, data, size).astype("float64").sum(0)
        return {"loss": total, _WHOLE: error / max(weight, 1), **found}

    return evaluate


def _measures(stages: Mapping[str, Stage]) -> dict[str, Measure]:
    rows = {_WHOLE: next(iter(stages.values())).measures[_WHOLE]}
    for band, stage in stages.items():
        for key, row in stage.measures.items():
            rows[f"{key}_{band}"] = row._replace(band=band)
    return rows


def _names(stages: Mapping[str, Stage], *metrics: str) -> list[str]:
    return [f"{metric}_{band}" for metric in metrics for band in stages]


def _ending(metrics: Metrics, band: str) -> Metrics:
    return {f"{name}_{band}": value for name, value in metrics.items()}


def _key_of(key, band: str):
    return jax.random.fold_in(key, zlib.crc32(band.encode()))


def limits_of(each: limits.Limits) -> limits.Limits:
    """What both bands' values may be, of a part that is written for one."""

    def both(said):
        def of_config(config):
            found = []
            for band in BANDS:
                sentences = said(config_of(config, band))
                found += [_OF_SECTION.sub(rf"\1.{band}.", each) for each in sentences]
            return list(dict.fromkeys(found))  # Of what bands share: once.

        return of_config

    def check(fits):
        def of_bands(config, what):
            for band in BANDS:
                try:
                    fits(config_of(config, band), what)
                except ValueError as error:
                    text = _OF_SECTION.sub(rf"\1.{band}.", str(error))
                    raise ValueError(text) from error

        return of_bands

    return limits.Limits(
        faults=both(lambda config: limits.faults(config, each)),
        training_faults=both(each.training_faults),
        check_info=check(each.check_info),
        check_data=check(each.check_data),
        needed=each.needed,
        depth=lambda config: sum(each.depth(config_of(config, b)) for b in BANDS),
    )


def _split_faults(config: ConfigDict) -> list[str]:
    """A split frequency outside the spectrum."""
    first = limits.value_of(config, "split.first_high_bin")
    last = limits.value_of(config, "stft.window_size") // 2
    if 1 <= first <= last:
        return []
    return [
        f"split.first_high_bin={first}: the STFT of stft.window_size="
        f"{config.stft.window_size} has bins 0 to {last}, and both bands need one; must "
        f"be in [1, {last}]"
    ]


LIMITS = limits.Limits(
    choices={
        "stft.window": stft.WINDOWS,
        **{f"split.{b}_time_error": tuple(reconstruction.ERRORS) for b in BANDS},
    },
    faults=_split_faults,
    needed=("split",),
)
