"""CycleGAN and VAE/GAN: who moves which weights, and what a translation keeps."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests import tiny, tiny_generators
from tsgen_jax import generators
from tsgen_jax.data.info import DataInfo
from tsgen_jax.models.gan import Encoder, Translator
from tsgen_jax.runtime import sharding
from tsgen_jax.stages import cycle_gan
from tsgen_jax.training import loop


def _recipe(name, **changes):
    config = tiny_generators.make_config(name, **changes)
    return config, generators.make_recipe(config, DataInfo.of(tiny.make_dataset()))


def _moved(name):
    """Term of the loss -> networks that it has a gradient of."""
    stage = _recipe(name)[1].stages[0]
    x = jax.random.normal(jax.random.key(0), (4, 24, 1))
    batch = {"x": x, "label": jnp.array([0, 1, 1, 0])}
    params, _ = jax.jit(stage.init)(jax.random.key(1), batch, {})

    @jax.jit
    def gradients(params, key):
        terms = lambda p: stage.loss_fn(p, {}, batch, key)[1][1]  # noqa: E731
        return jax.jacrev(terms)(params)

    size = lambda tree: sum(float(jnp.abs(a).sum()) for a in jax.tree.leaves(tree))  # noqa: E731
    found = {}
    for term, of in gradients(params, jax.random.key(2)).items():
        groups = of["generator"] if "encoder" in of["generator"] else {}
        groups = {**(groups or {"generator": of["generator"]}), "critic": of["critic"]}
        found[term] = {group for group, tree in groups.items() if size(tree) > 0}
    return found


@pytest.mark.slow
def test_terms_move_their_own_networks():
    found = _moved("vae_gan")
    assert found["loss_kl"] == found["loss_similarity"] == {"encoder"}
    assert found["loss_generator"] == {"generator"}
    assert found["loss_critic"] == found["loss_penalty"] == {"critic"}
    assert found["loss"] == {"encoder", "generator", "critic"}
    found = _moved("cycle_gan")
    for term in ("loss_cycle", "loss_identity", "loss_generator"):
        assert found[term] == {"generator"}
    assert found["loss_critic"] == found["loss_penalty"] == {"critic"}


def test_the_other_class_is_another_one_and_any():
    label = jnp.repeat(jnp.arange(4), 300)
    other = np.asarray(cycle_gan.other_class(jax.random.key(0), label, 4))
    for mine in range(4):
        shares = np.bincount(other[label == mine], minlength=4) / 300
        assert shares[mine] == 0
        np.testing.assert_allclose(np.delete(shares, mine), 1 / 3, atol=0.1)


@pytest.mark.slow
def test_shapes_for_odd_lengths_and_series_by_themselves():
    x, label = jax.random.normal(jax.random.key(0), (3, 37, 2)), jnp.array([0, 1, 2])
    for net in (Translator(2, 8, 3), Encoder(2, 5, 8, 3)):
        params = jax.jit(net.init)(jax.random.key(1), x, label)
        whole = jax.tree.leaves(net.apply(params, x, label))
        one = jax.tree.leaves(net.apply(params, x[:1], label[:1]))
        for a, b in zip(whole, one, strict=True):
            assert a.shape[1:] in ((37, 2), (5,))
            np.testing.assert_allclose(a[:1], b, atol=1e-5)


@pytest.mark.slow
def test_a_translation_changes_the_level_and_keeps_the_wave(tmp_path):
    rng = np.random.default_rng(0)
    label = np.arange(128) % 2
    phase = rng.uniform(0, 2 * np.pi, (128, 1))
    x = np.sin(np.arange(24) / 4 + phase) + 2 * label[:, None] - 1
    x += 0.05 * rng.normal(size=x.shape)
    rows = {"x": x[..., None].astype(np.float32), "label": label.astype(np.int32)}
    config, recipe = _recipe("cycle_gan", **{"cycle_gan.width": 16})
    settings = config.train.cycle_gan
    settings.num_steps, settings.batch_size = 800, 32
    settings.log_every = settings.checkpoint_every = 800
    weights, _ = loop.fit(
        recipe.stages[0],
        rows,
        settings,
        key=jax.random.key(0),
        mesh=sharding.make_mesh(32, 1, 1),
        workdir=str(tmp_path),
    )
    of = {"cycle_gan": weights, "series": {"x": rows["x"]}}
    generator = recipe.assemble(of)
    moved = generator.translated(of, rows["x"], 1 - rows["label"])
    change = np.asarray(moved - rows["x"])[..., 0] * (1 - 2 * label)[:, None]
    np.testing.assert_allclose(change.mean(), 2, atol=0.3)
    wave, same = (a - a.mean(1, keepdims=True) for a in (x, np.asarray(moved)[..., 0]))
    assert np.corrcoef(wave.ravel(), same.ravel())[0, 1] > 0.8
