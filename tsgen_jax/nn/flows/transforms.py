"""Increasing functions of single numbers, with parameters that a network gives.

A transform takes numbers [...] and parameters [..., P]; parameters of 0 are the
identity. `forward` also gives the log of the slope, the log-determinant's term.

Affine: Dinh et al. 2017, https://arxiv.org/abs/1605.08803. Rational-quadratic spline:
Durkan et al. 2019, https://arxiv.org/abs/1906.04032. Sum of squares: Jaini et al.
2019, https://arxiv.org/abs/1905.02325. Sigmoids: Huang et al. 2018,
https://arxiv.org/abs/1804.00779.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from tsgen_jax.types import Array

_MAX_LOG_SCALE = 3.0  # Of one affine layer; unbounded ones diverge.
_MIN_SIZE = 1e-2  # Of a spline's bins, as a share, and of its slopes.
# Of sums of squares and of sigmoids: they and their inverses stay Lipschitz.
_MIN_SLOPE = 0.1
_NUM_HALVINGS = 24  # float32 has 24 bits.
_NUM_NEWTON = 4
_EXACT = jax.lax.Precision.HIGHEST  # TF32 would leave slopes below their least.


class Transform(NamedTuple):
    """An increasing function of one number."""

    num_params: int  # P
    forward: Callable[[Array, Array], tuple[jax.Array, jax.Array]]  # value, log slope
    inverse: Callable[[Array, Array], jax.Array]


def soft_bound(x: Array, most: float = _MAX_LOG_SCALE) -> jax.Array:
    """`x` near 0, never beyond ±`most`."""
    return most * jnp.tanh(x / most)


def affine() -> Transform:
    """z = (x - shift) exp(-log_scale), parameters shift and raw log_scale."""

    def forward(x, params):
        log_scale = soft_bound(params[..., 1])
        return (x - params[..., 0]) * jnp.exp(-log_scale), -log_scale

    def inverse(z, params):
        return z * jnp.exp(soft_bound(params[..., 1])) + params[..., 0]

    return Transform(2, forward, inverse)


def spline(num_bins: int, bound: float) -> Transform:
    """Monotone rational-quadratic spline on [-bound, bound], the identity outside.

    Parameters: K widths, K heights, K - 1 slopes at inner knots, all raw.
    """

    def knots(params):
        widths, heights, slopes = jnp.split(params, [num_bins, 2 * num_bins], axis=-1)
        # 1 where the raw value is 0, so that the spline is the identity there.
        slopes = _MIN_SIZE + jax.nn.softplus(slopes + np.log(np.expm1(1 - _MIN_SIZE)))
        ends = [(0, 0)] * (slopes.ndim - 1) + [(1, 1)]
        slopes = jnp.pad(slopes, ends, constant_values=1.0)
        return _edges(widths, bound), _edges(heights, bound), slopes

    def bin_of(value, edges, params):
        """Left and right x, y and slopes of the bin that `value` is in."""
        at = (value[..., None] >= edges[..., 1:-1]).sum(-1, keepdims=True)
        pick = lambda a: jnp.take_along_axis(a, at, -1)[..., 0]  # noqa: E731
        xs, ys, slopes = params
        low, high = (
            (xs[..., :-1], ys[..., :-1], slopes[..., :-1]),
            (
                xs[..., 1:],
                ys[..., 1:],
                slopes[..., 1:],
            ),
        )
        return [pick(a) for a in low], [pick(a) for a in high]

    def forward(x, params):
        inside = jnp.abs(x) < bound
        at = jnp.clip(x, -bound, bound)
        table = knots(params)
        (x0, y0, d0), (x1, y1, d1) = bin_of(at, table[0], table)
        mean = (y1 - y0) / (x1 - x0)
        t = (at - x0) / (x1 - x0)
        u = t * (1 - t)
        below = mean + (d1 + d0 - 2 * mean) * u
        z = y0 + (y1 - y0) * (mean * t**2 + d0 * u) / below
        slope = d1 * t**2 + 2 * mean * u + d0 * (1 - t) ** 2
        log_slope = 2 * jnp.log(mean) + jnp.log(slope) - 2 * jnp.log(below)
        return jnp.where(inside, z, x), jnp.where(inside, log_slope, 0.0)

    def inverse(z, params):
        inside = jnp.abs(z) < bound
        at = jnp.clip(z, -bound, bound)
        table = knots(params)
        (x0, y0, d0), (x1, y1, d1) = bin_of(at, table[1], table)
        mean = (y1 - y0) / (x1 - x0)
        bent = (at - y0) * (d1 + d0 - 2 * mean)
        a = (y1 - y0) * (mean - d0) + bent
        b = (y1 - y0) * d0 - bent
        c = -mean * (at - y0)
        root = jnp.sqrt(jnp.maximum(b**2 - 4 * a * c, 0))
        x = 2 * c / (-b - root) * (x1 - x0) + x0
        return jnp.where(inside, x, z)

    return Transform(3 * num_bins - 1, forward, inverse)


def _edges(raw: Array, bound: float) -> jax.Array:
    """Raw sizes [..., K] -> edges [..., K + 1] from -bound to bound."""
    num = raw.shape[-1]
    shares = _MIN_SIZE + (1 - _MIN_SIZE * num) * jax.nn.softmax(raw, axis=-1)
    inner = 2 * bound * jnp.cumsum(shares[..., :-1], axis=-1) - bound
    ends = [(0, 0)] * (raw.ndim - 1)
    inner = jnp.pad(inner, [*ends, (1, 0)], constant_values=-bound)
    return jnp.pad(inner, [*ends, (0, 1)], constant_values=bound)


def sum_of_squares(num_squares: int, degree: int) -> Transform:
    """z = c + the integral from 0 to x of the sum of squared polynomials.

    Parameters: c, and degree + 1 coefficients of each of the squared polynomials. To
    the sum is added a small slope, so that the inverse is found between bounds.
    """
    num = degree + 1
    start = np.zeros((num_squares, num), np.float32)
    start[:, 0] = np.sqrt((1 - _MIN_SLOPE) / num_squares)
    powers = np.add.outer(np.arange(num), np.arange(num))  # Of products of terms.

    def polynomial(params):
        """c, and coefficients [..., 2 degree + 1] of the slope in ascending powers."""
        raw = params[..., 1:].reshape(*params.shape[:-1], num_squares, num)
        a = raw + jnp.broadcast_to(start, raw.shape)
        products = jnp.einsum("...kl,...km->...lm", a, a, precision=_EXACT)
        terms = [
            sum(
                products[..., i, j]
                for i, j in zip(*np.nonzero(powers == p), strict=True)
            )
            for p in range(2 * degree + 1)
        ]
        return params[..., 0], jnp.stack([terms[0] + _MIN_SLOPE, *terms[1:]], axis=-1)

    def evaluate(x, c, coefficients):
        slope, z = jnp.zeros_like(x), jnp.zeros_like(x)
        for p in reversed(range(2 * degree + 1)):  # Horner.
            slope = slope * x + coefficients[..., p]
            z = z * x + coefficients[..., p] / (p + 1)
        return c + z * x, slope

    def forward(x, params):
        z, slope = evaluate(x, *polynomial(params))
        return z, jnp.log(jnp.maximum(slope, _MIN_SLOPE))  # Rounding can go below.

    def inverse(z, params):
        c, coefficients = polynomial(params)
        return _solve(lambda x: evaluate(x, c, coefficients), z, c)

    return Transform(1 + num_squares * num, forward, inverse)


def sigmoids(num_units: int) -> Transform:
    """z = logit of a weighted mean of sigmoids of a x + b: a neural flow's.

    Parameters: raw weights, scales a and shifts b of each of the units. To 0.9 of that
    is added 0.1 x, so that the inverse is found between bounds. Shifts count unlike, so
    that units that begin equal do not stay so.
    """
    unlike = np.linspace(-2, 2, num_units, dtype=np.float32) if num_units > 1 else 1.0

    def evaluate(x, params):
        weights, scales, shifts = jnp.split(params, 3, axis=-1)
        scales = 1e-3 + jax.nn.softplus(scales + np.log(np.expm1(1 - 1e-3)))
        shape = (1,) * (params.ndim - 1) + (num_units,)
        at = x[..., None] * scales + shifts * np.reshape(unlike, shape)
        log_w = jax.nn.log_softmax(weights)
        low, high = jax.nn.log_sigmoid(at), jax.nn.log_sigmoid(-at)
        mean = lambda terms: jax.nn.logsumexp(log_w + terms, axis=-1)  # noqa: E731
        below, above = mean(low), mean(high)  # Of z and of 1 - z, in logarithms.
        slope = jnp.exp(mean(jnp.log(scales) + low + high) - below - above)
        z, rest = below - above, 1 - _MIN_SLOPE
        return rest * z + _MIN_SLOPE * x, rest * slope + _MIN_SLOPE

    def forward(x, params):
        z, slope = evaluate(x, params)
        return z, jnp.log(slope)

    def inverse(z, params):
        first = evaluate(jnp.zeros_like(z), params)[0]
        return _solve(lambda x: evaluate(x, params), z, first)

    return Transform(3 * num_units, forward, inverse)


def _solve(evaluate: Callable, z: Array, first: Array) -> jax.Array:
    """x for which an increasing function is `z`: by halves, then Newton.

    Args:
        evaluate: x -> value and slope, which is `_MIN_SLOPE` at least.
        z: values.
        first: the function's value at 0.
    """
    far = (z - first) / _MIN_SLOPE  # Nowhere less steep.
    low, high = jnp.minimum(far, 0), jnp.maximum(far, 0)

    def halve(_, ends):
        low, high = ends
        middle = (low + high) / 2
        above = evaluate(middle)[0] > z
        return jnp.where(above, low, middle), jnp.where(above, middle, high)

    low, high = jax.lax.fori_loop(0, _NUM_HALVINGS, halve, (low, high))

    def newton(_, x):
        value, slope = evaluate(x)
        moved = x - (value - z) / jnp.maximum(slope, _MIN_SLOPE)
        return jnp.clip(moved, low, high)

    return jax.lax.fori_loop(0, _NUM_NEWTON, newton, (low + high) / 2)
