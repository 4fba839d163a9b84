"""The stages of a run in order: tokenizer, prior, samples, evaluation, report.

A finished stage is skipped, a broken-off one goes on where it stopped.
"""

import contextlib
import hashlib
import logging
import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from ml_collections import ConfigDict

from tsgen_jax import checks
from tsgen_jax.data import class_shares, parts
from tsgen_jax.data.dataset import Dataset, load_dataset
from tsgen_jax.data.info import DataInfo
from tsgen_jax.data.missing import lengths
from tsgen_jax.generators import constrained, residual_scale, train_stages
from tsgen_jax.generators.tokens import Generator
from tsgen_jax.judges import assess, judge_run
from tsgen_jax.recipe import Stage
from tsgen_jax.reports import run_report
from tsgen_jax.runs import (
    directory,
    files,
    provenance,
    seeds,
    stored_config,
    tracking,
)
from tsgen_jax.runs.config import override
from tsgen_jax.runs.metrics import write_overview
from tsgen_jax.runs.seeds import Own
from tsgen_jax.runtime import compilation_cache

_LOG = logging.getLogger(__name__)
_MAY_DIFFER = ("num_devices", "tracking")  # A run may go on with others.
_STAGES = {  # Of a run, in order, and what each does.
    "tokenizer": "a network learns to turn series into tokens and back",
    "prior": "a network learns which tokens go together, by class",
    "residual noise": "how much of the tokenizer's error samples get as noise",
    "samples": "new series are generated",
    "evaluation": "the series are compared with TEST",
    "report": "tables and figures are written",
}
_OF_TRAINING = 3  # So many of them train or measure networks.
_MIN_SAMPLES = 256


def run(
    config: ConfigDict,
    workdir: str,
    dataset: Dataset | None = None,
    evaluate: bool = True,
) -> dict[str, float]:
    """Makes, resumes or just reports the run in `workdir`, or all of `config.seeds`.

    Args:
        config: of the run.
        workdir: the run directory.
        dataset: what it trains on, where it is in memory; None: what `config.data` says.
        evaluate: False: it ends with the trained networks, for no metrics.

    Returns:
        The final metrics, under the names of the report; of several seeds the means.

    Raises:
        ValueError, OSError: bad config, data or directory; a bad config or bad data
            is found before anything is written.
        FloatingPointError: a loss is not finite.
        InterruptedRunError: the run was asked to stop and can go on later.
    """
    checks.check_config(config)
    tracking.check(config.tracking)
    if dataset is None:
        dataset = load_dataset(**config.data)
    checks.check_dataset(config, dataset)
    parts.warn_of_few(dataset.name, len(dataset.x_train))
    runs = seeds.split(config, workdir)
    with contextlib.ExitStack() as held:
        for own in [Own(config, workdir, ""), *(runs if config.seeds else ())]:
            same = stored_config.unchanged(own.workdir, own.config)
            absent = stored_config.absent(own.workdir)
            held.enter_context(
                directory.open_run(
                    own.workdir, own.config.to_dict(), (*_MAY_DIFFER, *same), absent
                )
            )
        _LOG.info("Run directory %s\n%s", workdir, dataset.describe())
        constrained.warn_of_train(config.constraints, dataset)
        compilation_cache.enable()
        started = time.perf_counter()
        for own in runs:
            _keep_to_the_data(dataset, own.workdir)
            provenance.record(own.workdir)
        runs = [own._replace(tracker=_track(own, held)) for own in runs]
        begin = _Outline(len(_STAGES) if evaluate else _OF_TRAINING)
        trained = _train(runs, dataset, begin)
        if not evaluate:
            return {}
        metrics = {}
        for own, networks in zip(runs, trained, strict=True):
            metrics[own.name] = _judge(own, dataset, *networks, begin).metrics()
        seconds = time.perf_counter() - started
        _LOG.info("Finished in %.0f s; everything is in %s.", seconds, workdir)
        return seeds.summarise(metrics, workdir) if config.seeds else metrics[""]


class _Outline:
    """Says which stage of how many begins."""

    def __init__(self, count: int):
        self._count = count

    def __call__(self, stage: str, name: str = "") -> None:
        number = list(_STAGES).index(stage) + 1
        who = f" of {name}" if name else ""
        about = _STAGES[stage]
        _LOG.info("Stage %d of %d: %s%s (%s).", number, self._count, stage, who, about)


def _track(own: Own, held: contextlib.ExitStack) -> tracking.Tracker:
    """Where copies of the run's metrics go, closed when `held` is."""
    name = os.path.basename(os.path.normpath(own.workdir))
    return held.enter_context(tracking.Tracker(own.config, own.workdir, name))


def _train(
    runs: list[Own], dataset: Dataset, begin: Callable = lambda stage: None
) -> list[tuple[Generator, dict[str, Stage]]]:
    """Networks of every run, and how much noise its samples get."""
    settled = []
    trained = train_stages.train_both(runs, dataset, begin)
    begin("residual noise")
    for own, (generator, tasks) in zip(runs, trained, strict=True):
        key = train_stages.key_of(own.config, 4)
        generator = residual_scale.settled(own, dataset, generator, key)
        settled.append((generator, tasks))
    return settled


def _judge(
    own: Own,
    dataset: Dataset,
    generator: Generator,
    tasks: dict[str, Stage],
    begin: _Outline,
) -> assess.Assessment:
    """Samples, scores and report of a trained run; those that are there are kept."""
    config, workdir, name, tracker = own
    begin("samples", name)
    samples = _sample(config, dataset, generator, workdir)
    begin("evaluation", name)
    judged = judge_run.stored(dataset, generator, workdir)
    if judged is None:
        judged = judge_run.evaluate(config, dataset, generator, tasks, samples, workdir)
    else:
        _LOG.info(
            "Evaluation: done before, in %s.", os.path.join(workdir, "evaluation")
        )
    begin("report", name)
    run_report.write(config, dataset, generator, samples, judged, workdir)
    figures = os.path.join(workdir, "figures")
    write_overview(workdir, config, figures)
    tracker.log("evaluation", 1, judged.metrics())
    tracker.figures(figures)
    return judged


