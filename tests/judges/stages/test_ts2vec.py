import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests import tiny
from tests.lessons import Lesson
from tsgen_jax.judges.stages import ts2vec

_L = 9
SMALL = {
    "judge.ts2vec.width": 8,
    "judge.ts2vec.num_blocks": 2,
    "judge.ts2vec.features": 12,
    "judge.ts2vec.few_steps": 60,
}


@pytest.fixture(scope="module")
def drawn():
    """Views of many keys, and what was cut: series whose values are their places."""
    x = jnp.broadcast_to(jnp.arange(_L * 1.0)[None, :, None], (4, _L, 2))
    keys = jax.random.split(jax.random.key(0), 600)
    return jax.tree.map(np.asarray, jax.jit(jax.vmap(ts2vec.crops, (0, None)))(keys, x))


def test_views_overlap_as_said(drawn):
    x, inside, start, num = drawn
    for moved, (a, b), first, size in zip(x, inside, start, num, strict=True):
        np.testing.assert_array_equal(np.flatnonzero(a & b), first + np.arange(size))
        for view in (a, b):  # One stretch each, of consecutive values of the series.
            places = np.flatnonzero(view)
            assert len(places) == places[-1] - places[0] + 1
            steps = np.diff(moved[:, places, 0], axis=1)
            np.testing.assert_array_equal(steps, 1)
        assert np.flatnonzero(a)[-1] == first + size - 1
        assert np.flatnonzero(b)[0] == first


def test_every_length_and_place_comes(drawn):
    x, inside, start, num = drawn
    assert set(num) == set(range(2, _L + 1))
    counts = np.bincount(num)[2:]
    assert counts.min() > 600 / (_L - 1) / 2  # Uniform: 75 of each.
    assert set(start) == set(range(_L - 1))
    moved = x[:, :, 4, 0] - 4
    assert moved.min() < -3
    assert moved.max() > 3
    assert any(len(set(row)) > 1 for row in moved)  # Each series its own.
    assert (inside[:, 0].argmax(1) < start).any()  # The first begins before,
    assert (inside[:, 1][:, ::-1].argmax(1) < _L - start - num).any()  # the other ends.


def test_the_weights_in_use_are_the_mean_of_all():
    task = Lesson(
        *ts2vec.make_stage(tiny.make_config(**SMALL), np.zeros((4, _L, 1), np.float32))
    )
    batch = {"x": task.rows["x"]}
    params, state = jax.jit(task.init)(jax.random.key(0), batch)
    loss_fn, seen = jax.jit(task.loss_fn), []
    for i in range(3):
        step = jax.tree.map(lambda p, i=i: p + i**2, params)
        seen.append(step)
        if i < 2:
            _, (state, _) = loss_fn(step, state, batch, jax.random.key(i))
    expected = jax.tree.map(lambda *p: sum(p) / 3, *seen)
    got = task.export(seen[-1], state)
    for a, b in zip(*map(jax.tree.leaves, (got, expected)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_noise_comes_from_the_key():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4, _L, 2)).astype(np.float32)
    task = Lesson(*ts2vec.make_stage(tiny.make_config(**SMALL), x))
    params, state = task.init(jax.random.key(0), {"x": x})
    loss = jax.jit(lambda key: task.loss_fn(params, state, {"x": x}, key)[0])
    values = [float(loss(jax.random.key(i))) for i in (0, 0, 1)]
    assert values[0] == values[1] != values[2]
    assert np.isfinite(values).all()


def test_one_time_point_is_refused():
    with pytest.raises(ValueError, match="1 time point"):
        ts2vec.make_stage(tiny.make_config(**SMALL), np.zeros((4, 1, 1), np.float32))
