import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.interpolate
import scipy.stats

from tsgen_jax.configs import default
from tsgen_jax.data.augment import time as augment


def _series(length, channels=2, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(length, channels)).astype(np.float32)


def _draws(name, x, num_draws, seed=0, **hyper):
    """[num_draws, L, C]: the same series under as many keys."""
    keys = jax.random.split(jax.random.key(seed), num_draws)
    x, augmentation = jnp.asarray(x), augment.AUGMENTATIONS[name]
    function = jax.vmap(lambda key: augmentation(key, x, **hyper))
    return np.asarray(jax.jit(function)(keys))


def _which(draws, candidates, atol=1e-6):
    """For each draw the one candidate it equals; fails if there is none."""
    distances = abs(draws[:, None] - candidates[None]).max((-1, -2))
    assert (distances.min(1) < atol).all(), distances.min(1).max()
    return distances.argmin(1)


# --- One literal NumPy version of each, from the description.


def _np_slices(x, cuts, order):
    segments = np.split(x, np.sort(cuts))
    return np.concatenate([segments[i] for i in order])


def _np_resample(x, num):
    places = np.linspace(0, len(x) - 1, num)
    return np.stack([np.interp(places, np.arange(len(x)), c) for c in x.T], -1)


def _np_window_warp(x, start, window, warped):
    inside = _np_resample(x[start : start + window], warped)
    whole = np.concatenate([x[:start], inside, x[start + window :]])
    return _np_resample(whole, len(x))


def test_slice_and_shuffle_draws_as_the_literal_version():
    x = _series(5)
    literal = [
        _np_slices(x, cuts, order)
        for cuts in itertools.product(range(5), repeat=2)
        for order in itertools.permutations(range(3))
    ]
    outcomes, of_literal = np.unique(literal, axis=0, return_inverse=True)
    draws = _draws("slice_and_shuffle", x, 4000, num_segments=3)
    found = np.bincount(_which(draws, outcomes), minlength=len(outcomes))
    expected = np.bincount(of_literal.ravel()) / len(literal) * 4000
    assert scipy.stats.chisquare(found, expected).pvalue > 1e-3


def test_slice_and_shuffle_permutes_time():
    x = np.arange(101, dtype=np.float32)[:, None]
    draws = _draws("slice_and_shuffle", x, 20, num_segments=4)
    np.testing.assert_array_equal(np.sort(draws, axis=1), np.stack([x] * 20))
    assert ((np.diff(draws[..., 0]) != 1).sum(1) <= 3).all()
    one = _draws("slice_and_shuffle", x, 2, num_segments=1)
    np.testing.assert_array_equal(one, np.stack([x] * 2))


def _warp(window_ratio, min_scale, max_scale):
    return {
        "window_ratio": window_ratio,
        "min_scale": min_scale,
        "max_scale": max_scale,
    }


@pytest.mark.parametrize("length", [20, 23])
def test_window_warp_draws_as_the_literal_version(length):
    x, window = _series(length), round(0.4 * length)
    literal = np.array(
        [
            _np_window_warp(x, start, window, warped)
            for start in range(length - window)
            for warped in range(int(window * 0.9), 2 * window)
        ]
    )
    draws = _draws("window_warp", x, 4000, **_warp(0.4, 0.9, 2.0))
    found = _which(draws, literal, atol=2e-6)
    starts, warped = np.divmod(found, 2 * window - int(window * 0.9))
    # A window resampled to its own length changes nothing, wherever it starts.
    found = np.bincount(starts[warped != window - int(window * 0.9)])
    assert scipy.stats.chisquare(found).pvalue > 1e-3
    assert len(found) == length - window
    # int(w s) for s ~ U(0.9, 2): all whole bins are equally likely, the first rarer.
    counts = np.bincount(warped)
    low = int(window * 0.9)
    edges = np.maximum(np.arange(low, 2 * window + 1) / window, 0.9)
    expected = np.diff(edges) / 1.1 * 4000
    assert scipy.stats.chisquare(counts, expected).pvalue > 1e-3


def test_window_warp_at_its_limits():
    x = _series(9)
    whole = _warp(1.0, 1.0, 1.0)
    np.testing.assert_allclose(_draws("window_warp", x, 2, **whole), [x, x], atol=1e-6)
    # A window of one point that vanishes or stays.
    single = _warp(0.1, 0.5, 1.5)
    literal = np.array(
        [_np_window_warp(x, s, 1, warped) for s in range(8) for warped in (0, 1)]
    )
    assert len(set(_which(_draws("window_warp", x, 300, **single), literal))) >= 9