def evaluate_run(workdir: str, changes: dict[str, Any]) -> assess.Assessment:
    """Judges a finished run anew, and writes its report again.

    Args:
        workdir: the run directory.
        changes: values of `judge`, `evaluation` and `train` by dotted key that are to
            differ from the run's own.

    Raises:
        ValueError: there is no finished run, or a key or value is not known.
    """
    config = _finished_config(workdir)
    override(config, changes, ("judge", "evaluation", "train"))
    checks.check_config(config)
    dataset = load_dataset(**config.data)
    stored = directory.read_config(workdir)
    with directory.open_run(workdir, stored, ignore=_MAY_DIFFER):
        compilation_cache.enable()
        _keep_to_the_data(dataset, workdir)
        [(generator, tasks)] = _train([Own(config, workdir, "")], dataset)
        samples = _sample(config, dataset, generator, workdir)
        judged = judge_run.evaluate(config, dataset, generator, tasks, samples, workdir)
        run_report.write(config, dataset, generator, samples, judged, workdir)
    return judged


def report_run(workdir: str) -> None:
    """Writes the report of a judged run again; nothing is trained or judged.

    Raises:
        ValueError: there is no finished run, or it was never judged.
    """
    config = _finished_config(workdir)
    judged = assess.read(os.path.join(workdir, "evaluation"))
    if judged is None or not os.path.exists(os.path.join(workdir, "samples.npz")):
        raise ValueError(
            f"{workdir} was never judged: tsgen evaluate --run={workdir} does that, "
            "and writes the report as well."
        )
    dataset = load_dataset(**config.data)
    with directory.open_run(
        workdir, directory.read_config(workdir), ignore=_MAY_DIFFER
    ):
        compilation_cache.enable()
        _keep_to_the_data(dataset, workdir)
        [(generator, _)] = _train([Own(config, workdir, "")], dataset)
        samples = _sample(config, dataset, generator, workdir)
        run_report.write(config, dataset, generator, samples, judged, workdir)


def _finished_config(workdir: str) -> ConfigDict:
    """The config of a run whose networks are trained; ValueError for another."""
    config = stored_config.read(workdir)
    seeds.check_is_one_run(config, workdir)
    unfinished = [
        s for s in ("tokenizer", "prior") if directory.read_done(workdir, s) is None
    ]
    if unfinished:
        raise ValueError(
            f"{workdir} is not finished ({', '.join(unfinished)}): run its command "
            "again, then evaluate."
        )
    return config


def judged(workdir: str, changes: dict[str, Any]) -> assess.Assessment:
    """The scores of a finished run: those it has, or new ones where values change."""
    stored = assess.read(os.path.join(workdir, "evaluation"))
    if stored is None or changes:
        return evaluate_run(workdir, changes)
    return stored


def _keep_to_the_data(dataset: Dataset, workdir: str) -> None:
    """Notes the data of a new run; ValueError if an old one began with others."""
    digest = hashlib.sha256()
    for part in ("train", "valid", "test"):
        for name in ("x", "y", "observed"):
            array = getattr(dataset, f"{name}_{part}")
            if array is not None:
                digest.update(np.ascontiguousarray(array))
    found = {"sha256": digest.hexdigest(), **DataInfo.of(dataset).to_json()}
    path = os.path.join(workdir, "dataset.json")
    stored = files.read_json(path)
    if stored is not None and any(found.get(k) != v for k, v in stored.items()):
        raise ValueError(
            f"{dataset.name} is not what the run in {workdir} began with: its series "
            "or its split have changed since. Put the old data back, or choose "
            "another --workdir."
        )
    if stored is None or stored.keys() < found.keys():  # Of an older version.
        files.write_json(path, found | (stored or {}))


def _sample(
    config: ConfigDict, dataset: Dataset, generator: Generator, workdir: str
) -> dict[str, np.ndarray]:
    """Generates `samples.npz`, or reads it when it is there.

    Returns:
        x [n, L, C] in original units, label [n] (-1: none), tokens [n, N]; and, where
        lengths are unequal, length [n], with NaN in x after it; and, where there are
        constraints, what they changed: arrays of `constraints.outcome`.
    """
    path = os.path.join(workdir, "samples.npz")
    if os.path.exists(path):
        try:
            return files.read_arrays(path, "They are generated again.")
        except ValueError as error:
            _LOG.warning("%s", error)
    y_train = np.concatenate([dataset.y_train, dataset.y_valid])
    larger = max(len(y_train), len(dataset.y_test), _MIN_SAMPLES)
    num = config.sample.num_samples or larger
    counts = np.bincount(y_train, minlength=dataset.num_classes)
    label = class_shares.of_training(config.sample, counts, num)
    _LOG.info("Generating %d series; the first use compiles the sampler.", num)
    started = time.perf_counter()
    rules = constrained.make_rules(config, dataset)
    x, tokens, changed = constrained.Constrained(generator, rules).sample(
        train_stages.key_of(config, 3), label
    )
    samples = {
        "x": x,
        "label": np.where(label == dataset.num_classes, -1, label),
        "tokens": tokens,
        **(changed.arrays() if changed else {}),
    }
    if dataset.has_ends:
        samples["length"] = lengths(samples["x"])
    seconds = time.perf_counter() - started
    _LOG.info("%d series generated in %.1f s, in %s.", num, seconds, path)
    files.write_arrays(path, samples)
    return samples
