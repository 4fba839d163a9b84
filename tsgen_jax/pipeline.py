"""A run in order: the stages of its recipe, samples, evaluation, report.

A finished stage is skipped, a broken-off one goes on where it stopped.
"""

import contextlib
import logging
import os
import time
from typing import Any

import numpy as np
from ml_collections import ConfigDict

from tsgen_jax import checks, generators
from tsgen_jax.data import class_shares, parts
from tsgen_jax.data.dataset import Dataset, load_dataset
from tsgen_jax.data.info import DataInfo
from tsgen_jax.data.missing import lengths
from tsgen_jax.generators import constrained
from tsgen_jax.judges import assess, judge_run
from tsgen_jax.recipe import Generator, Recipe, Weights
from tsgen_jax.reports import run_report, sample_report
from tsgen_jax.runs import (
    directory,
    files,
    fingerprint,
    provenance,
    seeds,
    stored,
    tracking,
)
from tsgen_jax.runs.config import override
from tsgen_jax.runs.facts import read_facts
from tsgen_jax.runs.metrics import write_overview
from tsgen_jax.runs.seeds import SeedRun
from tsgen_jax.runtime import compilation_cache, hosts
from tsgen_jax.training.take_over import take_over
from tsgen_jax.training.train_recipe import (
    check_is_finished,
    load_recipe,
    train_recipe,
)

_LOG = logging.getLogger(__name__)
_MAY_DIFFER = ("num_devices", "tracking")  # A run may go on with others.
_AFTER = {  # Training, in order, and what each does.
    "samples": "new series are generated",
    "evaluation": "the series are compared with TEST",
    "report": "tables and figures are written",
}
_MIN_SAMPLES = 256


def run(
    config: ConfigDict,
    workdir: str,
    dataset: Dataset | None = None,
    evaluate: bool = True,
    reuse: str = "",
    report: bool = True,
) -> dict[str, float]:
    """Makes, resumes or just reports the run in `workdir`, or all of `config.seeds`.

    Args:
        config: of the run.
        workdir: the run directory.
        dataset: what it trains on, where it is in memory; None: what `config.data` says.
        evaluate: False: it ends with the trained networks, for no metrics.
        reuse: a run whose finished stages are taken over where all that they depend on
            is equal; "": none.
        report: False: it ends with the scores, without figures and pages.

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
    recipe = generators.make_recipe(config, DataInfo.of(dataset))
    runs = seeds.split(config, workdir)
    with contextlib.ExitStack() as held:
        for own in [SeedRun(config, workdir, ""), *(runs if config.seeds else ())]:
            _refuse_format_1(own.workdir)
            if hosts.is_first():
                held.enter_context(
                    directory.open_run(own.workdir, own.config.to_dict(), _MAY_DIFFER)
                )
        hosts.barrier("run directory is held")
        _LOG.info("Run directory %s\n%s", workdir, dataset.describe())
        constrained.warn_of_train(config.constraints, dataset)
        compilation_cache.enable()
        started = time.perf_counter()
        if hosts.is_first():
            for own in runs:
                fingerprint.check(dataset, own.workdir)
                provenance.record(own.workdir)
            if reuse:
                take_over(recipe, runs, reuse)
            runs = [own._replace(tracker=_track(own, held)) for own in runs]
        hosts.barrier("run has begun")
        begin = _Outline(recipe, evaluate, report)
        trained = train_recipe(recipe, runs, dataset, begin)
        if not evaluate:
            return {}
        metrics = {}
        for own, weights in zip(runs, trained, strict=True):
            judged = _judge(own, dataset, recipe, weights, begin, report)
            metrics[own.name] = judged.metrics()
        seconds = time.perf_counter() - started
        _LOG.info("Finished in %.0f s; everything is in %s.", seconds, workdir)
        return seeds.summarise(metrics, workdir) if config.seeds else metrics[""]


class _Outline:
    """Says which stage of how many begins."""

    def __init__(self, recipe: Recipe, evaluate: bool, report: bool):
        self._about = {stage.name: stage.about for stage in recipe.stages}
        after = _AFTER if evaluate else {}
        self._about |= {k: v for k, v in after.items() if report or k != "report"}

    def __call__(self, stage: str, name: str = "") -> None:
        number, count = list(self._about).index(stage) + 1, len(self._about)
        who = f" of {name}" if name else ""
        about = self._about[stage]
        _LOG.info("Stage %d of %d: %s%s (%s).", number, count, stage, who, about)


def _track(own: SeedRun, held: contextlib.ExitStack) -> tracking.Tracker:
    """Where copies of the run's metrics go, closed when `held` is."""
    name = os.path.basename(os.path.normpath(own.workdir))
    return held.enter_context(tracking.Tracker(own.config, own.workdir, name))


