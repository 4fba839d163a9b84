"""The final scores of a run: of its tokenizer, its prior and its samples."""

import dataclasses
import logging
import os

import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.dataset import Dataset
from tsgen_jax.data.missing import hold_ends
from tsgen_jax.evaluation.measures import copies
from tsgen_jax.evaluation.scores import Score, representation
from tsgen_jax.evaluation.scores.copies import copy_scores
from tsgen_jax.judges import assess, fcn
from tsgen_jax.recipe import (
    Fitted,
    Generator,
    Measure,
    Recipe,
    Stage,
    Tokenizes,
    Weights,
    can,
    given_to,
    part_of,
)
from tsgen_jax.runs import directory as run_dir
from tsgen_jax.runs import files
from tsgen_jax.runs.metrics import Writer, read_metrics

_LOG = logging.getLogger(__name__)
_RECONSTRUCTIONS = "reconstructions.npz"
_CONVERGED = 0.95  # Of the way from the first validation loss to the best.


def evaluate(
    config: ConfigDict,
    dataset: Dataset,
    recipe: Recipe,
    generator: Generator,
    samples: dict[str, np.ndarray],
    workdir: str,
) -> assess.Assessment:
    """Scores on TEST, which nothing before has touched; leaves `evaluation/`.

    Args:
        config: sections `judge`, `evaluation` and `train` are read.
        dataset: of the run.
        recipe: of the run.
        generator: the trained models.
        samples: x [n, L, C], label [n] and, of generators with tokens, tokens [n, N].
        workdir: the run directory; of generators with tokens, 'reconstructions.npz' is
            written there as well.
    """
    judged_set, said = assess.completed(dataset)
    checked = assess.check_samples(
        judged_set, hold_ends(samples["x"]), samples["label"]
    )
    rows = _stage_scores(dataset, recipe, generator.weights, workdir)
    notes, x_hat, copied = [], None, []
    if can(generator, Tokenizes):
        tokens = generator.encode(dataset.x_test)
        x_hat = hold_ends(_write_reconstructions(dataset, generator, tokens, workdir))
        if "representation" in config.evaluation.scores.split("+"):
            more, notes = _representation(config, dataset, generator, tokens, samples)
            rows += more
        if "privacy" in config.evaluation.scores.split("+"):
            copied = _copied(config, dataset, generator, tokens, samples["tokens"])
    judged = assess.assess(config, judged_set, checked, workdir, x_hat)
    scores, notes = rows + judged.scores + copied, said + notes + judged.notes
    result = assess.Assessment(scores, notes, judged.judge, judged.pictures)
    directory = os.path.join(workdir, "evaluation")
    result.write(directory)
    _record(result, workdir)
    return result


def stored(
    dataset: Dataset, generator: Generator, workdir: str
) -> assess.Assessment | None:
    """What `evaluate` left, completed where a kill or damage took a part of it.

    None: there is nothing, or its scores are damaged, which is said.
    """
    try:
        judged = assess.read(os.path.join(workdir, "evaluation"))
    except ValueError as error:
        _LOG.warning("%s They are judged anew.", error)
        return None
    if judged is None:
        return None
    if can(generator, Tokenizes):
        _complete_reconstructions(dataset, generator, workdir)
    try:
        done = run_dir.read_done(workdir, "evaluation")
    except ValueError as error:
        _LOG.warning("%s It is made anew.", error)
        done = None
    if done != judged.metrics():
        _record(judged, workdir)
    return judged


def _record(judged: assess.Assessment, workdir: str) -> None:
    """The scores in metrics.jsonl and, after that, in evaluation/done.json."""
    with Writer(workdir, "evaluation", 1, 0) as writer:
        writer.write(1, "test", judged.metrics())
    run_dir.mark_done(workdir, "evaluation", judged.metrics())


def _complete_reconstructions(dataset, generator, workdir) -> None:
    """Writes what `_write_reconstructions` does, where it is gone or damaged."""
    try:
        files.read_arrays(os.path.join(workdir, _RECONSTRUCTIONS), "It is made anew.")
    except ValueError as error:
        _LOG.warning("%s", error)
        tokens = generator.encode(dataset.x_test)
        _write_reconstructions(dataset, generator, tokens, workdir)


