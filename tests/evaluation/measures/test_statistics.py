"""Statistics against naive loops, SciPy and NumPy; then properties and errors."""

import numpy as np
import pytest
import scipy.signal
import scipy.stats

from tsgen_jax.evaluation.measures import statistics

PAIRWISE = {
    name: getattr(statistics, name)
    for name in statistics.MEASURES
    if name != "dtw_distance"
}


def make_series(n: int, length: int, channels: int, seed: int) -> np.ndarray:
    """Sines of random phase with skewed noise, no two channels alike."""
    rng = np.random.default_rng(seed)
    phase = rng.uniform(0, 0.5, (n, 1, 1)) + np.arange(channels)
    waves = np.sin(np.arange(length)[None, :, None] / 3 + phase)
    return waves + 0.3 * rng.exponential(size=(n, length, channels)) + 5.0


REAL, GENERATED = make_series(23, 12, 3, 0), 1.1 * make_series(31, 12, 3, 1)


def naive_densities(values: np.ndarray, edges: np.ndarray) -> list[float]:
    counts = [0] * 50
    for value in values:
        for b in range(50):
            last = b == 49 and value == edges[50]
            if edges[b] <= value < edges[b + 1] or last:
                counts[b] += 1
    return [c / len(values) / (edges[1] - edges[0]) for c in counts]


def test_marginal_distribution_difference_is_that_of_a_loop():
    differences = []
    for t in range(1, 12):
        for c in range(3):
            edges = np.linspace(REAL[:, t, c].min(), REAL[:, t, c].max(), 51)
            real = naive_densities(REAL[:, t, c], edges)
            generated = naive_densities(GENERATED[:, t, c], edges)
            differences += [abs(a - b) for a, b in zip(real, generated, strict=True)]
    got = statistics.marginal_distribution_difference(REAL, GENERATED)
    np.testing.assert_allclose(got, np.mean(differences), rtol=1e-12)


def test_marginal_distribution_difference_skips_what_never_varies():
    real, generated = REAL[:, :, :1].copy(), GENERATED[:, :, :1]
    without = statistics.marginal_distribution_difference(
        np.delete(real, 4, 1), np.delete(generated, 4, 1)
    )
    real[:, 4] = 2.0
    got = statistics.marginal_distribution_difference(real, generated)
    np.testing.assert_allclose(got, without)
    real[:] = np.arange(12)[:, None]
    with pytest.raises(ValueError, match="equal at every time point"):
        statistics.marginal_distribution_difference(real, generated)


def test_values_far_outside_score_half_of_wrong_ones_inside():
    real = np.linspace(0, 0.5, 20)[:, None, None] * np.ones((1, 3, 1))
    real[-1] = 1.0  # The range is 0 to 1, the bins from 0.5 to 0.98 are empty.
    inside, outside = np.full((9, 3, 1), 0.75), np.full((9, 3, 1), 7.0)
    difference = statistics.marginal_distribution_difference
    np.testing.assert_allclose(difference(real, inside), 2.0)
    np.testing.assert_allclose(difference(real, outside), 1.0)
    assert statistics.outside_share(real, inside) == 0
    assert statistics.outside_share(real, outside) == 1


def test_outside_share_counts_and_held_out_series_have_the_share_that_it_says():
    count = 0
    for i, t, c in np.ndindex(GENERATED.shape):
        value, column = GENERATED[i, t, c], REAL[:, t, c]
        count += value < min(column) or value > max(column)
    got = statistics.outside_share(REAL, GENERATED)
    assert got == count / GENERATED.size
    noise = np.random.default_rng(0).normal(size=(59, 400, 1))
    share = statistics.outside_share(noise[:19], noise[19:])
    np.testing.assert_allclose(share, 2 / 20, atol=0.01)


def naive_autocorrelation(x: np.ndarray, lag: int) -> float:
    mean, products = x.mean(), []
    for series in x:
        for t in range(len(series) - lag):
            products.append((series[t] - mean) * (series[t + lag] - mean))
    return np.mean(products) / np.mean((x - mean) ** 2)


