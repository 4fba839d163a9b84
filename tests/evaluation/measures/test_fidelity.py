"""Fidelity against SciPy, closed forms and naive loops; then properties and errors."""

import math
import warnings

import numpy as np
import pytest
import scipy.linalg
from sklearn.covariance import LedoitWolf

from tsgen_jax.evaluation.measures import class_fid, fidelity

K = 3


def make_features(n: int, d: int, seed: int, n_classes: int = 3) -> np.ndarray:
    """Correlated features in clusters, the same clusters for every seed."""
    fixed, rng = np.random.default_rng(99), np.random.default_rng(seed)
    centres, mixing = 2 * fixed.normal(size=(n_classes, d)), fixed.normal(size=(d, d))
    noise = rng.normal(size=(n, d)) @ mixing / math.sqrt(d)
    return centres[np.arange(n) % n_classes] + noise


TRAIN, TEST = make_features(90, 8, 0), make_features(75, 8, 1)
NOISE = 20 * np.random.default_rng(2).normal(size=(60, 8))
COLLAPSED = np.repeat(TEST[:1], 60, axis=0)


def scipy_fid(a, b, s_a, s_b):
    root = scipy.linalg.sqrtm(s_a @ s_b).real
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(s_a + s_b - 2 * root)


def test_fid_is_that_of_sqrtm():
    a, b = make_features(50, 12, 0), 1.3 * make_features(70, 12, 1) + 0.2
    expected = scipy_fid(a, b, np.cov(a.T), np.cov(b.T))
    np.testing.assert_allclose(fidelity.fid(a, b), expected, rtol=1e-6)
    np.testing.assert_allclose(fidelity.fid(b, a), expected, rtol=1e-6)


@pytest.mark.parametrize(("n_a", "n_b"), [(12, 70), (70, 12), (9, 7)])
def test_fid_shrinks_both_covariances_where_one_is_singular(n_a, n_b):
    a, b = make_features(n_a, 12, 0), 1.3 * make_features(n_b, 12, 1)
    covariances = [LedoitWolf().fit(x).covariance_ for x in (a, b)]
    assert fidelity.needs_shrinkage(n_a, n_b, 12)
    expected = scipy_fid(a, b, *covariances)
    np.testing.assert_allclose(fidelity.fid(a, b), expected, rtol=1e-6)


def test_shrinkage_is_needed_up_to_as_many_rows_as_columns():
    assert fidelity.needs_shrinkage(8, 100, 8)
    assert fidelity.needs_shrinkage(100, 8, 8)
    assert not fidelity.needs_shrinkage(9, 9, 8)


@pytest.mark.parametrize("d", [1, 5])
def test_fid_of_diagonal_gaussians_is_the_closed_form(d):
    rng, moments = np.random.default_rng(0), []
    for n in (40, 30):
        x = rng.normal(size=(n, d))
        q = np.linalg.qr(x - x.mean(0))[0] * math.sqrt(n - 1)  # Covariance I.
        mean, scale = rng.normal(size=d), rng.uniform(0.5, 3, d)
        moments.append((mean, scale, mean + scale * q))
    (mean_a, scale_a, a), (mean_b, scale_b, b) = moments
    expected = ((mean_a - mean_b) ** 2).sum() + ((scale_a - scale_b) ** 2).sum()
    np.testing.assert_allclose(fidelity.fid(a, b), expected, rtol=1e-9)


def test_fid_stands_dead_and_dependent_features_and_ignores_rotation():
    a, b = TRAIN.copy(), TEST.copy()
    for x in (a, b):
        x[:, 3], x[:, 4] = 2.0, x[:, 5]
    assert 0 <= fidelity.fid(a, a) < 1e-5
    rotation = np.linalg.qr(np.random.default_rng(0).normal(size=(8, 8)))[0]
    rotated = fidelity.fid(a @ rotation, b @ rotation)
    np.testing.assert_allclose(fidelity.fid(a, b), rotated, rtol=1e-4)


def test_inception_score_is_that_of_a_loop():
    p = np.random.default_rng(0).dirichlet([0.3] * 4, size=20)
    p[0] = [1, 0, 0, 0]
    total = 0.0
    for row in p:
        for y in range(4):
            marginal = sum(p[:, y]) / 20
            total += row[y] * math.log(row[y] / marginal) if row[y] else 0.0
    got = fidelity.inception_score(p)
    np.testing.assert_allclose(got, math.exp(total / 20), rtol=1e-12)


def test_inception_score_goes_from_one_to_the_number_of_classes():
    sure = np.eye(5)[np.arange(50) % 5]
    np.testing.assert_allclose(fidelity.inception_score(sure), 5)
    np.testing.assert_allclose(fidelity.inception_score(sure[:5] * 0 + 0.2), 1)
    np.testing.assert_allclose(fidelity.inception_score(sure[::5]), 1)
    rounded = (sure * (1 + 4e-4)).astype(np.float32)
    np.testing.assert_allclose(fidelity.inception_score(rounded), 5)
    for bad in (5 * sure, sure - np.roll(sure, 1, 1) + 0.2):
        with pytest.raises(ValueError, match="pass a softmax"):
            fidelity.inception_score(bad)


