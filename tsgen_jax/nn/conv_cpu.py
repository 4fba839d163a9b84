"""Convolutions as matrix products: the form that XLA runs fast on the CPU.

A kernel's shifts along rows and along columns can be applied in front of the product,
shifted copies of the input side by side, or behind it, shifted outputs added up. All
are the same sums; what differs is how much passes through memory.
"""

import jax
import jax.numpy as jnp
from jax import lax

from tsgen_jax.types import Array

Pads = tuple[tuple[int, int], tuple[int, int]]
_ROWS, _COLUMNS = 1, 2  # Axes of a map [B, F, T, C].
_NARROW = 8  # So many times fewer channels: put all shifts on their side.


def _product(a: Array, b: Array) -> jax.Array:
    """a @ b, summed and returned in float32 at least."""
    wide = jnp.promote_types(a.dtype, jnp.float32)
    return jnp.matmul(a, b, preferred_element_type=wide)


def conv(x: Array, kernel: Array, pads: Pads) -> jax.Array:
    """Stride-1 convolution with zero padding; see `nn.conv.conv`."""
    height, width, inputs, outputs = kernel.shape
    # In front of the product shifts multiply the inputs, behind it the outputs.
    rows_behind = inputs >= _NARROW * outputs
    columns_behind = outputs < _NARROW * inputs
    left, right = [2], [3]  # Axes of the kernel, summed and left over.
    if rows_behind:
        right.insert(0, _ROWS - 1)
    else:
        x = _side_by_side(x, _ROWS, height, pads[0])
        left.insert(0, _ROWS - 1)
    if columns_behind:
        right.insert(0, _COLUMNS - 1)
    else:
        x = _side_by_side(x, _COLUMNS, width, pads[1])
        left.insert(0, _COLUMNS - 1)
    taps = kernel.transpose(*left, *right).reshape(x.shape[-1], -1)
    y = _product(x.reshape(-1, x.shape[-1]), taps).reshape(*x.shape[:3], -1)
    if columns_behind:
        y = _add_up(y, _COLUMNS, width, pads[1])
    if rows_behind:
        y = _add_up(y, _ROWS, height, pads[0])
    return y.astype(x.dtype)


def _side_by_side(x: Array, axis: int, size: int, pads: tuple[int, int]) -> jax.Array:
    """`size` shifted copies of a map, joined along its channels."""
    widths = [(0, 0)] * 4
    widths[axis] = pads
    x = jnp.pad(x, widths)
    count = x.shape[axis] - size + 1
    copies = [lax.slice_in_dim(x, i, i + count, axis=axis) for i in range(size)]
    return jnp.concatenate(copies, axis=-1)


def _add_up(y: Array, axis: int, size: int, pads: tuple[int, int]) -> jax.Array:
    """The sum of `size` maps, joined along the channels, each shifted to its place."""
    before, after = pads
    count = y.shape[axis] + before + after - size + 1
    total = 0
    # The gradient of a split is one concatenation, that of slices a sum of paddings.
    for j, tap in enumerate(jnp.split(y, size, axis=-1)):
        first = before - j  # Where position 0 of tap j goes.
        start, last = max(0, -first), min(count - first, tap.shape[axis])
        if start >= last:
            continue  # It reaches padding only.
        part = lax.slice_in_dim(tap, start, last, axis=axis)
        widths = [(0, 0)] * 4
        widths[axis] = (max(first, 0), count - max(first, 0) - part.shape[axis])
        total += jnp.pad(part, widths)
    return total


def conv_down(x: Array, kernel: Array) -> jax.Array:
    """Halves the columns; see `nn.conv.conv_down`."""
    inputs, outputs = kernel.shape[2:]
    kernel = kernel.reshape(3, 2, 2 * inputs, outputs)
    pairs = _pairs(x)
    if outputs < _NARROW * 2 * inputs:
        return _conv_pairs(pairs, kernel)
    pairs = jnp.pad(pairs, ((0, 0), (1, 1), (0, 0), (0, 0)), mode="edge")
    return conv(pairs, kernel, ((0, 0), (0, 0)))


