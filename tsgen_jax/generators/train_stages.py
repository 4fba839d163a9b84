"""Both networks of a run, or of several seeds: trained, or loaded when they are done."""

import logging
import os
import time
from collections.abc import Callable

import jax
from ml_collections import ConfigDict

from tsgen_jax.data.dataset import Dataset
from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators import residuals
from tsgen_jax.generators.networks import make_models
from tsgen_jax.generators.tokens import Generator, make_generator
from tsgen_jax.recipe import Part, Stage, Weights, abstract_weights, part_of
from tsgen_jax.runs import checkpoint
from tsgen_jax.runs import directory as run_dir
from tsgen_jax.runs.seeds import Own
from tsgen_jax.runtime import sharding
from tsgen_jax.stages import masked_prior as prior_task
from tsgen_jax.stages import tokenizer as tokenizer_task
from tsgen_jax.training import loop
from tsgen_jax.training import settings as stage_settings
from tsgen_jax.types import Array, PyTree

_LOG = logging.getLogger(__name__)


def key_of(config: ConfigDict, stage: int) -> Array:
    """Of all that a stage draws: 1 tokenizer, 2 prior, 3 samples, 4 those to choose by."""
    return jax.random.fold_in(jax.random.key(config.seed), stage)


def train_both(
    runs: list[Own], dataset: Dataset, begin: Callable[[str], None] = lambda stage: None
) -> list[tuple[Generator, dict[str, Stage]]]:
    """Trains tokenizer and prior of every run, or loads them when they are done.

    Their samples have no residual noise yet: see `residual_scale`.

    Args:
        runs: they differ in their seed only.
        dataset: of all of them.
        begin: told the name of a stage before it begins.
    """
    config = runs[0].config
    info, parts = (
        DataInfo.of(dataset),
        [part_of(dataset, p) for p in ("train", "valid")],
    )
    tokenizer, prior = make_models(config, info)
    stage_1 = tokenizer_task.make_stage(config, tokenizer)
    begin("tokenizer")
    first = _train_stage(runs, stage_1, [{} for _ in runs], parts)
    stage_2 = prior_task.make_stage(config, prior, tokenizer)
    given = [{"tokenizer": weights} for weights in first]
    begin("prior")
    second = _train_stage(runs, stage_2, given, parts)
    seen, unseen = (stage_1.rows(part, {}, False) for part in parts)
    stages, trained = {"tokenizer": stage_1, "prior": stage_2}, []
    for run, weights, last in zip(runs, first, second, strict=True):
        left_out = residuals.measured(run.workdir, tokenizer, weights, seen, unseen)
        both = {"tokenizer": weights, "prior": last}
        generator = make_generator(config, info, both, left_out, 0.0)
        trained.append((generator, stages))
    return trained


def describe(summary: dict) -> str:
    """Which weights of a stage are kept, in words; of what `Member.result` returns."""
    said = f"weights of step {summary.get('selected_step')} of {summary.get('steps')}"
    if summary.get("valid_loss") is not None:
        said += f" (least validation loss: {summary['valid_loss']:.4g})"
    return said


def _train_stage(
    runs: list[Own], stage: Stage, given: list[Weights], parts: list[Part]
) -> list[PyTree]:
    """Weights of one stage of every run: loaded if done, else trained and stored."""
    config = runs[0].config
    settings = stage_settings.fitted(
        config.train[stage.name], stage.name, len(parts[0].label)
    )
    weights, left, rows = [], [], None
    for own, of in zip(runs, given, strict=True):
        weights.append(_load_stage(own, stage, of))
        if weights[-1] is None:
            if rows is None or stage.needs:  # Else the same for all seeds.
                rows = [stage.rows(part, of, i == 0) for i, part in enumerate(parts)]
            key = key_of(own.config, 1 + ("tokenizer", "prior").index(stage.name))
            left.append(
                loop.Run(stage, *rows, of, key, own.workdir, own.name, own.tracker)
            )
    if not left:
        return weights
    mesh = sharding.make_mesh(settings.batch_size, config.num_devices, len(left))
    started = time.perf_counter()
    trained = loop.fit_all(left, settings, mesh)
    for run, (found, summary) in zip(left, trained, strict=True):
        found = jax.device_put(found, jax.devices()[0])
        directory = os.path.join(run.workdir, stage.name, "weights")
        checkpoint.save_weights(directory, found)
        run_dir.mark_done(run.workdir, stage.name, summary)
        weights[weights.index(None)] = found
        seconds = time.perf_counter() - started
        said = describe(summary)
        _LOG.info(
            "%s: trained in %.0f s; %s, in %s.", run.who, seconds, said, directory
        )
    return weights


def _load_stage(own: Own, stage: Stage, given: Weights) -> PyTree | None:
    """Weights of a stage that is done; None if it is not."""
    directory = os.path.join(own.workdir, stage.name, "weights")
    done = run_dir.read_done(own.workdir, stage.name)
    if done is None or not os.path.isdir(directory):
        return None
    who = f"{stage.name}, {own.name}" if own.name else stage.name
    _LOG.info("%s: done before; %s, in %s.", who, describe(done), directory)
    here = jax.sharding.SingleDeviceSharding(jax.devices()[0])
    shapes = jax.tree.map(
        lambda s: jax.ShapeDtypeStruct(s.shape, s.dtype, sharding=here),
        abstract_weights(stage, given),
    )
    return checkpoint.load_weights(directory, shapes)
