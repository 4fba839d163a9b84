"""`precision` and `remat`: other programs for the same training."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests import lessons, tiny
from tsgen_jax.runtime import sharding
from tsgen_jax.training import loop, optim

_STEPS = 60
_TOLERANCE = 0.02  # Of the mean loss of the last 20 steps, relative.
_EXACT = {"exp", "log", "rsqrt", "sqrt", "argmin", "argmax", "reduce_max"}


def _tokenizer_task(method="vibcreg", **changes):
    return lessons.tiny_tokenizer(method, **changes)


def _prior_task(method="none", num_tokens=15, **changes):
    config = tiny.make_config(method, **changes)
    rng = np.random.default_rng(0)
    label = rng.integers(0, 3, 24).astype("int32")
    tokens = (label[:, None] + np.arange(num_tokens)) % 8  # Something to learn.
    data = {"tokens": tokens.astype("int32"), "label": label}
    codes = rng.normal(size=(8, 8)).astype("float32")
    return lessons.of_prior(config, codes, data, data, 3)


_TASKS = {"tokenizer": _tokenizer_task, "prior": _prior_task}


def _settings(stage):
    settings = tiny.make_config().train[stage]
    names = ("learning_rate", "weight_decay", "decay_all_weights", "warmup_steps")
    names += ("clip_norm", "num_steps")
    return {n: settings[n] for n in names} | {"num_steps": _STEPS, "ema_decay": 0.9}


@functools.cache
def _start(stage):
    """First state, the same for either precision, and the optimiser."""
    task = _TASKS[stage]("none")
    optimizer = optim.make_optimizer(**_settings(stage))

    @jax.jit
    def init(key):
        batch = jax.tree.map(lambda a: a[:16], task.rows)
        params, model_state = task.init(key, batch)
        step = jnp.zeros((), jnp.int32)
        return loop.TrainState(step, params, model_state, optimizer.init(params))

    return init(jax.random.key(0)), optimizer


def _trained(stage, precision):
    """(state after the last step, mean loss of the first and of the last 20 steps)."""
    state, optimizer = _start(stage)
    task = _TASKS[stage]("none", precision=precision)
    step = loop.make_train_step(task.loss_fn, optimizer)
    run = jax.jit(loop.make_run_steps(step, 16, sharding.make_mesh(16, 1)))
    losses = []
    for _ in range(_STEPS // 20):
        state, means, _ = run(state, task.rows, jax.random.key(0), 20)
        losses.append(float(means["loss"]))
    return state, losses[0], losses[-1]


@pytest.mark.slow
@pytest.mark.parametrize("stage", list(_TASKS))
def test_bfloat16_reaches_the_loss_of_float32(stage):
    state, first, last = _trained(stage, "float32")
    half, _, half_last = _trained(stage, "bfloat16")
    assert last < 0.95 * first  # It learns, so that there is something to compare.
    np.testing.assert_allclose(half_last, last, rtol=_TOLERANCE)
    assert half_last != last
    for a, b in zip(jax.tree.leaves(state), jax.tree.leaves(half), strict=True):
        assert a.dtype == b.dtype
        assert a.dtype in (jnp.float32, jnp.int32)


def _equations(jaxpr):
    for equation in jaxpr.eqns:
        yield equation
        for value in equation.params.values():
            inner = value if isinstance(value, tuple | list) else [value]
            for part in inner:
                part = getattr(part, "jaxpr", part)
                if hasattr(part, "eqns"):
                    yield from _equations(part)


@pytest.mark.parametrize("stage", list(_TASKS))
def test_which_operations_are_bfloat16(stage):
    """Nearly all multiplications; no root, exponential, logarithm or arg-minimum."""
    half = {}
    for precision in ("float32", "bfloat16"):
        task = _TASKS[stage](precision=precision)
        batch = jax.tree.map(lambda a: a[:16], task.rows)
        args = (*jax.eval_shape(task.init, jax.random.key(0), batch), batch)
        jaxpr = jax.make_jaxpr(task.loss_fn)(*args, jax.random.key(1)).jaxpr
        found = [
            (e.primitive.name, e.invars[0].aval.dtype == jnp.bfloat16)
            for e in _equations(jaxpr)
            if e.invars
        ]
        half[precision] = [name for name, is_half in found if is_half]
        if precision == "bfloat16":
            assert not _EXACT & set(half[precision])
            assert _EXACT & {name for name, _ in found}
    assert not half["float32"]
    assert half["bfloat16"].count("dot_general") >= 6


def test_an_unknown_precision_lists_the_known_ones():
    from tsgen_jax import checks

    with pytest.raises(ValueError, match="precision='half': known are float32, bfl"):
        checks.check_config(tiny.make_config(precision="half"))


def _kept_bytes(stage, remat, depth):
    """What a forward pass through `depth` blocks or layers keeps for the gradient."""
    deep = {"tokenizer.num_res_blocks": depth, "prior.num_layers": depth}
    task = _TASKS[stage]("none", remat=remat, **deep)
    batch = jax.tree.map(lambda a: a[:16], task.rows)
    params, state = jax.eval_shape(task.init, jax.random.key(0), batch)

    def kept(params, state):
        def loss(p):
            return task.loss_fn(p, state, batch, jax.random.key(1))[0]

        return jax.vjp(loss, params)[1]

    leaves = jax.tree.leaves(jax.eval_shape(kept, params, state))
    return sum(leaf.size * leaf.dtype.itemsize for leaf in leaves)


@pytest.mark.parametrize("stage", list(_TASKS))
def test_remat_stores_a_fraction_of_a_block(stage):
    price = {
        remat: _kept_bytes(stage, remat, 2) - _kept_bytes(stage, remat, 1)
        for remat in (False, True)
    }
    # That it changes no gradient is tested where the blocks are, in tests/nn.
    assert 0 < price[True] < price[False] / 5