def naive_radius(x, i, k):
    others = sorted(math.dist(x[i], x[j]) for j in range(len(x)) if j != i)
    return others[k - 1]


def naive_overlap(real, generated, k):
    n, m = len(real), len(generated)
    radii_real = [naive_radius(real, i, k) for i in range(n)]
    radii_generated = [naive_radius(generated, j, k) for j in range(m)]
    precise, recalled, covered, spheres = set(), set(), set(), 0
    for i in range(n):
        for j in range(m):
            distance = math.dist(real[i], generated[j])
            if distance < radii_real[i]:
                precise.add(j)
                covered.add(i)
                spheres += 1
            if distance < radii_generated[j]:
                recalled.add(i)
    return {
        "precision": len(precise) / m,
        "recall": len(recalled) / n,
        "density": spheres / (k * m),
        "coverage": len(covered) / n,
    }


@pytest.mark.parametrize("k", [1, 3, 16])
def test_overlap_is_that_of_a_loop(k, monkeypatch):
    real, generated = TRAIN[:31], 0.8 * TEST[:17] + 0.6
    expected = naive_overlap(real, generated, k)
    assert k != 3 or len(set(expected.values())) == 4
    got = fidelity.precision_recall_density_coverage(real, generated, k)
    assert got.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(got[name], value, rtol=1e-12, err_msg=name)
    monkeypatch.setattr(fidelity, "_BLOCK", 70)  # Blocks of 2 and 4 rows.
    assert got == fidelity.precision_recall_density_coverage(real, generated, k)


@pytest.mark.parametrize("k", [0, 60, -1])
def test_a_number_of_neighbours_out_of_range_is_refused(k):
    with pytest.raises(ValueError, match=f"num_neighbours={k} must lie from 1 to 59"):
        fidelity.precision_recall_density_coverage(TRAIN, NOISE, k)


def naive_mmd(a, b):
    pooled = [*a, *b]
    n = len(pooled)
    distances = [math.dist(pooled[i], pooled[j]) for i in range(n) for j in range(i)]
    bandwidth = np.median(distances)

    def mean_kernel(x, y):
        kernels = [
            math.exp(-(math.dist(x[i], y[j]) ** 2) / (2 * bandwidth**2))
            for i in range(len(x))
            for j in range(len(y))
            if x is not y or i != j
        ]
        return sum(kernels) / len(kernels)

    return mean_kernel(a, a) + mean_kernel(b, b) - 2 * mean_kernel(a, b)


def test_mmd_is_that_of_a_loop(monkeypatch):
    a, b = TRAIN[:23], TEST[:31] + 0.5
    np.testing.assert_allclose(fidelity.mmd(a, b), naive_mmd(a, b), rtol=1e-9)
    monkeypatch.setattr(fidelity, "_BLOCK", 70)
    np.testing.assert_allclose(fidelity.mmd(a, b), naive_mmd(a, b), rtol=1e-9)


def test_mmd_is_unbiased():
    rng = np.random.default_rng(0)
    values = [fidelity.mmd(*rng.normal(size=(2, 8, 2))) for _ in range(400)]
    assert abs(np.mean(values)) < 4 * np.std(values) / 20  # A biased one: 0.15.
    assert np.std(values) < 0.15


def test_mmd_takes_the_bandwidth_of_a_fixed_draw_of_different_rows(monkeypatch):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(700, 2)), rng.normal(size=(600, 2)) + 1
    drawn = fidelity.mmd(a, b)
    assert drawn == fidelity.mmd(a, b)
    monkeypatch.setattr(fidelity, "_NUM_BANDWIDTH_ROWS", 2000)
    everything = fidelity.mmd(a, b)
    assert drawn != everything
    np.testing.assert_allclose(drawn, everything, rtol=0.05)
    # Most pairs of the pool are equal: the bandwidth is still that of the data.
    repeated = np.repeat(TRAIN[:1], 400, axis=0)
    assert 0.1 < fidelity.mmd(TEST, repeated) < 2
    assert fidelity.mmd(repeated, repeated) == 0


def test_copies_of_train_score_at_the_floor():
    overlap = fidelity.precision_recall_density_coverage(TRAIN, TRAIN, K)
    assert overlap == {"precision": 1, "recall": 1, "density": 1, "coverage": 1}
    assert fidelity.fid(TRAIN, TRAIN) < 1e-5
    assert fidelity.mmd(TRAIN, TRAIN) <= 0
    shrunk = TRAIN[:5]
    assert fidelity.fid(shrunk, shrunk) < 1e-5


