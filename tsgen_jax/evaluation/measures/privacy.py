"""Whether generated series are copies of the training series.

Rows are series or features, float [n, d], that the caller has flattened; distances are
Euclidean. No value alone says that a model memorises: TEST, which it has never seen,
is the yardstick throughout, and has to come from the same source as TRAIN. All
functions raise ValueError in words for other shapes, fewer than 2 rows, sets of
different width, and values that are not finite.
"""

import numpy as np

from tsgen_jax.evaluation.measures.arrays import check_feature_sets
from tsgen_jax.types import Array

# Name: (better, ideal value or None where only TEST can tell, meaning). Where neither
# direction is better, the ideal is.
MEASURES: dict[str, tuple[str, float | None, str]] = {
    "distance_to_closest_record": (
        "",
        1.0,
        "Median distance to the closest TRAIN series, of generated over TEST series; "
        "below 1: closer to TRAIN than held-out data are, 0: copies.",
    ),
    "nearest_neighbour_distance_ratio": (
        "higher",
        None,
        "Median distance to the closest over the second closest TRAIN series; near 0: "
        "copies. Ideal: that of TEST.",
    ),
    "share_closer_to_train": (
        "",
        0.5,
        "Share of generated series closer to TRAIN than to as many TEST series; "
        "towards 1: memorised.",
    ),
}


def closest_distances(a: Array, b: Array) -> np.ndarray:
    """Distance of every row of `a` [n, d] to the closest row of `b` [m, d].

    Lower means closer; 0 is a copy, exactly. What is ideal depends on the sets.

    Returns:
        float64 [n], in units of the rows.
    """
    a, b = check_feature_sets(2, a=a, b=b)
    return _nearest(a, b, 1)[:, 0]


def distance_to_closest_record(
    samples: Array, train: Array, test: Array
) -> dict[str, float]:
    """DCR: how far samples stay away from TRAIN, measured by how far TEST does.

    Args:
        samples: generated rows, float [n, d].
        train: what the model was trained on, float [n_train, d].
        test: what it has never seen, float [n_test, d].

    Returns:
        samples_to_train: median distance to the closest row of `train`.
        test_to_train: the same of `test`.
        ratio: the first over the second. Ideal is 1; below 1 samples are closer to
            TRAIN than held-out data are (memorisation; copies give 0); above 1 they
            are farther from the data than real series.

    Raises:
        ValueError: also where half of `test` are copies of `train`, which leaves
            nothing to compare with.
    """
    samples, train, test = check_feature_sets(
        2, samples=samples, train=train, test=test
    )
    near, usual = (float(np.median(_nearest(x, train, 1))) for x in (samples, test))
    if usual == 0:
        raise ValueError(
            "The median distance from test to train is 0: half of test are copies of "
            "train. Remove them to compare distances."
        )
    return {"samples_to_train": near, "test_to_train": usual, "ratio": near / usual}


def nearest_neighbour_distance_ratio(samples: Array, train: Array) -> float:
    """NNDR: median of d1 / d2, distances to the closest two rows of `train`.

    From 0 to 1, higher is better: near 0 samples sit on single TRAIN series (copies).
    Ideal is the value of TEST in place of `samples`. Equal rows of `train` count once,
    else a copy of a series that occurs twice would have 0 / 0.

    Args:
        samples: generated rows, float [n, d].
        train: float [n_train, d].

    Raises:
        ValueError: also where all rows of `train` are equal.
    """
    samples, train = check_feature_sets(2, samples=samples, train=train)
    train = np.unique(train, axis=0)
    if len(train) == 1:
        raise ValueError("All rows of train are equal: there is no second closest.")
    distances = _nearest(samples, train, 2)
    return float(np.median(distances[:, 0] / distances[:, 1]))


def share_closer_to_train(
    samples: Array, train: Array, test: Array, seed: int
) -> float:
    """Share of samples that are closer to TRAIN than to TEST; ties count half.

    From 0 to 1, ideal is 0.5; towards 1 samples follow TRAIN more closely than its
    source allows (memorisation), below 0.5 nothing is wrong with privacy. The larger
    of the two sets is subsampled, since the closest of more rows is closer: where
    that is `train`, copies of the rows left out go unseen.

    Args:
        samples: generated rows, float [n, d].
        train: float [n_train, d].
        test: float [n_test, d].
        seed: of the rows drawn, without replacement.
    """
    return float(closer_to_train(samples, train, test, seed)[0].mean())


def closer_to_train(
    samples: Array, train: Array, test: Array, seed: int
) -> tuple[np.ndarray, float]:
    """`share_closer_to_train` before the mean, and how much that mean scatters.

    Samples with one nearest row are right or wrong together: the scatter of the mean is
    more than that of independent samples. What a row of TRAIN or TEST decides is seen
    by leaving it out (the jackknife's differences). The sum over rows of its square
    holds that scatter and, once more, the samples' own, which is left out: products of
    two samples count, squares do not. Where `samples` follow TRAIN it is too large.

    Args:
        samples: generated rows, float [n, d].
        train: float [n_train, d], 2 rows or more, as the next.
        test: float [n_test, d].
        seed: of the rows drawn, without replacement.

    Returns:
        closer: 1 for a sample closer to TRAIN, 0 to TEST, 0.5 for a tie; float [n].
        variance: of its mean, over other samples, TRAIN and TEST.
    """
    samples, train, test = check_feature_sets(
        2, samples=samples, train=train, test=test
    )
    size, rng = min(len(train), len(test)), np.random.default_rng(seed)
    near, rows = zip(
        *(
            _nearest_rows(samples, x[rng.permutation(len(x))[:size]], 2)
            for x in (train, test)
        ),
        strict=True,
    )
    closer, num = _closer(near[0][:, 0], near[1][:, 0]), len(samples)
    variance = closer.mean() * (1 - closer.mean()) / num
    for of, other, row in ((*near, rows[0]), (*near[::-1], rows[1])):
        lost = _closer(of[:, 0], other[:, 0]) - _closer(of[:, 1], other[:, 0])
        of_row = np.bincount(row[:, 0], lost, minlength=size) / num
        own = (lost**2).sum() / num**2
        mean = size * of_row.mean() ** 2 * (num - 1) / num
        variance += max(0.0, (of_row**2).sum() - own - mean)
    return closer, float(variance)


def _closer(to_train: np.ndarray, to_test: np.ndarray) -> np.ndarray:
    return (to_train < to_test) + 0.5 * (to_train == to_test)


def _nearest(a: np.ndarray, b: np.ndarray, k: int) -> np.ndarray:
    """Distances [n, k] to the k closest rows of `b`, closest first."""
    return _nearest_rows(a, b, k)[0]


def _nearest_rows(
    a: np.ndarray, b: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """Distances [n, k] to the k closest rows of `b`, closest first, and their numbers.

    scikit-learn finds them by |a|^2 - 2 a b + |b|^2, fast but with an error that
    hides copies: the centre is moved to 0 for the search, and the distances are
    computed again from differences.
    """
    from sklearn.neighbors import NearestNeighbors

    centre = b.mean(0)
    search = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(b - centre)
    found = search.kneighbors(a - centre, return_distance=False)
    exact = [np.linalg.norm(a - b[column], axis=1) for column in found.T]
    exact = np.stack(exact, 1)
    order = exact.argsort(1, kind="stable")
    return np.take_along_axis(exact, order, 1), np.take_along_axis(found, order, 1)