def test_window_warp_of_long_series_stays_exact():
    x = np.arange(20000, dtype=np.float32)[:, None] / 16
    (draw,) = _draws("window_warp", x, 1, **_warp(0.5, 2.0, 2.0))
    # The first flat-rate step gives the start away: 1.5 before the window.
    slope = np.diff(draw[:, 0].astype(np.float64)) * 16
    start = round((abs(slope - 1.5) < 0.1).argmin() * 1.5)
    near = [_np_window_warp(x, s, 10000, 20000) for s in range(start - 6, start + 6)]
    assert min(abs(draw - n).max() for n in near) < 2e-4


@pytest.mark.parametrize("ratio", [0.4, 1.0])
def test_random_crop_draws_as_the_literal_version(ratio):
    x = _series(15)
    window = round(ratio * 15)
    literal = np.array(
        [_np_resample(x[s : s + window], 15) for s in range(15 - window + 1)]
    )
    found = np.bincount(
        _which(_draws("random_crop", x, 1000, crop_ratio=ratio), literal)
    )
    assert len(found) == len(literal)
    assert len(literal) == 1 or scipy.stats.chisquare(found).pvalue > 1e-3


def _is_normal(values, scale):
    return scipy.stats.kstest(np.ravel(values), "norm", (0, scale)).pvalue > 1e-3


@pytest.mark.parametrize("name", ["gaussian_noise", "jitter"])
def test_noise_is_normal_and_independent(name):
    x = _series(30, 3)
    noise = _draws(name, x, 200, scale=0.3) - x
    assert _is_normal(noise, 0.3)
    correlation = np.corrcoef(noise.reshape(200, -1).T)
    assert abs(correlation - np.eye(90)).max() < 0.35  # 5 sigma.


def test_amplitude_resize_scales_all_values_alike():
    x = _series(10) + 3
    ratio = _draws("amplitude_resize", x, 1000, scale=0.2) / x
    np.testing.assert_allclose(ratio - ratio[:, :1, :1], 0, atol=1e-5)
    assert _is_normal(ratio[:, 0, 0] - 1, 0.2)


def test_flip_reverses():
    x = _series(6)
    np.testing.assert_array_equal(_draws("flip", x, 1), x[None, ::-1])


def test_slope_adds_a_line():
    x = _series(50)
    added = _draws("slope", x, 1000, max_slope=0.5) - x
    steepness = added[:, -1, 0] / 49
    np.testing.assert_allclose(
        added, steepness[:, None, None] * np.arange(50)[:, None] + 0 * x, atol=1e-5
    )
    assert scipy.stats.kstest(steepness, "uniform", (-0.5, 1)).pvalue > 1e-3


def test_noise_window_leaves_the_rest_alone():
    x = _series(11)
    noise = _draws("noise_window", x, 1500, window_ratio=0.4, scale=0.1) - x
    changed = noise != 0
    starts = changed[..., 0].argmax(1)
    place = np.arange(11)[None] - starts[:, None]
    inside = (place >= 0) & (place < 4)
    assert (changed == inside[..., None]).mean() > 0.999  # Noise of exactly 0 is rare.
    assert scipy.stats.chisquare(np.bincount(starts)).pvalue > 1e-3
    assert len(np.bincount(starts)) == 8
    values = noise[np.broadcast_to(inside[..., None], noise.shape)]
    assert _is_normal(values, 0.1)
    assert abs(np.corrcoef(values.reshape(-1, 2).T)[0, 1]) < 0.06


@pytest.mark.parametrize("length", [40, 41])
def test_magnitude_warp_is_a_cubic_spline_through_its_knots(length):
    x = _series(length) + 5
    curves = _draws("magnitude_warp", x, 400, num_knots=4, scale=0.2) / x
    np.testing.assert_allclose(curves[..., 0], curves[..., 1], rtol=1e-5)
    curves = curves[..., 0].astype(np.float64)
    # Any cubic spline with these knots is fixed by six of its values.
    knots = np.linspace(0, length - 1, 6)
    some = np.linspace(0, length - 1, 6).round().astype(int)
    basis = scipy.interpolate.CubicSpline(knots, np.eye(6))
    drawn = np.linalg.solve(basis(some), curves[:, some].T)
    for curve, values in zip(curves, drawn.T, strict=True):
        judge = scipy.interpolate.CubicSpline(knots, values)(np.arange(length))
        np.testing.assert_allclose(curve, judge, atol=1e-5)
    assert _is_normal(drawn - 1, 0.2)
    assert abs(np.corrcoef(drawn) - np.eye(6)).max() < 0.25  # 5 sigma.


