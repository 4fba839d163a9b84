import numpy as np
import pytest
import scipy.special
import sklearn.metrics

from tsgen_jax.losses import masked_tokens, reconstruction


def test_cross_entropy_equals_scikit_learn_on_the_counted_tokens():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(3, 5, 4)).astype("float32")
    tokens = rng.integers(0, 4, (3, 5))
    counted = rng.random((3, 5)) < 0.5
    p = np.exp(logits.astype("float64"))
    p /= p.sum(-1, keepdims=True)
    judge = sklearn.metrics.log_loss(tokens[counted], p[counted], labels=range(4))
    found = masked_tokens.cross_entropy(logits, tokens, counted)
    np.testing.assert_allclose(found, judge, rtol=1e-5)


def test_label_smoothing_is_cross_entropy_with_a_spread_target():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(3, 5, 4)).astype("float32")
    tokens = rng.integers(0, 4, (3, 5))
    counted = rng.random((3, 5)) < 0.5
    target = 0.9 * np.eye(4)[tokens] + 0.1 / 4
    log_p = scipy.special.log_softmax(logits.astype("float64"), -1)
    judge = -(target * log_p).sum(-1)[counted].mean()
    found = masked_tokens.cross_entropy(logits, tokens, counted, 0.1)
    np.testing.assert_allclose(found, judge, rtol=1e-5)


def test_mean_squared_error_equals_scikit_learn():
    x, y = np.random.default_rng(1).normal(size=(2, 4, 6))
    judge = sklearn.metrics.mean_squared_error(x, y)
    found = reconstruction.mean_squared_error(x, y)
    np.testing.assert_allclose(found, judge, rtol=1e-5)
    with pytest.raises(ValueError, match=r"\(4, 6\) and \(3, 6\)"):
        reconstruction.mean_squared_error(x, y[:3])
