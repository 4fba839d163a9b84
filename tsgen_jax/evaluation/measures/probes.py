"""Probes: how well a simple classifier reads the class from frozen features.

Features are float [n, d], scaled to [-1, 1] by the minimum and maximum of the training
rows; test rows may fall outside. Labels are int [n]; a test class that training never
showed counts as an error. The settings are those of the NC-VQVAE probes
(https://arxiv.org/abs/2408.16613): 5 neighbours, and C = 1 for the linear machines.
All functions return the accuracy on the test rows, in [0, 1]. They raise ValueError
for shapes that do not fit, values that are not finite, labels that are no integers,
and fewer than two training rows or classes.
"""

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC

from tsgen_jax.evaluation.measures.arrays import (
    check_classes,
    check_features,
    check_labels,
    check_width,
)
from tsgen_jax.types import Array

_NUM_NEIGHBOURS = 5
_PENALTY = 1.0  # C.
_MOST_STEPS = 10_000  # Of the solver; it stops at its tolerance long before.


def linear_probe(
    features_train: Array,
    y_train: Array,
    features_test: Array,
    y_test: Array,
    seed: int,
) -> float:
    """Accuracy of logistic regression; its solver is exact and needs no `seed`."""
    model = LogisticRegression(C=_PENALTY, max_iter=_MOST_STEPS, random_state=seed)
    return _accuracy(model, features_train, y_train, features_test, y_test)


def svm_probe(
    features_train: Array,
    y_train: Array,
    features_test: Array,
    y_test: Array,
    seed: int,
) -> float:
    """Accuracy of a linear support vector machine; `seed` as in `linear_probe`."""
    model = SVC(kernel="linear", C=_PENALTY, random_state=seed)
    return _accuracy(model, features_train, y_train, features_test, y_test)


def knn_probe(
    features_train: Array,
    y_train: Array,
    features_test: Array,
    y_test: Array,
    seed: int,
) -> float:
    """Accuracy of the 5 nearest neighbours, all rows where there are fewer.

    Nothing here is random: `seed` only keeps the three probes interchangeable.
    """
    neighbours = min((_NUM_NEIGHBOURS, *np.shape(features_train)[:1]))
    model = KNeighborsClassifier(n_neighbors=neighbours, n_jobs=1)
    return _accuracy(model, features_train, y_train, features_test, y_test)


def _accuracy(
    model: ClassifierMixin,
    features_train: Array,
    y_train: Array,
    features_test: Array,
    y_test: Array,
) -> float:
    features_train = check_features("features_train", features_train, 2)
    features_test = check_features("features_test", features_test, 1)
    check_width("features_train", features_train, "features_test", features_test)
    y_train = check_labels("y_train", y_train, len(features_train))
    y_test = check_labels("y_test", y_test, len(features_test))
    check_classes("y_train", y_train)
    probe = make_pipeline(MinMaxScaler((-1, 1)), model).fit(features_train, y_train)
    return float((probe.predict(features_test) == y_test).mean())
