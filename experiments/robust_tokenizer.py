"""Settings of the tokenizer compared on development sets, without a look at TEST.

  python experiments/robust_tokenizer.py GunPoint CBF --seed 0

As `robust_training.py`, whose folds, judges and file of results it shares. Averages of
weights are judged with the batch statistics that training left, with statistics of the
averaged network (passes over TRAIN), and with codes from such passes as well.
"""

import copy
import dataclasses
import pathlib
import sys
import time

import jax
import jax.numpy as jnp

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from experiments.robust_training import (  # noqa: E402
    Cell,
    averages_of,
    changes_of,
    parse,
    train,
)
from tsgen_jax.models import vqvae  # noqa: E402
from tsgen_jax.recipe import part_of  # noqa: E402
from tsgen_jax.runs import seeds  # noqa: E402
from tsgen_jax.runs.config import override  # noqa: E402
from tsgen_jax.runtime import compilation_cache  # noqa: E402
from tsgen_jax.stages import tokenizer  # noqa: E402
from tsgen_jax.training import train_recipe  # noqa: E402

_PASSES = 50  # Running statistics move by a tenth each.


def compare_tokenizers(cell: Cell, changes: dict) -> None:
    """Averages of the tokenizer's weights, with statistics of the averaged network."""
    config = copy.deepcopy(cell.config)
    override(config, changes, ("train", "tokenizer", "quantizer", "ssl"))
    stage = cell.recipe(config).stages[0]
    model = tokenizer.make_model(config, cell.dataset.length, cell.dataset.num_channels)
    x = part_of(cell.dataset, "valid").x
    inverse = cell.dataset.scaler.inverse

    @jax.jit
    def reconstruct(weights, x):
        tokens = vqvae.tokenize(model, weights, x)
        return vqvae.detokenize(model, weights, tokens)

    @jax.jit
    def settle(weights, x, with_codes):
        """Statistics, and with them perhaps codes, from repeated passes over TRAIN."""

        def one(_, weights):
            stats, codebook = weights["batch_stats"], weights["codebook"]
            u = model.to_map(x)
            z, stats = vqvae.apply(model, weights["params"], stats, "encode", u)
            z_q, tokens = model.quantizer.quantize(codebook, z)
            moved = model.quantizer.update(jax.random.key(0), codebook, z, tokens)
            _, stats = vqvae.apply(model, weights["params"], stats, "decode", z_q)
            codebook = jax.tree.map(
                lambda old, new: jnp.where(with_codes, new, old), codebook, moved
            )
            return {**weights, "batch_stats": stats, "codebook": codebook}

        return jax.lax.fori_loop(0, _PASSES, one, weights)

    valid = stage.rows(part_of(cell.dataset, "valid"), {}, False)

    def judge(weights, facts, with_fid):
        loss = stage.evaluate(weights, valid)
        mse = float(loss["reconstruction_mse"])
        facts = {"stage": "tokenizer", **facts, "mse": mse, "loss": float(loss["loss"])}
        if with_fid:
            facts |= cell.fid(inverse(reconstruct(weights, x)))
        cell.write(facts)

    recipe = cell.recipe(cell.config)
    recipe = dataclasses.replace(recipe, stages=recipe.stages[:1])
    run = seeds.SeedRun(cell.config, cell.workdir, "")
    base = train_recipe.train_recipe(recipe, [run], cell.dataset)[0]["tokenizer"]
    left = {"weights": "raw", "statistics": "statistics of training"}
    judge(base, {"changes": {}, **left, "step": "last"}, True)
    if not changes:
        return
    for step, state, _ in train(cell, config, stage, {}):
        kinds = {"raw": state.params, **averages_of(state.opt_state)}
        num_steps = config.train.tokenizer.num_steps
        if step not in (num_steps // 2, num_steps):
            continue
        few = jnp.asarray(part_of(cell.dataset, "train").x[:256])
        for kind, params in kinds.items():
            plain = stage.export(params, state.model_state)
            variants = {"statistics of training": plain}
            if kind != "raw":
                variants["statistics anew"] = settle(plain, few, False)
                variants["statistics and codes anew"] = settle(plain, few, True)
            for how, weights in variants.items():
                facts = {"changes": changes, "weights": kind, "statistics": how}
                judge(weights, {**facts, "step": step}, step == num_steps)


def main() -> None:
    """Runs all cells in turn."""
    args = parse()
    compilation_cache.enable()
    changes = changes_of(args)
    for seed in args.seed:
        for name in args.sets:
            started = time.perf_counter()
            compare_tokenizers(Cell(args, name, seed), changes)
            print(f"{name}, {seed}: {time.perf_counter() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
