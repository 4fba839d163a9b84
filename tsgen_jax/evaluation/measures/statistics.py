"""Distances between the statistics of real and generated series; no model, no labels.

The MDD, ACD, SD and KD of TSGBench (Ang et al. 2023, https://arxiv.org/abs/2309.03755)
and the correlational score of Diffusion-TS, as their published code computes them;
where we differ, the function says so. Sets are float [n, L, C] and [m, L, C] in the
units of the data, n and m any numbers from 2 on; moments and correlations pool series
and time. All functions raise ValueError for other shapes, values that are not finite
and, where a statistic does not exist, for channels that never change. A finite set of
real series is itself at some distance from another: print real against held-out real
next to these values.
"""

import numpy as np

from tsgen_jax.evaluation.measures.arrays import check_alike, check_series
from tsgen_jax.types import Array

# Name of the function: (better, ideal value, what it says and where it is from).
MEASURES: dict[str, tuple[str, float, str]] = {
    "marginal_distribution_difference": (
        "lower",
        0.0,
        "Values at each time point, 50-bin densities (MDD, TSGBench); per data unit.",
    ),
    "outside_share": (
        "lower",
        0.0,
        "Generated values beyond the real range of their time point; held-out real "
        "series have about 2 / (n + 1).",
    ),
    "autocorrelation_difference": (
        "lower",
        0.0,
        "Pooled autocorrelation at lags below 64 (ACD, TSGBench).",
    ),
    "skewness_difference": (
        "lower",
        0.0,
        "Asymmetry of all values (SD, TSGBench).",
    ),
    "kurtosis_difference": (
        "lower",
        0.0,
        "Weight of the tails of all values (KD, TSGBench).",
    ),
    "correlation_difference": (
        "lower",
        0.0,
        "Correlations between channels, of all series; grows with the number of "
        "channel pairs.",
    ),
    "spectral_distance": (
        "lower",
        0.0,
        "Mean power at each frequency, root mean square in dB (log-spectral distance).",
    ),
    "dtw_distance": (
        "lower",
        0.0,
        "Warped distance to the nearest real series, squared data units (aeon); 0 is "
        "a copy, so compare with held-out real series.",
    ),
}
# The same of `correlational_score`: equal sets are not at 0, so read the floors.
CORRELATIONAL: tuple[str, float, str] = (
    "lower",
    0.0,
    "Correlations between channels, mean of five draws of a fifth of the real number "
    "(Diffusion-TS's protocol), so TEST itself is not at 0; falls with n.",
)
_NUM_BINS, _NUM_LAGS = 50, 64  # TSGBench's; lag 0 is one of the 64.
_NUM_DRAWS = 5  # Of the correlational score, and each of a fifth.
_SPECTRAL_FLOOR = 1e-6  # Of the mean power: what lies 60 dB below it is silence.
_FLAT = 1e-12  # Of the largest value: a smaller spread is rounding.


def marginal_distribution_difference(x_real: Array, x_generated: Array) -> float:
    """MDD: mean |density difference| over 50 bins, time points from 1 on, channels.

    The bins divide the range of the real values at that time point and channel. As in
    TSGBench the first time point is left out, and generated values outside the range
    fall into no bin but count in the density: an all-outside set scores half of an
    inside one in wrong bins, so read `outside_share` next to it. Densities are per
    data unit; published values are of data scaled to [0, 1].

    Unlike TSGBench, values on a bin edge count (real against itself is 0), and where
    the real values are all equal the time point is left out instead of given a range
    of 1e-5, at which one value decides the mean.
    """
    x_real, x_generated = _pair(x_real, x_generated, 2)
    low, high = x_real[:, 1:].min(0), x_real[:, 1:].max(0)
    varies = high - low > _FLAT * np.abs(x_real).max()  # [L - 1, C]
    if not varies.any():
        raise ValueError("x_real is equal at every time point: no range for a density.")
    low, high = low[varies], high[varies]
    real = _densities(x_real[:, 1:][:, varies], low, high)
    generated = _densities(x_generated[:, 1:][:, varies], low, high)
    return float(np.abs(real - generated).mean())


