"""How close generated series come to real ones in the features of a named judge.

Features are float [n, d] of one frozen judge, probabilities its softmax [n, Y]. Every
value depends on the judge and on n: print the judge, and next to each value the same
value of held-out real series, which is the floor that a perfect generator reaches.
All functions compute in float64 and raise ValueError in words for other shapes, fewer
than 2 rows, sets of different width, and values that are not finite.
"""

from collections.abc import Iterator

import numpy as np
from scipy.spatial.distance import cdist, pdist
from scipy.special import entr

from tsgen_jax.evaluation.measures.arrays import check_feature_sets, check_features
from tsgen_jax.types import Array

# Name: (better, ideal value or None where only held-out series can tell, meaning).
MEASURES: dict[str, tuple[str, float | None, str]] = {
    "fid": (
        "lower",
        0.0,
        "Frechet distance of Gaussians fitted to the features; held-out real series "
        "are above 0.",
    ),
    "class_fid": (
        "lower",
        0.0,
        "FID within each class, mean over classes; needs about d series per class. A "
        "class never generated is a penalty.",
    ),
    "class_recall": (
        "higher",
        1.0,
        "Share of real series among the generated ones of their own class, mean over "
        "classes.",
    ),
    "inception_score": (
        "higher",
        None,
        "Sure and varied classes, 1 to their number; ideal: that of held-out series.",
    ),
    "precision": ("higher", 1.0, "Share of generated series among the real ones."),
    "recall": ("higher", 1.0, "Share of real series among the generated ones."),
    "density": (
        "higher",
        1.0,
        "Real neighbourhoods that a generated series lies in, over k; may exceed 1.",
    ),
    "coverage": (
        "higher",
        1.0,
        "Share of real series with a generated one in their neighbourhood.",
    ),
    "mmd": (
        "lower",
        0.0,
        "Squared maximum mean discrepancy, RBF kernel, unbiased: may be below 0.",
    ),
}
_NUM_BANDWIDTH_ROWS = 1000  # The median distance needs no more.
_BLOCK = 2**22  # Distances held at a time: 32 MiB.
_SUM_TOLERANCE = 1e-3  # Of probabilities computed in float32 or bfloat16.


def needs_shrinkage(n_a: int, n_b: int, d: int) -> bool:
    """Whether `fid` shrinks: a covariance of n <= d rows is singular."""
    return min(n_a, n_b) <= d


def fid(features_a: Array, features_b: Array, shrink: bool | None = None) -> float:
    """Frechet distance |mu_a - mu_b|^2 + Tr(S_a + S_b - 2 (S_a S_b)^1/2).

    Heusel et al. 2017, https://arxiv.org/abs/1706.08500. The trace of the root is the
    sum of the roots of the eigenvalues of S_a^1/2 S_b S_a^1/2, which is symmetric.
    Covariances are unbiased (n - 1); where `needs_shrinkage(n_a, n_b, d)`, both are
    scikit-learn's Ledoit-Wolf estimates instead, and the value compares only with
    others that were shrunk, at about the same n.

    Args:
        features_a: float [n_a, d].
        features_b: float [n_b, d].
        shrink: whether to shrink, so that sets of other sizes, such as parts of these,
            compare with them; None: where `needs_shrinkage`. Not shrunk and with
            n <= d, the bias is large.

    Returns:
        The distance in squared units of the features; lower is better, 0 ideal. The
        estimate is biased upwards, more so for small n.
    """
    a, b = check_feature_sets(2, features_a=features_a, features_b=features_b)
    if shrink is None:
        shrink = needs_shrinkage(len(a), len(b), a.shape[1])
    means = ((a.mean(0) - b.mean(0)) ** 2).sum()
    a, b = a - a.mean(0), b - b.mean(0)
    weight_a, level_a = _shrinkage(a) if shrink else (0.0, 0.0)
    weight_b, level_b = _shrinkage(b) if shrink else (0.0, 0.0)
    # Outside the span of the rows both covariances are multiples of the identity.
    outside = max(0, a.shape[1] - len(a) - len(b))
    if outside:
        basis = np.linalg.qr(np.concatenate([a, b]).T)[0]
        a, b = a @ basis, b @ basis
    s_a = _covariance(a, shrink, weight_a, level_a)
    s_b = _covariance(b, shrink, weight_b, level_b)
    values, vectors = np.linalg.eigh(s_a)
    root = vectors * np.sqrt(values.clip(min=0))
    squares = np.linalg.eigvalsh(root.T @ s_b @ root).clip(min=0)
    traces = np.trace(s_a) + np.trace(s_b) - 2 * np.sqrt(squares).sum()
    alone = outside * (np.sqrt(weight_a * level_a) - np.sqrt(weight_b * level_b)) ** 2
    return float(max(means + traces + alone, 0.0))  # Rounding alone can be below 0.


def inception_score(probabilities: Array) -> float:
    """exp(mean over series of KL(p(y | x) || p(y))); higher is better, from 1 to Y.

    Salimans et al. 2016, https://arxiv.org/abs/1606.03498, with one split. Computed as
    the entropy of the mean less the mean entropy, so that p = 0 needs no logarithm.

    Args:
        probabilities: float [n, Y], rows that sum to 1; they are normalised exactly.

    Raises:
        ValueError: also for negative values and rows that sum to something else.
    """
    p = check_features("probabilities", probabilities, 2)
    totals = p.sum(1)
    if p.min() < 0 or np.abs(totals - 1).max() > _SUM_TOLERANCE:
        raise ValueError(
            f"probabilities have a least value of {p.min():.4g} and row sums from "
            f"{totals.min():.4g} to {totals.max():.4g}: pass a softmax, not logits."
        )
    p = p / totals[:, None]
    return float(np.exp(entr(p.mean(0)).sum() - entr(p).sum(1).mean()))


