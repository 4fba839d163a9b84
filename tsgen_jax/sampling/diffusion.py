"""Gaussian diffusion in continuous time: noise, the way back, and inpainting.

At time t in [0, 1] a series is x_t = alpha(t) x + sigma(t) noise, and a network says v,
of which series and noise both follow at every t. A `Process` is what differs:

'cosine': alpha = cos(pi t / 2), sigma = sin(pi t / 2), v = alpha noise - sigma x
(Nichol and Dhariwal 2021, arXiv 2102.09672; Salimans and Ho 2022, arXiv 2202.00512).

'rectified_flow': alpha = 1 - t, sigma = t, v = noise - x (Liu et al. 2023, arXiv
2209.03003; Lipman et al. 2023, arXiv 2210.02747): without new noise a step is Euler's.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from tsgen_jax.types import Array

VFn = Callable[[jax.Array, jax.Array], jax.Array]  # (x_t [B, L, C], t [B]) -> v.


class Process(NamedTuple):
    """How noise comes in; see above.

    Attributes:
        levels: time [...] -> alpha and sigma, as [..., 1, 1].
        target: (alpha, sigma, series, noise) -> v.
        read: (alpha, sigma, x_t, v) -> series and noise.
    """

    levels: Callable[[Array], tuple[jax.Array, jax.Array]]
    target: Callable[[Array, Array, Array, Array], jax.Array]
    read: Callable[[Array, Array, Array, Array], tuple[jax.Array, jax.Array]]


def _of_angle(time):
    angle = 0.5 * jnp.pi * time[..., None, None]
    return jnp.cos(angle), jnp.sin(angle)


PROCESSES = {
    "cosine": Process(
        levels=_of_angle,
        target=lambda alpha, sigma, x, noise: alpha * noise - sigma * x,
        read=lambda alpha, sigma, x, v: (alpha * x - sigma * v, sigma * x + alpha * v),
    ),
    "rectified_flow": Process(
        levels=lambda time: (1 - time[..., None, None], time[..., None, None]),
        target=lambda alpha, sigma, x, noise: noise - x,
        read=lambda alpha, sigma, x, v: (x - sigma * v, x + alpha * v),
    ),
}


def add_noise(
    process: Process, x: Array, noise: Array, time: Array
) -> tuple[jax.Array, jax.Array]:
    """x_t and v of series [B, L, C] and noise at times [B]."""
    alpha, sigma = process.levels(time)
    return alpha * x + sigma * noise, process.target(alpha, sigma, x, noise)


def grid(num_steps: int) -> jax.Array:
    """Times from 1 to 0, [S + 1]."""
    return jnp.linspace(1.0, 0.0, num_steps + 1)


def step(
    process: Process,
    key: Array,
    v_fn: VFn,
    x: Array,
    now: Array,
    then: Array,
    eta: float,
) -> tuple[jax.Array, jax.Array]:
    """From x at time `now` to x at the earlier time `then`.

    Song et al. 2021 (DDIM, arXiv 2010.02502), equation 12: `eta` 0 is deterministic,
    1 the ancestral step of DDPM (Ho et al. 2020, arXiv 2006.11239).

    Returns:
        x at `then`, and the series that the network sees in x.
    """
    time = jnp.full(x.shape[0], now)
    alpha, sigma = process.levels(time)
    alpha_then, sigma_then = process.levels(jnp.full(x.shape[0], then))
    series, noise = process.read(alpha, sigma, x, v_fn(x, time))
    between = jnp.square(sigma) - jnp.square(alpha / alpha_then * sigma_then)
    variance = jnp.square(eta * sigma_then / sigma) * between
    fresh = jax.random.normal(key, x.shape)
    kept = jnp.sqrt(jnp.maximum(jnp.square(sigma_then) - variance, 0))
    return alpha_then * series + kept * noise + jnp.sqrt(variance) * fresh, series


def sample(
    process: Process,
    key: Array,
    v_fn: VFn,
    shape: tuple[int, ...],
    num_steps: int,
    eta: float,
) -> tuple[jax.Array, jax.Array]:
    """Series [B, L, C] from noise, and those seen at every step [S, B, L, C]."""
    key_first, key_steps = jax.random.split(key)
    times = grid(num_steps)

    def body(x, at):
        i, now, then = at
        of_step = jax.random.fold_in(key_steps, i)
        return step(process, of_step, v_fn, x, now, then, eta)

    first = jax.random.normal(key_first, shape)
    at = jnp.arange(num_steps), times[:-1], times[1:]
    return jax.lax.scan(body, first, at)


def inpaint(
    process: Process,
    key: Array,
    v_fn: VFn,
    x: Array,
    observed: Array,
    num_steps: int,
    eta: float,
    num_repeats: int,
) -> jax.Array:
    """Series [B, L, C] that are `x` where observed.

    RePaint (Lugmayr et al. 2022, arXiv 2201.09865, algorithm 1): after every step what
    is observed takes the place of what was drawn, as noisy as it should be then; and
    every step is made `num_repeats` times, noise being put back in between, so that
    what is drawn goes with what is observed.
    """
    key_first, key_steps = jax.random.split(key)
    times = grid(num_steps)

    def once(repeat, carry):
        noisy, key, now, then = carry
        keys = jax.random.split(jax.random.fold_in(key, repeat), 3)
        alpha, sigma = process.levels(jnp.full(x.shape[0], now))
        alpha_then, sigma_then = process.levels(jnp.full(x.shape[0], then))
        back = alpha / alpha_then
        between = jnp.square(sigma) - jnp.square(back * sigma_then)
        again = jax.random.normal(keys[0], x.shape)
        again = back * noisy + jnp.sqrt(jnp.maximum(between, 0)) * again
        noisy = jnp.where(repeat > 0, again, noisy)
        drawn, _ = step(process, keys[1], v_fn, noisy, now, then, eta)
        given = alpha_then * x + sigma_then * jax.random.normal(keys[2], x.shape)
        return jnp.where(observed, given, drawn), key, now, then

    def body(i, noisy):
        of_step = jax.random.fold_in(key_steps, i)
        carry = noisy, of_step, times[i], times[i + 1]
        return jax.lax.fori_loop(0, num_repeats, once, carry)[0]

    return jax.lax.fori_loop(0, num_steps, body, jax.random.normal(key_first, x.shape))
