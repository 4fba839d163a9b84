"""The stages of a run in order: tokenizer, prior, samples, evaluation, report.

A finished stage is skipped, a broken-off one goes on where it stopped.
"""

import hashlib
import json
import logging
import math
import os
import time
import zipfile
from typing import Any

import jax
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax import (
    assess,
    checkpoint,
    checks,
    compilation_cache,
    run_dir,
    run_evaluation,
    run_report,
    sharding,
    stage_settings,
    train,
)
from tsgen_jax.data.dataset import Dataset, load_dataset
from tsgen_jax.generator import Generator, share_labels
from tsgen_jax.tasks import prior as prior_task
from tsgen_jax.tasks import tokenizer as tokenizer_task
from tsgen_jax.types import Array, PyTree, Task

_LOG = logging.getLogger(__name__)
_MAY_DIFFER = ("num_devices",)  # A run may go on with other devices.
_MIN_SAMPLES = 256


def run(config: ConfigDict, workdir: str) -> dict[str, float]:
    """Makes, resumes or just reports the run in `workdir`.

    Returns:
        The final metrics, under the names of the report.

    Raises:
        ValueError, OSError: bad config, data or directory; a bad config or bad data
            is found before anything is written.
        FloatingPointError: a loss is not finite.
        InterruptedRunError: the run was asked to stop and can go on later.
    """
    checks.check_config(config)
    dataset = load_dataset(**config.data)
    checks.check_dataset(config, dataset)
    with run_dir.open_run(workdir, config.to_dict(), ignore=_MAY_DIFFER):
        _LOG.info("Run directory %s\n%s", workdir, dataset.describe())
        compilation_cache.enable()
        started = time.perf_counter()
        _keep_to_the_data(dataset, workdir)
        generator, tasks = _train_both(config, dataset, workdir)
        samples = _sample(config, dataset, generator, workdir)
        judged = assess.read(os.path.join(workdir, "evaluation"))
        if judged is None:
            judged = run_evaluation.evaluate(
                config, dataset, generator, tasks, samples, workdir
            )
        run_report.write(config, dataset, generator, samples, judged, workdir)
        _LOG.info("Finished in %.0f s.", time.perf_counter() - started)
    return judged.metrics()


def evaluate_run(workdir: str, changes: dict[str, Any]) -> assess.Assessment:
    """Judges a finished run anew, and writes its report again.

    Args:
        workdir: the run directory.
        changes: values of `judge`, `evaluation` and `train` by dotted key that are to
            differ from the run's own.

    Raises:
        ValueError: there is no finished run, or a key or value is not known.
    """
    config = stored_config(workdir)
    unfinished = [
        s for s in ("tokenizer", "prior") if not run_dir.read_done(workdir, s)
    ]
    if unfinished:
        raise ValueError(
            f"{workdir} is not finished ({', '.join(unfinished)}): run its command "
            "again, then evaluate."
        )
    checks.change(config, changes, ("judge", "evaluation", "train"))
    dataset = load_dataset(**config.data)
    stored = run_dir.read_config(workdir)
    with run_dir.open_run(workdir, stored, ignore=_MAY_DIFFER):
        compilation_cache.enable()
        _keep_to_the_data(dataset, workdir)
        generator, tasks = _train_both(config, dataset, workdir)
        samples = _sample(config, dataset, generator, workdir)
        judged = run_evaluation.evaluate(
            config, dataset, generator, tasks, samples, workdir
        )
        run_report.write(config, dataset, generator, samples, judged, workdir)
    return judged


def judged(workdir: str, changes: dict[str, Any]) -> assess.Assessment:
    """The scores of a finished run: those it has, or new ones where values change."""
    stored = assess.read(os.path.join(workdir, "evaluation"))
    if stored is None or changes:
        return evaluate_run(workdir, changes)
    return stored


def stored_config(workdir: str) -> ConfigDict:
    """The config of a run, locked."""
    return ConfigDict(run_dir.read_config(workdir)).lock()


def _keep_to_the_data(dataset: Dataset, workdir: str) -> None:
    """Notes the data of a new run; ValueError if an old one began with others."""
    digest = hashlib.sha256()
    for part in ("train", "valid", "test"):
        for name in ("x", "y"):
            digest.update(np.ascontiguousarray(getattr(dataset, f"{name}_{part}")))
    found = {"sha256": digest.hexdigest(), "classes": list(dataset.classes)}
    found["scaler"] = dataset.scaler.to_json()
    path = os.path.join(workdir, "dataset.json")
    if not os.path.exists(path):
        run_dir.write_json(path, found)
        return
    with open(path) as file:
        stored = json.load(file)
    if stored != found:
        raise ValueError(
            f"{dataset.name} is not what the run in {workdir} began with: its series "
            "or its split have changed since. Put the old data back, or choose "
            "another --workdir."
        )


