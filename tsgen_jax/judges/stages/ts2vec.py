"""TS2Vec as a stage of training: the network behind Context-FID.

Yue et al. 2022, https://arxiv.org/abs/2106.10466: two overlapping random crops of the
same series are encoded, with time points masked at random, and compared where they
overlap. As in the authors' code the weights to use are the mean of the weights before
training and after every step, and crops have any length from 2 to L: all views go
through arrays of length L, and what lies outside of a view is masked, so the numbers
are those of a cropped array. Differences: their learning rate is constant, our loop
ends it in a cosine; series longer than 3000 are not cut.
"""

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.losses import contrastive
from tsgen_jax.models import ts2vec
from tsgen_jax.recipe import Stage, example_of
from tsgen_jax.training import batches
from tsgen_jax.types import Array, Batch, PyTree


def make_model(config: ConfigDict) -> ts2vec.Encoder:
    """The network of `config.judge.ts2vec`."""
    names = ("width", "num_blocks", "features", "dropout")
    return ts2vec.Encoder(**{name: config.judge.ts2vec[name] for name in names})


def make_stage(config: ConfigDict, x: Array) -> tuple[Stage, Batch]:
    """Contrastive training on scaled series, float32 [n, L, C], and its rows.

    Raises:
        ValueError: one time point, which has no part.
    """
    if x.shape[1] < 2:
        raise ValueError("TS2Vec compares parts of series; they have 1 time point.")
    settings = config.judge.ts2vec
    model = make_model(config)

    def init(key: Array, batch: Batch, given) -> tuple[PyTree, PyTree]:
        every = jnp.ones(batch["x"].shape[:2], bool)
        params = model.init(key, batch["x"], every, every, train=False)["params"]
        mean = jax.tree.map(jnp.zeros_like, params)
        return params, {"mean": mean, "count": jnp.zeros([], jnp.int32)}

    def loss_fn(params, model_state, batch, key):
        key_crop, key_kept, key_drop = jax.random.split(key, 3)
        x, inside, start, num = crops(key_crop, batch["x"])
        both, size = jnp.concatenate([x, x]), (2 * len(x), x.shape[1])
        kept = jax.random.bernoulli(key_kept, 1 - settings.mask_ratio, size)
        inside = jnp.repeat(inside, len(x), axis=0)
        rngs = {"dropout": key_drop}
        z = model.apply({"params": params}, both, kept, inside, train=True, rngs=rngs)
        z_a, z_b = jnp.split(jnp.roll(z, -start, axis=1), 2)
        loss = contrastive.hierarchical(z_a, z_b, num, settings.instance_weight)
        return loss, (_averaged(params, model_state), {"loss": loss})

    rows = {"x": x}
    stage = Stage(
        name="ts2vec",
        example=example_of(rows),
        init=init,
        loss_fn=loss_fn,
        export=lambda params, state: _averaged(params, state)["mean"],
    )
    return stage, rows


def crops(key: Array, x: Array) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
    """Two overlapping views of every series, at the same places for the whole batch.

    As in the authors' code: the overlap's length is uniform in [2, L], its place too;
    one view goes on before it, the other after it; then each series is moved so that
    the views show another stretch of it, still within the series.

    Returns:
        x: the moved series, float [B, L, C]; outside of the views it means nothing.
        inside: bool [2, L], where each view is.
        start: the first time point of the overlap, int.
        num: its time points, int.
    """
    length = x.shape[1]
    keys = jax.random.split(key, 5)
    num = jax.random.randint(keys[0], (), 2, length + 1)
    start = jax.random.randint(keys[1], (), 0, length - num + 1)
    first = jax.random.randint(keys[2], (), 0, start + 1)
    last = jax.random.randint(keys[3], (), start + num, length + 1)
    move = jax.random.randint(keys[4], (len(x),), -first, length - last + 1)
    time = jnp.arange(length)
    rows = jnp.clip(time[None] + move[:, None], 0, length - 1)
    moved = jnp.take_along_axis(x, rows[..., None], axis=1)
    inside = [(time >= first) & (time < start + num), (time >= start) & (time < last)]
    return moved, jnp.stack(inside), start, num


def _averaged(params: PyTree, state: PyTree) -> PyTree:
    """`state` with one more set of weights in its mean."""
    count, params = state["count"] + 1, jax.lax.stop_gradient(params)
    mean = jax.tree.map(lambda m, p: m + (p - m) / count, state["mean"], params)
    return {"mean": mean, "count": count}


def make_features(config: ConfigDict) -> Callable[[PyTree, Array], np.ndarray]:
    """(weights, scaled series [n, L, C]) -> one vector each, float32 [n, features]."""
    encode = jax.jit(functools.partial(ts2vec.encode, make_model(config)))
    size = config.evaluation.batch_size

    def features(weights, x):
        return batches.map_batches(lambda b: encode(weights, b["x"]), {"x": x}, size)

    return features
