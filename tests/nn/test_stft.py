import jax.numpy as jnp
import numpy as np
import pytest
import scipy.signal

from tsgen_jax.nn import stft


@pytest.mark.parametrize(("length", "channels"), [(64, 1), (65, 2), (7, 3)])
def test_stft_equals_scipy(length, channels):
    x = np.random.default_rng(0).normal(size=(2, length, channels)).astype("float32")
    u = stft.stft(x, window_size=8, hop=2)
    window = scipy.signal.get_window("hann", 8, fftbins=True)
    padded = np.pad(x, ((0, 0), (4, 4), (0, 0)), mode="reflect")
    _, _, judge = scipy.signal.stft(
        padded,
        window=window,
        nperseg=8,
        noverlap=6,
        boundary=None,
        padded=False,
        axis=1,
    )  # [B, F, C, T], divided by the window's sum.
    judge = np.moveaxis(judge, 2, 3) * window.sum()
    parts = np.stack([judge.real, judge.imag], -1).reshape(u.shape)
    np.testing.assert_allclose(u, parts, atol=1e-5)
    assert u.shape == (2, 5, 1 + length // 2, 2 * channels)


@pytest.mark.parametrize("length", [5, 6, 7, 8, 9, 15, 16, 31, 64, 65, 945])
def test_istft_is_the_exact_inverse(length):
    x = np.random.default_rng(1).normal(size=(3, length, 2)).astype("float32")
    u = stft.stft(x, window_size=8, hop=2)
    back = stft.istft(u, length, window_size=8, hop=2)
    assert back.shape == x.shape
    np.testing.assert_allclose(back, x, atol=2e-6)


@pytest.mark.parametrize(("window_size", "hop"), [(4, 2), (4, 1), (16, 4), (16, 8)])
def test_other_geometries_invert_too(window_size, hop):
    x = np.random.default_rng(2).normal(size=(1, 45, 1)).astype("float32")
    u = stft.stft(x, window_size, hop)
    np.testing.assert_allclose(stft.istft(u, 45, window_size, hop), x, atol=2e-6)


def test_istft_is_least_squares():
    """Of all padded series, the result's STFT is nearest to a plane that is none."""
    rng = np.random.default_rng(3)
    u = rng.normal(size=(1, 5, 9, 2)).astype("float32")
    u[:, [0, 4], :, 1] = 0  # DC and Nyquist have no imaginary part.
    window = scipy.signal.get_window("hann", 8)
    columns = []  # Row t of a frame: the transform of a unit impulse, both sides.
    target = []
    for t in range(9):
        frames = np.zeros((24, 8))
        frames[2 * t : 2 * t + 8] = np.diag(window)
        columns.append(np.fft.fft(frames, axis=1).T)
        target.append(np.fft.fft(np.fft.irfft(u[0, :, t] @ [1, 1j])))
    columns, target = np.concatenate(columns), np.concatenate(target)
    matrix = np.concatenate([columns.real, columns.imag])
    values = np.concatenate([target.real, target.imag])
    judge = np.linalg.lstsq(matrix, values, rcond=None)[0][4:20]
    found = stft.istft(jnp.asarray(u), 16, 8, 2)[0, :, 0]
    np.testing.assert_allclose(found, judge, atol=1e-5)


def test_bad_geometry_says_what_to_do():
    x = np.zeros((1, 4, 1), "float32")
    with pytest.raises(ValueError, match="at least 5"):
        stft.stft(x, 8, 2)
    with pytest.raises(ValueError, match="multiple"):
        stft.check(100, 8, 3)
    with pytest.raises(ValueError, match="smaller hop"):
        stft.check(100, 8, 8)
    with pytest.raises(ValueError, match=r"\(F, T\)"):
        stft.istft(np.zeros((1, 5, 9, 2), "float32"), 20, 8, 2)
