"""Sets of rows as points of a plane: PCA and t-SNE; arrays in, arrays out.

Sets are float [n, d], d from 2 on, with one d and each its own n: series flattened to
[n, L * C], features of a judge, codes. Nothing is rescaled: a column of large values
decides. All functions raise ValueError for other shapes, values that are not finite and
sets without two directions to draw.
"""

from collections.abc import Mapping

import numpy as np

from tsgen_jax.evaluation.measures.arrays import check_feature_sets
from tsgen_jax.types import Array

_PERPLEXITY = 30.0  # scikit-learn's; at most a third of the rows can be neighbours.
_MIN_ROWS = 6  # In total; with fewer, t-SNE has no neighbourhoods to keep.


def pca(
    sets: Mapping[str, Array], reference: str
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Projects all sets on the two main directions of the set named `reference`.

    The plane is that of the reference alone, so that what other sets do outside it,
    such as noise, cannot turn it. A direction points to where its largest entry is
    positive.

    Returns:
        points: for every set float [n, 2], in the units of the rows.
        explained: float [2], shares of the reference's variance on the two axes.
    """
    checked = _check(sets)
    if reference not in checked:
        raise ValueError(f"reference={reference!r}; the sets are {list(sets)}.")
    fitted = checked[reference]
    if len(fitted) < 3:
        raise ValueError(f"{reference} has {len(fitted)} rows; a plane needs 3.")
    if np.ptp(fitted, 0).max() == 0:
        raise ValueError(f"All rows of {reference} are equal: they have no directions.")
    centre = fitted.mean(0)
    _, lengths, directions = np.linalg.svd(fitted - centre, full_matrices=False)
    axes = directions[:2]  # [2, d]
    largest = np.abs(axes).argmax(1)
    axes = axes * np.sign(axes[[0, 1], largest])[:, None]
    points = {name: (x - centre) @ axes.T for name, x in checked.items()}
    return points, lengths[:2] ** 2 / (lengths**2).sum()


def draw_rows(
    sets: Mapping[str, Array], seed: int, max_rows: int
) -> dict[str, np.ndarray]:
    """The rows of each set that `tsne` draws: at most `max_rows` in total.

    Each set gives the same number where it has as many, so that densities compare;
    what a small set leaves goes to the larger ones. Without replacement, in order.

    Returns:
        For every set int [n'], sorted: for the labels of its points.
    """
    if max_rows < max(_MIN_ROWS, len(sets)):
        needed = max(_MIN_ROWS, len(sets))
        raise ValueError(f"max_rows={max_rows}: at least {needed} are needed.")
    rows, left = {}, max_rows
    for done, name in enumerate(sorted(sets, key=lambda name: len(sets[name]))):
        rng = np.random.default_rng(seed)
        count = min(len(sets[name]), left // (len(sets) - done))
        rows[name] = np.sort(rng.permutation(len(sets[name]))[:count])
        left -= count
    return {name: rows[name] for name in sets}


def tsne(sets: Mapping[str, Array], seed: int, max_rows: int) -> dict[str, np.ndarray]:
    """Places all sets on one plane where close rows stay close.

    van der Maaten and Hinton 2008, Visualizing data using t-SNE; scikit-learn, started
    from PCA. Distances between clusters and their sizes mean nothing. The perplexity is
    30, or a third of the rows where that is less. Same rows and seed: same points.

    Args:
        sets: float [n, d] each.
        seed: of the rows drawn and of the optimiser.
        max_rows: most rows in total; see `draw_rows`. 2000 take seconds.

    Returns:
        For every set float [n', 2], the rows of `draw_rows` in their order.
    """
    checked = _check(sets)
    rows = draw_rows(checked, seed, max_rows)
    joined = np.concatenate([checked[name][rows[name]] for name in checked])
    if len(joined) < _MIN_ROWS:
        raise ValueError(f"t-SNE needs {_MIN_ROWS} rows in total, not {len(joined)}.")
    if np.ptp(joined, 0).max() == 0:
        raise ValueError("All rows of all sets are equal: t-SNE has nothing to place.")
    from sklearn.manifold import TSNE  # Seconds to import.
    from threadpoolctl import threadpool_limits

    perplexity = min(_PERPLEXITY, (len(joined) - 1) / 3)
    method = TSNE(2, perplexity=perplexity, init="pca", random_state=seed)
    joined -= joined.mean(0)
    joined /= np.abs(joined).max()  # t-SNE has no unit; its squares could overflow.
    with threadpool_limits(1):  # Threads add in any order: other last digits.
        points = method.fit_transform(joined).astype(np.float64)
    ends = np.cumsum([len(rows[name]) for name in checked])[:-1]
    return dict(zip(checked, np.split(points, ends), strict=True))


def _check(sets: Mapping[str, Array]) -> dict[str, np.ndarray]:
    """The sets as float64, all of one width."""
    if not sets:
        raise ValueError("There are no sets to draw.")
    checked = check_feature_sets(1, **sets)
    if checked[0].shape[1] < 2:
        raise ValueError("The rows are 1 wide: a plane needs 2 columns or more.")
    return dict(zip(sets, checked, strict=True))
