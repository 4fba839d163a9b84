import jax.numpy as jnp
import numpy as np
import optax
import pytest

from tsgen_jax.training import optim

_SETTINGS = {
    "learning_rate": 0.1,
    "weight_decay": 0.0,
    "decay_all_weights": False,
    "warmup_steps": 0,
    "clip_norm": 0.0,
    "ema_decay": 0.0,
    "num_steps": 100,
}


def test_schedule_is_linear_then_half_a_cosine():
    schedule = optim.make_schedule(2.0, 10, 110)
    for t in (0, 5, 10, 60, 110):
        judge = 2 * t / 10 if t < 10 else 1 + np.cos(np.pi * (t - 10) / 100)
        np.testing.assert_allclose(schedule(t), judge, atol=1e-6)
    assert optim.make_schedule(2.0, 0, 100)(0) == 2.0


@pytest.mark.parametrize("everything", [False, True])
def test_weight_decay_spares_all_but_kernels(everything):
    params = {"dense": {"kernel": jnp.ones(2), "bias": jnp.ones(2)}}
    settings = _SETTINGS | {"weight_decay": 0.5, "decay_all_weights": everything}
    optimizer = optim.make_optimizer(**settings)
    zeros = {"dense": {"kernel": jnp.zeros(2), "bias": jnp.zeros(2)}}
    updates, _ = optimizer.update(zeros, optimizer.init(params), params)
    np.testing.assert_allclose(updates["dense"]["kernel"], -0.1 * 0.5)
    bias = -0.05 if everything else 0.0
    np.testing.assert_allclose(updates["dense"]["bias"], bias, atol=1e-9)


def test_average_of_weights_equals_a_loop():
    optimizer = optim.make_optimizer(**_SETTINGS | {"ema_decay": 0.6})
    params = {"kernel": jnp.array([1.0, -2.0])}
    state = optimizer.init(params)
    judge = np.array([1.0, -2.0])
    for t in range(20):
        updates, state = optimizer.update({"kernel": jnp.ones(2)}, state, params)
        params = optax.apply_updates(params, updates)
        weight = min(0.6, (1 + t) / (10 + t))
        judge = weight * judge + (1 - weight) * np.asarray(params["kernel"])
    found = optim.weights_in_use(params, state)
    np.testing.assert_allclose(found["kernel"], judge, rtol=1e-5)


def test_without_average_the_weights_themselves_are_in_use():
    params = {"kernel": jnp.ones(2)}
    state = optim.make_optimizer(**_SETTINGS).init(params)
    assert optim.weights_in_use(params, state) is params


def test_clipping_bounds_the_gradient():
    params = {"kernel": jnp.zeros(2)}
    clipped = optim.make_optimizer(**_SETTINGS | {"clip_norm": 1.0})
    state = clipped.init(params)
    small, _ = clipped.update({"kernel": jnp.array([3.0, 4.0])}, state, params)
    _, state_1 = clipped.update({"kernel": jnp.array([0.6, 0.8])}, state, params)
    _, state_2 = clipped.update({"kernel": jnp.array([60.0, 80.0])}, state, params)
    first = optax.tree_utils.tree_get(state_1, "mu")["kernel"]
    second = optax.tree_utils.tree_get(state_2, "mu")["kernel"]
    np.testing.assert_allclose(first, second, rtol=1e-5)
    assert np.isfinite(small["kernel"]).all()
