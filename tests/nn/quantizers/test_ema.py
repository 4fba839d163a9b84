import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sklearn.cluster

from tests import tiny
from tsgen_jax.nn import quantizers
from tsgen_jax.nn.quantizers import base, ema
from tsgen_jax.nn.quantizers.ema import Codebook


def _vectors(seed=0, num=200, width=3):
    return np.random.default_rng(seed).normal(size=(num, width)).astype("float32")


def _codebook(codes, weight=4.0):
    counts = jnp.full(len(codes), weight)
    return Codebook(counts, jnp.asarray(codes) * counts[:, None])


def test_nearest_equals_a_loop():
    codes, z = _vectors(1, 7), _vectors(2, 30).reshape(5, 6, 3)
    judge = [[((codes - v) ** 2).sum(1).argmin() for v in row] for row in z]
    z_q, tokens = ema.quantize(_codebook(codes), z)
    np.testing.assert_array_equal(tokens, judge)
    np.testing.assert_allclose(z_q, codes[np.array(judge)], atol=1e-4)


def test_gradient_goes_straight_through():
    codebook, z = _codebook(_vectors(1, 7)), _vectors(2, 30)
    grad = jax.grad(lambda z: (ema.quantize(codebook, z)[0] * 3.0).sum())(z)
    np.testing.assert_allclose(grad, 3.0)


def test_quantised_vectors_are_the_codes_to_the_bit():
    """Else rounding decides which of equal codes a maximum picks."""
    codebook, z = _codebook(_vectors(1, 7)), 100 * _vectors(2, 30)
    z_q, tokens = ema.quantize(codebook, z)
    np.testing.assert_array_equal(z_q, codebook.codes[tokens])


