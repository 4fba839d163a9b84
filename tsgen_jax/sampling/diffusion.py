"""Gaussian diffusion in continuous time: noise, the way back, and inpainting.

Variance-preserving with a cosine schedule (Nichol and Dhariwal 2021, arXiv 2102.09672):
at time t in [0, 1]

    x_t = cos(pi t / 2) x + sin(pi t / 2) noise.

A network says v = cos(pi t / 2) noise - sin(pi t / 2) x (Salimans and Ho 2022, arXiv
2202.00512), of which series and noise both follow at every t.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from tsgen_jax.types import Array

VFn = Callable[[jax.Array, jax.Array], jax.Array]  # (x_t [B, L, C], t [B]) -> v.


def levels(time: Array) -> tuple[jax.Array, jax.Array]:
    """How much of the series and of noise is in x_t, as [..., 1, 1]."""
    angle = 0.5 * jnp.pi * time[..., None, None]
    return jnp.cos(angle), jnp.sin(angle)


def add_noise(x: Array, noise: Array, time: Array) -> tuple[jax.Array, jax.Array]:
    """x_t and v of series [B, L, C] and noise at times [B]."""
    cos, sin = levels(time)
    return cos * x + sin * noise, cos * noise - sin * x


def grid(num_steps: int) -> jax.Array:
    """Times from 1 to 0, [S + 1]."""
    return jnp.linspace(1.0, 0.0, num_steps + 1)


def step(
    key: Array, v_fn: VFn, x: Array, now: Array, then: Array, eta: float
) -> tuple[jax.Array, jax.Array]:
    """From x at time `now` to x at the earlier time `then`.

    Song et al. 2021 (DDIM, arXiv 2010.02502), equation 12: `eta` 0 is deterministic,
    1 the ancestral step of DDPM (Ho et al. 2020, arXiv 2006.11239).

    Returns:
        x at `then`, and the series that the network sees in x.
    """
    time = jnp.full(len(x), now)
    cos, sin = levels(time)
    cos_then, sin_then = levels(jnp.full(len(x), then))
    v = v_fn(x, time)
    series, noise = cos * x - sin * v, sin * x + cos * v
    # |(sin' / sin)^2 (1 - (cos / cos')^2)|; at t = 1 all of it is drawn anew.
    variance = jnp.square(eta * sin_then / sin) * (1 - jnp.square(cos / cos_then))
    fresh = jax.random.normal(key, x.shape)
    kept = jnp.sqrt(jnp.maximum(jnp.square(sin_then) - variance, 0))
    return cos_then * series + kept * noise + jnp.sqrt(variance) * fresh, series


def sample(
    key: Array, v_fn: VFn, shape: tuple[int, ...], num_steps: int, eta: float
) -> tuple[jax.Array, jax.Array]:
    """Series [B, L, C] from noise, and those seen at every step [S, B, L, C]."""
    key_first, key_steps = jax.random.split(key)
    times = grid(num_steps)

    def body(x, at):
        i, now, then = at
        return step(jax.random.fold_in(key_steps, i), v_fn, x, now, then, eta)

    first = jax.random.normal(key_first, shape)
    at = jnp.arange(num_steps), times[:-1], times[1:]
    return jax.lax.scan(body, first, at)


def inpaint(
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
        cos, sin = levels(jnp.full(len(x), now))
        cos_then, sin_then = levels(jnp.full(len(x), then))
        back = cos / cos_then
        again = back * noisy + jnp.sqrt(1 - jnp.square(back)) * jax.random.normal(
            keys[0], x.shape
        )
        noisy = jnp.where(repeat > 0, again, noisy)
        drawn, _ = step(keys[1], v_fn, noisy, now, then, eta)
        given = cos_then * x + sin_then * jax.random.normal(keys[2], x.shape)
        return jnp.where(observed, given, drawn), key, now, then

    def body(i, noisy):
        of_step = jax.random.fold_in(key_steps, i)
        carry = noisy, of_step, times[i], times[i + 1]
        return jax.lax.fori_loop(0, num_repeats, once, carry)[0]

    return jax.lax.fori_loop(0, num_steps, body, jax.random.normal(key_first, x.shape))
