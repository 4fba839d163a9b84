"""Points of the plane: PCA against scikit-learn, t-SNE by what it must keep."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from tsgen_jax.evaluation.measures import embedding


def make_sets(seed: int, *sizes: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(6, 6))
    return {f"set {i}": rng.normal(size=(n, 6)) @ mixing for i, n in enumerate(sizes)}


def test_pca_is_that_of_the_reference_by_scikit_learn():
    sets = make_sets(0, 20, 30)
    points, explained = embedding.pca(sets, "set 1")
    judge = PCA(2).fit(sets["set 1"])
    np.testing.assert_allclose(explained, judge.explained_variance_ratio_)
    for name, x in sets.items():
        signs = np.sign(judge.components_[[0, 1], np.abs(judge.components_).argmax(1)])
        np.testing.assert_allclose(points[name], judge.transform(x) * signs, atol=1e-9)


def test_noise_in_another_set_does_not_turn_the_plane():
    sets = make_sets(1, 20, 30)
    quiet, _ = embedding.pca(sets, "set 0")
    loud, _ = embedding.pca(sets | {"set 1": 1e3 * sets["set 1"]}, "set 0")
    np.testing.assert_array_equal(quiet["set 0"], loud["set 0"])


def test_a_plane_in_space_is_found_whole():
    rng = np.random.default_rng(0)
    plane = rng.normal(size=(9, 2)) @ rng.normal(size=(2, 5)) + 7.0
    points, explained = embedding.pca({"a": plane}, "a")
    assert explained.sum() == pytest.approx(1)
    for i in range(9):
        for j in range(9):
            distance = np.sqrt(sum((plane[i] - plane[j]) ** 2))
            assert np.linalg.norm(points["a"][i] - points["a"][j]) == pytest.approx(
                distance, abs=1e-9
            )


def test_rows_are_drawn_evenly_and_no_more_than_asked_for():
    sets = {"a": np.zeros(50), "b": np.zeros(4), "c": np.zeros(40)}
    rows = embedding.draw_rows(sets, seed=3, max_rows=25)
    assert {name: len(r) for name, r in rows.items()} == {"a": 11, "b": 4, "c": 10}
    for name, drawn in rows.items():
        assert len(set(drawn)) == len(drawn)
        assert sorted(drawn) == list(drawn)
        assert 0 <= drawn.min() <= drawn.max() < len(sets[name])
    everything = embedding.draw_rows(sets, seed=3, max_rows=94)
    for name, drawn in everything.items():
        np.testing.assert_array_equal(drawn, np.arange(len(sets[name])))
    other = embedding.draw_rows(sets, seed=4, max_rows=25)
    assert not np.array_equal(rows["a"], other["a"])


def test_tsne_keeps_neighbourhoods_and_repeats_itself():
    rng = np.random.default_rng(0)
    centres = 1e4 + 50 * np.eye(3, 5)  # Three far clusters, far from 0.
    labels = {"real": np.arange(60) % 3, "generated": np.arange(45) % 3}
    sets = {
        name: centres[y] + rng.normal(size=(len(y), 5)) for name, y in labels.items()
    }
    points = embedding.tsne(sets, seed=0, max_rows=60)
    assert {name: x.shape for name, x in points.items()} == dict.fromkeys(sets, (30, 2))
    rows = embedding.draw_rows(sets, 0, 60)
    x = np.concatenate(list(points.values()))
    y = np.concatenate([labels[name][rows[name]] for name in sets])
    for i in range(len(x)):
        distances = np.linalg.norm(x - x[i], axis=1)
        distances[i] = np.inf
        assert y[distances.argmin()] == y[i]  # The nearest point is of the cluster.
    again = embedding.tsne(sets, seed=0, max_rows=60)
    for name in sets:
        np.testing.assert_array_equal(points[name], again[name])


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_tsne_of_few_rows_is_finite_in_any_unit(scale):
    sets = {name: scale * x for name, x in make_sets(2, 3, 4).items()}
    points = embedding.tsne(sets, seed=0, max_rows=10)
    assert np.isfinite(np.concatenate(list(points.values()))).all()


def test_wrong_inputs_are_refused_in_words():
    sets = make_sets(0, 8, 8)
    hole = sets["set 0"].copy()
    hole[1, 2] = np.nan
    wrong = [
        ({}, "set 0", "no sets"),
        (sets, "train", r"reference='train'; the sets are \['set 0', 'set 1'\]"),
        (sets | {"set 0": hole}, "set 0", "set 0 has 1 of 48 values not finite"),
        (sets | {"set 1": np.ones((8, 5))}, "set 0", "set 0 are 6 wide, set 1 5"),
        (sets | {"set 0": sets["set 0"][:2]}, "set 0", "2 rows; a plane needs 3"),
        (sets | {"set 0": np.ones((4, 6))}, "set 0", "set 0 are equal"),
        ({"a": np.ones((4, 1))}, "a", "1 wide"),
    ]
    for given, reference, match in wrong:
        with pytest.raises(ValueError, match=match):
            embedding.pca(given, reference)
    with pytest.raises(ValueError, match="max_rows=5"):
        embedding.tsne(sets, 0, 5)
    with pytest.raises(ValueError, match="6 rows in total, not 4"):
        embedding.tsne(make_sets(0, 2, 2), 0, 9)
    with pytest.raises(ValueError, match="All rows of all sets are equal"):
        embedding.tsne({"a": np.ones((9, 3))}, 0, 9)