@jax.custom_vjp
def _pairs(x: Array) -> jax.Array:
    """[B, F, T, C] -> [B, F, T // 2 + 1, 2C]: columns (-1, 0), (1, 2), ... as channels.

    Columns beyond the edges are those at the edges.
    """
    last = [] if x.shape[2] % 2 else [x[:, :, -1:]]
    x = jnp.concatenate([x[:, :, :1], x, *last], axis=2)
    return x.reshape(*x.shape[:2], -1, 2 * x.shape[3])


def _pairs_backward(columns, g):
    # By hand, because the gradient of a slice is a padded copy of the whole.
    g = g.reshape(*g.shape[:2], -1, g.shape[3] // 2)
    end = columns if columns % 2 else columns - 1
    middle = g[:, :, 2 : end + 1]
    last = [] if columns % 2 else [g[:, :, -2:-1] + g[:, :, -1:]]
    return (jnp.concatenate([g[:, :, :1] + g[:, :, 1:2], middle, *last], axis=2),)


_pairs.defvjp(lambda x: (_pairs(x), x.shape[2]), _pairs_backward)


@jax.custom_vjp
def _conv_pairs(x: Array, kernel: Array) -> jax.Array:
    """[B, F, P + 1, I], kernel [3, 2, I, O] -> [B, F, P, O]; edge rows repeat.

    Its gradient has all shifts on the side of the outputs, which are narrower, and
    keeps no shifted copies of the input.
    """
    *lead, inputs = x.shape
    outputs = kernel.shape[3]
    stacked = _fill(
        (*lead, 3 * inputs),
        [
            *((x[:, :1], 0, 0, 0), (x[:, :-1], 1, 0, 0)),
            (x, 0, 0, inputs),
            *((x[:, 1:], 0, 0, 2 * inputs), (x[:, -1:], -1, 0, 2 * inputs)),
        ],
    )
    taps = kernel.transpose(0, 2, 1, 3).reshape(3 * inputs, 2 * outputs)
    y = _product(stacked.reshape(-1, 3 * inputs), taps).reshape(*lead, 2 * outputs)
    y = y[:, :, :-1, :outputs] + y[:, :, 1:, outputs:]
    return y.astype(x.dtype)


def _conv_pairs_backward(saved, g):
    x, kernel = saved
    *lead, inputs = x.shape
    outputs = kernel.shape[3]
    # Which outputs an input reaches through each tap; through the outer rows of the
    # kernel the edge rows reach two.
    first, last = g[:, :1], g[:, -1:]
    if lead[1] > 1:
        first, last = first + g[:, 1:2], last + g[:, -2:-1]
    places = []
    for column in (0, 1):
        slot = [(2 * row + column) * outputs for row in range(3)]
        places += [
            *((g[:, 1:], 0, column, slot[0]), (first, 0, column, slot[0])),
            (g, 0, column, slot[1]),
            *((g[:, :-1], 1, column, slot[2]), (last, -1, column, slot[2])),
        ]
    stacked = _fill((*lead, 6 * outputs), places).reshape(-1, 6 * outputs)
    taps = kernel.transpose(0, 1, 3, 2).reshape(6 * outputs, inputs)
    dx = _product(stacked, taps).reshape(x.shape)
    dk = jnp.einsum("ni,no->io", x.reshape(-1, inputs), stacked)
    dk = dk.reshape(inputs, 3, 2, outputs).transpose(1, 2, 0, 3)
    return dx.astype(x.dtype), dk.astype(kernel.dtype)


_conv_pairs.defvjp(lambda x, k: (_conv_pairs(x, k), (x, k)), _conv_pairs_backward)


def _fill(shape: tuple[int, ...], places: list) -> jax.Array:
    """Zeros, and (map, row, column, channel) written over them in turn.

    XLA writes such parts in place, at the speed of memory; one concatenation of slices
    would first copy every slice. Row -1 is the last.
    """
    filled = jnp.zeros(shape, places[0][0].dtype)
    for part, row, column, channel in places:
        at = (0, row % shape[1], column, channel)
        filled = lax.dynamic_update_slice(filled, part, at)
    return filled
