"""What figures about samples are drawn from: arrays in, small named arrays out.

They are stored with a run, so that its page can be made again without the judges.
"""

import numpy as np
from scipy.spatial.distance import cdist

from tsgen_jax.evaluation.measures import embedding, privacy
from tsgen_jax.types import Array

_NUM_POINTS, _NUM_NEAREST = 1000, 9


def points(seed: int, spaces: dict[str, dict[str, Array]]) -> dict[str, np.ndarray]:
    """PCA, and t-SNE where it is worth its time, of TEST and samples.

    Args:
        seed: of the rows drawn and of t-SNE.
        spaces: by name, such as 'series' or a judge, rows [n, d] of 'test' and
            'samples'.

    Returns:
        'points/<panel>/<real or generated>': places in a plane, [n, 2].

    Raises:
        ValueError: too few rows, or all of TEST equal.
    """
    arrays = {}
    for space, of in spaces.items():
        both = {"real": of["test"], "generated": of["samples"]}
        points, share = embedding.pca(both, "real")
        rows = embedding.draw_rows(both, seed, _NUM_POINTS)
        first, second = 100 * share
        panel = f"PCA, {space} ({first:.0f} + {second:.0f} %)"
        for name in both:
            arrays[f"points/{panel}/{name}"] = points[name][rows[name]]
        if space in ("series", "fcn"):
            for name, at in embedding.tsne(both, seed, _NUM_POINTS).items():
                arrays[f"points/t-SNE, {space}/{name}"] = at
    return arrays


def nearest(
    seed: int, flat: dict[str, Array], sets: dict[str, Array]
) -> dict[str, np.ndarray]:
    """Some generated series with their nearest of TRAIN.

    Args:
        seed: of the rows drawn.
        flat: rows [n, L * C] of 'test', 'samples' and 'train'.
        sets: the same as series [n, L, C].

    Returns:
        'nearest/rows' int [k] of the samples, 'nearest/train' [k, L, C],
        'nearest/distance' [k], and 'nearest/usual', the median from TEST to TRAIN.
    """
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(len(flat["samples"]))[:_NUM_NEAREST])
    distances = cdist(flat["samples"][rows], flat["train"])
    usual = privacy.closest_distances(flat["test"], flat["train"])
    return {
        "nearest/rows": rows,
        "nearest/train": sets["train"][distances.argmin(1)],
        "nearest/distance": distances.min(1),
        "nearest/usual": np.median(usual),
    }
