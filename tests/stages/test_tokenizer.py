import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests import lessons, tiny
from tsgen_jax.data.augment import time as augment
from tsgen_jax.losses import self_supervised
from tsgen_jax.models import vqvae
from tsgen_jax.nn import projector
from tsgen_jax.stages import tokenizer


def _task(method, **changes):
    config = tiny.make_config(method, **changes)
    x_train, x_valid = tiny.scaled(tiny.make_dataset())
    return config, lessons.of_tokenizer(config, x_train, x_valid)


@functools.cache
def _cached_step(method, changes):
    """(params, state, ((loss, (state, metrics)), grads)) of one compiled step."""
    task = _task(method, **dict(changes))[1]
    batch = {"x": task.rows["x"][:16]}

    def run(key_init, key):
        params, state = task.init(key_init, batch)
        grad_fn = jax.value_and_grad(task.loss_fn, has_aux=True)
        return params, state, grad_fn(params, state, batch, key)

    return jax.jit(run)(jax.random.key(0), jax.random.key(1))


def _step(method, **changes):
    return _cached_step(method, tuple(changes.items()))


@pytest.mark.parametrize("method", self_supervised.names())
def test_every_method_has_finite_gradients_that_reach_the_encoder(method):
    params, _, ((loss, (_, metrics)), grads) = _step(method)
    assert all(np.isfinite(v) for v in metrics.values())
    assert set(params) == ({"model"} if method == "none" else {"model", "head"})
    first = grads["model"]["encoder"]["Conv_0"]["kernel"]
    assert np.abs(first).max() > 0
    terms = [v for k, v in metrics.items() if k.startswith("loss_")]
    np.testing.assert_allclose(loss, sum(terms), rtol=1e-5)
    assert ("loss_ssl" in metrics) == (method != "none")


def test_terms_equal_a_recomputation_in_numpy():
    config, task = _task("none", **{"ssl.augmented_weight": 0.0})
    params, state, ((_, (after, metrics)), _) = _step(
        "none", **{"ssl.augmented_weight": 0.0}
    )
    x = jnp.asarray(task.rows["x"][:16])
    model = tokenizer.make_model(config, *x.shape[1:])
    u = np.asarray(model.to_map(x))
    z, stats = vqvae.apply(model, params["model"], state["batch_stats"], "encode", u)
    codes, z = np.asarray(state["codebook"].codes), np.asarray(z)
    tokens = ((z[..., None, :] - codes) ** 2).sum(-1).argmin(-1)
    u_hat, _ = vqvae.apply(model, params["model"], stats, "decode", codes[tokens])
    x_hat = np.asarray(model.to_series(u_hat))
    judge = {
        "loss_commitment": ((codes[tokens] - z) ** 2).mean(),
        "loss_frequency": ((np.asarray(u_hat) - u) ** 2).mean(),
        "loss_time": ((x_hat - np.asarray(x)) ** 2).mean(),
    }
    for name, value in judge.items():
        np.testing.assert_allclose(metrics[name], value, rtol=1e-3, err_msg=name)
    counts = 0.9 * state["codebook"].counts + 0.1 * np.bincount(
        tokens.ravel(), minlength=8
    )
    alive = counts >= 0.05 * counts.mean()
    np.testing.assert_allclose(
        after["codebook"].counts[alive], counts[alive], rtol=1e-4
    )


