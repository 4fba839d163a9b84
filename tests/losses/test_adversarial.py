import jax
import jax.numpy as jnp
import numpy as np

from tsgen_jax.losses import adversarial


def _series():
    rng = np.random.default_rng(0)
    return (jnp.asarray(rng.normal(size=(5, 4, 2)), jnp.float32) for _ in range(3))


def test_penalty_of_a_linear_critic_and_its_gradient_are_those_by_hand():
    real, fake, several = _series()
    w = several[0]

    def penalty(w):
        critic = lambda x: (x * w[None]).sum((1, 2))  # noqa: E731
        return adversarial.gradient_penalty(critic, jax.random.key(0), real, fake)

    norm = np.linalg.norm(w)
    value, gradient = jax.jit(jax.value_and_grad(penalty))(w)
    np.testing.assert_allclose(value, (norm - 1) ** 2, rtol=1e-5)
    np.testing.assert_allclose(gradient, 2 * (norm - 1) * w / norm, rtol=1e-4)


def test_the_penalty_is_between_series_and_r1_at_them():
    real, fake, _ = _series()
    critic = lambda x: 0.5 * jnp.square(x).sum((1, 2))  # noqa: E731 - Slope: x itself.
    key = jax.random.key(1)
    at = jax.random.uniform(key, (5, 1, 1))
    between = np.asarray(real * (1 - at) + fake * at).reshape(5, -1)
    judge = ((np.linalg.norm(between, axis=1) - 1) ** 2).mean()
    found = adversarial.gradient_penalty(critic, jax.random.key(1), real, fake)
    np.testing.assert_allclose(found, judge, rtol=1e-5)
    judge = 0.5 * (np.linalg.norm(real.reshape(5, -1), axis=1) ** 2).mean()
    found = adversarial.slope_at_data(critic, key, real, fake)
    np.testing.assert_allclose(found, judge, rtol=1e-5)


def test_games_are_those_of_the_papers():
    real, fake = jnp.array([2.0, -1.0]), jnp.array([0.5, -3.0])
    sigmoid = lambda s: 1 / (1 + np.exp(-np.asarray(s)))  # noqa: E731
    game = adversarial.GAMES["non_saturating"]
    judge = -np.log(sigmoid(real)).mean() - np.log(1 - sigmoid(fake)).mean()
    np.testing.assert_allclose(game.critic(real, fake), judge, rtol=1e-5)
    judge = -np.log(sigmoid(fake)).mean()
    np.testing.assert_allclose(game.generator(fake), judge, rtol=1e-5)
    game = adversarial.GAMES["wgan_gp"]
    np.testing.assert_allclose(game.critic(real, fake), -1.25 - 0.5, rtol=1e-6)
    np.testing.assert_allclose(game.generator(fake), 1.25, rtol=1e-6)
