import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests import tiny, tiny_generators
from tsgen_jax import generators
from tsgen_jax.data.info import DataInfo
from tsgen_jax.runtime import sharding
from tsgen_jax.stages import adversarial
from tsgen_jax.training import loop, optim


def _stage(**changes):
    config = tiny_generators.make_config("gan", **changes)
    info = DataInfo.of(tiny.make_dataset())
    return generators.make_recipe(config, info).stages[0]


@pytest.mark.slow
def test_each_term_has_the_gradient_of_its_own_weights():
    stage = _stage()
    x = jax.random.normal(jax.random.key(0), (4, 24, 1))
    batch = {"x": x, "label": jnp.array([0, 1, 1, 0])}

    @jax.jit
    def gradients(params):
        terms = lambda p: stage.loss_fn(p, {}, batch, jax.random.key(2))[1][1]  # noqa: E731
        return jax.jacrev(terms)(params)

    params, _ = jax.jit(stage.init)(jax.random.key(1), batch, {})
    found = jax.tree.map(lambda g: float(jnp.abs(g).sum()), gradients(params))
    total = {
        name: {group: sum(jax.tree.leaves(g)) for group, g in of.items()}
        for name, of in found.items()
    }
    for name, other in (
        ("loss_generator", "critic"),
        ("loss_critic", "generator"),
        ("loss_penalty", "generator"),
    ):
        own = {"critic": "generator", "generator": "critic"}[other]
        assert total[name][other] == 0
        assert total[name][own] > 0
    assert min(total["loss_codes"].values()) > 0


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

    config = tiny_generators.make_config("gan")
    info = DataInfo.of(tiny.make_dataset())
    networks = adversarial.make_networks(config.gan, info)
    latent = networks.latent(jax.random.key(0), 6)
    assert latent.shape == (6, config.gan.num_latents + 3)
    said = jax.random.normal(jax.random.key(1), (6, 3))
    code = np.asarray(latent[:, -3:])
    assert set(code[:, :2].sum(1)) == {1.0}
    odds = np.exp(said[:, :2])
    p = (odds / odds.sum(1, keepdims=True))[code[:, :2] == 1]
    number = stats.norm(said[:, 2], 1).logpdf(code[:, 2]) + 0.5 * np.log(2 * np.pi)
    judge = -np.log(p) - number
    np.testing.assert_allclose(networks.code_loss(said, latent), judge, rtol=1e-4)


def _trained(config, info, rows, workdir):
    """A generator that was trained on such rows."""
    recipe = generators.make_recipe(config, info)
    weights, _ = loop.fit(
        recipe.stages[0],
        rows,
        config.train.gan,
        key=jax.random.key(0),
        mesh=sharding.make_mesh(32, 1, 1),
        workdir=str(workdir),
    )
    return recipe.assemble({"gan": weights})


def _config(num_steps):
    config = tiny_generators.make_config("gan", **{"gan.num_latents": 4})
    config.gan.width, config.gan.num_categories, config.gan.num_numbers = 16, 0, 0
    settings = config.train.gan
    settings.num_steps, settings.batch_size, settings.critic_steps = num_steps, 32, 5
    settings.log_every = settings.checkpoint_every = num_steps
    return config


@pytest.mark.slow
def test_it_covers_two_clusters(tmp_path):
    rng = np.random.default_rng(0)
    side = np.where(np.arange(64) % 4, 1.0, -1.0)  # A quarter lies below.
    x = side[:, None, None] + 0.1 * rng.normal(size=(64, 24, 1))
    rows = {"x": x.astype(np.float32), "label": np.zeros(64, np.int32)}
    info = DataInfo.of(tiny.make_dataset())
    generator = _trained(_config(3000), info, rows, tmp_path)
    drawn = generator.program(jax.random.key(3), jnp.zeros(400, jnp.int32)).mean((1, 2))
    assert 0.1 < (drawn < 0).mean() < 0.4
    assert (np.abs(np.abs(drawn) - 1) < 0.3).mean() > 0.9