def outside_share(x_real: Array, x_generated: Array) -> float:
    """Share of generated values outside the real range of their time point, channel."""
    x_real, x_generated = _pair(x_real, x_generated, 1)
    outside = (x_generated < x_real.min(0)) | (x_generated > x_real.max(0))
    return float(outside.mean())


def autocorrelation_difference(x_real: Array, x_generated: Array) -> float:
    """ACD: sqrt(sum over lags of the squared difference), mean over channels.

    The autocorrelation at a lag is the mean over series and time of products of the
    standardised values, one mean and variance per channel. Lags: 0 to 63, at most
    L - 1; lag 0 is 1 in both sets.
    """
    x_real, x_generated = _pair(x_real, x_generated, 2)
    real = _autocorrelation(_standardise("x_real", x_real))
    generated = _autocorrelation(_standardise("x_generated", x_generated))
    return float(np.sqrt(((real - generated) ** 2).sum(0)).mean())


def skewness_difference(x_real: Array, x_generated: Array) -> float:
    """SD: |difference of skewness|, mean over channels; population moments."""
    return _moment_difference(x_real, x_generated, 3)


def kurtosis_difference(x_real: Array, x_generated: Array) -> float:
    """KD: |difference of kurtosis|, mean over channels; population moments."""
    return _moment_difference(x_real, x_generated, 4)


def correlation_difference(x_real: Array, x_generated: Array) -> float:
    """Sum over channel pairs of |difference of Pearson's correlation|, over 10.

    At lag 0 (Diffusion-TS, https://arxiv.org/abs/2403.01742). The sum grows with the
    number of pairs: compare within a data set only.

    Raises:
        ValueError: also with one channel, which has no pairs.
    """
    x_real, x_generated = _pair(x_real, x_generated, 1)
    if x_real.shape[2] == 1:
        raise ValueError("The series have one channel: no correlation between two.")
    below = np.tril_indices(x_real.shape[2], -1)
    real = _correlation(_standardise("x_real", x_real))[below]
    generated = _correlation(_standardise("x_generated", x_generated))[below]
    return float(np.abs(real - generated).sum() / 10)


def correlational_score(x_real: Array, x_generated: Array, seed: int) -> np.ndarray:
    """The correlational score as published, once for each of five draws.

    Diffusion-TS's evaluation draws, five times, a fifth of the number of real series
    from both sets, with replacement, and reports mean and deviation over the draws of
    what `correlation_difference` computes. So few series differ by chance: the score
    of a set with itself is above 0, and falls with n. Only the deviation by n - 1
    that theirs standardises with is left out: it moves each correlation by 1 / (n L).

    Args:
        x_real: float [n, L, C], n of 10 or more.
        x_generated: float [m, L, C].
        seed: of the draws.

    Returns:
        float64 [5].

    Raises:
        ValueError: as `correlation_difference`, also where a draw is constant.
    """
    x_real, x_generated = _pair(x_real, x_generated, 1)
    size, rng = len(x_real) // _NUM_DRAWS, np.random.default_rng(seed)
    if size < 2:
        raise ValueError(f"{len(x_real)} series: a fifth of them is no set.")
    return np.array(
        [
            correlation_difference(
                x_real[rng.integers(len(x_real), size=size)],
                x_generated[rng.integers(len(x_generated), size=size)],
            )
            for _ in range(_NUM_DRAWS)
        ]
    )


def spectral_distance(x_real: Array, x_generated: Array) -> float:
    """Log-spectral distance in dB between mean power spectra, mean over channels.

    sqrt(mean over frequencies of (10 log10(P_real / P_generated))^2), P the mean over
    the series of the squared magnitude of the real FFT, without frequency 0: the level
    is a matter of `marginal_distribution_difference`. 3 dB is a factor of 2 in power.
    To both P is added 1e-6 of the mean of P_real, so that silent frequencies are equal.
    Known from speech: Gray and Markel 1976, Distance measures for speech processing.
    """
    x_real, x_generated = _pair(x_real, x_generated, 2)
    _refuse_flat("Every series of x_real", np.ptp(x_real, 1).max(0), x_real)
    real, generated = _power(x_real), _power(x_generated)  # [L // 2, C]
    floor = _SPECTRAL_FLOOR * real.mean(0)
    decibels = 10 * np.log10((real + floor) / (generated + floor))
    return float(np.sqrt((decibels**2).mean(0)).mean())


