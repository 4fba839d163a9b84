import numpy as np
import pytest

from tests import tiny
from tsgen_jax.judges import cas, fcn

_CLASSES = ("a", "b", "c")


def _nearest_mean(dataset):
    """A classifier that needs no training time: the class of the nearest mean."""

    def fit_predict(x, y):
        means = np.stack([x[y == c].mean(0) for c in np.unique(y)])
        distances = ((dataset.x_test[:, None] - means[None]) ** 2).sum((2, 3))
        return np.unique(y)[distances.argmin(1)]

    return fit_predict


def _settings(**changes):
    return tiny.make_config(**changes)


def test_it_trains_on_the_samples_with_the_counts_of_train():
    config, data = _settings(), tiny.make_dataset(num_classes=3)
    seen = []
    inner = _nearest_mean(data)

    def fit_predict(x, y):
        seen.append((x, y))
        return inner(x, y)

    x_train, y_train = fcn.whole_train(data)
    of_train = inner(x_train, y_train)
    x, label = np.repeat(x_train, 3, 0), np.repeat(y_train, 3)
    result = cas.score(config, data, x, label, {"mean": (fit_predict, of_train)})
    (alone, y_alone), (both, y_both) = seen
    np.testing.assert_array_equal(np.bincount(y_alone), np.bincount(y_train))
    np.testing.assert_array_equal(both, np.concatenate([x_train, alone]))
    np.testing.assert_array_equal(y_both, np.concatenate([y_train, y_alone]))
    scores = {s.name: s for s in result.scores}
    right = (inner(alone, y_alone) == data.y_test).mean()
    assert scores["cas"].value == right
    assert scores["cas"].low <= right <= scores["cas"].high
    assert scores["cas"].floors == {"TRAIN": (of_train == data.y_test).mean()}
    table = result.confusions["mean on samples"]
    np.testing.assert_array_equal(table.sum(1), np.bincount(data.y_test))
    assert np.trace(table) == round(right * len(data.y_test))


def test_shuffled_labels_destroy_it():
    config, data = _settings(), tiny.make_dataset(num_classes=2)
    classify = {"mean": (_nearest_mean(data), data.y_test)}
    x, y = fcn.whole_train(data)
    kept = cas.score(config, data, x, y, classify).scores[0]
    wrong = cas.score(config, data, x, 1 - y, classify).scores[0]
    assert kept.value > 0.8
    assert wrong.value < 0.2


def test_counts_and_what_is_missing():
    config = _settings()
    y_train = np.array([0] * 4 + [1] * 2 + [2])
    label = np.array([0, 1, 1, 1, 2, 2])
    rows, notes = cas.draw_like_train(config, y_train, label, _CLASSES)
    np.testing.assert_array_equal(np.sort(label[rows]), [0, 1, 1, 2])
    assert notes == ["CAS: fewer generated series than TRAIN has in class a (1 of 4)"]
    config = _settings(**{"evaluation.cas_min_series": 14})
    rows, _ = cas.draw_like_train(config, y_train, np.repeat(label, 9), _CLASSES)
    np.testing.assert_array_equal(np.bincount(np.repeat(label, 9)[rows]), [8, 4, 2])
    with pytest.raises(ValueError, match="1 class"):
        cas.draw_like_train(config, y_train, np.zeros(7, int), _CLASSES)
