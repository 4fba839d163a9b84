import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tsgen_jax.models.gan import Critic, Generator
from tsgen_jax.stages import adversarial
from tsgen_jax.training import optim


@pytest.mark.parametrize("every", [1, 3])
def test_the_generator_moves_at_every_kth_step_by_a_schedule_of_its_own(every):
    settings = {
        "learning_rate": 0.1,
        "critic_learning_rate": 0.2,
        "critic_steps": every,
        "betas": (0.0, 0.9),
        "weight_decay": 0.0,
        "decay_all_weights": False,
        "warmup_steps": 0,
        "clip_norm": 0.0,
        "ema_decay": 0.5,
        "num_steps": 12,
    }
    optimizer = adversarial.make_optimizer(settings)
    params = {name: {"kernel": jnp.zeros(1)} for name in ("generator", "critic")}
    ones = jax.tree.map(jnp.ones_like, params)
    state, update = optimizer.init(params), jax.jit(optimizer.update)
    rate = optim.make_schedule(0.1, 0, 12 // every)
    critic_rate = optim.make_schedule(0.2, 0, 12)
    at, critic_at, average = 0.0, 0.0, 0.0
    for step in range(12):  # Of equal gradients, Adam's update is the rate.
        updates, state = update(ones, state, params)
        params = jax.tree.map(jnp.add, params, updates)
        at -= float(rate(step // every)) if step % every == every - 1 else 0
        critic_at -= float(critic_rate(step))
        weight = min(0.5, (1 + step) / (10 + step))
        average = weight * average + (1 - weight) * at
        np.testing.assert_allclose(params["generator"]["kernel"], at, atol=1e-5)
        np.testing.assert_allclose(params["critic"]["kernel"], critic_at, atol=1e-5)
    used = optim.weights_in_use(params, state)["generator"]["kernel"]
    np.testing.assert_allclose(used, average, atol=1e-5)


def test_codes_are_rated_as_by_scipy():
    from scipy import stats

    networks = adversarial.Networks(
        Generator(2, 24, 1, width=8, taps=5),
        Critic(2, width=8, taps=5, num_codes=3),
        num_latents=4,
        num_categories=2,
        num_numbers=1,
    )
    latent = networks.latent(jax.random.key(0), 6)
    assert latent.shape == (6, 4 + 3)
    said = jax.random.normal(jax.random.key(1), (6, 3))
    code = np.asarray(latent[:, -3:])
    assert set(code[:, :2].sum(1)) == {1.0}
    odds = np.exp(said[:, :2])
    p = (odds / odds.sum(1, keepdims=True))[code[:, :2] == 1]
    number = stats.norm(said[:, 2], 1).logpdf(code[:, 2]) + 0.5 * np.log(2 * np.pi)
    judge = -np.log(p) - number
    np.testing.assert_allclose(networks.code_loss(said, latent), judge, rtol=1e-4)