def test_the_loss_compares_quantised_first_with_continuous_second_view():
    config, task = _task("vicreg")
    params, state, ((_, (_, metrics)), _) = _step("vicreg")
    x = jnp.asarray(task.rows["x"][:16])
    x_b = augment.make_augment(**config.augment)(
        jax.random.split(jax.random.key(1))[0], x
    )
    model = tokenizer.make_model(config, *x.shape[1:])
    codes, pooled = np.asarray(state["codebook"].codes), []
    for series, quantised in ((x, True), (x_b, False)):
        u = model.to_map(series)
        z, _ = vqvae.apply(model, params["model"], state["batch_stats"], "encode", u)
        z = np.asarray(z)
        if quantised:
            z = codes[((z[..., None, :] - codes) ** 2).sum(-1).argmin(-1)]
        pooled.append(np.concatenate([z.mean((1, 2)), z.max((1, 2))], -1))
    layers = projector.Projector(
        **config.ssl.projector, num_hidden=2, use_bias=False, dtype=jnp.float32
    )
    weights = {"params": params["head"]["projector"]}
    projected = [layers.apply(weights, p) for p in pooled]
    judge, _ = self_supervised.vicreg(*projected, **config.ssl.vicreg)
    np.testing.assert_allclose(metrics["loss_ssl"], judge, rtol=1e-3)


def test_a_method_with_weight_zero_is_the_control():
    """Same autoencoder gradients with and without a loss that counts nothing."""
    *_, (_, grads_a) = _step("none")
    *_, (_, grads_b) = _step("barlow_twins", **{"ssl.barlow_twins.weight": 0.0})
    for a, b in zip(
        jax.tree.leaves(grads_a["model"]),
        jax.tree.leaves(grads_b["model"]),
        strict=True,
    ):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_the_augmented_view_moves_neither_codebook_nor_statistics():
    *_, ((_, (one, _)), _) = _step("none", **{"ssl.augmented_weight": 0.0})
    *_, ((_, (two, _)), _) = _step("vibcreg")
    for name in ("batch_stats", "codebook"):
        for a, b in zip(*(jax.tree.leaves(s[name]) for s in (one, two)), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-4, rtol=1e-4)
    *_, ((_, (faithful, _)), _) = _step("vibcreg", **{"ssl.augmented_statistics": True})
    gaps = jax.tree.map(
        lambda a, b: float(jnp.abs(a - b).max()),
        two["batch_stats"],
        faithful["batch_stats"],
    )
    assert max(jax.tree.leaves(gaps)) > 1e-4


def test_byol_moves_its_target_slowly():
    config, task = _task("byol")
    params, state, ((_, (after, _)), grads) = _step("byol")
    for t, p in zip(
        jax.tree.leaves(state["target"]), jax.tree.leaves(params), strict=True
    ):
        np.testing.assert_array_equal(t, p)  # It starts as a copy.
    moved = jax.tree.map(lambda p, g: p - g, params, grads)
    batch = {"x": task.rows["x"][:16]}
    _, (later, _) = jax.jit(task.loss_fn)(moved, after, batch, jax.random.key(2))
    decay = config.ssl.byol.target_decay
    for new, old, p in zip(
        *map(jax.tree.leaves, (later["target"], after["target"], moved)), strict=True
    ):
        np.testing.assert_allclose(new, decay * old + (1 - decay) * p, atol=1e-5)


def test_evaluation_updates_nothing_and_equals_numpy():
    config, task = _task("none")
    batch = {"x": task.rows["x"][:16]}
    params, state, _ = _step("none")
    weights = task.export(params, state)
    before = jax.tree.map(np.array, weights)
    found = task.evaluate(weights, task.valid)
    jax.tree.map(np.testing.assert_array_equal, before, weights)
    model = tokenizer.make_model(config, *batch["x"].shape[1:])
    x = task.valid["x"]
    tokens = vqvae.tokenize(model, weights, x)
    x_hat = vqvae.detokenize(model, weights, tokens)
    judge = ((np.asarray(x_hat, "float64") - x) ** 2).mean()
    np.testing.assert_allclose(found["reconstruction_mse"], judge, rtol=1e-4)
    p = np.bincount(np.asarray(tokens).ravel(), minlength=8) / tokens.size
    judge = np.exp(-(p[p > 0] * np.log(p[p > 0])).sum())
    np.testing.assert_allclose(found["codebook_perplexity"], judge, rtol=1e-4)