def _judge(
    own: SeedRun,
    dataset: Dataset,
    recipe: Recipe,
    weights: Weights,
    begin: _Outline,
    report: bool,
) -> assess.Assessment:
    """Samples, scores and report of a trained run; those that are there are kept."""
    config, workdir, name, tracker = own
    generator = recipe.assemble(weights)
    begin("samples", name)
    samples = _sample(config, dataset, generator, workdir)
    begin("evaluation", name)
    judged = judge_run.stored(dataset, generator, workdir)
    if judged is None:
        judged = judge_run.evaluate(
            config, dataset, recipe, generator, samples, workdir
        )
    else:
        _LOG.info(
            "Evaluation: done before, in %s.", os.path.join(workdir, "evaluation")
        )
    tracker.log("evaluation", 1, judged.metrics())
    if not report:
        sample_report.write_scores(run_report.title(config, dataset), judged, workdir)
        return judged
    begin("report", name)
    run_report.write(config, dataset, recipe, generator, samples, judged, workdir)
    figures = os.path.join(workdir, "figures")
    write_overview(workdir, config, figures)
    tracker.figures(figures)
    return judged


def _refuse_format_1(workdir: str) -> None:
    if os.path.exists(os.path.join(workdir, "config.json")):
        stored.read_config(workdir)


def _load(config: ConfigDict, workdir: str, dataset: Dataset):
    """Recipe and generator of a finished run; nothing is trained."""
    recipe = generators.make_recipe(config, DataInfo.of(dataset))
    return recipe, recipe.assemble(load_recipe(recipe, workdir))


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
    checks.check_config(config, training=False)
    dataset = load_dataset(**config.data)
    stored = directory.read_config(workdir)
    with directory.open_run(workdir, stored, ignore=_MAY_DIFFER):
        compilation_cache.enable()
        fingerprint.check(dataset, workdir)
        recipe, generator = _load(config, workdir, dataset)
        samples = _sample(config, dataset, generator, workdir)
        judged = judge_run.evaluate(
            config, dataset, recipe, generator, samples, workdir
        )
        run_report.write(config, dataset, recipe, generator, samples, judged, workdir)
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
        fingerprint.check(dataset, workdir)
        recipe, generator = _load(config, workdir, dataset)
        samples = _sample(config, dataset, generator, workdir)
        run_report.write(config, dataset, recipe, generator, samples, judged, workdir)


def _finished_config(workdir: str) -> ConfigDict:
    """The config of a run whose networks are trained; ValueError for another."""
    config = stored.read_config(workdir)
    seeds.check_is_one_run(config, workdir)
    recipe = generators.make_recipe(config, read_facts(workdir))
    check_is_finished([stage.name for stage in recipe.stages], workdir)
    return config


def judged(workdir: str, changes: dict[str, Any]) -> assess.Assessment:
    """The scores of a finished run: those it has, or new ones where values change."""
    stored = assess.read(os.path.join(workdir, "evaluation"))
    if stored is None or changes:
        return evaluate_run(workdir, changes)
    return stored


def _sample(
    config: ConfigDict, dataset: Dataset, generator: Generator, workdir: str
) -> dict[str, np.ndarray]:
    """Generates `samples.npz`, or reads it when it is there.

    Returns:
        x [n, L, C] in original units, label [n] (-1: none), what else the generator
        drew, such as tokens [n, N]; and, where
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
    drawn, changed = constrained.Constrained(generator, rules).sample(
        seeds.key_of(config, "samples"), label
    )
    samples = {
        **drawn,
        "label": np.where(label == dataset.num_classes, -1, label),
        **(changed.arrays() if changed else {}),
    }
    if dataset.has_ends:
        samples["length"] = lengths(samples["x"])
    seconds = time.perf_counter() - started
    _LOG.info("%d series generated in %.1f s, in %s.", num, seconds, path)
    files.write_arrays(path, samples)
    return samples
