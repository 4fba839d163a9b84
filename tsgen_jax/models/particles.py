"""Missing values of a series, drawn by a network that knows the past alone.

A particle filter (Gordon, Salmond and Smith 1993): several series run freely beside
each other; where a value was observed they take it, and weigh as much as they expected
it. Light ones are replaced by copies of heavy ones. What is drawn at the end is exact
as the number of particles grows, and with one particle where nothing is observed after
the first missing value (a forecast).
"""

import jax
import jax.numpy as jnp

from tsgen_jax.models.autoregressive import Tokens, Values
from tsgen_jax.sampling import categorical
from tsgen_jax.types import Array, PyTree


def complete(
    network: Values | Tokens,
    params: PyTree,
    key: Array,
    x: Array,
    observed: Array,
    label: Array,
    num: int,
) -> jax.Array:
    """Draws what is missing.

    Args:
        network: of `params`.
        params: weights.
        key: a key.
        x: what the network models, [B, L, C]; anything where not observed.
        observed: bool [B, L, C].
        label: int [B] in [0, Y].
        num: P, particles of each series.

    Returns:
        As `x`, which it is where observed.
    """
    variables, batch = {"params": params}, x.shape[0]
    of_all = jnp.repeat(label, num)  # [B P]; those of a series lie together.
    first = jnp.arange(batch)[:, None] * num

    def step(state, t):
        carry, before, drawn, weight = state
        key_draw, key_choose = jax.random.split(jax.random.fold_in(key, t))
        carry, outputs = network.apply(
            variables, carry, before, t, of_all, method="step"
        )
        now, seen = (jnp.repeat(a[:, t], num, axis=0) for a in (x, observed))
        log_p, new = network.draw_given(key_draw, outputs, now, seen)
        drawn = drawn.at[:, t].set(new)
        weight, chosen = _resample(key_choose, weight + log_p.reshape(batch, num))
        at = (first + chosen).reshape(-1)
        kept = jax.tree.map(lambda a: a[at], (carry, new, drawn))
        return (*kept, weight), None

    begin = (
        network.apply(variables, batch * num, method="start"),
        network.apply(variables, batch * num, method="first"),
        jnp.repeat(x, num, axis=0),
        jnp.zeros((batch, num)),
    )
    key_last = jax.random.fold_in(key, x.shape[1])
    (_, _, drawn, weight), _ = jax.lax.scan(step, begin, jnp.arange(x.shape[1]))
    return drawn[first[:, 0] + categorical.draw(key_last, weight)]


def _resample(key: Array, weight: Array) -> tuple[jax.Array, jax.Array]:
    """Systematic resampling of particles, where few of a series carry the weight.

    Args:
        key: a key.
        weight: their logarithms, not normalised, [B, P].

    Returns:
        New weights [B, P], and which particles go on, int32 [B, P].
    """
    num = weight.shape[1]
    share = jax.nn.softmax(weight)
    level = jax.random.uniform(key, (weight.shape[0], 1))
    levels = (jnp.arange(num)[None] + level) / num
    below = jnp.cumsum(share, axis=1)
    chosen = (below[:, None] <= levels[..., None] * below[:, -1:, None]).sum(-1)
    chosen = jnp.minimum(chosen, num - 1).astype(jnp.int32)
    few = (1 / (share**2).sum(1, keepdims=True)) < num / 2
    same = jnp.broadcast_to(jnp.arange(num, dtype=jnp.int32)[None], chosen.shape)
    return jnp.where(few, 0.0, weight), jnp.where(few, chosen, same)
