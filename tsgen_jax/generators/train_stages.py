"""Both networks of a run, or of several seeds: trained, or loaded when they are done."""

import dataclasses
import logging
import math
import os
import time

import jax
from ml_collections import ConfigDict

from tsgen_jax.data.dataset import Dataset
from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators import residuals
from tsgen_jax.generators.tokens import Generator, make_generator
from tsgen_jax.runs import checkpoint
from tsgen_jax.runs import directory as run_dir
from tsgen_jax.runs.seeds import Own
from tsgen_jax.runtime import sharding
from tsgen_jax.stages import masked_prior as prior_task
from tsgen_jax.stages import tokenizer as tokenizer_task
from tsgen_jax.training import loop
from tsgen_jax.training import settings as stage_settings
from tsgen_jax.types import Array, PyTree, Task

_LOG = logging.getLogger(__name__)


def key_of(config: ConfigDict, stage: int) -> Array:
    """Of all that a stage draws: 1 tokenizer, 2 prior, 3 samples, 4 those to choose by."""
    return jax.random.fold_in(jax.random.key(config.seed), stage)


def train_both(
    runs: list[Own], dataset: Dataset
) -> list[tuple[Generator, dict[str, Task]]]:
    """Trains tokenizer and prior of every run, or loads them when they are done.

    Nothing of what tokens leave out is in their samples yet: see `residual_scale`.
    """
    config = runs[0].config  # They differ in their seed only.
    seen, unseen = dataset.network_data("train"), dataset.network_data("valid")
    x_train, x_valid = seen["x"], unseen["x"]
    settings = stage_settings.fitted(config.train.tokenizer, "tokenizer", len(x_train))
    tokenizer = tokenizer_task.make_model(config, *x_train.shape[1:])
    task = tokenizer_task.make_task(
        config,
        settings.batch_size,
        x_train,
        x_valid,
        seen.get("observed"),
        unseen.get("observed"),
    )
    first = _train_stage(runs, [task] * len(runs), settings, 1)

    model = prior_task.make_model(
        config, math.prod(tokenizer.map_shape), dataset.num_classes
    )
    tasks = []
    for weights in first:  # Each seed has tokens of its own tokenizer.
        make_data = prior_task.make_data_fn(config, tokenizer, weights)
        temperature = config.masking.target_temperature
        train_data = make_data(x_train, dataset.y_train, temperature)
        valid_data = make_data(x_valid, dataset.y_valid, 0.0)
        codes = weights["codebook"].codes
        own = prior_task.make_task(config, model, codes, train_data, valid_data)
        # The same function for all, so that it is compiled once.
        evaluate = tasks[0].evaluate if tasks else own.evaluate
        tasks.append(dataclasses.replace(own, evaluate=evaluate))
    settings = stage_settings.fitted(config.train.prior, "prior", len(x_train))
    second = _train_stage(runs, tasks, settings, 2)
    facts, trained = DataInfo.of(dataset), []
    for run, own, weights, last in zip(runs, tasks, first, second, strict=True):
        left_out = residuals.measured(run.workdir, tokenizer, weights, seen, unseen)
        both = {"tokenizer": weights, "prior": last}
        generator = make_generator(config, facts, both, left_out, 0.0)
        trained.append((generator, {"tokenizer": task, "prior": own}))
    return trained


def _train_stage(
    runs: list[Own], tasks: list[Task], settings: ConfigDict, stage: int
) -> list[PyTree]:
    """Weights of one stage of every run: loaded if done, else trained and stored."""
    weights, left = [], []
    for own, task in zip(runs, tasks, strict=True):
        run = loop.Run(task, key_of(own.config, stage), own.workdir, own.name)
        weights.append(_load_stage(run, settings))
        if weights[-1] is None:
            left.append(run)
    if not left:
        return weights
    mesh = sharding.make_mesh(
        settings.batch_size, runs[0].config.num_devices, len(left)
    )
    started = time.perf_counter()
    trained = loop.fit_all(left, settings, mesh)
    for run, (found, summary) in zip(left, trained, strict=True):
        found = jax.device_put(found, jax.devices()[0])
        directory = os.path.join(run.workdir, run.task.name, "weights")
        checkpoint.save_weights(directory, found)
        run_dir.mark_done(run.workdir, run.task.name, summary)
        weights[weights.index(None)] = found
        seconds = time.perf_counter() - started
        _LOG.info("%s: %.0f s; %s.", run.who, seconds, summary)
    return weights


def _load_stage(run: loop.Run, settings: ConfigDict) -> PyTree | None:
    """Weights of a stage that is done; None if it is not."""
    task = run.task
    directory = os.path.join(run.workdir, task.name, "weights")
    done = run_dir.read_done(run.workdir, task.name)
    if done is None or not os.path.isdir(directory):
        return None
    _LOG.info("%s: done before, %s.", run.who, done)
    batch = jax.tree.map(lambda a: a[: settings.batch_size], task.train_data)
    shapes = jax.eval_shape(lambda k, b: task.export(*task.init(k, b)), run.key, batch)
    here = jax.sharding.SingleDeviceSharding(jax.devices()[0])
    shapes = jax.tree.map(
        lambda s: jax.ShapeDtypeStruct(s.shape, s.dtype, sharding=here), shapes
    )
    return checkpoint.load_weights(directory, shapes)
