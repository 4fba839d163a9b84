"""TimeGAN's phases: who moves which weights, and the terms by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests import tiny, tiny_generators
from tsgen_jax.data.info import DataInfo
from tsgen_jax.models import timegan
from tsgen_jax.runtime import sharding
from tsgen_jax.stages import timegan as phases
from tsgen_jax.training import loop


def _make(**changes):
    config = tiny_generators.make_config("timegan", **changes)
    info = DataInfo.of(tiny.make_dataset())
    networks = phases.make_networks(config.timegan, info)
    return config, networks, phases.make_stages(config, networks, info)


def _batch():
    x = jax.random.normal(jax.random.key(0), (4, 24, 1))
    return {"x": x, "label": jnp.array([0, 1, 1, 0])}


def _begin(stages, batch):
    """Weights of all phases, untrained."""
    given = {}
    for stage in stages:
        params, state = jax.jit(stage.init)(jax.random.key(3), batch, given)
        given[stage.name] = stage.export(params, state)
    return params, given


def test_the_last_phase_begins_where_the_others_ended():
    _, _, stages = _make()
    params, given = _begin(stages, _batch())
    for stage in ("embedding", "supervisor"):
        for name, tree in given[stage].items():
            same = jax.tree.map(np.array_equal, tree, params["generator"][name])
            assert all(jax.tree.leaves(same)), name
    assert {*given["joint"]} == {"generator", "supervisor", "recovery"}
    assert given["joint"]["generator"] is params["generator"]["generator"]


@pytest.mark.slow
def test_each_term_moves_its_own_networks():
    _, _, stages = _make()
    params, _ = _begin(stages, _batch())
    term = lambda p: stages[2].loss_fn(p, {}, _batch(), jax.random.key(3))[1][1]  # noqa: E731
    found = jax.jit(jax.jacrev(term))(params)
    total = jax.jit(
        jax.grad(lambda p: stages[2].loss_fn(p, {}, _batch(), jax.random.key(3))[0])
    )
    expected = {
        "loss_reconstruction": {"embedder", "recovery"},
        "loss_supervised": {"supervisor"},
        "loss_moments": {"generator", "supervisor"},
        "loss_generator": {"generator", "supervisor"},
        "loss_critic": {"critic"},
        "loss_penalty": {"critic"},
    }

    def moved(tree):
        nets = {**tree["generator"], "critic": tree["critic"]}
        size = lambda t: sum(float(jnp.abs(a).sum()) for a in jax.tree.leaves(t))  # noqa: E731
        return {name for name, net in nets.items() if size(net) > 0}

    for name, networks in expected.items():
        assert moved(found[name]) == networks, name
    assert moved(total(params)) == {"critic", *params["generator"]}


def test_terms_are_those_of_the_paper_by_hand():
    _, of, stages = _make(**{"timegan.patch": 5})
    batch, seen = _batch(), np.random.default_rng(0).random((4, 24, 1)) < 0.7
    weights, label = _begin(stages, batch)[0]["generator"], batch["label"]
    h = np.asarray(of.embed(weights, batch["x"], label))
    assert h.shape == (4, 5, 4)  # 24 time points in frames of 5: the last is filled up.
    assert 0 < h.min() < h.max() < 1
    said = np.asarray(of.supervise(weights, h, label))
    judge = np.mean((h[:, 1:] - said[:, :-1]) ** 2)
    found = of.loss_supervised(weights, h, label)
    np.testing.assert_allclose(found, judge, rtol=1e-5)
    x = np.asarray(of.recover(weights, h, label))
    assert x.shape == (4, 24, 1)
    judge = ((x - batch["x"]) ** 2)[seen].mean()
    found = of.loss_reconstruction(weights, h, {**batch, "observed": seen})
    np.testing.assert_allclose(found, judge, rtol=1e-5)
    one, two = np.random.default_rng(1).normal(size=(2, 6, 3, 2))
    judge = np.abs(one.mean(0) - two.mean(0)).mean()
    judge += np.abs(one.std(0) - two.std(0)).mean()
    np.testing.assert_allclose(timegan.loss_moments(one, two), judge, rtol=1e-4)
    # The future is not seen, and neither does another series change anything.
    changed = np.asarray(of.embed(weights, batch["x"].at[1, 10:].add(1), label))
    np.testing.assert_array_equal(changed[[0, 2, 3]], h[[0, 2, 3]])
    np.testing.assert_array_equal(changed[1, :2], h[1, :2])
    assert (changed[1, 2:] != h[1, 2:]).any(-1).all()


@pytest.mark.slow
def test_it_covers_two_clusters(tmp_path):
    rng = np.random.default_rng(0)
    side = np.where(np.arange(64) % 4, 1.0, -1.0)  # A quarter lies below.
    x = side[:, None, None] + 0.1 * rng.normal(size=(64, 24, 1))
    rows = {"x": x.astype(np.float32), "label": np.zeros(64, np.int32)}
    changes = {"timegan.width": 16, "timegan.patch": 6}
    config, of, stages = _make(**changes)
    given = {}
    for stage, num_steps in zip(stages, (300, 100, 1500), strict=True):
        settings = config.train[stage.name]
        settings.num_steps, settings.batch_size = num_steps, 32
        settings.log_every = settings.checkpoint_every = num_steps
        given[stage.name], _ = loop.fit(
            stage,
            rows,
            settings,
            key=jax.random.key(0),
            mesh=sharding.make_mesh(32, 1, 1),
            workdir=str(tmp_path / stage.name),
            given={name: given[name] for name in stage.needs},
        )
    label, weights = jnp.zeros(400, jnp.int32), given["joint"]
    h = of.supervise(
        weights, of.generate(weights, of.latent(jax.random.key(3), 400), label), label
    )
    drawn = of.recover(weights, h, label).mean((1, 2))
    assert 0.1 < (drawn < 0).mean() < 0.45
    assert (np.abs(np.abs(drawn) - 1) < 0.4).mean() > 0.8
