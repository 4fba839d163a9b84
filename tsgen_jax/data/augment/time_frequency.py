"""Augmentations of a series in its time-frequency plane.

The plane is the two-sided STFT of NC-VQVAE's augmenter: 32 samples a frame, a frame
every 8, Hann window, not normalised. Unlike there, the inverse covers the whole
series, so a change of nothing returns `x` at every length; theirs ended in up to 7
zeros that told the views apart. Every function is `(key, x, **hyper) -> x'` with
`x` and `x'` float [L, C]; it may break the symmetry of the two sides, and `x'` is
the real part of what comes back. One draw serves all channels; noise is independent.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.ndimage import map_coordinates

_FRAME = 32  # Samples, and F: the plane has both sides of the spectrum.
_HOP = 8
_PER_FRAME = _FRAME // _HOP
# Periodic Hann; its squares add up to 3/2 wherever four frames overlap.
_WINDOW = np.float32(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_FRAME) / _FRAME))
_WINDOW = _WINDOW.reshape(1, _FRAME, 1)


def check_between(low: float, name: str, value: float, high: float) -> None:
    """Raises ValueError unless low <= value <= high."""
    if not low <= value <= high:
        raise ValueError(f"{name} must be in [{low}, {high}], got {value}.")


def stft(x: jax.Array) -> jax.Array:
    """Two-sided spectrum of every frame of `x`, float [L, C].

    Returns:
        Complex [F=32, T, C], T = ceil(L / 8) + 1; frame t is centred on sample 8 t
        of the series reflected at its ends.

    Raises:
        ValueError: L is less than 17, too short to reflect half a frame.
    """
    length = len(x)
    if length <= _FRAME // 2:
        raise ValueError(
            f"a series of {length} points is too short for frames of {_FRAME}; "
            f"time-frequency augmentations need at least {_FRAME // 2 + 1}."
        )
    after = _FRAME // 2 + -length % _HOP
    padded = jnp.pad(x, ((_FRAME // 2, after), (0, 0)), mode="reflect")
    blocks = padded.reshape(-1, _HOP, x.shape[1])
    num_frames = len(blocks) - _PER_FRAME + 1
    frames = jnp.concatenate(
        [blocks[k : k + num_frames] for k in range(_PER_FRAME)], axis=1
    )  # [T, 32, C]
    return jnp.fft.fft(frames * _WINDOW, axis=1).swapaxes(0, 1)


def istft(u: jax.Array, length: int) -> jax.Array:
    """Real series [length, C] whose STFT is nearest to `u`, complex [F, T, C].

    Least squares, Griffin and Lim 1984, eq. 6: windowed frames added up, over the
    sum of the squared windows.
    """
    num_frames = u.shape[1]
    frames = jnp.fft.ifft(u.swapaxes(0, 1), axis=1).real * _WINDOW
    inside = slice(_FRAME // 2, _FRAME // 2 + length)
    squares = np.broadcast_to(_WINDOW**2, (num_frames, _FRAME, 1))
    return _overlap_add(frames)[inside] / _overlap_add(jnp.asarray(squares))[inside]


def _overlap_add(frames: jax.Array) -> jax.Array:
    """Sums [T, 32, C] at their places, [8 (T + 3), C]; no scatter, so repeatable."""
    parts = jnp.split(frames, _PER_FRAME, axis=1)
    last = _PER_FRAME - 1
    blocks = sum(
        jnp.pad(part, ((k, last - k), (0, 0), (0, 0))) for k, part in enumerate(parts)
    )
    return blocks.reshape(-1, frames.shape[-1])


def _through_stft(change: Callable[[jax.Array], jax.Array], x: jax.Array) -> jax.Array:
    return istft(change(stft(x)), len(x)).astype(x.dtype)


def tf_random_masks(key: jax.Array, x: jax.Array, *, mask_density: float) -> jax.Array:
    """Zeroes each cell with probability `mask_density`."""
    check_between(0, "mask_density", mask_density, 1)

    def change(u):
        kept = jax.random.bernoulli(key, 1 - mask_density, (*u.shape[:2], 1))
        return u * kept

    return _through_stft(change, x)


def tf_rotation(key: jax.Array, x: jax.Array, *, max_degrees: float) -> jax.Array:
    """Turns the plane about its centre by U(-max_degrees, max_degrees) degrees."""
    check_between(0, "max_degrees", max_degrees, 180)
    angle = jax.random.uniform(key, minval=-1.0) * np.deg2rad(max_degrees)
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    matrix = jnp.array([[cos, -sin], [sin, cos]])
    return _through_stft(lambda u: _transform(u, matrix), x)


def tf_shear(key: jax.Array, x: jax.Array, *, max_shear: float) -> jax.Array:
    """Shears the plane about its centre by U(-max_shear, max_shear).

    Along frequency or along time, with equal probability.
    """
    check_between(0, "max_shear", max_shear, 1)
    key_axis, key_amount = jax.random.split(key)
    amount = jax.random.uniform(key_amount, minval=-1.0) * max_shear
    along_time = jax.random.bernoulli(key_axis)
    rows, columns = jnp.where(along_time, 0.0, amount), amount * along_time
    matrix = jnp.array([[1.0, rows], [columns, 1.0]])
    return _through_stft(lambda u: _transform(u, matrix), x)


def _transform(u: jax.Array, matrix: jax.Array) -> jax.Array:
    """Cell p of the result is that of `u` at matrix (p - centre) + centre.

    Bilinear in real and imaginary part; zero outside the plane.
    """
    rows, columns = u.shape[:2]
    grid = np.stack(np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij"))
    centre = np.array([(rows - 1) / 2, (columns - 1) / 2])[:, None, None]
    offsets = jnp.asarray(grid - centre, matrix.dtype)
    exact = jax.lax.Precision.HIGHEST  # TF32 would move cells by several percent.
    places = jnp.einsum("ij,jft->ift", matrix, offsets, precision=exact) + centre

    def look_up(plane):
        return map_coordinates(plane, list(places), order=1, mode="constant")

    look_up = jax.vmap(look_up, in_axes=-1, out_axes=-1)
    return jax.lax.complex(look_up(u.real), look_up(u.imag))


def tf_scale(
    key: jax.Array, x: jax.Array, *, min_scale: float, max_scale: float
) -> jax.Array:
    """Multiplies all magnitudes by one U(min_scale, max_scale)."""
    check_between(0, "min_scale", min_scale, max_scale)
    scale = jax.random.uniform(key, minval=min_scale, maxval=max_scale)
    return _through_stft(lambda u: u * scale, x)


def tf_block(
    key: jax.Array, x: jax.Array, *, block_size: float, density: float
) -> jax.Array:
    """Zeroes random blocks, which may overlap.

    `block_size` is the share of each axis that a block spans, `density` the number
    of blocks as a share of the number of cells; at least one cell, one block.
    """
    check_between(0, "block_size", block_size, 1)
    check_between(0, "density", density, 1)

    def change(u):
        num_blocks = max(1, int(density * u.shape[0] * u.shape[1]))
        rows, columns = (
            _spans(k, num_blocks, size, max(1, int(block_size * size)))
            for k, size in zip(jax.random.split(key), u.shape[:2], strict=True)
        )
        hits = jnp.einsum("nf,nt->ft", rows, columns)
        return u * (hits == 0)[..., None]

    return _through_stft(change, x)


def tf_gaussian(key: jax.Array, x: jax.Array, *, scale: float) -> jax.Array:
    """Adds N(0, scale^2) to the real part of every cell, channels apart."""
    check_between(0, "scale", scale, np.inf)

    def change(u):
        return u + scale * jax.random.normal(key, u.shape, u.real.dtype)

    return _through_stft(change, x)


def tf_band(
    key: jax.Array, x: jax.Array, *, num_bands: int, band_ratio: float
) -> jax.Array:
    """Zeroes `num_bands` bands of int(band_ratio 32) rows (at least 1) each.

    The bands may overlap.
    """
    check_between(1, "num_bands", num_bands, _FRAME)
    check_between(0, "band_ratio", band_ratio, 1)
    width = max(1, int(band_ratio * _FRAME))
    hits = _spans(key, num_bands, _FRAME, width).sum(0)
    return _through_stft(lambda u: u * (hits == 0)[:, None, None], x)


def _spans(key: jax.Array, num_spans: int, size: int, width: int) -> jax.Array:
    """Float [num_spans, size]: 1 on `width` neighbours, anywhere in the row."""
    starts = jax.random.randint(key, (num_spans, 1), 0, size - width + 1)
    place = jnp.arange(size)[None] - starts
    return ((place >= 0) & (place < width)).astype(jnp.float32)


def tf_phase(key: jax.Array, x: jax.Array, *, max_shift: float) -> jax.Array:
    """Turns the phase of each row by its own U(-max_shift, max_shift) radians."""
    check_between(0, "max_shift", max_shift, np.pi)
    shift = jax.random.uniform(key, (_FRAME, 1, 1), minval=-1.0) * max_shift
    return _through_stft(lambda u: u * jnp.exp(1j * shift), x)
