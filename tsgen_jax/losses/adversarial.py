"""What a critic and a generator are trained to do, and penalties on the critic's slope.

A critic is a function from series [B, L, C] to scores [B] that treats them one by one.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from tsgen_jax.types import Array

Critic = Callable[[jax.Array], jax.Array]
_EPS = 1e-12  # The root of 0 has no gradient.


class Adversarial(NamedTuple):
    """One kind of game; every part is to be made small.

    Attributes:
        critic: (scores of given series [B], scores of drawn ones [B]) -> loss.
        generator: scores of drawn series [B] -> loss.
        penalty: (critic, key, given series, drawn ones) -> what is added, weighted, to
            the critic's loss.
    """

    critic: Callable[[Array, Array], jax.Array]
    generator: Callable[[Array], jax.Array]
    penalty: Callable[[Critic, Array, Array, Array], jax.Array]


def slopes(critic: Critic, x: Array) -> jax.Array:
    """Squared norm [B] of the critic's gradient at each of the series [B, L, C]."""
    # Of the sum: no series changes another's score.
    gradient = jax.grad(lambda x: critic(x).sum())(x)
    return jnp.square(gradient).sum((1, 2))


def gradient_penalty(critic: Critic, key: Array, real: Array, fake: Array) -> jax.Array:
    """How far slopes between given and drawn series are from 1, squared, mean.

    Gulrajani et al. 2017, https://arxiv.org/abs/1704.00028, equation 3; each pair of
    series has its own point on the line between them.
    """
    at = jax.random.uniform(key, (len(real), 1, 1))
    norm = jnp.sqrt(slopes(critic, real + at * (fake - real)) + _EPS)
    return jnp.square(norm - 1).mean()


def slope_at_data(critic: Critic, key: Array, real: Array, fake: Array) -> jax.Array:
    """Half the mean squared slope at given series.

    R1 of Mescheder et al. 2018, https://arxiv.org/abs/1801.04406, equation 9.
    """
    del key, fake
    return 0.5 * slopes(critic, real).mean()


GAMES = {
    # Gulrajani et al. 2017: the critic's gap estimates the Wasserstein-1 distance.
    "wgan_gp": Adversarial(
        critic=lambda real, fake: fake.mean() - real.mean(),
        generator=lambda fake: -fake.mean(),
        penalty=gradient_penalty,
    ),
    # Goodfellow et al. 2014, https://arxiv.org/abs/1406.2661: scores are log odds.
    "non_saturating": Adversarial(
        critic=lambda real, fake: (
            jax.nn.softplus(-real) + jax.nn.softplus(fake)
        ).mean(),
        generator=lambda fake: jax.nn.softplus(-fake).mean(),
        penalty=slope_at_data,
    ),
}
