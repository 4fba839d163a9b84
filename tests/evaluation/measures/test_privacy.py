"""Copies and memorisation: against naive loops, then what copies must score."""

import math

import numpy as np
import pytest

from tsgen_jax.evaluation.measures import privacy

D = 6


def make_rows(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, D)) + 3.0


TRAIN, TEST, SAMPLES = make_rows(50, 0), make_rows(50, 1), make_rows(60, 2)


def naive_distances(row, rows):
    return sorted(math.dist(row, other) for other in rows)


def naive_closest(a, b):
    return [naive_distances(row, b)[0] for row in a]


def test_closest_distances_are_those_of_a_loop():
    got = privacy.closest_distances(SAMPLES, TRAIN)
    np.testing.assert_allclose(got, naive_closest(SAMPLES, TRAIN), rtol=1e-12)


def test_a_copy_is_at_distance_zero_also_far_from_the_origin():
    far = TRAIN + 1e8  # |a|^2 - 2 a b + |b|^2 would find any row closest.
    assert (privacy.closest_distances(far[::-1], far) == 0).all()
    got = privacy.closest_distances(far[:5] + 1e-2, far)
    np.testing.assert_allclose(got, 1e-2 * math.sqrt(D), rtol=1e-5)


def test_distance_to_closest_record_is_that_of_a_loop():
    got = privacy.distance_to_closest_record(SAMPLES, TRAIN[:31], TEST[:21])
    near = np.median(naive_closest(SAMPLES, TRAIN[:31]))
    usual = np.median(naive_closest(TEST[:21], TRAIN[:31]))
    expected = {"samples_to_train": near, "test_to_train": usual, "ratio": near / usual}
    assert got.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(got[name], value, rtol=1e-12, err_msg=name)


def test_test_of_copies_leaves_nothing_to_compare_with():
    with pytest.raises(ValueError, match="half of test are copies of train"):
        privacy.distance_to_closest_record(SAMPLES, TRAIN, TRAIN[:9])


def test_nearest_neighbour_distance_ratio_is_that_of_a_loop():
    ratios = []
    for row in SAMPLES:
        first, second, *_ = naive_distances(row, TRAIN)
        ratios.append(first / second)
    got = privacy.nearest_neighbour_distance_ratio(SAMPLES, TRAIN)
    np.testing.assert_allclose(got, np.median(ratios), rtol=1e-12)
    twice = np.concatenate([TRAIN, TRAIN])
    assert got == privacy.nearest_neighbour_distance_ratio(SAMPLES, twice)
    assert privacy.nearest_neighbour_distance_ratio(twice, twice) == 0
    with pytest.raises(ValueError, match="no second closest"):
        privacy.nearest_neighbour_distance_ratio(SAMPLES, TRAIN[[0, 0]])


def test_share_closer_to_train_is_that_of_a_loop_and_halves_ties():
    # The first 20 samples: a tie, the row at distance 0 is in both sets.
    test = np.concatenate([TRAIN[:20], TEST[20:]])
    samples = np.concatenate([TRAIN[:20], SAMPLES[:20]])
    share = 0.0
    for row in samples:
        to_train, to_test = (naive_distances(row, x)[0] for x in (TRAIN, test))
        share += 1 if to_train < to_test else 0.5 if to_train == to_test else 0
    got = privacy.share_closer_to_train(samples, TRAIN, test, 0)
    np.testing.assert_allclose(got, share / 40, rtol=1e-12)
    assert got != 0.5
    assert privacy.share_closer_to_train(samples, TRAIN, TRAIN, 0) == 0.5


def test_share_is_fair_to_sets_of_different_size_and_seeded():
    train, test, samples = make_rows(500, 3), make_rows(60, 4), make_rows(400, 5)
    shares = [privacy.share_closer_to_train(samples, train, test, s) for s in range(8)]
    assert abs(np.mean(shares) - 0.5) < 0.1  # All of train: above 0.8.
    assert len(set(shares)) > 1
    assert shares[3] == privacy.share_closer_to_train(samples, train, test, 3)
    swapped = privacy.share_closer_to_train(samples, test, train, 3)
    assert abs(swapped - 0.5) < 0.15


def scores(samples):
    return (
        privacy.distance_to_closest_record(samples, TRAIN, TEST)["ratio"],
        privacy.nearest_neighbour_distance_ratio(samples, TRAIN),
        privacy.share_closer_to_train(samples, TRAIN, TEST, 0),
    )


@pytest.mark.parametrize(
    "samples", [TRAIN, np.repeat(TRAIN[:1], 60, axis=0)], ids=["all", "one_repeated"]
)
def test_copies_of_train_are_recognised(samples):
    assert scores(samples) == (0.0, 0.0, 1.0)


def test_near_copies_lie_between_copies_and_held_out_series():
    near = scores(TRAIN + 0.05 * (SAMPLES[:50] - 3))
    held_out = scores(make_rows(50, 7))
    assert 0 < near[0] < 0.2
    assert 0 < near[1] < 0.2
    assert near[2] == 1
    assert 0.8 < held_out[0] < 1.25
    assert held_out[1] > 0.7
    assert 0.3 < held_out[2] < 0.7


def test_noise_is_private_and_far_from_the_data():
    ratio, neighbours, share = scores(100 * (SAMPLES - 3))
    assert ratio > 20
    assert neighbours > 0.95
    assert 0.2 < share < 0.8


CALLS = {
    "closest": lambda a, b: privacy.closest_distances(a, b),
    "dcr": lambda a, b: privacy.distance_to_closest_record(a, b, TEST),
    "nndr": lambda a, b: privacy.nearest_neighbour_distance_ratio(a, b),
    "share": lambda a, b: privacy.share_closer_to_train(a, b, TEST, 0),
}


@pytest.mark.parametrize("name", CALLS)
def test_what_cannot_be_compared_is_refused_in_words(name):
    broken = TRAIN.copy()
    broken[:2, 1] = np.nan
    cases = {
        "has 2 of 300 values not finite": (broken, TRAIN),
        "has 2 of 300": (TRAIN, broken),
        r"must be \[n, d\]": (SAMPLES[..., None], TRAIN),
        "are 6 wide, .* 5": (SAMPLES, TRAIN[:, :5]),
        "needs 2 rows or more; there are 1": (SAMPLES, TRAIN[:1]),
    }
    for match, case in cases.items():
        with pytest.raises(ValueError, match=match):
            CALLS[name](*case)


def test_every_measure_says_what_is_ideal():
    assert all(hasattr(privacy, name) for name in privacy.MEASURES)
    for better, ideal, meaning in privacy.MEASURES.values():
        assert better in ("lower", "higher", "")
        assert ideal is not None or "Ideal" in meaning