@pytest.mark.parametrize(("length", "num_lags"), [(12, 12), (70, 64)])
def test_autocorrelation_difference_is_that_of_a_loop(length, num_lags):
    real, generated = make_series(3, length, 2, 0), make_series(4, length, 2, 1)
    distances = []
    for c in range(2):
        squares = [
            (
                naive_autocorrelation(real[:, :, c], lag)
                - naive_autocorrelation(generated[:, :, c], lag)
            )
            ** 2
            for lag in range(num_lags)
        ]
        distances.append(np.sqrt(np.sum(squares)))
    got = statistics.autocorrelation_difference(real, generated)
    np.testing.assert_allclose(got, np.mean(distances), rtol=1e-10)


def test_moments_are_those_of_scipy():
    real, generated = REAL.reshape(-1, 3), GENERATED.reshape(-1, 3)
    skewness = scipy.stats.skew(real) - scipy.stats.skew(generated)
    kurtosis = scipy.stats.kurtosis(real) - scipy.stats.kurtosis(generated)
    got = statistics.skewness_difference(REAL, GENERATED)
    np.testing.assert_allclose(got, np.abs(skewness).mean(), rtol=1e-10)
    got = statistics.kurtosis_difference(REAL, GENERATED)
    np.testing.assert_allclose(got, np.abs(kurtosis).mean(), rtol=1e-10)


def test_correlation_difference_sums_numpys_over_pairs():
    real = np.corrcoef(REAL.reshape(-1, 3), rowvar=False)
    generated = np.corrcoef(GENERATED.reshape(-1, 3), rowvar=False)
    total = sum(abs(real[i, j] - generated[i, j]) for i, j in [(1, 0), (2, 0), (2, 1)])
    got = statistics.correlation_difference(REAL, GENERATED)
    np.testing.assert_allclose(got, total / 10, rtol=1e-10)
    with pytest.raises(ValueError, match="one channel"):
        statistics.correlation_difference(REAL[:, :, :1], GENERATED[:, :, :1])


