"""All stages of a recipe, for one run or several seeds: trained, or read where done."""

import logging
import os
import time
from collections.abc import Callable, Sequence
from typing import Any

import jax

from tsgen_jax.data.dataset import Dataset
from tsgen_jax.recipe import (
    Fitted,
    Part,
    Recipe,
    Stage,
    Weights,
    abstract_recipe,
    given_to,
    part_of,
)
from tsgen_jax.runs import checkpoint, directory, seeds
from tsgen_jax.runs.seeds import SeedRun
from tsgen_jax.runtime import hosts, sharding
from tsgen_jax.training import loop
from tsgen_jax.training import settings as stage_settings
from tsgen_jax.types import PyTree

_LOG = logging.getLogger(__name__)


def train_recipe(
    recipe: Recipe,
    runs: Sequence[SeedRun],
    dataset: Dataset,
    begin: Callable[[str], None] = lambda stage: None,
) -> list[dict[str, PyTree]]:
    """Weights of every stage of every run: read where done, else made and stored.

    Args:
        recipe: of all runs.
        runs: their configs differ in the seed only.
        dataset: of the runs; TEST is not read.
        begin: told the name of a stage before it begins.

    Returns:
        Stage name -> weights, for each run.

    Raises:
        FloatingPointError, InterruptedRunError: as `loop.fit_all`.
        ValueError: stored weights are damaged; names the directory.
    """
    parts = [part_of(dataset, name) for name in ("train", "valid")]
    shapes = abstract_recipe(recipe)
    found: list[dict[str, PyTree]] = [{} for _ in runs]
    for stage in recipe.stages:
        begin(stage.name)
        left = []
        for run, weights in zip(runs, found, strict=True):
            stored = _read(run, stage.name, shapes[stage.name])
            if stored is None:
                left.append((run, weights))
            else:
                weights[stage.name] = stored
        if left and isinstance(stage, Fitted):
            _fit(stage, left, dataset)
        elif left:
            _train(stage, left, parts)
    return found


def load_recipe(
    recipe: Recipe, workdir: str, shapes: Weights | None = None
) -> dict[str, PyTree]:
    """Weights of every stage of a finished run; never trains.

    Args:
        recipe: of the run.
        workdir: of the run.
        shapes: what `abstract_recipe` gives, where it is at hand.

    Raises:
        ValueError: a stage is not done, or its weights are gone or damaged; names what
            is missing and how to get it.
    """
    names = [stage.name for stage in recipe.stages]
    check_is_finished(names, workdir)
    shapes = abstract_recipe(recipe) if shapes is None else shapes
    run = SeedRun(None, workdir, "")
    return {name: _read(run, name, shapes[name]) for name in names}


def check_is_finished(names: Sequence[str], workdir: str) -> None:
    """Raises ValueError where the weights of a stage are not there."""
    missing = [
        name
        for name in names
        if directory.read_done(workdir, name) is None
        or not os.path.isdir(_place(workdir, name))
    ]
    if missing:
        raise ValueError(
            f"{workdir} is not finished: it has no weights of {', '.join(missing)}. Run "
            f"its command again (the same config with --workdir={workdir}), which trains "
            "what is missing."
        )


def _place(workdir: str, name: str) -> str:
    return os.path.join(workdir, name, "weights")


def _who(name: str, run: SeedRun) -> str:
    return f"{name}, {run.name}" if run.name else name


def _read(run: SeedRun, name: str, shapes: PyTree) -> PyTree | None:
    """Weights of a stage that is done, on the first device; None if it is not."""
    done = directory.read_done(run.workdir, name)
    if done is None or not os.path.isdir(_place(run.workdir, name)):
        return None
    said = f"; {describe(done)}" if "steps" in done else ""
    where = _place(run.workdir, name)
    _LOG.info("%s: done before%s, in %s.", _who(name, run), said, where)
    here = jax.sharding.SingleDeviceSharding(hosts.local_device())
    shapes = jax.tree.map(
        lambda s: jax.ShapeDtypeStruct(s.shape, s.dtype, sharding=here), shapes
    )
    return checkpoint.load_weights(_place(run.workdir, name), shapes)


def _store(run: SeedRun, name: str, weights: PyTree, summary: dict[str, Any]) -> PyTree:
    weights = jax.device_put(hosts.local(weights), hosts.local_device())
    checkpoint.save_weights(_place(run.workdir, name), weights)
    if hosts.is_first():
        directory.mark_done(run.workdir, name, summary)
    hosts.barrier(f"done {name}")
    return weights


def _fit(stage: Fitted, left: list, dataset: Dataset) -> None:
    for run, weights in left:
        started = time.perf_counter()
        key = seeds.key_of(run.config, stage.name)
        made, summary = stage.fit(key, dataset, given_to(stage, weights))
        weights[stage.name] = _store(run, stage.name, made, summary)
        seconds = time.perf_counter() - started
        _LOG.info("%s: measured in %.0f s.", _who(stage.name, run), seconds)


def _train(
    stage: Stage, left: list[tuple[SeedRun, dict[str, PyTree]]], parts: list[Part]
) -> None:
    config = left[0][0].config
    num_series = len(parts[0].label)
    settings = stage_settings.fitted(config.train[stage.name], stage.name, num_series)
    runs, rows = [], None
    for run, weights in left:
        given = given_to(stage, weights)
        if rows is None or stage.needs:  # Else one object for all seeds.
            rows = _rows(stage, parts, given)
        key = seeds.key_of(run.config, stage.name)
        own = run.workdir, run.name, run.tracker
        runs.append(loop.Run(stage, *rows, given, key, *own))
    mesh = sharding.make_mesh(settings.batch_size, config.num_devices, len(runs))
    started = time.perf_counter()
    trained = loop.fit_all(runs, settings, mesh)
    seconds = time.perf_counter() - started
    for (run, weights), (made, summary) in zip(left, trained, strict=True):
        weights[stage.name] = _store(run, stage.name, made, summary)
        _LOG.info(
            "%s: trained in %.0f s; %s, in %s.",
            _who(stage.name, run),
            seconds,
            describe(summary),
            _place(run.workdir, stage.name),
        )


def _rows(stage: Stage, parts: list[Part], given: Weights) -> list:
    """To train on, and to select by."""
    train, valid = parts
    return [stage.rows(train, given, True), stage.rows(valid, given, False)]


def describe(summary: dict[str, Any]) -> str:
    """Which weights of a stage are kept, in words; of what `loop.fit` returns."""
    said = f"weights of step {summary.get('selected_step')} of {summary.get('steps')}"
    if summary.get("valid_loss") is not None:
        said += f" (least validation loss: {summary['valid_loss']:.4g})"
    return said
