import jax
import numpy as np
import pytest

from tsgen_jax.evaluation.measures import probabilistic
from tsgen_jax.sampling import inpaint, residual

_L, _C = 12, 2


@pytest.fixture(scope="module")
def errors():
    """Training and validation errors, the latter larger; and what was observed."""
    rng = np.random.default_rng(0)
    white = rng.normal(size=(9, _L + 2, _C)) * np.array([0.3, 2.0])
    smooth = white[:, :-2] + white[:, 1:-1] + white[:, 2:]
    smooth *= (1 + np.arange(_L))[:, None] / _L
    smooth[5:] *= 1.7
    return smooth[:5], smooth[5:], rng.random(smooth.shape) < 0.8


def test_the_fit_is_that_of_a_loop(errors):
    train, valid, seen = errors
    found = residual.fit(train, valid, seen[:5], seen[5:])
    everything = np.concatenate([train, valid])
    unit = np.zeros_like(everything)
    for c in range(_C):
        held_out = np.mean(valid[..., c][seen[5:, :, c]] ** 2)
        level = held_out / np.mean(everything[..., c][seen[..., c]] ** 2)
        for t in range(_L):
            mean = np.mean(everything[seen[:, t, c], t, c] ** 2)
            np.testing.assert_allclose(found.std[t, c], np.sqrt(mean * level), 1e-5)
            unit[:, t, c] = np.where(seen[:, t, c], everything[:, t, c], 0) / mean**0.5
        sums = [
            sum(e[t] * e[t + lag] for e in unit[..., c] for t in range(_L - lag))
            for lag in range(_L)
        ]
        judge = np.array(sums) / sums[0]
        np.testing.assert_allclose(found.autocorrelation[:, c], judge, atol=1e-6)
    a, b = unit[..., 0].ravel(), unit[..., 1].ravel()
    judge = a @ b / np.sqrt(a @ a * (b @ b))
    np.testing.assert_allclose(found.correlation, [[1, judge], [judge, 1]], atol=1e-6)


def test_without_validation_the_errors_of_training_count(errors):
    train, _, _ = errors
    found = residual.fit(train, train[:0], None, None)
    np.testing.assert_allclose(found.std, np.sqrt((train**2).mean(0)), rtol=1e-6)
    perfect = residual.fit(0 * train, 0 * train, None, None)
    drawn = residual.draw(jax.random.key(0), residual.roots(perfect), 3)
    np.testing.assert_array_equal(drawn, 0)
    silent = residual.draw(jax.random.key(0), residual.roots(residual.none(_L, _C)), 3)
    np.testing.assert_array_equal(silent, 0)


def test_draws_have_the_covariance_that_was_asked_for():
    acf = np.stack([0.8 ** np.arange(_L), 0.8 ** np.arange(_L)], axis=1)
    std = np.linspace(0.5, 2, _L)[:, None] * np.array([1.0, 3.0])
    between = np.array([[1, -0.6], [-0.6, 1]])
    of = residual.roots(residual.Residual(std, acf, between))
    draw = jax.jit(residual.draw, static_argnums=2)
    drawn = np.asarray(draw(jax.random.key(1), of, 60000)) / std
    lags = np.abs(np.subtract.outer(np.arange(_L), np.arange(_L)))
    for c, d in ((0, 0), (0, 1), (1, 1)):
        found = np.einsum("nt,ns->ts", drawn[..., c], drawn[..., d]) / len(drawn)
        np.testing.assert_allclose(found, between[c, d] * 0.8**lags, atol=0.025)


def test_intervals_hold_what_they_say():
    """Series that are a known curve and a smooth error, with a gap: calibrated."""
    rng, length = np.random.default_rng(2), 40
    acf = np.exp(-np.arange(length) / 6)[:, None]
    true = residual.Residual(np.full((length, 1), 0.4), acf, np.eye(1))
    draw = jax.jit(residual.draw, static_argnums=2)
    known = np.asarray(draw(jax.random.key(0), residual.roots(true), 300))
    fitted = residual.fit(0.5 * known[:100], known[100:300], None, None)
    x = np.asarray(draw(jax.random.key(1), residual.roots(true), 300))
    observed = np.ones(x.shape, bool)
    for row in observed:
        start = rng.integers(0, 30)
        row[start : start + 12] = False
    errors = draw(jax.random.key(2), residual.roots(fitted), 300 * 60)
    errors = np.asarray(errors).reshape(60, *x.shape)
    draws = np.stack([inpaint.join(e, x, observed, 6.0) for e in errors])
    scores = probabilistic.scores(draws, x, ~observed)
    np.testing.assert_allclose(scores["coverage_50"], 0.5, atol=0.05)
    np.testing.assert_allclose(scores["coverage_90"], 0.9, atol=0.03)
    bare = np.stack([inpaint.join(0 * x, x, observed, 6.0)] * 60)
    assert scores["crps"] < 0.8 * probabilistic.scores(bare, x, ~observed)["crps"]


def test_what_is_no_error_is_refused(errors):
    train, valid, seen = errors
    with pytest.raises(ValueError, match="finite"):
        residual.fit(train * np.nan, valid, None, None)
    with pytest.raises(ValueError, match="observed"):
        residual.fit(train, valid, seen, None)
    fitted = residual.fit(train, valid, None, None)
    with pytest.raises(ValueError, match="damaged"):
        residual.roots(fitted.replace(correlation=-np.ones((_C, _C))))
