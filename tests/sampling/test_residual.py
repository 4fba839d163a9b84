import dataclasses

import jax
import numpy as np
import pytest

from tsgen_jax.evaluation.measures import probabilistic
from tsgen_jax.sampling import inpaint, residual

_L, _C = 12, 2


@pytest.fixture(scope="module")
def errors():
    """Training and validation errors, the latter larger, observed in part."""
    rng = np.random.default_rng(0)
    white = rng.normal(size=(9, _L + 2, _C)) * np.array([0.3, 2.0])
    smooth = white[:, :-2] + white[:, 1:-1] + white[:, 2:]
    smooth *= (1 + np.arange(_L))[:, None] / _L
    smooth[5:] *= 1.7
    label = np.array([0, 1, 1, 0, 1, 0, 1, 0, 1])
    smooth[label == 1] *= 3
    seen = rng.random(smooth.shape) < 0.8
    seen[2] = False
    parts = slice(None, 5), slice(5, None)
    return [residual.Errors(smooth[at], label[at], seen[at]) for at in parts]


def _judge_of_classes(parts):
    """The scale of each class by a loop; ten series stand for what is known without."""
    scale = [1.0, 1.0]
    for part in parts:
        sizes = [
            np.mean(part.error[..., c][part.observed[..., c]] ** 2) for c in range(_C)
        ]
        for y in range(2):
            total, num = 10 * scale[y], 10
            for e, label, seen in zip(
                part.error, part.label, part.observed, strict=True
            ):
                if label == y:
                    each = [
                        np.mean(e[seen[:, c], c] ** 2) / sizes[c]
                        if seen[:, c].any()
                        else 1.0
                        for c in range(_C)
                    ]
                    total, num = total + np.mean(each), num + 1
            scale[y] = total / num
    return np.sqrt(scale)


def test_the_fit_is_that_of_a_loop(errors):
    found = residual.fit(*errors, 2)
    scale = _judge_of_classes(errors)
    np.testing.assert_allclose(found.class_scale, [*scale, 1], rtol=1e-6)
    assert scale[1] > 1.2 * scale[0]
    everything = np.concatenate(
        [part.error / scale[part.label][:, None, None] for part in errors]
    )
    seen = np.concatenate([part.observed for part in errors])
    valid = everything[5:]
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


def _of_one_class(errors):
    return residual.Errors(errors, np.zeros(len(errors), int))


def test_without_validation_the_errors_of_training_count(errors):
    train = errors[0].error
    none = _of_one_class(train[:0])
    found = residual.fit(_of_one_class(train), none, 1)
    np.testing.assert_allclose(found.std, np.sqrt((train**2).mean(0)), rtol=1e-6)
    np.testing.assert_allclose(found.class_scale, 1)
    perfect = residual.fit(_of_one_class(0 * train), _of_one_class(0 * train), 1)
    label = np.zeros(3, int)
    drawn = residual.draw(jax.random.key(0), residual.roots(perfect), label)
    np.testing.assert_array_equal(drawn, 0)
    silent = residual.roots(residual.none(_L, _C, 1))
    drawn = residual.draw(jax.random.key(0), silent, label)
    np.testing.assert_array_equal(drawn, 0)


def test_a_channel_without_errors_does_not_lower_the_others():
    """It says nothing of classes: the deviation of no class is that of the errors."""
    rng = np.random.default_rng(0)
    e = rng.normal(size=(200, _L, 2)) * [2.0, 0.0]
    found = residual.fit(_of_one_class(e), _of_one_class(e), 1)
    np.testing.assert_allclose(found.class_scale, 1)
    np.testing.assert_allclose(found.std.mean(0), [2, 0], atol=0.1)


def test_a_class_of_many_series_has_its_own_noise_and_one_of_few_nearly_that_of_all():
    rng = np.random.default_rng(0)
    label = np.repeat([0, 1, 2], [2000, 2000, 1])
    e = rng.normal(size=(4001, _L, 1)) * np.array([0.5, 1.5, 6.0])[label, None, None]
    part = residual.Errors(e, label)
    scale = residual.fit(part, residual.Errors(e[:0], label[:0]), 3).class_scale
    np.testing.assert_allclose(scale[1] / scale[0], 3, rtol=0.05)
    assert scale[2] < 2 * scale[1]  # Four times as large in its one series.


def test_draws_have_the_covariance_that_was_asked_for():
    acf = np.stack([0.8 ** np.arange(_L), 0.8 ** np.arange(_L)], axis=1)
    std = np.linspace(0.5, 2, _L)[:, None] * np.array([1.0, 3.0])
    between, of_class = np.array([[1, -0.6], [-0.6, 1]]), np.array([0.5, 2, 1])
    of = residual.roots(residual.Residual(std, acf, between, of_class))
    label = np.arange(60000) % 3
    drawn = np.asarray(jax.jit(residual.draw)(jax.random.key(1), of, label)) / std
    for y in range(3):
        np.testing.assert_allclose(drawn[label == y].std(), of_class[y], rtol=0.02)
    drawn /= of_class[label][:, None, None]
    lags = np.abs(np.subtract.outer(np.arange(_L), np.arange(_L)))
    for c, d in ((0, 0), (0, 1), (1, 1)):
        found = np.einsum("nt,ns->ts", drawn[..., c], drawn[..., d]) / len(drawn)
        np.testing.assert_allclose(found, between[c, d] * 0.8**lags, atol=0.025)


def test_intervals_hold_what_they_say():
    """Series that are a known curve and a smooth error, with a gap: calibrated."""
    rng, length = np.random.default_rng(2), 40
    acf = np.exp(-np.arange(length) / 6)[:, None]
    true = residual.Residual(np.full((length, 1), 0.4), acf, np.eye(1), np.ones(2))
    draw, label = jax.jit(residual.draw), np.zeros(300, int)
    known = np.asarray(draw(jax.random.key(0), residual.roots(true), label))
    fitted = residual.fit(
        _of_one_class(0.5 * known[:100]), _of_one_class(known[100:300]), 1
    )
    x = np.asarray(draw(jax.random.key(1), residual.roots(true), label))
    observed = np.ones(x.shape, bool)
    for row in observed:
        start = rng.integers(0, 30)
        row[start : start + 12] = False
    errors = draw(jax.random.key(2), residual.roots(fitted), np.tile(label, 60))
    errors = np.asarray(errors).reshape(60, *x.shape)
    draws = np.stack([inpaint.join(e, x, observed, 6.0) for e in errors])
    scores = probabilistic.scores(draws, x, ~observed)
    np.testing.assert_allclose(scores["coverage_50"], 0.5, atol=0.05)
    np.testing.assert_allclose(scores["coverage_90"], 0.9, atol=0.03)
    bare = np.stack([inpaint.join(0 * x, x, observed, 6.0)] * 60)
    assert scores["crps"] < 0.8 * probabilistic.scores(bare, x, ~observed)["crps"]


def test_what_is_no_error_is_refused(errors):
    train, valid = errors
    with pytest.raises(ValueError, match="finite"):
        residual.fit(dataclasses.replace(train, error=train.error * np.nan), valid, 2)
    with pytest.raises(ValueError, match="observed"):
        residual.fit(dataclasses.replace(train, observed=valid.observed), valid, 2)
    with pytest.raises(ValueError, match="labels"):
        residual.fit(dataclasses.replace(train, label=valid.label), valid, 2)
    fitted = residual.fit(train, valid, 2)
    with pytest.raises(ValueError, match="damaged"):
        residual.roots(fitted.replace(correlation=-np.ones((_C, _C))))
