"""The published runs' leak of TEST into the tokenizer, simulated.

  python -m experiments.leak --reuse=RUN --config=... --workdir=DIR [--config.KEY=VALUE]

The published code computes features for its probes in training mode, over TRAIN and then
over TEST, right before it stores the tokenizer: batch statistics and the moving averages
of the codebook follow TEST, weights do not (../shared/docs/REFERENCE.md, section 14.3).
This program takes the finished tokenizer of RUN (each seed its own), moves both the same
way, stores it in DIR, and then runs main.py there, which trains the rest. It is no
option of the product: a run made so says so in tokenizer/done.json.
"""

import os
import pathlib
import shutil
import subprocess
import sys

import jax
import jax.numpy as jnp

ROOT = pathlib.Path(__file__).resolve().parents[1]


def leaked(stage, weights, x_train, x_test, batch_size: int, key):
    """Weights of a tokenizer after passes in training mode over TRAIN, then TEST.

    Args:
        stage: 'tokenizer' of a recipe.
        weights: its weights.
        x_train: scaled series [n, L, C].
        x_test: scaled series [m, L, C].
        batch_size: of the passes; the last batch of a set may be smaller.
        key: of the codes that start anew, and of the stage's first state.
    """
    fresh, state = stage.init(key, {"x": jnp.asarray(x_train[:batch_size])}, {})
    params = {**fresh, "model": weights["params"]}
    state |= {name: weights[name] for name in ("batch_stats", "codebook")}

    @jax.jit
    def move(state, x, key):
        return stage.loss_fn(params, state, {"x": x}, key)[1][0]

    number = 0
    for x in (x_train, x_test):
        for first in range(0, len(x), batch_size):
            batch = jnp.asarray(x[first : first + batch_size])
            state = move(state, batch, jax.random.fold_in(key, number))
            number += 1
    return stage.export(params, state)


def _leak(source: pathlib.Path, target: pathlib.Path) -> None:
    """Stores the leaked tokenizer of a run in a directory that holds a config."""
    from tsgen_jax import generators
    from tsgen_jax.data.dataset import load_dataset
    from tsgen_jax.data.info import DataInfo
    from tsgen_jax.recipe import abstract_recipe
    from tsgen_jax.runs import checkpoint, directory, stored

    config = stored.read_config(str(source))
    dataset = load_dataset(**config.data)
    recipe = generators.make_recipe(config, DataInfo.of(dataset))
    stage = next(one for one in recipe.stages if one.name == "tokenizer")
    place = jax.sharding.SingleDeviceSharding(jax.devices()[0])
    shapes = jax.tree.map(
        lambda s: jax.ShapeDtypeStruct(s.shape, s.dtype, sharding=place),
        abstract_recipe(recipe)["tokenizer"],
    )
    weights = checkpoint.load_weights(str(source / "tokenizer" / "weights"), shapes)
    x_train, x_test = (dataset.network_data(part)["x"] for part in ("train", "test"))
    size = min(config.train.tokenizer.batch_size, len(x_train))
    weights = leaked(stage, weights, x_train, x_test, size, jax.random.key(config.seed))
    done = directory.read_done(str(source), "tokenizer")
    shutil.rmtree(target / "tokenizer", ignore_errors=True)
    checkpoint.save_weights(str(target / "tokenizer" / "weights"), weights)
    note = {"taken_from": str(source), "leak": "TRAIN, then TEST, in training mode"}
    directory.mark_done(str(target), "tokenizer", {**done, **note})


def _begin(config, target: pathlib.Path) -> None:
    """A run directory of `config` that has begun; one that is there must be equal."""
    from tsgen_jax.runs import directory

    with directory.open_run(str(target), config.to_dict(), ("num_devices", "tracking")):
        pass


def main(argv: list[str]) -> int:
    """Leaks where that is not done, then main.py; its exit code."""
    from absl import flags
    from ml_collections import config_flags

    values = flags.FlagValues()
    config = config_flags.DEFINE_config_file("config", flag_values=values)
    flags.DEFINE_string("workdir", None, "", flag_values=values)
    flags.DEFINE_string("reuse", None, "", flag_values=values)
    values(argv)
    if not values.reuse or not values.workdir:
        raise SystemExit("experiments.leak needs --reuse=RUN and --workdir=DIR.")
    source, target = pathlib.Path(values.reuse), pathlib.Path(values.workdir)
    from tsgen_jax.runs import directory, seeds

    _begin(config.value, target)
    for run in seeds.split(config.value, str(target)):
        own = source / f"seed-{run.config.seed}"
        _begin(run.config, pathlib.Path(run.workdir))
        if directory.read_done(run.workdir, "tokenizer") is None:
            _leak(own if own.is_dir() else source, pathlib.Path(run.workdir))
    rest = [word for word in argv[1:] if not word.startswith("--reuse")]
    command = [sys.executable, str(ROOT / "main.py"), *rest]
    if hasattr(os, "execv"):
        os.execv(sys.executable, command)
    return subprocess.run(command).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv))