def test_update_equals_the_papers_averages():
    """Appendix A.1 of van den Oord et al. 2017, code by code."""
    codes, z = _vectors(3, 5), _vectors(4, 50)
    codebook = _codebook(codes)
    _, tokens = ema.quantize(codebook, z)
    updated = ema.update(codebook, z, tokens, decay=0.9)
    for k in range(5):
        mine = z[np.asarray(tokens) == k]
        count = 0.9 * 4.0 + 0.1 * len(mine)
        total = 0.9 * 4.0 * codes[k] + 0.1 * mine.sum(0)
        np.testing.assert_allclose(updated.counts[k], count, rtol=1e-5)
        np.testing.assert_allclose(updated.sums[k], total, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(updated.codes[k], total / count, rtol=1e-3)


def test_normal_start_has_the_reference_first_step():
    """Counts 0: the first codes are the draws; an unused one then flies away."""
    codebook = ema.init_normal(jax.random.key(0), 4, 3)
    np.testing.assert_array_equal(codebook.codes, codebook.sums)
    z = jnp.full((10, 3), 100.0)
    updated = ema.update(codebook, z, jnp.zeros(10, int), decay=0.9)
    np.testing.assert_allclose(
        updated.codes[0], (0.9 * codebook.sums[0] + 0.1 * 1000.0), rtol=1e-3
    )
    assert jnp.abs(updated.codes[1:]).max() > 1e4


def test_kmeans_is_as_good_as_scikit_learn():
    rng = np.random.default_rng(5)
    centres = rng.normal(size=(6, 3)) * 10
    z = (centres[rng.integers(0, 6, 300)] + rng.normal(size=(300, 3)) * 0.1).astype(
        "float32"
    )

    def inertia(codes):
        return ((z[:, None] - np.asarray(codes)[None]) ** 2).sum(-1).min(1).sum()

    ours = min(
        inertia(ema.init_from_vectors(jax.random.key(s), z, 6, "kmeans").codes)
        for s in range(20)
    )
    judge = sklearn.cluster.KMeans(6, n_init=5, random_state=0).fit(z).inertia_
    assert ours <= 1.01 * judge


def test_data_start_takes_vectors_as_they_are():
    z = _vectors(6, 40)
    codes = ema.init_from_vectors(jax.random.key(1), z, 8, "data").codes
    gaps = ((np.asarray(codes)[:, None] - z[None]) ** 2).sum(-1).min(1)
    np.testing.assert_allclose(gaps, 0, atol=1e-6)
    with pytest.raises(ValueError, match="kmeans, data, normal"):
        ema.init_from_vectors(jax.random.key(1), z, 8, "random")


def test_dead_codes_come_back_and_stay():
    z = _vectors(7, 64)
    codes = np.concatenate([_vectors(8, 6), np.full((2, 3), 1e3)]).astype("float32")
    codebook = Codebook(
        jnp.array([8.0] * 6 + [0.01] * 2),
        jnp.asarray(codes) * jnp.array([8.0] * 6 + [0.01] * 2)[:, None],
    )
    alive = ema.revive(jax.random.key(0), codebook, z, below=0.05)
    np.testing.assert_allclose(alive.codes[:6], codes[:6], rtol=1e-4)
    gaps = ((np.asarray(alive.codes)[6:, None] - z[None]) ** 2).sum(-1).min(1)
    np.testing.assert_allclose(gaps, 0, atol=1e-4)
    _, tokens = ema.quantize(alive, z)
    later = ema.update(alive, z, tokens, decay=0.9)
    assert (later.counts >= 0.05 * later.counts.mean()).all()
    assert jnp.abs(later.codes).max() < 10


def test_usage_counts_perplexity_and_share():
    found = base.usage(jnp.array([[0, 0, 1], [1, 2, 2]]), 6)
    np.testing.assert_allclose(found["codebook_perplexity"], 3.0, rtol=1e-5)
    assert found["codebook_usage"] == 0.5


def test_drawn_tokens_follow_the_softmax():
    codes = jnp.array([[0.0], [1.0]])
    z = jnp.full((20000, 1), 0.25)
    tokens = ema.draw(jax.random.key(0), codes, z, temperature=0.5)
    weights = np.exp(-np.array([0.25**2, 0.75**2]) / 0.5)
    np.testing.assert_allclose(tokens.mean(), weights[1] / weights.sum(), atol=0.01)


def test_widths_must_agree():
    with pytest.raises(ValueError, match="z is 2 wide, the codes 3"):
        base.nearest(jnp.zeros((4, 3)), jnp.zeros((5, 2)))


def test_counts_are_smoothed_by_one_epsilon_for_every_code():
    """Appendix A.1's Laplace smoothing: N_k becomes N (N_k + e) / (N + K e)."""
    counts, sums = np.array([3e-5, 1e-5, 2e-5]), np.array([[1.0], [2.0], [3.0]])
    judge = [
        sums[k] / ((counts[k] + 1e-5) / (counts.sum() + 3 * 1e-5) * counts.sum())
        for k in range(3)
    ]
    codes = Codebook(jnp.asarray(counts), jnp.asarray(sums)).codes
    np.testing.assert_allclose(codes, judge, rtol=1e-5)


def test_products_are_exact_whatever_the_default_is():
    """TF32 or bfloat16 products would flip near-ties: asked for in the program."""
    codes, z = jnp.zeros((7, 3)), jnp.zeros((30, 3))
    codebook, tokens = _codebook(codes), jnp.zeros(30, int)
    with jax.default_matmul_precision("bfloat16"):
        for program in (
            jax.make_jaxpr(base.nearest)(codes, z),
            jax.make_jaxpr(lambda z: ema.update(codebook, z, tokens, 0.9))(z),
        ):
            products = [
                line for line in str(program).split("\n") if "precision" in line
            ]
            assert products
            assert all("HIGHEST" in line for line in products), products


def _quantizer(**changes):
    changes = {f"quantizer.{k}": v for k, v in changes.items()}
    return quantizers.make(tiny.make_config(**changes).quantizer, 3)


def test_cosine_chooses_the_code_of_the_least_angle():
    made, codebook = _quantizer(cosine=True), _codebook(10 * _vectors(1, 8))
    z = made.bound(_vectors(2, 30))
    np.testing.assert_allclose(np.linalg.norm(z, axis=1), 1, rtol=1e-5)
    codes = np.asarray(codebook.codes, "float64")
    judge = [
        max(range(8), key=lambda k: codes[k] @ v / np.linalg.norm(codes[k]))
        for v in np.asarray(z, "float64")
    ]
    z_q, tokens = made.quantize(codebook, z)
    np.testing.assert_array_equal(tokens, judge)
    np.testing.assert_array_equal(made.nearest(codebook, z), judge)
    np.testing.assert_array_equal(z_q, made.look_up(codebook, tokens))
    np.testing.assert_allclose(np.linalg.norm(made.codes(codebook), axis=1), 1, 1e-5)
    assert not np.array_equal(judge, base.nearest(codebook.codes, _vectors(2, 30)))


def test_cosine_start_is_spherical_k_means():
    """At its end every code is the direction of the sum of those that choose it."""
    made = _quantizer(cosine=True, num_codes=4)
    z = np.asarray(made.bound(_vectors(3, 60)))
    codebook = made.init(jax.random.key(0), z)
    codes, tokens = np.asarray(made.codes(codebook)), made.nearest(codebook, z)
    for k in range(4):
        total = z[np.asarray(tokens) == k].sum(0)
        np.testing.assert_allclose(codes[k], total / np.linalg.norm(total), atol=1e-4)


def test_the_interface_is_these_functions():
    made, z, key = _quantizer(decay=0.8), jnp.asarray(_vectors(4, 40)), jax.random.key
    codebook = made.init(key(0), z)
    judge = ema.init_from_vectors(key(0), z, 8, "kmeans")
    jax.tree.map(np.testing.assert_array_equal, codebook, judge)
    _, tokens = made.quantize(codebook, z)
    moved = made.update(key(1), codebook, z, tokens)
    judge = ema.revive(key(1), ema.update(codebook, z, tokens, 0.8), z, 0.05)
    jax.tree.map(np.testing.assert_array_equal, moved, judge)
    judge = ((np.asarray(made.codes(codebook))[np.asarray(tokens)] - z) ** 2).mean()
    found = made.commitment(codebook, z, tokens)
    np.testing.assert_allclose(found, judge, rtol=1e-5)
    normal = _quantizer(init="normal").init(key(0), z)
    judge = ema.init_normal(key(0), 8, 3)
    jax.tree.map(np.testing.assert_array_equal, normal, judge)