def _key(config: ConfigDict, stage: int) -> Array:
    return jax.random.fold_in(jax.random.key(config.seed), stage)


def _train_both(
    config: ConfigDict, dataset: Dataset, workdir: str
) -> tuple[Generator, dict[str, Task]]:
    """Trains tokenizer and prior, or loads them when they are done."""
    scale = dataset.scaler.transform
    x_train, x_valid = scale(dataset.x_train), scale(dataset.x_valid)
    settings = stage_settings.fitted(config.train.tokenizer, "tokenizer", len(x_train))
    tokenizer = tokenizer_task.make_model(config, *x_train.shape[1:])
    task = tokenizer_task.make_task(config, settings.batch_size, x_train, x_valid)
    weights = _train_stage(config, task, settings, _key(config, 1), workdir)

    make_data = prior_task.make_data_fn(config, tokenizer, weights)
    train_data = make_data(x_train, dataset.y_train, config.masking.target_temperature)
    valid_data = make_data(x_valid, dataset.y_valid, 0.0)
    model = prior_task.make_model(
        config, math.prod(tokenizer.map_shape), dataset.num_classes
    )
    second = prior_task.make_task(
        config, model, weights["codebook"].codes, train_data, valid_data
    )
    settings = stage_settings.fitted(config.train.prior, "prior", len(x_train))
    prior_weights = _train_stage(config, second, settings, _key(config, 2), workdir)
    generator = Generator(
        tokenizer, weights, model, prior_weights, dataset.scaler, config.sample
    )
    return generator, {"tokenizer": task, "prior": second}


def _train_stage(
    config: ConfigDict, task: Task, settings: ConfigDict, key: Array, workdir: str
) -> PyTree:
    """Weights of one stage: loaded if done, else trained and stored."""
    directory = os.path.join(workdir, task.name, "weights")
    done = run_dir.read_done(workdir, task.name)
    if done is not None and os.path.isdir(directory):
        _LOG.info("%s: done before, %s.", task.name, done)
        batch = jax.tree.map(lambda a: a[: settings.batch_size], task.train_data)
        shapes = jax.eval_shape(lambda k, b: task.export(*task.init(k, b)), key, batch)
        here = jax.sharding.SingleDeviceSharding(jax.devices()[0])
        shapes = jax.tree.map(
            lambda s: jax.ShapeDtypeStruct(s.shape, s.dtype, sharding=here), shapes
        )
        return checkpoint.load_weights(directory, shapes)
    mesh = sharding.make_mesh(settings.batch_size, config.num_devices)
    started = time.perf_counter()
    weights, summary = train.fit(task, settings, key=key, mesh=mesh, workdir=workdir)
    weights = jax.device_put(weights, jax.devices()[0])
    checkpoint.save_weights(directory, weights)
    run_dir.mark_done(workdir, task.name, summary)
    seconds = time.perf_counter() - started
    _LOG.info("%s: %.0f s; %s.", task.name, seconds, summary)
    return weights


def _sample(
    config: ConfigDict, dataset: Dataset, generator: Generator, workdir: str
) -> dict[str, np.ndarray]:
    """Generates `samples.npz`, or reads it when it is there.

    Returns:
        x [n, L, C] in original units, label [n] (-1: none), tokens [n, N].
    """
    path = os.path.join(workdir, "samples.npz")
    if os.path.exists(path):
        try:
            with np.load(path) as stored:
                return dict(stored)
        except (zipfile.BadZipFile, EOFError, ValueError) as error:
            _LOG.warning("%s is damaged (%s): generated again.", path, error)
    y_train = np.concatenate([dataset.y_train, dataset.y_valid])
    larger = max(len(y_train), len(dataset.y_test), _MIN_SAMPLES)
    num = config.sample.num_samples or larger
    label = np.full(num, dataset.num_classes, np.int32)
    if config.sample.class_conditional:
        counts = np.bincount(y_train, minlength=dataset.num_classes)
        label = share_labels(counts, num)
    started = time.perf_counter()
    tokens = generator.sample_tokens(_key(config, 3), label)[-1]
    samples = {
        "x": generator.decode(tokens),
        "label": np.where(label == dataset.num_classes, -1, label),
        "tokens": tokens,
    }
    seconds = time.perf_counter() - started
    _LOG.info("%d series generated in %.1f s, compiling included.", num, seconds)
    run_dir.write_arrays(path, samples)
    return samples
