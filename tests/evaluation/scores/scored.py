"""Sets of synthetic series, and their scores by name, for the tests of scores.

Features are a fixed random projection, so that no network and no training stands
between the series and their scores.
"""

import functools

import numpy as np

from tsgen_jax.data.synthetic import make_shapes
from tsgen_jax.evaluation import scores

L, D, K, CLASSES = 24, 10, 3, 3
DRAWS = {"seed": 0, "num_draws": 20, "level": 0.9}
RAW = make_shapes(0, 150, L, 2, CLASSES)
TEST, TRAIN = RAW.x_test, RAW.x_train[:90]
SAMPLES = make_shapes(1, 120, L, 2, CLASSES).x_test
Y_TEST, Y_TRAIN, Y_SAMPLES = (np.arange(n) % CLASSES for n in (150, 90, 120))
NOISE = np.random.default_rng(5).exponential(3, size=SAMPLES.shape)
COLLAPSED = np.repeat(TEST[:1], 120, axis=0)
_PROJECTION = np.random.default_rng(9).normal(size=(L * 2, D)) / 5


def features(x):
    return np.tanh(x.reshape(len(x), -1) @ _PROJECTION)


def softmax(x):
    """Class probabilities by the distance to the mean series of each class."""
    means = np.stack([TRAIN[Y_TRAIN == y].mean(0) for y in range(CLASSES)])
    p = np.exp(-((x[:, None] - means) ** 2).mean((2, 3)))
    return p / p.sum(1, keepdims=True)


def judge(x, y=None, train=TRAIN, y_train=Y_TRAIN, **other):
    """Fidelity scores by name, and the notes."""
    p = {"test": softmax(TEST), "samples": softmax(x), "train": softmax(train)}
    settings = {**DRAWS, "num_neighbours": K, "max_rows": 1000, **other}
    sets = features(TEST), features(x), features(train)
    found, notes = scores.fidelity("fcn", *sets, Y_TEST, y, y_train, p, **settings)
    return {score.name: score for score in found}, notes


def describe(x, test=TEST, train=TRAIN, **other):
    settings = {**DRAWS, "num_dtw": 0, **other}
    found, notes = scores.series_statistics(test, x, train, **settings)
    return {score.name: score for score in found}, notes


def guard(x, train=TRAIN, test=TEST, **other):
    found, notes = scores.privacy_scores(x, train, test, **{**DRAWS, **other})
    return {score.name: score for score in found}, notes


@functools.cache
def of_samples():
    """Scores of samples as good as TEST."""
    return judge(SAMPLES, Y_SAMPLES)[0] | describe(SAMPLES)[0] | guard(SAMPLES)[0]
