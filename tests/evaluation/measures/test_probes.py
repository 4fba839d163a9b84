"""Probes separate what can be separated, and only that."""

import numpy as np
import pytest

from tsgen_jax.evaluation.measures import probes

PROBES = [probes.linear_probe, probes.svm_probe, probes.knn_probe]


def make_features(n: int, distance: float, seed: int) -> tuple:
    """Two classes whose means are `distance` standard deviations apart."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    features = rng.normal(size=(n, 6))
    features[:, 0] += distance * y
    return features, y


@pytest.mark.parametrize("probe", PROBES)
def test_probes_read_classes_that_are_there_and_no_others(probe):
    train, test = make_features(100, 12.0, 0), make_features(60, 12.0, 1)
    assert probe(*train, *test, 0) == 1.0
    assert probe(*train, *test, 0) == probe(*train, *test, 7)
    shuffled = np.random.default_rng(2).permutation(train[1])
    chance = [probe(train[0], shuffled, test[0], test[1], 0)]
    for seed in range(3, 8):
        near = make_features(100, 0.0, seed), make_features(200, 0.0, seed + 20)
        chance.append(probe(*near[0], *near[1], 0))
    assert abs(np.mean(chance) - 0.5) < 0.1


def naive_knn(x_train, y_train, x_test, k: int) -> np.ndarray:
    low, high = x_train.min(0), x_train.max(0)
    x_train, x_test = ((x - low) / (high - low) * 2 - 1 for x in (x_train, x_test))
    predicted = []
    for row in x_test:
        nearest = np.argsort(((x_train - row) ** 2).sum(1))[:k]
        predicted.append(np.bincount(y_train[nearest]).argmax())
    return np.array(predicted)


@pytest.mark.parametrize(("n", "k"), [(40, 5), (3, 3)])
def test_knn_is_that_of_a_loop_on_scaled_features(n, k):
    x_train, y_train = make_features(n, 1.5, 0)
    x_test, y_test = make_features(80, 1.5, 1)
    scale = np.array([1, 1000, 1, 1, 1, 1])  # Decides, unless it is scaled away.
    expected = (naive_knn(x_train, y_train, x_test, k) == y_test).mean()
    got = probes.knn_probe(x_train * scale, y_train, x_test * scale, y_test, 0)
    assert got == expected
    assert 0.5 <= got < 1


def naive_linear(x_train, y_train, x_test, slope) -> np.ndarray:
    """Minimises |w|^2 / 2 + sum of losses of margins by gradient descent."""
    low, high = x_train.min(0), x_train.max(0)
    x_train, x_test = ((x - low) / (high - low) * 2 - 1 for x in (x_train, x_test))
    sign, w, b = 2 * y_train - 1, np.zeros(x_train.shape[1]), 0.0
    for step in range(6000):
        pull = slope(sign * (x_train @ w + b)) * sign
        rate = 0.05 / (1 + step / 100)
        w, b = w - rate * (w + x_train.T @ pull), b - rate * pull.sum()
    return (x_test @ w + b > 0).astype(int)


@pytest.mark.parametrize(
    ("probe", "slope"),
    [
        (probes.linear_probe, lambda margin: -1 / (1 + np.exp(margin))),
        (probes.svm_probe, lambda margin: -(margin < 1).astype(float)),
    ],
)
def test_linear_probes_minimise_penalty_and_losses(probe, slope):
    x_train, y_train = make_features(20, 1.5, 0)
    x_test, y_test = make_features(400, 1.5, 1)
    predicted = naive_linear(x_train, y_train, x_test, slope)
    got = probe(x_train, y_train, x_test, y_test, 0)
    np.testing.assert_allclose(got, (predicted == y_test).mean(), atol=0.006)
    # Rows of a test set may fall outside the scale of training.
    assert 0 <= probe(x_train, y_train, 100 * x_test, y_test, 0) <= 1


@pytest.mark.parametrize("probe", PROBES)
def test_constant_features_and_unknown_test_classes_are_no_failure(probe):
    features, y = make_features(20, 12.0, 0)
    features[:, 3] = 2.0
    assert probe(features, y, features, y, 0) == 1.0
    assert probe(features, y, features, np.where(y == 1, 5, y), 0) == 0.5


@pytest.mark.parametrize("probe", PROBES)
def test_what_cannot_be_probed_is_refused_in_words(probe):
    features, y = make_features(20, 1.0, 0)
    broken = features.copy()
    broken[:2, 1] = np.nan
    cases = {
        "features_train has 2 of 120 values not finite": (broken, y, features, y),
        "features_test has 2 of 120": (features, y, broken, y),
        "6 wide, features_test 5": (features, y, features[:, :5], y),
        "y_train must be 20 integers": (features, y[:9], features, y),
        "y_test must be 20 integers": (features, y, features, y.astype(float)),
        r"y_train has one class only \(0\)": (features, 0 * y, features, y),
        "features_train needs 2 rows": (features[:1], y[:1], features, y),
        "features_test needs 1 row": (features, y, features[:0], y[:0]),
        "features_train must be": (features[0], y, features, y),
    }
    for match, case in cases.items():
        with pytest.raises(ValueError, match=match):
            probe(*case, 0)
