"""Token measures against scikit-learn and NumPy; then properties and errors."""

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from tsgen_jax.evaluation.measures import tokens as measures

K = 7


def make_tokens(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Tokens [n, 5] that lean on three classes, more so further to the right."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    free, told = rng.integers(0, K - 1, (n, 5)), labels[:, None] + 1
    return np.where(rng.random((n, 5)) < np.arange(5) / 5, told, free), labels


def test_information_is_that_of_scikit_learn():
    tokens, labels = make_tokens(60, 0)
    got = measures.token_class_information(tokens, labels, K)
    pooled = mutual_info_score(np.repeat(labels, 5), tokens.ravel())
    per_position = [mutual_info_score(labels, tokens[:, i]) for i in range(5)]
    np.testing.assert_allclose(got["pooled"], pooled, rtol=1e-10)
    np.testing.assert_allclose(got["per_position"], np.mean(per_position), rtol=1e-10)
    assert all(type(value) is float for value in got.values())


def test_information_lies_between_independence_and_the_class_entropy():
    labels = np.arange(3000) % 3
    told = np.stack([labels, 2 - labels], 1)
    got = measures.token_class_information(told, 10 * labels - 1, K)
    np.testing.assert_allclose(got["per_position"], np.log(3))
    # Class 1 is the only one that the pooled table still tells.
    np.testing.assert_allclose(got["pooled"], np.log(3) - 2 / 3 * np.log(2))
    tokens, labels = make_tokens(3000, 1)
    shuffled = np.random.default_rng(0).permutation(labels)
    got = measures.token_class_information(tokens, shuffled, K)
    bias = (6 - 1) * (3 - 1) / (2 * 3000)  # As the docstring says.
    assert 0 < got["pooled"] < bias
    assert 0.3 * bias < got["per_position"] < 2 * bias
    one = measures.token_class_information(tokens, 0 * labels, K)
    np.testing.assert_allclose(list(one.values()), 0, atol=1e-12)


def test_usage_distance_and_coverage_count_tokens():
    real, generated = make_tokens(20, 0)[0], make_tokens(9, 1)[0] // 2
    distance, shared, used = 0.0, 0, 0
    for code in range(K):
        in_real, in_generated = (real == code).mean(), (generated == code).mean()
        distance += abs(in_real - in_generated) / 2
        used += in_real > 0
        shared += in_real > 0 and in_generated > 0
    got = measures.usage_distance(real, generated, K)
    np.testing.assert_allclose(got, distance, rtol=1e-12)
    got = measures.coverage_of_use(real, generated, K)
    np.testing.assert_allclose(got, shared / used, rtol=1e-12)
    assert 0 < got < 1


def test_usage_is_at_zero_of_itself_and_at_one_of_other_codes():
    real, _ = make_tokens(20, 0)
    assert measures.usage_distance(real, real[::-1], K) == 0
    assert measures.coverage_of_use(real, real, K) == 1
    other = np.full_like(real, 20)
    assert measures.usage_distance(real, other, 21) == 1
    assert measures.coverage_of_use(real, other, 21) == 0
    # Codes that only generated series use do not count.
    assert measures.coverage_of_use(real[:1, :], real, K) == 1


def test_codebook_correlation_is_numpys_over_used_codes():
    codes = np.random.default_rng(0).normal(size=(6, 5)) + 1
    codes[1], codes[4] = 0.0, np.full(5, 1e30)  # Dead, at the origin and far away.
    codes[5] = 2.5  # Used, but flat.
    counts = np.array([3, 0, 1, 9, 0, 2])
    got = measures.codebook_correlation(codes, counts)
    pearson, cosine = [], []
    for i, j in [(0, 2), (0, 3), (2, 3)]:
        pearson.append(abs(np.corrcoef(codes[i], codes[j])[0, 1]))
        dot = sum(a * b for a, b in zip(codes[i], codes[j], strict=True))
        cosine.append(abs(dot) / np.sqrt((codes[i] ** 2).sum() * (codes[j] ** 2).sum()))
    np.testing.assert_allclose(got["pearson"], np.mean(pearson), rtol=1e-10)
    np.testing.assert_allclose(got["cosine"], np.mean(cosine), rtol=1e-10)
    assert (got["num_dead"], got["num_flat"]) == (2, 1)


def test_codebook_correlation_of_copies_is_one_and_of_independent_codes_small():
    code = np.random.default_rng(0).normal(size=(1, 2000))
    copies = measures.codebook_correlation(np.concatenate([code, -2 * code]), [1, 1])
    np.testing.assert_allclose([copies["pearson"], copies["cosine"]], 1)
    codes = np.random.default_rng(1).normal(size=(8, 2000))
    assert measures.codebook_correlation(codes, np.ones(8))["pearson"] < 0.05


def test_a_collapsed_codebook_is_refused_never_nan():
    codes = np.random.default_rng(0).normal(size=(4, 3))
    for counts in ([0, 0, 0, 0], [0, 5, 0, 0]):
        with pytest.raises(ValueError, match="collapsed"):
            measures.codebook_correlation(codes, counts)
    with pytest.raises(ValueError, match="Of 4 codes 4 are used and 0"):
        measures.codebook_correlation(np.zeros((4, 3)), np.ones(4))


def test_what_is_no_codebook_is_refused_in_words():
    codes, counts = np.ones((4, 3)), np.ones(4)
    with pytest.raises(ValueError, match=r"\(4, 3\) and \(3,\)"):
        measures.codebook_correlation(codes, counts[:3])
    with pytest.raises(ValueError, match=r"\(4, 1\)"):
        measures.codebook_correlation(codes[:, :1], counts)
    with pytest.raises(ValueError, match="codes has 12 of 12 values not finite"):
        measures.codebook_correlation(codes * np.nan, counts)
    with pytest.raises(ValueError, match="counts has 4 values below 0"):
        measures.codebook_correlation(codes, -counts)


def test_what_is_no_token_is_refused_in_words():
    tokens, labels = make_tokens(6, 0)
    with pytest.raises(ValueError, match="tokens has 30 values outside 0 to 6"):
        measures.token_class_information(tokens + K, labels, K)
    with pytest.raises(ValueError, match="tokens_real has 30 values .* from -9"):
        measures.usage_distance(np.full_like(tokens, -9), tokens, K)
    with pytest.raises(ValueError, match="tokens_generated must be integers"):
        measures.coverage_of_use(tokens, tokens.astype(float), K)
    with pytest.raises(ValueError, match=r"tokens must be .* \(0, 5\)"):
        measures.token_class_information(tokens[:0], labels[:0], K)
    with pytest.raises(ValueError, match="labels must be 6 integers"):
        measures.token_class_information(tokens, labels[:4], K)
    with pytest.raises(ValueError, match="One series"):
        measures.token_class_information(tokens[:1], labels[:1], K)
    for measure in (measures.usage_distance, measures.coverage_of_use):
        with pytest.raises(ValueError, match="5 tokens per series, tokens_generated 4"):
            measure(tokens, tokens[:, :4], K)
