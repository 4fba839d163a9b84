"""Recall within classes, against a search by hand, and what rare classes do to it."""

import numpy as np
import pytest

from tsgen_jax.evaluation.measures import fidelity
from tsgen_jax.evaluation.scores.class_recall import class_recall
from tsgen_jax.evaluation.scores.score import halves

_SETTINGS = {"num_neighbours": 3, "max_rows": 1000, "seed": 0}


def _by_hand(real, made, k) -> float:
    """Kynkaanniemi et al. 2019, row by row."""
    hits = 0
    for x in real:
        for i, y in enumerate(made):
            others = sorted(
                np.sqrt(((y - z) ** 2).sum()) for j, z in enumerate(made) if j != i
            )
            if np.sqrt(((x - y) ** 2).sum()) < others[k - 1]:
                hits += 1
                break
    return hits / len(real)


def _sets():
    rng = np.random.default_rng(0)
    sizes = {"test": (40, 12), "samples": (30, 8), "train": (25, 6)}
    sets, labels = [], []
    for name, counts in sizes.items():
        y = np.repeat([0, 4], counts)
        spread = 0.2 if name == "samples" else 1.0
        x = rng.normal(size=(len(y), 3)) + 20 * y[:, None]
        x[y == 4] = 80 + spread * (x[y == 4] - 80)  # Samples of class 4 hardly vary.
        order = rng.permutation(len(y))
        sets.append(x[order])
        labels.append(y[order])
    return sets, labels


def test_it_is_the_mean_of_recall_within_each_class():
    sets, labels = _sets()
    (score,), notes = class_recall("fcn", sets, labels, **_SETTINGS)
    assert notes == []
    (test, samples, train), (y_test, y_samples, y_train) = sets, labels
    a, b = halves(len(test), 0)
    pairs = {
        "": (test, y_test, samples, y_samples),
        "TRAIN": (test, y_test, train, y_train),
        "TEST halves": (test[a], y_test[a], test[b], y_test[b]),
    }
    wanted = {
        name: [_by_hand(x[y == c], z[of == c], 3) for c in (0, 4)]
        for name, (x, y, z, of) in pairs.items()
    }
    assert score.value == pytest.approx(np.mean(wanted[""]))
    assert score.floors == pytest.approx(
        {k: np.mean(wanted[k]) for k in list(wanted)[1:]}
    )
    assert wanted[""][1] < 0.5 < wanted[""][0]  # The class that hardly varies.
    rare = f"Classes: 4: {wanted[''][1]:.2g}, TRAIN {wanted['TRAIN'][1]:.2g} (k = 3, 12"
    assert rare in score.note
    assert (score.group, score.judge, score.better) == ("fidelity", "fcn", "higher")
    overall = fidelity.precision_recall_density_coverage(test, samples, 3)["recall"]
    assert score.value < overall  # Which hides the rare class.


def test_a_class_never_generated_has_recall_zero_and_floors_say_what_they_lack():
    sets, labels = _sets()
    whole = class_recall("fcn", sets, labels, **_SETTINGS)[0][0]
    only = labels[1] == 0
    gone = [sets[0], sets[1][only], sets[2]], [labels[0], labels[1][only], labels[2]]
    (score,), _ = class_recall("fcn", *gone, **_SETTINGS)
    of_first = _by_hand(sets[0][labels[0] == 0], sets[1][only], 3)
    assert score.value == pytest.approx(of_first / 2)
    assert "4: 0, TRAIN" in score.note
    assert score.floors == whole.floors
    lone = np.flatnonzero((labels[2] == 0) | (np.cumsum(labels[2] == 4) == 1))
    few = [sets[0], sets[1], sets[2][lone]], [labels[0], labels[1], labels[2][lone]]
    (score,), _ = class_recall("fcn", *few, **_SETTINGS)
    assert "Floor of TRAIN without classes [4]" in score.note
    assert score.value == whole.value


def test_few_series_have_few_neighbours_and_single_ones_are_left_out():
    sets, labels = _sets()
    two = np.concatenate(
        [np.flatnonzero(labels[1] == 0), np.flatnonzero(labels[1] == 4)[:2]]
    )
    few = [sets[0], sets[1][two], sets[2]], [labels[0], labels[1][two], labels[2]]
    (score,), _ = class_recall("fcn", *few, **_SETTINGS)
    assert "(k = 1, 12 in TEST)" in score.note
    assert "(k = 3, 40 in TEST)" in score.note
    single = [sets[0][:3], *sets[1:]], [np.arange(3), *labels[1:]]
    found, notes = class_recall("fcn", *single, **_SETTINGS)
    assert (found, len(notes)) == ([], 1)
    assert "no class is in TEST twice" in notes[0]
