"""Judges: scikit-learn's RobustScaler and QuantileTransformer; loops."""

import json

import numpy as np
import pytest
from scipy.stats import norm, spearmanr
from sklearn.preprocessing import QuantileTransformer, RobustScaler, StandardScaler

from tsgen_jax.data import missing, scaler_fit, scaling

_RNG = np.random.default_rng(0)
_X = (_RNG.gamma(2.0, size=(30, 20, 3)) * [1, 10, 0.1]).astype(np.float32)


def _flat(x):
    return x.reshape(-1, x.shape[-1]).astype(np.float64)


def test_robust_equals_scikit_learn():
    scaler = scaler_fit.fit("robust", _X, None)
    judge = RobustScaler().fit(_flat(_X))
    np.testing.assert_allclose(scaler.mean, judge.center_, rtol=1e-12)
    np.testing.assert_allclose(scaler.std, judge.scale_, rtol=1e-12)
    found = _flat(scaler.transform(_X))
    np.testing.assert_allclose(found, judge.transform(_flat(_X)), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(scaler.inverse(scaler.transform(_X)), _X, rtol=1e-5)


@pytest.mark.parametrize("decimals", [8, 1])  # With one decimal, many ties.
def test_quantile_equals_scikit_learn(decimals):
    x = np.round(_X, decimals)
    scaler = scaler_fit.fit("quantile", x, None)
    judge = QuantileTransformer(
        n_quantiles=600, output_distribution="normal", subsample=None
    ).fit(_flat(x))
    # Beyond what it was fit to as well.
    new = np.concatenate([x, x[:2] * 3 - 5])
    found, expected = _flat(scaler.transform(new)), judge.transform(_flat(new))
    low, high = _flat(x).min(0), _flat(x).max(0)
    inside = (_flat(new) > low) & (_flat(new) < high) | (decimals == 8)
    # The judge tells some equal values apart by rounding.
    tolerance = 2e-5 if decimals == 8 else 0.02
    np.testing.assert_allclose(found[inside], expected[inside], atol=tolerance)
    back = _flat(scaler.inverse(scaler.transform(new)))
    np.testing.assert_allclose(
        back, judge.inverse_transform(expected), rtol=1e-4, atol=1e-4
    )
    if decimals == 1:  # Ties at the low end share the middle of their levels.
        zeros = _flat(new)[:, 2] == low[2]
        level = ((_flat(x)[:, 2] == low[2]).sum() - 1) / 599 / 2
        np.testing.assert_allclose(found[zeros, 2], norm.ppf(level), atol=1e-5)
    if decimals == 8:
        np.testing.assert_allclose(
            scaler.inverse(scaler.transform(x)), x, rtol=1e-4, atol=1e-4
        )


@pytest.mark.parametrize("kind", scaler_fit.KINDS)
def test_only_given_values_are_fit_to(kind):
    observed = _RNG.random(_X.shape) < 0.7
    spoilt = np.where(observed, _X, 1e6).astype(np.float32)
    other = np.where(observed, _X, -7).astype(np.float32)
    found = [scaler_fit.fit(kind, x, observed).to_json() for x in (spoilt, other)]
    assert found[0] == found[1]
    if kind == "standard":
        judge = StandardScaler().fit(np.where(_flat(observed), _flat(_X), np.nan))
        np.testing.assert_allclose(found[0]["mean"], judge.mean_, rtol=1e-9)
        np.testing.assert_allclose(found[0]["std"], judge.scale_, rtol=1e-9)


@pytest.mark.parametrize("kind", scaler_fit.KINDS)
def test_a_constant_channel_becomes_zero_and_comes_back(kind):
    x = _X.copy()
    x[..., 1] = 5.0
    scaler = scaler_fit.fit(kind, x, None)
    np.testing.assert_array_equal(scaler.transform(x)[..., 1], 0)
    np.testing.assert_array_equal(scaler.inverse(scaler.transform(x))[..., 1], 5)


def test_a_channel_that_robust_scaling_cannot_scale():
    x = np.zeros((4, 10, 1), np.float32)
    x[0, :3] = 1
    with pytest.raises(ValueError, match=r"interquartile range is 0.*standard"):
        scaler_fit.fit("robust", x, None)
    with pytest.raises(ValueError, match="standard, robust, quantile"):
        scaler_fit.fit("minmax", x, None)


def _unequal():
    x = _X.copy()
    ends = _RNG.integers(1, 21, len(x))
    x[np.arange(20) >= ends[:, None]] = np.nan
    return x, ends


@pytest.mark.parametrize("kind", scaler_fit.KINDS)
def test_every_kind_survives_json(kind):
    inner = scaler_fit.fit(kind, _X, None)
    for scaler in (inner, scaling.EndScaler(inner)):
        stored = json.loads(json.dumps(scaler.to_json()))
        again = scaling.Scaler.from_json(stored)
        assert type(again) is type(scaler)
        np.testing.assert_array_equal(again.transform(_X), scaler.transform(_X))


def test_ends_come_back():
    x, ends = _unequal()
    scaler = scaling.EndScaler(scaler_fit.fit("standard", _X, None))
    seen = scaler.transform(x)
    assert seen.shape == (30, 20, 4)
    assert np.isfinite(seen).all()
    for row, end in enumerate(ends):  # Held, and marked, after the end.
        np.testing.assert_array_equal(
            seen[row, end:, :3], np.tile(seen[row, end - 1, :3], (20 - end, 1))
        )
        assert seen[row, :, 3].tolist() == [1] * end + [-1] * (20 - end)
    back = scaler.inverse(seen)
    np.testing.assert_array_equal(missing.lengths(back), ends)
    np.testing.assert_allclose(back, x, rtol=1e-4, atol=1e-5)
    mark = scaler.mark(~np.isnan(x))
    assert mark.shape == seen.shape
    assert mark[..., 3].all()


def test_the_end_is_the_nearest_step():
    """Against trying every length."""
    scaler = scaling.EndScaler(scaler_fit.fit("standard", _X, None))
    noisy = _RNG.normal(size=(50, 20, 4)).astype(np.float32)
    steps = np.where(np.arange(20) < np.arange(1, 21)[:, None], 1, -1)
    cost = ((noisy[:, None, :, 3] - steps) ** 2).sum(-1)
    found = missing.lengths(scaler.inverse(noisy))
    np.testing.assert_array_equal(found, cost.argmin(-1) + 1)


def test_holding_ends_by_hand():
    nan = np.nan
    x = np.array([[[1.0, 5], [2, 6], [nan, nan]], [[nan, nan]] * 3, [[1, 2]] * 3])
    held = missing.hold_ends(x)
    np.testing.assert_array_equal(held[0], [[1, 5], [2, 6], [2, 6]])
    np.testing.assert_array_equal(held[2], x[2])
    assert missing.lengths(x).tolist() == [2, 0, 3]


@pytest.mark.parametrize(("offset", "size"), [(1.7e9, 20), (1e6, 0.05), (-1e5, 3e-3)])
@pytest.mark.parametrize("kind", scaler_fit.KINDS)
def test_a_large_offset_is_kept_in_float64(kind, offset, size):
    wave = np.sin(np.arange(600) / 7).reshape(6, 100, 1)
    x = offset + size * wave
    assert scaler_fit.choose_dtype(x, None) is np.float64
    scaler = scaler_fit.fit(kind, x, None)
    assert scaler.dtype is np.float64
    scaled = scaler.transform(x)
    assert scaled.dtype == np.float32
    assert spearmanr(scaled.ravel(), wave.ravel()).statistic > 0.9999
    if kind == "standard":
        judge = (wave - wave.mean()) / wave.std()
        np.testing.assert_allclose(scaled, judge, atol=1e-5)
    back = scaler.inverse(scaled)
    assert back.dtype == np.float64
    np.testing.assert_allclose(back - offset, size * wave, atol=2e-3 * size)


def test_float32_stays_where_it_is_enough():
    x = 1000 + np.sin(np.arange(600) / 7).reshape(6, 100, 1)
    assert scaler_fit.choose_dtype(x, None) is np.float32
    noise = np.where(np.arange(600).reshape(6, 100, 1) % 2, 0.3, 0.1 + 0.2)
    assert scaler_fit.choose_dtype(noise, None) is np.float32
    scaler = scaler_fit.fit("standard", noise, None)  # A constant but for rounding.
    assert scaler.std == 1
    ends = scaling.EndScaler(scaler)
    assert ends.inverse(ends.transform(noise)).dtype == np.float32


def test_what_float32_cannot_hold_is_refused():
    scaler = scaler_fit.fit("standard", _X[..., :1], None)
    with pytest.raises(ValueError, match=r"1e\+39 is too far from all values of TRAIN"):
        scaler.transform(np.array([[[1e39]]]))
    assert np.isnan(scaler.transform(np.array([[[np.nan]]]))).all()
