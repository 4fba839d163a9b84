"""Classification accuracy score: train on generated series, test on real ones.

Ravuri and Vinyals 2019, https://arxiv.org/abs/1905.10887. The generated training set
has the class counts of TRAIN; the accuracy is that of the final classifier on the
whole of TEST. Beside it stand the same classifier trained on TRAIN, and on TRAIN and
the generated series together: what they add.
"""

import dataclasses
from collections.abc import Callable

import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.dataset import Dataset
from tsgen_jax.evaluation.measures import intervals, rocket
from tsgen_jax.evaluation.scores import Score
from tsgen_jax.judges import fcn
from tsgen_jax.types import Array

# (x, y) to train on -> classes of TEST, int [n_test].
Classify = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclasses.dataclass(frozen=True)
class Result:
    """CAS by one or more classifiers.

    Attributes:
        scores: rows for the table.
        notes: what could not be done as asked.
        confusions: counts [Y, Y], true class by predicted, by name.
    """

    scores: list[Score]
    notes: list[str]
    confusions: dict[str, np.ndarray]


def classifiers(
    config: ConfigDict, dataset: Dataset, judge: fcn.Judge | None, names: list[str]
) -> dict[str, tuple[Classify, np.ndarray]]:
    """Classifiers of these names, and what those trained on TRAIN say of TEST.

    `judge` is needed where 'fcn' is among them: it is the network of TRAIN.
    """
    seed, scale = config.evaluation.seed, dataset.scaler.transform

    def by_fcn(x, y):
        why = (
            f"CAS: trains the FCN anew on {len(x)} series, generated ones among them; "
        )
        why += "its accuracy on TEST is the score."
        return fcn.predictions_of_training_on(judge, x, y, dataset.x_test, why)

    def by_rocket(x, y):
        return rocket.rocket_predictions(scale(x), y, scale(dataset.x_test), seed)

    known = {}
    if "fcn" in names:
        known["fcn"] = (by_fcn, judge(dataset.x_test)[1].argmax(-1))
    if "minirocket" in names:
        known["minirocket"] = (by_rocket, by_rocket(*fcn.whole_train(dataset)))
    return known


def score(
    config: ConfigDict,
    dataset: Dataset,
    x: Array,
    label: Array,
    classify: dict[str, tuple[Classify, np.ndarray]],
) -> Result:
    """CAS and augmentation gain of series `x` [n, L, C] with classes `label` [n].

    Raises:
        ValueError: fewer than two classes among the labels.
    """
    x_train, y_train = fcn.whole_train(dataset)
    rows, notes = draw_like_train(config, y_train, label, dataset.classes)
    x, label = np.asarray(x)[rows], np.asarray(label)[rows]
    scores, confusions = [], {}
    both = np.concatenate([x_train, x]), np.concatenate([y_train, label])
    for name, (fn, of_train) in classify.items():
        predicted = {
            "TRAIN": of_train,
            "generated": fn(x, label),
            "TRAIN and generated": fn(*both),
        }
        real = float((predicted["TRAIN"] == dataset.y_test).mean())
        for row, key in (("cas", "generated"), ("cas_with_train", list(predicted)[2])):
            note = f"Accuracy on TEST, trained on {len(x)} generated series"
            if key != "generated":
                note += f" and {len(x_train)} real ones; above TRAIN: they help"
            hits = (predicted[key] == dataset.y_test).astype(float)
            scores.append(_row(config, row, name, hits, real, note + "."))
        for key, short in (("TRAIN", "TRAIN"), ("generated", "samples")):
            table = np.zeros((dataset.num_classes, dataset.num_classes), int)
            np.add.at(table, (dataset.y_test, predicted[key]), 1)
            confusions[f"{name} on {short}"] = table
    return Result(scores, notes, confusions)


def draw_like_train(
    config: ConfigDict, y_train: Array, label: Array, classes: tuple[str, ...]
) -> tuple[np.ndarray, list[str]]:
    """Rows of generated series with the class counts of TRAIN, and what is missing.

    `evaluation.cas_min_series` above the size of TRAIN multiplies the counts to reach
    it. Where a class has fewer series than wanted, all of them are taken.
    """
    label = np.asarray(label)
    if len(np.unique(label)) < 2:
        raise ValueError(
            f"The samples have {len(np.unique(label))} class(es): CAS trains a "
            "classifier on them and needs two or more. Generate with labels, or leave "
            "'usefulness' out of evaluation.scores."
        )
    factor = max(1.0, config.evaluation.cas_min_series / len(y_train))
    wanted = np.bincount(y_train, minlength=len(classes)) * factor
    wanted = np.ceil(wanted - 1e-9).astype(int)
    rng = np.random.default_rng(config.evaluation.seed)
    rows, short = [], []
    for y, count in enumerate(wanted):
        mine = rng.permutation(np.flatnonzero(label == y))
        rows.append(mine[:count])
        if len(mine) < count:
            short.append(f"{classes[y]} ({len(mine)} of {count})")
    notes = []
    if short:
        notes.append(
            "CAS: fewer generated series than TRAIN has in class " + ", ".join(short)
        )
    return np.concatenate(rows), notes


def _row(config, name, judge, hits, real, note) -> Score:
    low, high = intervals.wilson(hits.mean(), len(hits), config.evaluation.level)
    return Score(
        name=name,
        judge=judge,
        value=float(hits.mean()),
        low=low,
        high=high,
        floors={"TRAIN": real},
        better="higher",
        ideal=1.0,
        note=note,
        group="usefulness",
    )
