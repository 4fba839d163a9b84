"""Our networks' outputs with their weights, for another library to reproduce."""

import functools
import json
import os

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks import shapes
from tsgen_jax.configs import ssl_vqvae, vqvae
from tsgen_jax.losses import masked_tokens
from tsgen_jax.nn.quantizers import ema
from tsgen_jax.sampling import decode, guidance
from tsgen_jax.stages import masked_prior as prior_task
from tsgen_jax.stages import tokenizer as tokenizer_task
from tsgen_jax.training import loop, optim

# Odd length and two channels: both take another path than even and one.
_SHAPE = shapes.Shape(16, 71, 2, 3)
_SMALL = {
    "tokenizer.width": 8,
    "tokenizer.num_res_blocks": 1,
    "quantizer.num_codes": 8,
    "quantizer.init": "data",  # Compiles sooner than k-means.
    "quantizer.revive_below": 0.0,  # Revival draws vectors; all else is compared.
    "augment.names": "flip",  # Draws nothing.
    "ssl.projector.hidden": 32,
    "ssl.projector.width": 32,
    "prior.width": 32,
    "prior.num_layers": 2,
    "prior.head_width": 8,
    "prior.dropout": 0.0,
    "sample.num_decode_steps": 4,
    "sample.choice_temperature": 0.0,  # So cold that nothing is left to chance.
    "sample.token_temperature": 1e-6,
    "sample.guidance_scale": 2.0,
    "train.tokenizer.warmup_steps": 0,
    "train.tokenizer.clip_norm": 0.0,
    "train.tokenizer.weight_decay": 100.0,  # What decays must show in one step.
}
_METHODS = ("none", "barlow_twins", "vicreg", "vibcreg", "byol")
_PRIORS = {
    "tied": {},
    "full_embedding": {
        "prior.kind": "full_embedding",
        "prior.codebook": "frozen",
        "prior.trunk_positions": True,
    },
}


def save(path: str, tree: dict) -> None:
    """Writes arrays of a nested tree as .npz, under paths such as 'a/b/c'."""
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    names = [jax.tree_util.keystr(p, simple=True, separator="/") for p, _ in leaves]
    arrays = {n: np.asarray(leaf) for n, (_, leaf) in zip(names, leaves, strict=True)}
    np.savez(path, **arrays)


def _norm(tree) -> jax.Array:
    return jnp.sqrt(sum((leaf**2).sum() for leaf in jax.tree.leaves(tree)))


@functools.partial(jax.jit, static_argnums=(0, 3))
def _run(model, params, batch_stats, method, x):
    """Half of the autoencoder in training mode."""
    variables = {"params": params, "batch_stats": batch_stats}
    options = {"train": True, "method": method, "mutable": ["batch_stats"]}
    return model.apply(variables, x, **options)[0]


def _tokenizer(method: str) -> dict:
    """A tree of config, batch, weights and expected outputs."""
    config = ssl_vqvae.get_config(method)
    config.update_from_flattened_dict(_SMALL)
    x = shapes.make_series(_SHAPE)
    model = tokenizer_task.make_model(config, _SHAPE.length, _SHAPE.channels)
    stage = tokenizer_task.make_stage(config, model)
    params, state = jax.jit(stage.init)(jax.random.key(0), {"x": x}, {})
    if "target" in state:  # Unlike the fast network, or its moving is not seen.
        state["target"] = jax.tree.map(lambda a: 1.1 * a, state["target"])
    settings = config.train.tokenizer
    names = ("learning_rate", "weight_decay", "decay_all_weights", "warmup_steps")
    names += ("clip_norm", "ema_decay", "num_steps")
    optimizer = optim.make_optimizer(**{n: settings[n] for n in names})
    start = loop.TrainState(
        jnp.zeros((), jnp.int32), params, state, optimizer.init(params)
    )
    step = jax.jit(loop.make_train_step(stage.loss_fn, optimizer))
    end, metrics = step(start, {"x": x}, jax.random.key(1))
    expected = {k: v for k, v in metrics.items() if k.startswith(("loss", "grad"))}
    expected["codebook_perplexity"] = metrics["codebook_perplexity"]
    u = model.to_map(x)
    z = _run(model, params["model"], state["batch_stats"], "encode", u)
    u_hat = _run(model, params["model"], state["batch_stats"], "decode", z)
    expected |= {"u": u, "z": z, "u_hat": u_hat, "x_hat": model.to_series(u_hat)}
    tokens = model.quantizer.nearest(state["codebook"], z)
    expected["tokens"] = tokens.reshape(len(x), -1)
    after = end.model_state
    expected["counts"] = after["codebook"].counts
    expected["sums"] = after["codebook"].sums
    block = after["batch_stats"]["decoder"]["ResBlock_0"]["Norm_0"]
    expected["running_mean"] = block["BatchNorm_0"]["mean"]
    expected["moved"] = _norm(jax.tree.map(jnp.subtract, end.params, params))
    if "target" in after:
        expected["slow"] = _norm(after["target"])
    return {
        "config": json.dumps(config.to_dict()),
        "x": x,
        "tokenizer": {"params": params, "state": state},
        "expected": expected,
    }


def _prior(changes: dict) -> dict:
    config = vqvae.get_config()
    config.update_from_flattened_dict(_SMALL | changes)
    model = tokenizer_task.make_model(config, _SHAPE.length, _SHAPE.channels)
    num_tokens = int(np.prod(model.map_shape))
    num_codes = config.quantizer.num_codes
    data = shapes.make_tokens(_SHAPE, num_tokens, num_codes)
    codebook = ema.init_normal(jax.random.key(0), num_codes, config.tokenizer.width)
    prior = prior_task.make_model(config, num_tokens, _SHAPE.classes)
    stage = prior_task.make_stage(config, prior, model)
    given = {"tokenizer": {"codebook": codebook}}
    params, state = jax.jit(stage.init)(jax.random.key(1), data, given)
    mask = np.random.default_rng(2).random(data["tokens"].shape) < 0.5
    masked = jnp.where(mask, num_codes, data["tokens"])

    @jax.jit
    def loss_fn(params):
        logits_fn = prior_task.make_logits_fn(prior, stage.export(params, state))
        logits = logits_fn(masked, data["label"])
        return masked_tokens.cross_entropy(logits, data["tokens"], mask), logits

    (loss, logits), grads = jax.value_and_grad(loss_fn, has_aux=True)(params)
    scale = config.sample.guidance_scale
    logits_fn = prior_task.make_logits_fn(prior, stage.export(params, state))
    names = "num_decode_steps", "choice_temperature", "token_temperature", "schedule"
    decoded, _ = decode.decode(
        jax.random.key(3),
        guidance.guide(logits_fn, data["label"], _SHAPE.classes, scale),
        jnp.full_like(data["tokens"], num_codes),
        mask_token=num_codes,
        **{name: config.sample[name] for name in names},
    )
    expected = {"logits": logits, "loss": loss, "grad_norm": _norm(grads)}
    return {
        "config": json.dumps(config.to_dict()),
        **data,
        "mask": mask,
        "num_classes": np.array(_SHAPE.classes),
        "prior": {"params": params, "state": state},
        "expected": {**expected, "decoded": decoded},
    }


def check(folder: str) -> None:
    """Leaves an .npz per network: config, batch, weights, expected outputs."""
    for method in _METHODS:
        save(os.path.join(folder, f"tokenizer-{method}.npz"), _tokenizer(method))
    for name, changes in _PRIORS.items():
        save(os.path.join(folder, f"prior-{name}.npz"), _prior(changes))
