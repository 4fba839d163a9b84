"""A process of two that train a small run: python one_of_two.py PORT ID WORKDIR [STOP].

The run has two stages, of which the second needs the first, and a measured part: all
that `train_recipe` does, on networks that compile in a moment. With STOP it sends itself
SIGTERM once there is a checkpoint of step 10.
"""

import os
import pathlib
import signal
import sys
import threading
import time

from tests import compiling

if __name__ == "__main__":
    os.environ["XLA_FLAGS"] = compiling.environment({})["XLA_FLAGS"]
    os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.numpy as jnp
import numpy as np

from tests import tiny
from tsgen_jax import generators, pipeline
from tsgen_jax.recipe import Fitted, Recipe, Stage
from tsgen_jax.runtime import hosts
from tsgen_jax.runtime.interrupt import InterruptedRunError

NUM_STEPS = 30
PAUSE = float(os.environ.get("ONE_OF_TWO_PAUSE", "0"))  # Of each evaluation, seconds.


def config():
    """Of the run; sections of a real one, of which few are read."""
    changes = {"data.validation_fraction": 0.25}
    for stage in ("tokenizer", "prior"):
        changes[f"train.{stage}.num_steps"] = NUM_STEPS
        changes[f"train.{stage}.eval_every"] = 10
        changes[f"train.{stage}.checkpoint_every"] = 10
    return tiny.make_config("none", **changes)


def _stage(name: str, length: int, needs: tuple[str, ...] = ()) -> Stage:
    """Noisy series through one layer; the batch's mean is state, as a norm's is."""

    def init(key, batch, given):
        weight = 0.1 * jax.random.normal(key, (length, length))
        if needs:
            weight += given["tokenizer"]["weight"]
        return {"weight": weight}, {"mean": jnp.zeros(length)}

    def loss_fn(params, state, batch, key):
        x = batch["x"][..., 0]
        mean = 0.9 * state["mean"] + 0.1 * x.mean(0)
        noisy = x + 0.1 * jax.random.normal(key, x.shape)
        loss = jnp.mean((noisy @ params["weight"] + mean[None] - x) ** 2)
        return loss, ({"mean": mean}, {"loss": loss})

    def evaluate(weights, rows):
        x = rows["x"][..., 0]
        return {
            "loss": jnp.mean((x @ weights["weight"] + weights["mean"][None] - x) ** 2)
        }

    def slow_evaluate(weights, rows):
        time.sleep(PAUSE)
        return jax.jit(evaluate)(weights, rows)

    return Stage(
        name=name,
        example={"x": jax.ShapeDtypeStruct((16, length, 1), jnp.float32)},
        init=init,
        loss_fn=loss_fn,
        export=lambda params, state: {**params, **state},
        rows=lambda part, given, train: {"x": part.x},
        evaluate=slow_evaluate,
        needs=needs,
    )


def make_recipe(config, info) -> Recipe:
    """'tokenizer', 'prior' on it, and the size of what 'prior' leaves out."""

    def fit(key, dataset, given):
        x = dataset.network_data("train")["x"][..., 0]
        size = np.float32(np.std(x @ np.asarray(given["prior"]["weight"]) - x))
        return {"size": size}, {"size": float(size)}

    shapes = {"size": jax.ShapeDtypeStruct((), jnp.float32)}
    return Recipe(
        stages=(
            _stage("tokenizer", info.length),
            _stage("prior", info.length, ("tokenizer",)),
            Fitted(name="residual", shapes=shapes, fit=fit, needs=("prior",)),
        ),
        assemble=lambda weights: None,
        settings=("sample",),
        about="For a test.",
    )


def train(config, workdir: str) -> None:
    """Trains the run."""
    generators.make_recipe = make_recipe
    pipeline.run(config, workdir, tiny.make_dataset(), evaluate=False)


def _stop_at(checkpoint: pathlib.Path) -> None:
    while not checkpoint.exists():
        time.sleep(0.001)
    os.kill(os.getpid(), signal.SIGTERM)


def main(port: str, index: str, workdir: str, *stop: str) -> None:
    """One of the two."""
    jax.config.update("jax_default_matmul_precision", "highest")
    hosts.start(f"localhost:{port}", 2, int(index))
    assert hosts.several()
    assert jax.local_device_count() == 1
    if stop:
        place = pathlib.Path(workdir, "tokenizer", "checkpoints", "10")
        threading.Thread(target=_stop_at, args=(place,), daemon=True).start()
    code = 0
    try:
        train(config(), workdir)
    except InterruptedRunError:
        code = 143
    hosts.stop()
    sys.exit(code)


if __name__ == "__main__":
    main(*sys.argv[1:])