def test_noise_scores_far_worse_than_held_out_series():
    held_out = fidelity.precision_recall_density_coverage(TRAIN, TEST, K)
    noise = fidelity.precision_recall_density_coverage(TRAIN, NOISE, K)
    assert min(held_out.values()) > 0.6
    assert max(noise[name] for name in ("precision", "density", "coverage")) < 0.05
    assert fidelity.fid(TRAIN, NOISE) > 100 * fidelity.fid(TRAIN, TEST)
    assert fidelity.mmd(TRAIN, NOISE) > 0.2 > 20 * abs(fidelity.mmd(TRAIN, TEST))


def test_one_repeated_series_is_faithful_and_covers_nothing():
    got = fidelity.precision_recall_density_coverage(TRAIN, COLLAPSED, K)
    assert got["precision"] == 1
    assert got["density"] > 0.5
    assert got["recall"] == 0
    assert got["coverage"] < 0.1
    # Spheres of repeated series are empty, also for the series that they copy.
    copies = np.repeat(TRAIN[:1], 60, axis=0)
    got = fidelity.precision_recall_density_coverage(TRAIN, copies, K)
    assert (got["precision"], got["recall"]) == (1, 0)
    assert fidelity.fid(TRAIN, COLLAPSED) > 10 * fidelity.fid(TRAIN, TEST)
    assert fidelity.mmd(TRAIN, COLLAPSED) > 0.1


CALLS = {
    "fid": fidelity.fid,
    "mmd": fidelity.mmd,
    "class_fid": lambda a, b: class_fid.class_fid(
        a, np.zeros(len(a), int), b, np.zeros(len(b), int)
    ),
    "overlap": lambda a, b: fidelity.precision_recall_density_coverage(a, b, 1),
}


@pytest.mark.parametrize("name", CALLS)
def test_what_cannot_be_compared_is_refused_in_words(name):
    broken = TRAIN.copy()
    broken[:2, 1], broken[4, 4] = np.nan, np.inf
    cases = {
        "has 3 of 720 values not finite": (broken, TEST),
        "has 3 of 720": (TEST, broken),
        r"must be \[n, d\]; the shape is \(90, 8, 1\)": (TRAIN[..., None], TEST),
        r"must be \[n, d\]": (TRAIN, TEST[:, :0]),
        "are 8 wide, features_.* 7": (TRAIN, TEST[:, :7]),
        "needs 2 rows or more; there are 1": (TRAIN[:1], TEST),
        "needs 2 rows or more; there are 0": (TRAIN, TEST[:0]),
    }
    for match, case in cases.items():
        with pytest.raises(ValueError, match=match):
            CALLS[name](*case)


def test_unfit_labels_and_probabilities_are_refused_in_words():
    y = np.zeros(90, int)
    cases = {
        "y_a must be 90 integers": (TRAIN, y[:5], TRAIN, y),
        "y_b must be 90 integers.*float": (TRAIN, y, TRAIN, y * 1.0),
        r"None of the classes \[0, 1\]": (TRAIN, y, TRAIN, y + 1),
    }
    for match, case in cases.items():
        with pytest.raises(ValueError, match=match):
            class_fid.class_fid(*case)
    for bad in (np.full((3, 2), np.nan), np.eye(2)[:1], np.ones(4) / 4):
        with pytest.raises(ValueError, match="probabilities (has|needs|must)"):
            fidelity.inception_score(bad)


def test_every_measure_says_what_is_better():
    names = {"fid", "class_fid", "class_recall", "inception_score", "mmd"}
    names |= set(fidelity.precision_recall_density_coverage(TRAIN, TEST, K))
    assert set(fidelity.MEASURES) == names
    for better, ideal, meaning in fidelity.MEASURES.values():
        assert better in ("lower", "higher")
        assert ideal is not None or "deal" in meaning


@pytest.mark.parametrize(("rows_a", "rows_b", "width"), [(5, 7, 30), (12, 40, 30)])
def test_shrunk_fid_is_that_of_scikit_learns_covariances(rows_a, rows_b, width):
    """Also where the rows span less than the space, which has a shorter way."""
    rng = np.random.default_rng(4)
    a = rng.normal(size=(rows_a, width)) * np.linspace(1, 3, width)
    b = rng.normal(0.5, 2, size=(rows_b, width))
    s_a, s_b = (LedoitWolf().fit(x).covariance_ for x in (a, b))
    root = scipy.linalg.sqrtm(s_a @ s_b).real
    expected = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(s_a + s_b - 2 * root)
    np.testing.assert_allclose(fidelity.fid(a, b), expected, rtol=1e-6)


def test_a_weight_that_rounding_makes_negative_is_none(monkeypatch):
    """Seen for almost equal rows: -1.3e-16 from scikit-learn."""
    name = "sklearn.covariance.ledoit_wolf_shrinkage"
    monkeypatch.setattr(name, lambda *_, **__: -1.3e-16)
    a, b = np.random.default_rng(0).normal(size=(2, 4, 30))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isfinite(fidelity.fid(a, b, shrink=True))