def dtw_distance(x_real: Array, x_generated: Array, num_pairs: int, seed: int) -> float:
    """Mean DTW distance from a generated series to its nearest real one.

    The i-th generated series has nothing to do with the i-th real one, so the paired
    distance in the literature says nothing about unconditional samples; the nearest
    one does. Of each set `num_pairs` series are drawn without replacement (all, where
    there are fewer): the distance falls with more real series to choose from, so
    compare only values of equal `num_pairs` and n. Costs num_pairs^2 * L^2 * C.

    Args:
        x_real: float [n, L, C].
        x_generated: float [m, L, C].
        num_pairs: most series to draw from each set.
        seed: of the draw; equal sets draw equal rows.

    Returns:
        Squared differences summed along the best path without a window and over
        channels (`aeon.distances.dtw_distance`), in squared data units.
    """
    x_real, x_generated = _pair(x_real, x_generated, 1)
    if num_pairs < 1:
        raise ValueError(f"num_pairs={num_pairs}: at least 1 series is needed.")
    from aeon.distances import dtw_pairwise_distance  # Imports numba: seconds.

    drawn = []
    for x in (x_generated, x_real):
        rows = np.random.default_rng(seed).permutation(len(x))[:num_pairs]
        drawn.append(np.ascontiguousarray(x[rows].swapaxes(1, 2)))
    return float(dtw_pairwise_distance(*drawn, n_jobs=1).min(1).mean())


def _pair(x_real: Array, x_generated: Array, length: int) -> tuple:
    x_real = check_series("x_real", x_real, 2)
    x_generated = check_series("x_generated", x_generated, 2)
    check_alike("x_real and x_generated", x_real.shape, x_generated.shape)
    if x_real.shape[1] < length:
        raise ValueError(f"The series need {length} time points; they have 1.")
    return x_real, x_generated


def _refuse_flat(what: str, spread: np.ndarray, x: np.ndarray) -> None:
    flat = np.flatnonzero(spread <= _FLAT * np.abs(x).max((0, 1)))
    if flat.size:
        raise ValueError(
            f"{what} is constant in channel {', '.join(map(str, flat))}: this "
            "statistic does not exist there. Leave the channel out of both sets."
        )


def _standardise(name: str, x: np.ndarray) -> np.ndarray:
    """Mean 0 and variance 1 per channel, over series and time."""
    _refuse_flat(name, np.ptp(x, (0, 1)), x)
    return (x - x.mean((0, 1))) / x.std((0, 1))


def _densities(x: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Densities [S, bins] of the columns of `x` [n, S] from `low` [S] to `high`."""
    width = (high - low) / _NUM_BINS
    rows, columns = np.nonzero((x >= low) & (x <= high))
    bins = ((x[rows, columns] - low[columns]) / width[columns]).astype(int)
    counts = np.zeros((x.shape[1], _NUM_BINS))
    # The upper edge belongs to the last bin.
    np.add.at(counts, (columns, bins.clip(max=_NUM_BINS - 1)), 1)
    return counts / (len(x) * width[:, None])


def _autocorrelation(z: np.ndarray) -> np.ndarray:
    """[lags, C] of standardised series, lags from 1 on."""
    length = z.shape[1]
    lags = range(1, min(_NUM_LAGS, length))
    return np.stack([(z[:, k:] * z[:, : length - k]).mean((0, 1)) for k in lags])


def _moment_difference(x_real: Array, x_generated: Array, order: int) -> float:
    x_real, x_generated = _pair(x_real, x_generated, 1)
    real = (_standardise("x_real", x_real) ** order).mean((0, 1))
    generated = (_standardise("x_generated", x_generated) ** order).mean((0, 1))
    return float(np.abs(real - generated).mean())


def _correlation(z: np.ndarray) -> np.ndarray:
    flat = z.reshape(-1, z.shape[2])
    return flat.T @ flat / len(flat)


def _power(x: np.ndarray) -> np.ndarray:
    """[L // 2, C] mean power of the frequencies above 0."""
    return (np.abs(np.fft.rfft(x, axis=1)[:, 1:]) ** 2).mean(0)
