"""The final scores of a run: of its tokenizer, its prior and its samples."""

import logging
import os

import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.dataset import Dataset
from tsgen_jax.data.missing import hold_ends
from tsgen_jax.evaluation.scores import Score, representation
from tsgen_jax.judges import assess, fcn
from tsgen_jax.recipe import (
    Generator,
    Measure,
    Recipe,
    Stage,
    Weights,
    given_to,
    part_of,
)
from tsgen_jax.runs import directory as run_dir
from tsgen_jax.runs import files
from tsgen_jax.runs.metrics import Writer, read_metrics

_LOG = logging.getLogger(__name__)
_RECONSTRUCTIONS = "reconstructions.npz"
_CONVERGED = 0.95  # Of the way from the first validation loss to the best.
_STEP = Measure(
    "prior_convergence_step",
    "lower",
    None,
    "First step with 95 % of the fall in validation NLL.",
)


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
        samples: x [n, L, C], label [n], tokens [n, N].
        workdir: the run directory; 'reconstructions.npz' is written there as well.
    """
    judged_set, said = assess.completed(dataset)
    checked = assess.check_samples(
        judged_set, hold_ends(samples["x"]), samples["label"]
    )
    tokens = generator.encode(dataset.x_test)
    x_hat = _write_reconstructions(dataset, generator, tokens, workdir)
    rows = _stage_scores(dataset, recipe, generator.weights, workdir)
    notes = []
    if "representation" in config.evaluation.scores.split("+"):
        more, notes = _representation(config, dataset, generator, tokens, samples)
        rows += more
    judged = assess.assess(config, judged_set, checked, workdir, hold_ends(x_hat))
    result = assess.Assessment(
        rows + judged.scores, said + notes + judged.notes, judged.judge, judged.pictures
    )
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
    try:
        files.read_arrays(os.path.join(workdir, _RECONSTRUCTIONS), "It is made anew.")
    except ValueError as error:
        _LOG.warning("%s", error)
        tokens = generator.encode(dataset.x_test)
        _write_reconstructions(dataset, generator, tokens, workdir)
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
        if isinstance(stage, Stage) and stage.measures:
            data = stage.rows(test, given_to(stage, weights), False)
            found = stage.evaluate(weights[stage.name], data)
            measures = stage.measures.items()
            rows += [_score(of, found[name]) for name, of in measures if name in found]
    step = _convergence_step(workdir)
    return rows if step is None else [*rows, _score(_STEP, step)]


def _score(of: Measure, value: float) -> Score:
    return Score(
        name=of.name,
        judge="",
        value=float(value),
        low=None,
        high=None,
        floors=dict(of.floors),
        better=of.better,
        ideal=of.ideal,
        note=of.note,
        group="representation",
    )


def _convergence_step(workdir: str) -> int | None:
    """First step at which the prior's validation loss was almost as good as ever."""
    curve = [
        (row["step"], row["valid/loss"])
        for row in read_metrics(workdir)
        if row["stage"] == "prior" and row.get("valid/loss") is not None
    ]
    if len(curve) < 2:
        return None
    steps, losses = np.array(curve).T
    goal = losses[0] - _CONVERGED * (losses[0] - losses.min())
    return int(steps[np.flatnonzero(losses <= goal)[0]])


def _representation(config, dataset, generator, tokens_test, samples):
    x_train, y_train = fcn.whole_train(dataset)
    codes = generator.codes
    tokens_train, seed = generator.encode(x_train), config.evaluation.seed
    y_test, notes = dataset.y_test, []
    rows, said = representation.token_scores(
        codes, tokens_train, tokens_test, y_test, samples["tokens"], seed=seed
    )
    notes += said
    if dataset.num_classes > 1:
        scale = dataset.scaler.transform
        series = scale(x_train), scale(dataset.x_test)
        of = tokens_train, y_train, tokens_test, y_test
        level = config.evaluation.level
        probes = representation.probe_scores(
            codes, *of, *series, seed=seed, level=level
        )
        rows = probes + rows
    else:
        notes.append(f"No probes: {dataset.name} has one class only.")
    return rows, notes
