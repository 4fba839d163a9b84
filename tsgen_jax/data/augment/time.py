"""Augmentations of a series in time, and their composition into a second view.

NC-VQVAE, https://arxiv.org/abs/2408.16613; its evaluated sets are `SETS`. Every
augmentation is `(key, x, **hyper) -> x'` with `x` and `x'` float [L, C], L >= 2, and
Python numbers as hyper-parameters (lengths follow from them). One draw of a cut, a
window, a scale or a curve serves all channels; noise is independent per channel and
step. All shapes are static, so everything jits and vmaps: where a length would
change, an index map says which two neighbours each of the L points lies between.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy.interpolate

from tsgen_jax.data.augment import time_frequency as augment_tf
from tsgen_jax.data.augment.time_frequency import check_between
from tsgen_jax.suggest import did_you_mean

SETS = {
    "gauss": ("gaussian_noise",),
    "slice": ("slice_and_shuffle",),
    "warp": ("window_warp", "amplitude_resize"),
}


def gaussian_noise(key: jax.Array, x: jax.Array, *, scale: float) -> jax.Array:
    """Adds N(0, scale^2) to every value."""
    check_between(0, "scale", scale, np.inf)
    return x + scale * jax.random.normal(key, x.shape, x.dtype)


def jitter(key: jax.Array, x: jax.Array, *, scale: float) -> jax.Array:
    """Adds N(0, scale^2) to every value; the reference names it but has no code."""
    return gaussian_noise(key, x, scale=scale)


def slice_and_shuffle(key: jax.Array, x: jax.Array, *, num_segments: int) -> jax.Array:
    """Cuts the series into segments and joins them in random order.

    The num_segments - 1 cuts are uniform on 0 .. L - 1 with replacement, so that
    segments may be empty.
    """
    check_between(1, "num_segments", num_segments, np.inf)
    key_cuts, key_order = jax.random.split(key)
    cuts = jnp.sort(jax.random.randint(key_cuts, (num_segments - 1,), 0, len(x)))
    bounds = jnp.concatenate([jnp.array([0]), cuts, jnp.array([len(x)])])
    order = jax.random.permutation(key_order, num_segments)
    lengths = jnp.diff(bounds)[order]
    ends = jnp.cumsum(lengths)  # Of the segments where they go.
    time = jnp.arange(len(x))
    segment = (time[:, None] >= ends[None]).sum(1)
    return x[time + (bounds[order] - ends + lengths)[segment]]


def window_warp(
    key: jax.Array,
    x: jax.Array,
    *,
    window_ratio: float,
    min_scale: float,
    max_scale: float,
) -> jax.Array:
    """Stretches a random window, then squeezes the whole back to L points.

    The window has w = round(window_ratio L) points from a start uniform in [0, L - w);
    it is resampled linearly to int(w s) points, s ~ U(min_scale, max_scale), and the
    L - w + int(w s) points of the whole to L, ends on ends both times.
    """
    check_between(0, "min_scale", min_scale, max_scale)
    length, window = len(x), _window(x, window_ratio)
    if length - window + int(window * min_scale) < 1:
        raise ValueError(
            f"window_warp by {min_scale} may leave none of {length} points."
        )
    if length * (length + window * max_scale) >= 2**31:
        raise ValueError(f"window_warp of {length} points overflows int32 positions.")
    key_start, key_scale = jax.random.split(key)
    start = jax.random.randint(key_start, (), 0, max(length - window, 1))
    scale = jax.random.uniform(key_scale, minval=min_scale, maxval=max_scale)
    warped = jnp.floor(window * scale).astype(jnp.int32)
    total = length - window + warped

    def spliced(j):  # Points j of the series with its window resampled.
        inside = (j >= start) & (j < start + warped)
        step = jnp.where(inside, j - start, 0) * (window - 1)
        place, fraction = _divide(step, jnp.maximum(warped - 1, 1))
        outside = jnp.where(j < start, j, j - warped + window)
        return _between(x, jnp.where(inside, start + place, outside), fraction)

    place, fraction = _divide(jnp.arange(length) * (total - 1), length - 1)
    left, right = spliced(place), spliced(jnp.minimum(place + 1, total - 1))
    return left + fraction[:, None].astype(x.dtype) * (right - left)


def random_crop(key: jax.Array, x: jax.Array, *, crop_ratio: float) -> jax.Array:
    """Keeps a random window of round(crop_ratio L) points, resampled linearly to L.

    The reference returns the short window; here the length stays, as it must.
    """
    length, window = len(x), _window(x, crop_ratio)
    start = jax.random.randint(key, (), 0, length - window + 1)
    place, fraction = _divide(jnp.arange(length) * (window - 1), length - 1)
    return _between(x, start + place, fraction)


def _window(x: jax.Array, ratio: float) -> int:
    """Points in a window that spans `ratio` of the series; checks both."""
    if len(x) < 2:
        raise ValueError(f"windows need at least 2 time points, got x {x.shape}.")
    check_between(0, "window or crop ratio", ratio, 1)
    return max(1, round(ratio * len(x)))


def _divide(a: jax.Array, b: jax.Array | int) -> tuple[jax.Array, jax.Array]:
    """Whole and fractional part of a / b; integers, so that no place is rounded."""
    return a // b, (a % b) / b


def _between(x: jax.Array, index: jax.Array, fraction: jax.Array) -> jax.Array:
    """Points of `x` at index + fraction, linearly interpolated."""
    left, right = x[index], x[jnp.minimum(index + 1, len(x) - 1)]
    return left + fraction[:, None].astype(x.dtype) * (right - left)


def amplitude_resize(key: jax.Array, x: jax.Array, *, scale: float) -> jax.Array:
    """Multiplies the series by one 1 + N(0, scale^2)."""
    check_between(0, "scale", scale, np.inf)
    return x * (1 + scale * jax.random.normal(key, (), x.dtype))


def flip(key: jax.Array, x: jax.Array) -> jax.Array:
    """Reverses time, always; nothing is drawn."""
    del key
    return x[::-1]


def slope(key: jax.Array, x: jax.Array, *, max_slope: float) -> jax.Array:
    """Adds a line through 0 at the first step, U(-max_slope, max_slope) per step."""
    check_between(0, "max_slope", max_slope, np.inf)
    steepness = max_slope * jax.random.uniform(key, (), x.dtype, minval=-1.0)
    return x + (steepness * jnp.arange(len(x), dtype=x.dtype))[:, None]


def noise_window(
    key: jax.Array, x: jax.Array, *, window_ratio: float, scale: float
) -> jax.Array:
    """Adds N(0, scale^2) inside one random window of round(window_ratio L) points."""
    check_between(0, "scale", scale, np.inf)
    window = _window(x, window_ratio)
    key_start, key_noise = jax.random.split(key)
    place = jnp.arange(len(x)) - jax.random.randint(
        key_start, (), 0, len(x) - window + 1
    )
    inside = ((place >= 0) & (place < window)).astype(x.dtype)
    return x + inside[:, None] * scale * jax.random.normal(key_noise, x.shape, x.dtype)


def magnitude_warp(
    key: jax.Array, x: jax.Array, *, num_knots: int, scale: float
) -> jax.Array:
    """Multiplies the series by a smooth random curve around 1.

    A cubic spline (not-a-knot, SciPy's `CubicSpline`) through num_knots + 2 knots
    ~ N(1, scale^2), equally spaced from the first point to the last.
    """
    check_between(0, "num_knots", num_knots, np.inf)
    check_between(0, "scale", scale, np.inf)
    places = np.linspace(0, len(x) - 1, num_knots + 2)
    # The spline is linear in its knots: one constant column for each.
    spline = scipy.interpolate.CubicSpline(places, np.eye(num_knots + 2))
    columns = jnp.asarray(spline(np.arange(len(x))), x.dtype)
    knots = 1 + scale * jax.random.normal(key, (num_knots + 2,), x.dtype)
    curve = jnp.matmul(columns, knots, precision=jax.lax.Precision.HIGHEST)
    return x * curve[:, None]


AUGMENTATIONS: dict[str, Callable[..., jax.Array]] = {
    function.__name__: function
    for function in (
        gaussian_noise,
        slice_and_shuffle,
        window_warp,
        amplitude_resize,
        random_crop,
        flip,
        slope,
        noise_window,
        magnitude_warp,
        jitter,
        augment_tf.tf_random_masks,
        augment_tf.tf_rotation,
        augment_tf.tf_shear,
        augment_tf.tf_scale,
        augment_tf.tf_block,
        augment_tf.tf_gaussian,
        augment_tf.tf_band,
        augment_tf.tf_phase,
    )
}


def parse(names: str) -> tuple[str, ...]:
    """Augmentations that `names` stands for, in order.

    Sets and single augmentations joined by '+': 'warp+flip' is ('window_warp',
    'amplitude_resize', 'flip').

    Raises:
        ValueError: a name is unknown or empty; lists the known ones.
    """
    parsed: list[str] = []
    for name in names.split("+"):
        if name not in SETS and name not in AUGMENTATIONS:
            raise ValueError(
                f"unknown augmentation {name!r} in {names!r}; known are the sets "
                f"{', '.join(SETS)} and {', '.join(AUGMENTATIONS)}."
                f"{did_you_mean(name, (*SETS, *AUGMENTATIONS))}"
            )
        parsed.extend(SETS.get(name, (name,)))
    return tuple(parsed)


def make_augment(
    names: str, **hyper_by_name: Mapping[str, Any]
) -> Callable[[jax.Array, jax.Array], jax.Array]:
    """Builds the augmentation of a batch, `make_augment(**config.augment)`.

    Args:
        names: what `parse` takes; applied in this order.
        **hyper_by_name: arguments of each augmentation; of those not in use too.

    Returns:
        Function of a key and a batch, float [B, L, C], to the augmented batch, float
        [B, L, C]; every series and every augmentation draws from a key of its own.

    Raises:
        ValueError: an unknown name, or arguments that an augmentation does not take.
    """
    for name in hyper_by_name:
        if name not in AUGMENTATIONS:
            raise ValueError(
                f"arguments for an unknown augmentation {name!r}; known are "
                f"{', '.join(AUGMENTATIONS)}."
            )
    chain = []
    for name in parse(names):
        function, hyper = AUGMENTATIONS[name], dict(hyper_by_name.get(name, {}))
        wanted = list(inspect.signature(function).parameters)[2:]
        if sorted(wanted) != sorted(hyper):
            raise ValueError(f"{name} takes {wanted}, got {sorted(hyper)}.")
        chain.append((function, hyper))

    def augment(key: jax.Array, x: jax.Array) -> jax.Array:
        if x.ndim != 3:
            raise ValueError(f"a batch is [B, L, C], got an array {x.shape}.")
        keys = jax.random.split(key, len(chain))
        for key_step, (function, hyper) in zip(keys, chain, strict=True):
            series_keys = jax.random.split(key_step, len(x))
            x = jax.vmap(lambda k, s, f=function, h=hyper: f(k, s, **h))(series_keys, x)
        return x

    return augment