def _write_reconstructions(dataset, generator, tokens, workdir) -> np.ndarray:
    """Keeps TEST through the tokenizer and back; returns it."""
    x_hat = generator.decode(tokens)
    arrays = {"x": dataset.x_test, "x_hat": x_hat, "label": dataset.y_test}
    files.write_arrays(os.path.join(workdir, _RECONSTRUCTIONS), arrays)
    return x_hat


def _stage_scores(
    dataset: Dataset, recipe: Recipe, weights: Weights, workdir: str
) -> list[Score]:
    """What each stage's own metrics are on TEST."""
    test, rows = part_of(dataset, "test"), []
    for stage in recipe.stages:
        if _has_measures(stage):
            data = stage.rows(test, given_to(stage, weights), False)
            found = stage.evaluate(weights[stage.name], data)
            measures = stage.measures.items()
            rows += [_score(of, found[name]) for name, of in measures if name in found]
    judged = [each.name for each in recipe.stages if _has_measures(each)]
    step = _convergence_step(workdir, judged[-1]) if judged else None
    if step is None:
        return rows
    note = "First step with 95 % of the fall in validation loss."
    name = f"{judged[-1]}_convergence_step"
    return [*rows, _score(Measure(name, "lower", None, note), step)]


def _has_measures(stage: Stage | Fitted) -> bool:
    return isinstance(stage, Stage) and bool(stage.measures)


def _score(of: Measure, value: float) -> Score:
    return Score(
        name=of.name,
        judge=of.band,
        value=float(value),
        low=None,
        high=None,
        floors=dict(of.floors),
        better=of.better,
        ideal=of.ideal,
        note=of.note,
        group="representation",
    )


def _convergence_step(workdir: str, stage: str) -> int | None:
    """First step at which a stage's validation loss was almost as good as ever."""
    curve = [
        (row["step"], row["valid/loss"])
        for row in read_metrics(workdir)
        if row["stage"] == stage and row.get("valid/loss") is not None
    ]
    if len(curve) < 2:
        return None
    steps, losses = np.array(curve).T
    goal = losses[0] - _CONVERGED * (losses[0] - losses.min())
    return int(steps[np.flatnonzero(losses <= goal)[0]])


def _copied(config, dataset, generator, tokens_test, tokens_samples) -> list[Score]:
    """Whether tokens of every band were copied from TRAIN."""
    tokens_train = generator.encode(fcn.whole_train(dataset)[0])
    sets, settings = (tokens_samples, tokens_train, tokens_test), config.evaluation
    names = ("seed", "num_draws", "level", "max_rows")
    settings, rows = {name: settings[name] for name in names}, []
    for band in generator.bands:
        own = [copies.frames(band.of(tokens), band.map_shape) for tokens in sets]
        rows += copy_scores(band.name, *own, **settings)
    return rows


def _representation(config, dataset, generator, tokens_test, samples):
    """Scores of every band of tokens, and what is left out and why."""
    x_train, y_train = fcn.whole_train(dataset)
    tokens_train, rows, notes = generator.encode(x_train), [], []
    seed, level = config.evaluation.seed, config.evaluation.level
    scale, y_test = dataset.scaler.transform, dataset.y_test
    for band in generator.bands:
        train, test = band.of(tokens_train), band.of(tokens_test)
        found, said = representation.token_scores(
            band.codes, train, test, y_test, band.of(samples["tokens"]), seed=seed
        )
        notes += said
        if dataset.num_classes > 1:
            of = train, y_train, test, y_test, scale(x_train), scale(dataset.x_test)
            probes = representation.probe_scores(
                band.codes, *of, seed=seed, level=level
            )
            found = probes + found
        rows += [dataclasses.replace(row, judge=band.name) for row in found]
    if dataset.num_classes < 2:
        notes.append(f"No probes: {dataset.name} has one class only.")
    return rows, notes