@pytest.mark.parametrize("length", [12, 11])
def test_spectral_distance_is_that_of_scipys_periodograms(length):
    spectra = [
        scipy.signal.periodogram(x[:, :length], axis=1, return_onesided=False)[1]
        for x in (REAL, GENERATED)
    ]
    real, generated = (s[:, 1 : length // 2 + 1].mean(0) for s in spectra)
    floor = 1e-6 * real.mean(0)
    decibels = 10 * np.log10(real + floor) - 10 * np.log10(generated + floor)
    distance = np.sqrt((decibels**2).mean(0)).mean()
    got = statistics.spectral_distance(REAL[:, :length], GENERATED[:, :length])
    np.testing.assert_allclose(got, distance, rtol=1e-10)


def test_spectral_distance_is_in_decibels_and_knows_no_level():
    wave = np.sin(2 * np.pi * np.arange(32) / 8)[None, :, None]
    noisy = wave + 0.1 * np.random.default_rng(0).normal(size=(5, 32, 1))
    louder = statistics.spectral_distance(noisy, 10 * noisy + 1000)
    np.testing.assert_allclose(louder, 20, rtol=1e-3)
    # A frequency 60 dB below the mean is as good as silent, one at the mean is not.
    pure, silent = np.repeat(wave, 2, 0), np.full((2, 32, 1), 3.0)
    assert statistics.spectral_distance(pure, pure + 1e-9) < 1e-6
    expected = 10 * np.log10(1 + 16 / 1e-6) / np.sqrt(16)
    got = statistics.spectral_distance(pure, silent)
    np.testing.assert_allclose(got, expected, rtol=1e-6)


def naive_dtw(a: np.ndarray, b: np.ndarray) -> float:
    cost = np.full((len(a) + 1, len(b) + 1), np.inf)
    cost[0, 0] = 0
    for i in range(len(a)):
        for j in range(len(b)):
            best = min(cost[i, j], cost[i, j + 1], cost[i + 1, j])
            cost[i + 1, j + 1] = ((a[i] - b[j]) ** 2).sum() + best
    return cost[-1, -1]


def test_dtw_distance_is_to_the_nearest_of_the_drawn():
    real, generated = make_series(4, 7, 2, 0), 1.5 * make_series(3, 7, 2, 1)
    nearest = [min(naive_dtw(g, r) for r in real) for g in generated]
    got = statistics.dtw_distance(real, generated, 10, 0)
    np.testing.assert_allclose(got, np.mean(nearest), rtol=1e-10)
    assert statistics.dtw_distance(real, real[::-1], 4, 0) == 0
    pairs = [naive_dtw(g, r) for g in generated for r in real]
    drawn = [statistics.dtw_distance(real, generated, 1, seed) for seed in range(8)]
    assert all(np.isclose(pairs, value).any() for value in drawn)
    assert len(set(drawn)) > 2
    assert drawn[3] == statistics.dtw_distance(real, generated, 1, 3)
    assert statistics.dtw_distance(real, real.copy(), 2, 5) == 0
    with pytest.raises(ValueError, match="num_pairs=0"):
        statistics.dtw_distance(real, generated, 0, 0)


@pytest.mark.parametrize("name", PAIRWISE)
def test_a_set_is_at_zero_of_itself_in_any_order_and_noise_is_far(name):
    distance, halves = PAIRWISE[name], np.split(make_series(400, 20, 3, 2), 2)
    assert distance(REAL, REAL) == 0
    shuffled = np.random.default_rng(0).permutation(REAL)
    assert distance(REAL, shuffled) < 1e-12
    noise = np.random.default_rng(1).lognormal(1.0, 1.5, (200, 20, 3))
    assert distance(halves[0], noise) > 2 * distance(*halves)


@pytest.mark.parametrize("name", PAIRWISE)
def test_inputs_that_cannot_be_compared_are_refused_in_words(name):
    distance, broken = PAIRWISE[name], GENERATED.copy()
    broken[3, 4, 1] = broken[0, 0, 0] = np.nan
    broken[0, 1, 2] = np.inf
    with pytest.raises(ValueError, match="x_generated has 3 of 1116 values not finite"):
        distance(REAL, broken)
    with pytest.raises(ValueError, match="differ in length: 12 and 9"):
        distance(REAL, GENERATED[:, :9])
    with pytest.raises(ValueError, match="differ in channels: 3 and 2"):
        distance(REAL, GENERATED[:, :, :2])
    with pytest.raises(ValueError, match="x_real needs at least 2 series; it has 1"):
        distance(REAL[:1], GENERATED)
    with pytest.raises(ValueError, match="x_generated needs .* it has 0"):
        distance(REAL, GENERATED[:0])
    with pytest.raises(ValueError, match=r"x_real must be series .* \(23, 12\)"):
        distance(REAL[:, :, 0], GENERATED)


@pytest.mark.parametrize("value", [0.0, 0.1, -1e6])
def test_constant_channels_are_named_never_nan(value):
    constant = GENERATED.copy()
    constant[:, :, 1] = value
    for name in ("autocorrelation", "skewness", "kurtosis", "correlation"):
        with pytest.raises(ValueError, match="x_generated is constant in channel 1"):
            PAIRWISE[f"{name}_difference"](REAL, constant)
    for name in ("marginal_distribution_difference", "spectral_distance"):
        assert 0 < PAIRWISE[name](REAL, constant) < np.inf
    constant[0, :, 1] = 7.0  # Flat in time, but not one value.
    with pytest.raises(ValueError, match="Every series of x_real is constant"):
        statistics.spectral_distance(constant, REAL)


def test_one_time_point_has_no_dynamics():
    for name in ("marginal_distribution_difference", "autocorrelation_difference"):
        with pytest.raises(ValueError, match="need 2 time points"):
            PAIRWISE[name](REAL[:, :1], GENERATED[:, :1])


def test_measures_say_direction_ideal_and_meaning():
    for name, (better, ideal, meaning) in statistics.MEASURES.items():
        assert callable(getattr(statistics, name))
        assert better in ("lower", "higher")
        assert ideal == 0.0
        assert meaning.endswith(".")


def test_correlational_score_is_the_published_loop_over_fifths():
    rng = np.random.default_rng(3)
    real = rng.normal(size=(60, 8, 3)).cumsum(2)
    generated = rng.normal(size=(40, 8, 3))
    draws, expected = np.random.default_rng(7), []
    for _ in range(5):
        sets = [x[draws.integers(len(x), size=12)] for x in (real, generated)]
        # All pairs with j <= i, at lag 0; the diagonal is 1 in both.
        tables = [np.corrcoef(x.reshape(-1, 3), rowvar=False) for x in sets]
        expected.append(np.abs(np.tril(tables[0] - tables[1])).sum() / 10)
    got = statistics.correlational_score(real, generated, 7)
    np.testing.assert_allclose(got, expected, rtol=1e-10)
    assert got.mean() > statistics.correlational_score(real, real, 7).mean() > 0
    with pytest.raises(ValueError, match="9 series: a fifth"):
        statistics.correlational_score(real[:9], generated, 0)
