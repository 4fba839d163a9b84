import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
import scipy.stats

from tsgen_jax.data.augment import time_frequency as augment_tf

# Arguments under which nothing changes.
IDLE = {
    "tf_random_masks": {"mask_density": 0.0},
    "tf_rotation": {"max_degrees": 0.0},
    "tf_shear": {"max_shear": 0.0},
    "tf_scale": {"min_scale": 1.0, "max_scale": 1.0},
    "tf_gaussian": {"scale": 0.0},
    "tf_phase": {"max_shift": 0.0},
}


def _series(length, channels=2, seed=0):
    rng = np.random.default_rng(seed)
    return jnp.asarray(rng.normal(size=(length, channels)), jnp.float32)


def _plane(columns=21, channels=2, seed=0):
    rng = np.random.default_rng(seed)
    real, imag = rng.normal(size=(2, 32, columns, channels)).astype(np.float32)
    return real + 1j * imag


@pytest.fixture
def in_plane(monkeypatch):
    """Runs an augmentation on a plane itself: [num_draws, F, T, C]."""
    monkeypatch.setattr(augment_tf, "_through_stft", lambda change, u: change(u))

    def run(name, u, num_draws=1, seed=0, **hyper):
        keys = jax.random.split(jax.random.key(seed), num_draws)
        function = getattr(augment_tf, name)
        u = jnp.asarray(u)
        return np.asarray(jax.jit(jax.vmap(lambda k: function(k, u, **hyper)))(keys))

    return run


@pytest.mark.parametrize("length", [24, 37])
def test_stft_equals_scipy(length):
    x = _series(length)
    after = 16 + (8 - length % 8) % 8
    padded = np.pad(np.asarray(x, np.float64), ((16, after), (0, 0)), mode="reflect")
    _, _, expected = scipy.signal.stft(
        padded,
        window="hann",
        nperseg=32,
        noverlap=24,
        return_onesided=False,
        boundary=None,
        padded=False,
        axis=0,
    )
    expected = expected.swapaxes(1, 2) * 16  # SciPy divides by the window's sum.
    np.testing.assert_allclose(augment_tf.stft(x), expected, atol=2e-5)


def test_istft_is_the_least_squares_solution():
    length, columns = 21, 4
    u = _plane(columns, 1)
    frames = np.fft.ifft(u[..., 0].astype(complex), axis=0).real  # [F, T].
    window = scipy.signal.get_window("hann", 32)
    rows, targets = [], []
    for t in range(columns):
        for n in range(32):
            row = np.zeros(8 * (columns + 3))
            row[8 * t + n] = window[n]
            rows.append(row)
            targets.append(frames[n, t])
    expected = np.linalg.lstsq(np.array(rows), np.array(targets), rcond=None)[0]
    result = augment_tf.istft(jnp.asarray(u), length)
    np.testing.assert_allclose(result[:, 0], expected[16 : 16 + length], atol=1e-5)


@pytest.mark.parametrize("length", [17, 20, 24, 31, 96, 501])
def test_nothing_changed_is_nothing_changed(length):
    x = _series(length)
    back = jax.jit(lambda s: augment_tf.istft(augment_tf.stft(s), length))(x)
    np.testing.assert_allclose(back, x, atol=2e-6)


def test_augmentations_that_change_nothing_return_the_series():
    x = _series(45)

    @jax.jit
    def run(keys):
        return [
            getattr(augment_tf, name)(key, x, **hyper)
            for key, (name, hyper) in zip(keys, IDLE.items(), strict=True)
        ]

    results = run(jax.random.split(jax.random.key(0), 6))
    for name, back in zip(IDLE, results, strict=True):
        np.testing.assert_allclose(back, x, atol=5e-6, err_msg=name)


def test_there_is_no_zero_tail():
    x = _series(45)
    out = augment_tf.tf_scale(jax.random.key(0), x, min_scale=2.0, max_scale=2.0)
    np.testing.assert_allclose(out, 2 * x, atol=5e-6)


def test_rejects_series_shorter_than_half_a_frame():
    with pytest.raises(ValueError, match="series of 16 points.* at least 17"):
        augment_tf.tf_phase(jax.random.key(0), _series(16), max_shift=0.1)


def test_random_masks_zero_a_share_of_the_cells(in_plane):
    u = _plane()
    out = in_plane("tf_random_masks", u, 30, mask_density=0.1)
    zero = out == 0
    assert (zero == zero[..., :1]).all()
    np.testing.assert_array_equal(np.where(zero, u, out), np.stack([u] * 30))
    cells = zero[..., 0].size
    assert scipy.stats.binomtest(zero[..., 0].sum(), cells, 0.1).pvalue > 1e-3


def _look_ups(in_plane, name, num_draws, **hyper):
    """Matrices [num_draws, 2, 2] by which an augmentation moves the plane."""
    rows, columns = np.mgrid[:32, :21].astype(np.float32)
    ramp = (rows + 1j * columns)[..., None].astype(np.complex64)
    out = in_plane(name, ramp, num_draws, **hyper)[:, 12:20, 8:13, 0]
    grid = np.stack(np.mgrid[12:20, 8:13]).reshape(2, -1).T - [15.5, 10]
    found = np.stack([out.real - 15.5, out.imag - 10], -1).reshape(num_draws, -1, 2)
    solve = np.linalg.pinv(grid)
    np.testing.assert_allclose(grid @ (solve @ found), found, atol=1e-4)
    return (solve @ found).swapaxes(1, 2)