def test_draws_are_shared_by_the_channels_and_the_batch_keeps_its_shape():
    x = np.repeat(_series(29, 1), 3, axis=1)
    config = default.get_config().augment
    noisy = {"gaussian_noise", "jitter", "noise_window", "tf_gaussian"}
    assert set(config) - {"names"} == set(augment.AUGMENTATIONS)
    for name in augment.AUGMENTATIONS:
        draws = _draws(name, x, 3, **config[name])
        assert draws.shape == (3, 29, 3), name
        assert draws.dtype == np.float32, name
        assert np.isfinite(draws).all(), name
        apart = abs(draws - draws[..., :1]).max()
        assert (apart > 1e-3) == (name in noisy), name
        if name != "flip":
            assert abs(draws[0] - draws[1]).max() > 1e-4, name


def test_parse():
    assert augment.parse("gauss") == ("gaussian_noise",)
    assert augment.parse("warp+flip+gauss") == (
        "window_warp",
        "amplitude_resize",
        "flip",
        "gaussian_noise",
    )
    assert augment.parse("tf_band") == ("tf_band",)
    for bad in ("", "gauss+", "gaus", "gauss,flip"):
        with pytest.raises(ValueError, match="known are the sets gauss, slice, warp"):
            augment.parse(bad)


def test_make_augment_applies_in_order_with_a_key_for_each():
    config = default.get_config().augment
    with config.unlocked():
        config.names = "amplitude_resize+slope"
    x = np.stack([_series(20)] * 4)
    out = augment.make_augment(**config)(jax.random.key(3), x)
    keys = [jax.random.split(k, 4) for k in jax.random.split(jax.random.key(3), 2)]
    for i in range(4):
        first = augment.amplitude_resize(keys[0][i], x[i], scale=0.2)
        both = augment.slope(keys[1][i], first, max_slope=0.005)
        np.testing.assert_allclose(out[i], both, atol=1e-6)
    assert abs(out[0] - out[1]).max() > 1e-3


def test_make_augment_is_the_same_compiled_and_sharded():
    config = default.get_config().augment
    with config.unlocked():
        config.names = "warp+slice+gauss"
    view = augment.make_augment(**config)
    x = np.stack([_series(20, 1, seed) for seed in range(8)])
    plain = jax.jit(view)(jax.random.key(0), x)
    mesh = jax.make_mesh((8,), ("data",), axis_types=(jax.sharding.AxisType.Auto,))
    sharding = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("data"))
    sharded = jax.jit(view)(jax.random.key(0), jax.device_put(x, sharding))
    np.testing.assert_allclose(plain, sharded, atol=1e-6)


def test_make_augment_names_what_is_wrong():
    with pytest.raises(ValueError, match="unknown augmentation 'gauss'"):
        augment.make_augment("gauss", gauss={"scale": 1.0})
    with pytest.raises(ValueError, match=r"takes \['scale'\], got \['sigma'\]"):
        augment.make_augment("gauss", gaussian_noise={"sigma": 1.0})
    with pytest.raises(ValueError, match=r"takes \['scale'\], got \[\]"):
        augment.make_augment("gauss")
    with pytest.raises(ValueError, match=r"\[B, L, C\]"):
        augment.make_augment("flip")(jax.random.key(0), jnp.ones((4, 3)))


@pytest.mark.parametrize(
    ("name", "hyper", "match"),
    [
        ("gaussian_noise", {"scale": -1.0}, "scale must be"),
        ("slice_and_shuffle", {"num_segments": 0}, "num_segments must be"),
        ("random_crop", {"crop_ratio": 1.4}, r"ratio must be in \[0, 1\], got 1.4"),
        ("window_warp", _warp(0.4, 2.0, 1.0), "min_scale must be"),
        ("window_warp", _warp(1.0, 0.01, 1.0), "none of 20"),
        ("window_warp", _warp(0.5, 1.0, 1e9), "overflows"),
        ("tf_band", {"num_bands": 0, "band_ratio": 0.1}, "num_bands must be"),
    ],
)
def test_rejects_impossible_values(name, hyper, match):
    with pytest.raises(ValueError, match=match):
        augment.AUGMENTATIONS[name](jax.random.key(0), jnp.ones((20, 1)), **hyper)
    with pytest.raises(ValueError, match="at least 2 time points"):
        augment.random_crop(jax.random.key(0), jnp.ones((1, 1)), crop_ratio=0.4)