def precision_recall_density_coverage(
    features_real: Array, features_generated: Array, num_neighbours: int
) -> dict[str, float]:
    """Overlap of neighbourhoods: spheres up to the k-th nearest of the same set.

    Precision and recall: Kynkaanniemi et al. 2019, https://arxiv.org/abs/1904.06991;
    density and coverage: Naeem et al. 2020, https://arxiv.org/abs/2002.09797. As in
    PyPI prdc 0.2 a series is no neighbour of itself and the surface of a sphere is
    outside: a series repeated more than k times has an empty sphere. Costs
    (n^2 + m^2 + n m) d.

    Args:
        features_real: float [n, d].
        features_generated: float [m, d].
        num_neighbours: k, from 1 to the smaller set less 1.

    Returns:
        precision: share of generated series within a real sphere.
        recall: share of real series within a generated sphere.
        density: real spheres that a generated series is within, mean, over k; >= 0.
        coverage: share of real spheres with a generated series within.
        All are better when higher, 1 is ideal; held-out real series stay below.

    Raises:
        ValueError: also for `num_neighbours` out of range.
    """
    real, generated = check_feature_sets(
        2, features_real=features_real, features_generated=features_generated
    )
    smaller = min(len(real), len(generated))
    if not 1 <= num_neighbours < smaller:
        raise ValueError(
            f"num_neighbours={num_neighbours} must lie from 1 to {smaller - 1}: the "
            f"smaller set has {smaller} series."
        )
    radii_real = _radii(real, num_neighbours)
    radii_generated = _radii(generated, num_neighbours)
    precise = np.zeros(len(generated), bool)
    spheres = recalled = covered = 0
    for rows, distances in _distances(real, generated):
        inside = distances < radii_real[rows, None]
        precise |= inside.any(0)
        spheres += inside.sum()
        covered += inside.any(1).sum()
        recalled += (distances < radii_generated[None]).any(1).sum()
    return {
        "precision": float(precise.mean()),
        "recall": float(recalled / len(real)),
        "density": float(spheres / (num_neighbours * len(generated))),
        "coverage": float(covered / len(real)),
    }


def mmd(features_a: Array, features_b: Array) -> float:
    """Squared maximum mean discrepancy; lower is better, 0 ideal.

    Gretton et al. 2012, https://jmlr.org/papers/v13/gretton12a.html, the unbiased
    estimate (lemma 6): it scatters around 0 for sets from one source, copies of
    `features_a` lie below 0, and the largest value is 2. Kernel
    exp(-|x - y|^2 / (2 s^2)), s the median distance between different rows of both
    sets together (a fixed draw of 1000 of them): a collapsed set does not shrink it.
    s grows with the distance between the sets, so very bad sets differ little.
    """
    a, b = check_feature_sets(2, features_a=features_a, features_b=features_b)
    bandwidth = _bandwidth(np.concatenate([a, b]))
    # A row's kernel with itself is 1 and does not belong to the unbiased mean.
    within = [
        (_kernel_sum(x, x, bandwidth) - len(x)) / (len(x) * (len(x) - 1))
        for x in (a, b)
    ]
    between = _kernel_sum(a, b, bandwidth) / (len(a) * len(b))
    return float(within[0] + within[1] - 2 * between)


def _shrinkage(x: np.ndarray) -> tuple[float, float]:
    """Ledoit and Wolf's weight of the identity, and the mean variance; x centred."""
    from sklearn.covariance import ledoit_wolf_shrinkage

    weight = ledoit_wolf_shrinkage(x, assume_centered=True)
    # For almost equal rows rounding takes it out of [0, 1].
    return min(max(float(weight), 0.0), 1.0), float((x**2).mean(0).mean())


def _covariance(x: np.ndarray, shrink: bool, weight: float, level: float) -> np.ndarray:
    """Of centred rows: unbiased, or shrunk towards `level` times the identity."""
    if not shrink:
        return x.T @ x / (len(x) - 1)
    return (1 - weight) * (x.T @ x / len(x)) + weight * level * np.eye(x.shape[1])


def _distances(a: np.ndarray, b: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Rows of `a` and their distances to `b`: from differences, so copies are at 0."""
    step = max(1, _BLOCK // len(b))
    for i in range(0, len(a), step):
        rows = slice(i, i + step)
        yield rows, cdist(a[rows], b)


def _radii(x: np.ndarray, k: int) -> np.ndarray:
    """Distances [n] to the k-th nearest other row; the row itself is the 0-th."""
    parts = [np.partition(block, k, axis=1)[:, k] for _, block in _distances(x, x)]
    return np.concatenate(parts)


def _bandwidth(x: np.ndarray) -> float:
    """Median distance between the different rows of `x`; 1 where all are equal."""
    x = np.unique(x, axis=0)
    if len(x) == 1:
        return 1.0  # Every kernel is 1, whatever the bandwidth.
    if len(x) > _NUM_BANDWIDTH_ROWS:
        x = x[np.random.default_rng(0).permutation(len(x))[:_NUM_BANDWIDTH_ROWS]]
    return float(np.median(pdist(x)))


def _kernel_sum(a: np.ndarray, b: np.ndarray, bandwidth: float) -> float:
    return sum(
        np.exp(-0.5 * (block / bandwidth) ** 2).sum() for _, block in _distances(a, b)
    )