def _judge_of_transform(u, matrix):
    offset = np.array([15.5, 10]) - matrix @ [15.5, 10]
    parts = [
        scipy.ndimage.affine_transform(
            part.astype(np.float64), matrix, offset, order=1, mode="grid-constant"
        )
        for part in (u[..., 0].real, u[..., 0].imag)
    ]
    return parts[0] + 1j * parts[1]


def test_rotation_turns_about_the_centre(in_plane):
    matrices = _look_ups(in_plane, "tf_rotation", 300, max_degrees=20.0)
    angles = np.arctan2(matrices[:, 1, 0], matrices[:, 0, 0])
    cos, sin = np.cos(angles), np.sin(angles)
    expected = np.stack([cos, -sin, sin, cos], -1).reshape(-1, 2, 2)
    np.testing.assert_allclose(matrices, expected, atol=1e-5)
    uniform = scipy.stats.kstest(np.rad2deg(angles), "uniform", (-20, 40))
    assert uniform.pvalue > 1e-3
    u = _plane(channels=1)
    out = in_plane("tf_rotation", u, 300, max_degrees=20.0)
    for i in range(3):
        judge = _judge_of_transform(u, expected[i])
        np.testing.assert_allclose(out[i, ..., 0], judge, atol=1e-4)


def test_shear_is_along_one_axis_about_the_centre(in_plane):
    matrices = _look_ups(in_plane, "tf_shear", 400, max_shear=0.2)
    np.testing.assert_allclose(matrices[:, [0, 1], [0, 1]], 1, atol=1e-5)
    amounts = np.stack([matrices[:, 0, 1], matrices[:, 1, 0]], -1)
    along_time = abs(amounts[:, 1]) > abs(amounts[:, 0])
    assert abs(np.where(along_time, amounts[:, 0], amounts[:, 1])).max() < 1e-5
    assert scipy.stats.binomtest(along_time.sum(), 400).pvalue > 1e-3
    uniform = scipy.stats.kstest(amounts.sum(-1), "uniform", (-0.2, 0.4))
    assert uniform.pvalue > 1e-3
    u = _plane(channels=1)
    out = in_plane("tf_shear", u, 400, max_shear=0.2)
    for i in (along_time.argmax(), along_time.argmin()):
        judge = _judge_of_transform(u, matrices[i].astype(np.float64))
        np.testing.assert_allclose(out[i, ..., 0], judge, atol=1e-3)


def test_scale_multiplies_by_one_number(in_plane):
    u = _plane()
    ratio = in_plane("tf_scale", u, 500, min_scale=0.9, max_scale=1.1) / u
    one = ratio[:, 0, 0, 0].real
    np.testing.assert_allclose(ratio, one[:, None, None, None] + 0 * ratio, atol=1e-5)
    assert scipy.stats.kstest(one, "uniform", (0.9, 0.2)).pvalue > 1e-3


def test_block_zeroes_blocks_of_its_size(in_plane):
    u = _plane()
    out = in_plane("tf_block", u, 300, block_size=0.2, density=0.002)  # One block.
    zero = out == 0
    np.testing.assert_array_equal(np.where(zero, u, out), np.stack([u] * 300))
    assert (zero == zero[..., :1]).all()
    for mask in zero[..., 0]:
        rows, columns = np.nonzero(mask)
        assert len(rows) == 6 * 4  # int(0.2 32) by int(0.2 21).
        assert np.ptp(rows) == 5
        assert np.ptp(columns) == 3
    corners = zero[..., 0].any(2).argmax(1), zero[..., 0].any(1).argmax(1)
    for corner, places in zip(corners, (32 - 6 + 1, 21 - 4 + 1), strict=True):
        counts = np.bincount(corner, minlength=places)
        assert counts.min() > 0  # The last place, too, is drawn.
        assert scipy.stats.chisquare(counts).pvalue > 1e-3


def test_many_blocks_are_a_union_of_whole_ones(in_plane):
    out = in_plane("tf_block", _plane(), 20, block_size=0.1, density=0.01)
    for mask in (out == 0)[..., 0]:  # 6 blocks of 3 by 2.
        opened = scipy.ndimage.binary_opening(mask, np.ones((3, 2)))
        np.testing.assert_array_equal(opened, mask)
        assert 6 < mask.sum() <= 36


def test_gaussian_moves_the_real_part_only(in_plane):
    u = _plane()
    added = in_plane("tf_gaussian", u, 3, scale=0.5) - u
    assert abs(added.imag).max() == 0
    assert scipy.stats.kstest(added.real.ravel(), "norm", (0, 0.5)).pvalue > 1e-3
    assert abs(np.corrcoef(added.real.reshape(-1, 2).T)[0, 1]) < 0.12


def test_band_zeroes_whole_rows(in_plane):
    u = _plane()
    out = in_plane("tf_band", u, 200, num_bands=3, band_ratio=0.1)
    rows = (out == 0).all((2, 3))
    kept = np.where(rows[:, :, None, None], u, out)
    np.testing.assert_array_equal(kept, np.stack([u] * 200))
    for mask in rows:  # 3 bands of 3 rows, which may overlap.
        np.testing.assert_array_equal(
            scipy.ndimage.binary_opening(mask, np.ones(3)), mask
        )
    assert rows.sum(1).max() == 9
    assert rows.any(0).all()


def test_phase_turns_each_row(in_plane):
    u = _plane()
    ratio = in_plane("tf_phase", u, 40, max_shift=0.7) / u
    np.testing.assert_allclose(abs(ratio), 1, atol=1e-5)
    one = ratio[:, :, :1, :1]
    np.testing.assert_allclose(ratio, one + 0 * ratio, atol=1e-5)
    angles = np.angle(one).ravel()
    assert scipy.stats.kstest(angles, "uniform", (-0.7, 1.4)).pvalue > 1e-3
