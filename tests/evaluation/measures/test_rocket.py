"""Rocket features are drawn once, and then stay as they are."""

import io

import numpy as np
import pytest

from tsgen_jax.evaluation.measures import rocket


def make_series(n: int, length: int, channels: int, seed: int) -> tuple:
    """Two classes that differ in frequency, not in level or scale."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    phase = rng.uniform(0, 6, (n, 1, 1)) + np.arange(channels)
    time = np.arange(length)[None, :, None] * (0.5 + 0.5 * y[:, None, None])
    return np.sin(time + phase) + 0.1 * rng.normal(size=(n, length, channels)), y


def naive_features(x: np.ndarray, arrays: dict) -> np.ndarray:
    """MiniRocket's definition on one channel: share of outputs above a threshold."""
    dilations, per_dilation = arrays["parameters_2"], arrays["parameters_3"]
    biases, features, start = arrays["parameters_4"], [], 0
    triples = [
        (a, b, c) for a in range(9) for b in range(a + 1, 9) for c in range(b + 1, 9)
    ]
    for d, (dilation, count) in enumerate(zip(dilations, per_dilation, strict=True)):
        for k, triple in enumerate(triples):
            weights = np.full(9, -1.0)
            weights[list(triple)] = 2.0
            padded = np.pad(x, 4 * dilation)
            output = np.zeros(len(x))
            for tap in range(9):
                output += weights[tap] * padded[tap * dilation :][: len(x)]
            if (d + k) % 2 == 1:  # Every other kernel sees no padding.
                output = output[4 * dilation : -4 * dilation]
            for bias in biases[start : start + count]:
                features.append((output > bias).mean())
            start += count
    return np.array(features)


def test_features_are_those_of_a_loop():
    x, _ = make_series(6, 24, 1, 0)
    features = rocket.RocketFeatures(200).fit(x, 3)
    got = features.transform(x[:2])
    expected = [naive_features(row[:, 0], features.to_arrays()) for row in x[:2]]
    assert got.dtype == np.float64
    assert got.shape == (2, features.num_features) == (2, 168)
    # A threshold may lie on an output of the series it was drawn from: one time point.
    difference = np.abs(got - expected)
    assert difference.max() <= 1 / 8 + 1e-6
    assert (difference > 1e-6).mean() < 0.1


def test_features_are_bit_identical_when_fitted_again_or_stored():
    x, _ = make_series(8, 15, 1, 0)
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    features = rocket.RocketFeatures(84).fit(x, 1)
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    expected = features.transform(x)
    again = rocket.RocketFeatures(84).fit(x.copy(), 1).transform(x)
    np.testing.assert_array_equal(again, expected)
    other = rocket.RocketFeatures(84).fit(x, 2).transform(x)
    assert (other != expected).any()
    file = io.BytesIO()
    np.savez(file, **features.to_arrays())
    file.seek(0)
    with np.load(file) as arrays:
        stored = rocket.RocketFeatures.from_arrays(arrays)
    np.testing.assert_array_equal(stored.transform(x), expected)
    # A row's features depend on no other row.
    np.testing.assert_array_equal(stored.transform(x[3:4]), expected[3:4])


def test_channels_and_time_go_where_aeon_has_them():
    from aeon.transformations.collection.convolution_based import MiniRocket

    x, _ = make_series(8, 15, 3, 0)
    judge = MiniRocket(n_kernels=84, random_state=1, n_jobs=1)
    judge.fit(np.array([[row[:, c] for c in range(3)] for row in x]))
    arrays = rocket.RocketFeatures(84).fit(x, 1).to_arrays()
    for i, expected in enumerate(judge.parameters):
        np.testing.assert_array_equal(arrays[f"parameters_{i}"], expected)


def test_accuracy_is_that_of_aeons_classifier_and_chance_without_classes():
    from aeon.classification.convolution_based import MiniRocketClassifier

    x_train, y_train = make_series(20, 24, 1, 0)
    x_test, y_test = make_series(30, 24, 1, 1)
    assert rocket.rocket_accuracy(x_train, y_train, x_test, y_test, 0) == 1.0
    noise = np.random.default_rng(0).normal(size=(100, 24, 1))
    noise[:, :4] += (np.arange(100) % 2)[:, None, None]  # Hard, but not hopeless.
    half = (noise[:40], np.arange(40) % 2, noise[40:], np.arange(60) % 2)
    judge = MiniRocketClassifier(n_kernels=10_000, random_state=5, n_jobs=1)
    judge.fit(half[0].swapaxes(1, 2), half[1])
    expected = (judge.predict(half[2].swapaxes(1, 2)) == half[3]).mean()
    got = rocket.rocket_accuracy(*half, 5)
    np.testing.assert_allclose(got, expected, atol=1 / 60 + 1e-9)
    assert 0.55 < got < 1
    # On noise: shuffled classes of clear series still err as whole clusters.
    shuffled = np.random.default_rng(3).permutation(half[1])
    chance = rocket.rocket_accuracy(half[0], shuffled, half[2], half[3], 0)
    assert abs(chance - 0.5) < 0.2


def test_what_has_no_features_is_refused_in_words():
    x, y = make_series(8, 15, 2, 0)
    features = rocket.RocketFeatures(84)
    with pytest.raises(ValueError, match="call fit or from_arrays first"):
        features.transform(x)
    with pytest.raises(ValueError, match="nothing to store"):
        features.to_arrays()
    with pytest.raises(ValueError, match="num_kernels=83"):
        rocket.RocketFeatures(83)
    with pytest.raises(ValueError, match="9 time points or more; these have 8"):
        features.fit(x[:, :8], 0)
    with pytest.raises(ValueError, match="x_train has 240 of 240 values not finite"):
        features.fit(x * np.nan, 0)
    features.fit(x, 0)
    with pytest.raises(ValueError, match="differ in length: 15 and 14"):
        features.transform(x[:, :14])
    with pytest.raises(ValueError, match="differ in channels: 2 and 1"):
        features.transform(x[:, :, :1])
    cases = {
        "needs at least 2 series": (x[:1], y[:1], x, y),
        "x_train and x_test differ in length": (x, y, x[:, :9], y),
        "y_test must be 8 integers": (x, y, x, y[:3]),
        "y_train has one class only": (x, 0 * y, x, y),
        "9 time points": (x[:, :8], y, x[:, :8], y),
    }
    for match, case in cases.items():
        with pytest.raises(ValueError, match=match):
            rocket.rocket_accuracy(*case, 0)
