"""Short-time Fourier transform of a real series and its exact inverse.

The geometry of `torch.stft(center=True, pad_mode='reflect', onesided=True)` with
a periodic Hann window, or none ('rectangular'). Both directions are products with constant matrices: frames
are cut by reshaping, because the hop divides the window.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from tsgen_jax.types import Array

WINDOWS = ("hann", "rectangular")


def num_frames(length: int, hop: int) -> int:
    """T, the number of frames of a series of `length` samples."""
    return 1 + length // hop


def check(length: int, window_size: int, hop: int) -> None:
    """Raises ValueError where `stft` cannot transform a series of `length`."""
    if window_size < 4 or window_size % 2 or hop < 1 or window_size % hop:
        raise ValueError(
            f"stft.window_size={window_size} must be even, at least 4 and a multiple of "
            f"stft.hop={hop}."
        )
    if 2 * hop > window_size:
        raise ValueError(
            f"stft.hop={hop} is more than half of stft.window_size={window_size}: "
            "the Hann window then loses samples; use a smaller hop."
        )
    if length <= window_size // 2:
        raise ValueError(
            f"A series of {length} samples is too short for an STFT window of "
            f"{window_size}: at least {window_size // 2 + 1} are needed. Use a "
            "smaller stft.window_size."
        )


@functools.cache
def _matrices(
    window_size: int, window: str = "hann"
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Window [n], analysis [n, F, 2] and synthesis [F, 2, n]; 2: real, imaginary."""
    n = np.arange(window_size)
    weights = np.ones(window_size)
    if window == "hann":
        weights = 0.5 - 0.5 * np.cos(2 * np.pi * n / window_size)
    f = np.arange(window_size // 2 + 1)
    angle = 2 * np.pi * np.outer(n, f) / window_size
    analysis = weights[:, None, None] * np.stack([np.cos(angle), -np.sin(angle)], -1)
    # Every bin but DC and Nyquist stands for two of the full transform.
    weight = np.where((f == 0) | (f == window_size // 2), 1, 2) / window_size
    synthesis = np.stack([np.cos(angle), -np.sin(angle)], -1) * weight[:, None]
    synthesis = weights[:, None, None] * synthesis
    return weights, analysis, synthesis.transpose(1, 2, 0)


def _overlap_add(frames: Array, hop: int) -> Array:
    """Adds frames [B, T, n, C], each shifted by `hop`: [B, n + (T - 1) hop, C]."""
    batch, count, size, channels = frames.shape
    shifts = size // hop
    chunks = frames.reshape(batch, count, shifts, hop, channels)
    total = 0
    for i in range(shifts):
        after = shifts - 1 - i
        total += jnp.pad(chunks[:, :, i], ((0, 0), (i, after), (0, 0), (0, 0)))
    return total.reshape(batch, (count + shifts - 1) * hop, channels)


def stft(x: Array, window_size: int, hop: int, window: str = "hann") -> jax.Array:
    """Transforms series to the time-frequency plane.

    Args:
        x: series, float [B, L, C].
        window_size: samples per frame.
        hop: samples between frames.
        window: one of `WINDOWS`.

    Returns:
        float [B, F, T, 2C] with F = window_size / 2 + 1 and T = 1 + L // hop; real
        and imaginary part of channel 0, then of channel 1, and so on.

    Raises:
        ValueError: the geometry or the length does not allow an exact inverse.
    """
    batch, length, channels = x.shape
    check(length, window_size, hop)
    half, shifts = window_size // 2, window_size // hop
    frames = num_frames(length, hop)
    x = jnp.pad(x, ((0, 0), (half, half), (0, 0)), mode="reflect")
    x = x[:, : (frames + shifts - 1) * hop]
    chunks = x.reshape(batch, frames + shifts - 1, hop, channels)
    cut = [chunks[:, i : i + frames] for i in range(shifts)]
    analysis = _matrices(window_size, window)[1].astype(x.dtype)
    u = jnp.einsum("btnc,nfr->bftcr", jnp.concatenate(cut, axis=2), analysis)
    return u.reshape(*u.shape[:3], 2 * channels)


def observed_share(
    observed: Array, window_size: int, hop: int, window: str = "hann"
) -> jax.Array:
    """Share of every frame's squared window that lies over given values.

    Args:
        observed: 1 where a value is given, else 0; float [B, L, C].
        window_size: as of `stft`.
        hop: as of `stft`.
        window: as of `stft`.

    Returns:
        float [B, 1, T, 2C] in [0, 1], to weigh what `stft` returns.
    """
    length, half = observed.shape[1], window_size // 2
    check(length, window_size, hop)
    padded = jnp.pad(observed, ((0, 0), (half, half), (0, 0)), mode="reflect")
    weight = _matrices(window_size, window)[0] ** 2
    weight = (weight / weight.sum()).astype(observed.dtype)
    frames = num_frames(length, hop)
    total = 0
    for i in range(window_size):  # A sum over few samples; no frames are made.
        part = padded[:, i : i + (frames - 1) * hop + 1 : hop]
        total += weight[i] * part
    return jnp.repeat(total, 2, axis=-1)[:, None]


def istft(
    u: Array, length: int, window_size: int, hop: int, window: str = "hann"
) -> jax.Array:
    """Least-squares inverse of `stft`, the padding left free; exact for every length.

    Griffin and Lim 1984: overlap-add of windowed frames over the sum of squared
    windows.

    Args:
        u: float [B, F, T, 2C] as from `stft`; any values.
        length: L of the series wanted.
        window_size: samples per frame.
        hop: samples between frames.
        window: that of `stft`.

    Returns:
        float [B, L, C].

    Raises:
        ValueError: F or T do not belong to this geometry and length.
    """
    check(length, window_size, hop)
    batch, bins, frames, parts = u.shape
    expected = (window_size // 2 + 1, num_frames(length, hop))
    if (bins, frames) != expected:
        raise ValueError(
            f"u has (F, T) = {(bins, frames)}, a series of {length} has {expected}."
        )
    weights, _, synthesis = _matrices(window_size, window)
    u = u.reshape(batch, bins, frames, parts // 2, 2)
    cut = jnp.einsum("bftcr,frn->btnc", u, synthesis.astype(u.dtype))
    total = _overlap_add(cut, hop)
    envelope = np.zeros(window_size + (frames - 1) * hop)
    for t in range(frames):
        envelope[t * hop : t * hop + window_size] += weights**2
    start = slice(window_size // 2, window_size // 2 + length)
    scale = (1 / envelope[start]).astype(u.dtype)
    return total[:, start] * scale[None, :, None]
