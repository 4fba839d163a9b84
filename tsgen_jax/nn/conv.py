"""Convolutions over the time-frequency plane, in the form each platform runs fast.

Maps are [B, F, T, C]. On GPU and TPU these are plain `lax.conv_general_dilated`. On
the CPU XLA is slow at gradients of convolutions, most of all strided and dilated
ones, so there pairs of columns become channels around a stride-1 convolution, and
that is a matrix product (`nn/conv_cpu.py`). Both forms are the same sums.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tsgen_jax.nn import conv_cpu
from tsgen_jax.types import Array

_DIMENSIONS = ("NHWC", "HWIO", "NHWC")


def on_cpu() -> bool:
    """Whether the program being traced is for the CPU."""
    return jax.default_backend() == "cpu"


def _plain(x: Array, kernel: Array, pads: conv_cpu.Pads) -> jax.Array:
    return lax.conv_general_dilated(
        x, kernel, (1, 1), pads, dimension_numbers=_DIMENSIONS
    )


def conv(x: Array, kernel: Array, pads: conv_cpu.Pads) -> jax.Array:
    """Stride-1 convolution with zero padding.

    Args:
        x: float [B, F, T, C].
        kernel: float [height, width, C, C'].
        pads: rows added (above, below) and columns added (before, after).

    Returns:
        float [B, F', T', C'].
    """
    return (conv_cpu.conv if on_cpu() else _plain)(x, kernel, pads)


def conv_down(x: Array, kernel: Array) -> jax.Array:
    """Halves the columns: kernel (3, 4), stride (1, 2), edges repeated once.

    Args:
        x: float [B, F, T, C], T at least 2.
        kernel: float [3, 4, C, C'].

    Returns:
        float [B, F, T // 2, C'].

    Raises:
        ValueError: fewer than two columns.
    """
    columns = x.shape[2]
    if columns < 2:
        raise ValueError(f"Cannot halve a map of {columns} column(s).")
    if on_cpu():
        return conv_cpu.conv_down(x, kernel)
    x = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    return lax.conv_general_dilated(
        x, kernel, (1, 2), "VALID", dimension_numbers=_DIMENSIONS
    )


def conv_up(x: Array, kernel: Array) -> jax.Array:
    """Doubles the columns: the transpose of a (3, 4), stride (1, 2) convolution.

    PyTorch's `ConvTranspose2d(C, C', (3, 4), stride=(1, 2), padding=(1, 1))`.

    Args:
        x: float [B, F, T, C].
        kernel: float [3, 4, C, C']; tap (i, j) of input column t goes to output
            row f + i - 1 and column 2 t + j - 1.

    Returns:
        float [B, F, 2 T, C'].
    """
    inputs, outputs = kernel.shape[2:]
    if not on_cpu():
        return lax.conv_general_dilated(
            x,
            kernel[::-1, ::-1],
            (1, 1),
            ((1, 1), (2, 2)),
            lhs_dilation=(1, 2),
            dimension_numbers=_DIMENSIONS,
        )
    # Pair p of output columns (2p - 1, 2p) sums taps (2, 3) of column p - 1 and
    # taps (0, 1) of column p; the first and the last column fall outside.
    pairs = kernel[::-1].reshape(3, 2, 2, inputs, outputs)[:, ::-1]
    pairs = pairs.transpose(0, 1, 3, 2, 4).reshape(3, 2, inputs, 2 * outputs)
    y = conv(x, pairs, ((1, 1), (1, 1)))
    y = y.reshape(*y.shape[:2], -1, outputs)
    return y[:, :, 1:-1]


@functools.cache
def _resize_matrix(columns: int, new_columns: int) -> np.ndarray:
    """[columns, new_columns] linear interpolation that keeps both end points."""
    if columns == 1:
        return np.ones((1, new_columns))
    at = np.linspace(0, columns - 1, new_columns)
    low = np.minimum(np.floor(at).astype(int), columns - 2)
    matrix = np.zeros((columns, new_columns))
    matrix[low, np.arange(new_columns)] = 1 - (at - low)
    matrix[low + 1, np.arange(new_columns)] = at - low
    return matrix


def resize(x: Array, new_columns: int) -> jax.Array:
    """Resamples [B, F, T, C] to [B, F, T', C], linear, end points kept."""
    if x.shape[2] == new_columns:
        return x
    matrix = _resize_matrix(x.shape[2], new_columns).astype(x.dtype)
    return jnp.einsum("bftc,tu->bfuc", x, matrix)
