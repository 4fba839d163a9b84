import numpy as np
import pytest

from tsgen_jax.evaluation.measures import embedding, gallery


def _sets():
    rng = np.random.default_rng(0)
    sizes = {"test": 30, "samples": 20, "train": 15}
    return {name: rng.normal(size=(n, 6, 2)) for name, n in sizes.items()}


def _flat(sets):
    return {name: x.reshape(len(x), -1) for name, x in sets.items()}


def test_points_are_those_of_embedding():
    flat = _flat(_sets())
    found = gallery.points(3, {"series": flat, "minirocket": flat})
    both = {"real": flat["test"], "generated": flat["samples"]}
    expected, share = embedding.pca(both, "real")
    percent = f"({100 * share[0]:.0f} + {100 * share[1]:.0f} %)"
    for name, points in expected.items():
        np.testing.assert_array_equal(
            found[f"points/PCA, series {percent}/{name}"], points
        )
    panels = {name.split("/")[1] for name in found}
    assert "t-SNE, series" in panels
    assert "t-SNE, minirocket" not in panels
    with pytest.raises(ValueError, match="equal"):
        gallery.points(0, {"series": {k: 0 * v for k, v in flat.items()}})


def test_the_nearest_series_is_found():
    sets = _sets()
    sets["samples"] = sets["train"][::-1] + 1e-3  # Slightly off, in reverse.
    found = gallery.nearest(0, _flat(sets), sets)
    rows = found["nearest/rows"]
    assert len(rows) == 9
    np.testing.assert_array_equal(found["nearest/train"], sets["train"][::-1][rows])
    np.testing.assert_allclose(found["nearest/distance"], 1e-3 * np.sqrt(12))
    gaps = np.linalg.norm(sets["test"][:, None] - sets["train"][None], axis=(2, 3)).min(
        1
    )
    np.testing.assert_allclose(found["nearest/usual"], np.median(gaps))
