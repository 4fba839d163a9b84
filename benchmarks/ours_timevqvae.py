"""What each layer of our `timevqvae:faithful` gives, for another library to reproduce.

At the preset's own sizes, with weights at random: `benchmarks.peers.timevqvae_layers`
puts them into the authors' networks and compares. Two files: 'paper.npz' for the code
of the paper, 'package.npz' for what PyPI `timevqvae` has in common with us.
"""

import functools
import json
import os

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from benchmarks import ours_check, shapes
from tsgen_jax.configs import timevqvae
from tsgen_jax.losses import masked_tokens, reconstruction
from tsgen_jax.models import vqvae
from tsgen_jax.nn.quantizers import ema
from tsgen_jax.sampling import decode
from tsgen_jax.stages import branches, masked_prior, token_rows, tokenizer

SHAPE = shapes.Shape(8, 140, 2, 3)  # ECG5000's length: odd frames are resized.
_EXACT = {  # What draws nothing.
    "masking.target_temperature": 0.0,
    "sample.choice_temperature": 0.0,
    "sample.token_temperature": 1e-6,
}
_PACKAGE = {"stft.window_size": 4, "stft.hop": 1, "stft.window": "hann"}


def _moved(tree, seed: int):
    """Weights with noise: scales are not 1 and biases not 0."""
    rng = np.random.default_rng(seed)
    return jax.tree.map(
        lambda a: a + 0.1 * rng.normal(size=a.shape).astype(np.float32), tree
    )


def _layers(tree: dict, prefix: str = "") -> dict:
    """Flax's captured outputs by path, of modules that stand in a list."""
    found = {}
    for name, value in tree.items():
        if name == "__call__":
            found[prefix.rstrip(".")] = value[0]
        elif name[0].isupper() or name in ("encoder", "decoder"):
            found |= _layers(value, f"{prefix}{name}.")
    return found


def _half(model, params, stats, method, x):
    """A half in training mode: what it gives, its statistics after, its layers."""
    y, moved = model.apply(
        {"params": params, "batch_stats": stats},
        x,
        train=True,
        method=method,
        mutable=["batch_stats", "intermediates"],
        capture_intermediates=True,
    )
    layers = _layers(moved["intermediates"])
    deep = {k: v for k, v in layers.items() if k.count(".") == 1 and "Conv" not in k}
    return y, {**stats, **moved["batch_stats"]}, deep


def _autoencoder(config: ConfigDict, band: str, model, x, seed: int) -> dict:
    """Weights and outputs of the autoencoder of a band."""
    own = branches.config_of(config, band)
    stage = tokenizer.make_stage(own, model, config.split[f"{band}_time_error"])
    params, state = jax.jit(stage.init)(jax.random.key(seed), {"x": x}, {})
    params, stats = _moved(params, seed), state["batch_stats"]
    weights, codebook = params["model"], state["codebook"]

    @jax.jit
    def outputs(weights, stats, codebook):
        u = model.to_map(x)
        z, stats, found = _half(model, weights, stats, "encode", u)
        z_q, tokens = model.quantizer.quantize(codebook, z)
        u_hat, stats, more = _half(model, weights, stats, "decode", z_q)
        after = {"params": weights, "batch_stats": stats, "codebook": codebook}
        return (
            found
            | more
            | {
                "map": u,
                "latents": z,
                "tokens": tokens.reshape(len(x), -1),
                "codes of latents": z_q,
                "map decoded": u_hat,
                "series of the band": model.part(x),
                "series decoded": model.to_series(u_hat),
                "latents, statistics moved": vqvae.encode(model, after, x),
                "map decoded, statistics moved": vqvae.decode_map(
                    model, after, tokens.reshape(len(x), -1)
                ),
            }
        )

    step = jax.jit(jax.value_and_grad(stage.loss_fn, has_aux=True))
    (_, (after, terms)), grads = step(params, state, {"x": x}, jax.random.key(1))
    expected = outputs(weights, stats, codebook)
    expected |= {k.replace("_", " "): terms[k] for k in terms if k.startswith("loss_")}
    expected["codes after the step"] = after["codebook"].codes
    for name in ("encoder", "decoder"):
        norm = ours_check._norm(grads["model"][name])
        expected[f"gradient of the {name}, length"] = norm
    held = {"params": weights, "stats": stats, "codes": codebook.sums}
    return {"weights": held, "expected": expected, "codebook": codebook}


def _prior(config: ConfigDict, band: str, model, coders, given, tokens, before) -> dict:
    """Weights and outputs of the prior of a band; `before`: the band given first."""
    own, info = branches.config_of(config, band), {"label": np.arange(8) % 3}
    stage = masked_prior.make_stage(own, model, coders[band], band, before)
    rows = {**info, "tokens": tokens[band]}
    params, state = jax.jit(stage.init)(jax.random.key(3), rows, given)
    params = _moved(params, 4)
    # Smaller logits: probabilities of 1 are equal, and which place is filled is open.
    params["LayerNorm_1"] = jax.tree.map(lambda a: 0.2 * a, params["LayerNorm_1"])
    mask = np.random.default_rng(5).random(tokens[band].shape) < 0.5
    seen = np.where(mask, model.num_codes, tokens[band])
    context = tokens["low"] if before else seen[:, :0]

    @jax.jit
    def loss_fn(params):
        logits, found = model.apply(
            {"params": params},
            jnp.concatenate([context, seen], -1),
            info["label"],
            **state,
            train=False,
            mutable=["intermediates"],
            capture_intermediates=True,
        )
        loss = masked_tokens.cross_entropy(
            logits, tokens[band], jnp.ones(mask.shape, bool)
        )
        return loss, (logits, _layers(found["intermediates"]))

    (loss, (logits, layers)), grads = jax.value_and_grad(loss_fn, has_aux=True)(params)
    kept = "LayerNorm_0", "Trunk_0", "Dense_0", "LayerNorm_1"
    blocks = [k for k in layers if k.count(".") == 1 and "Block" in k]
    expected = {name: layers[name] for name in (*kept, *blocks)}
    expected |= {
        "logits": logits,
        "loss": loss,
        "gradient, length": ours_check._norm(grads),
    }
    return {
        "weights": params,
        "seen": seen,
        "context": context,
        "label": info["label"],
        "expected": expected,
        "exported": stage.export(params, state),
    }


def _decode(config: ConfigDict, model, weights, context) -> jax.Array:
    """Tokens of a band, each round's most probable ones, given those of `context`."""
    label = np.arange(len(context)) % 3
    of_class = masked_prior.make_logits_fn(model, weights)
    sample = config.sample
    return decode.decode(
        jax.random.key(6),
        lambda tokens: of_class(jnp.concatenate([context, tokens], -1), label),
        jnp.full((len(context), model.num_tokens), model.num_codes),
        mask_token=model.num_codes,
        num_decode_steps=sample.num_decode_steps,
        choice_temperature=sample.choice_temperature,
        token_temperature=sample.token_temperature,
        schedule=sample.schedule,
    )[0]


def paper(changes: dict) -> dict:
    """The tree of 'paper.npz'; `changes` of the preset by dotted key."""
    config = timevqvae.get_config("faithful")
    config.update_from_flattened_dict(_EXACT | changes)
    x = shapes.make_series(SHAPE)
    coder = branches.make_coder(config, SHAPE.length, SHAPE.channels)
    made = {
        band: _autoencoder(config, band, model, x, seed)
        for seed, (band, model) in enumerate(coder.models.items())
    }
    tokens = {k: np.asarray(v["expected"]["tokens"]) for k, v in made.items()}
    codebooks = {k: {"codebook": v.pop("codebook")} for k, v in made.items()}
    weights = {
        k: {"params": v["weights"]["params"], **codebooks[k]} for k, v in made.items()
    }
    priors, decoded, before = {}, [np.zeros((len(x), 0), np.int32)], None
    for band, model in coder.models.items():
        own = branches.config_of(config, band)
        context = coder.starts[band]
        prior = masked_prior.make_model(
            own, int(np.prod(model.map_shape)), SHAPE.classes, context
        )
        given = {"tokenizer": weights}
        priors[band] = _prior(config, band, prior, coder.models, given, tokens, before)
        exported = priors[band].pop("exported")
        drawn = jax.jit(functools.partial(_decode, config, prior))
        decoded.append(drawn(exported, jnp.concatenate(decoded, -1)))
        priors[band]["expected"]["decoded, given those of the low band"] = decoded[-1]
        before = token_rows.Band(band, model)
    shape = {b: np.array(m.map_shape) for b, m in coder.models.items()}
    return {
        "config": json.dumps(config.to_dict()),
        "preset": json.dumps(timevqvae.get_config("faithful").to_dict()),
        "x": x,
        "bands": {
            b: {"tokenizer": made[b], "prior": priors[b], "shape": shape[b]}
            for b in made
        },
    }


def package() -> dict:
    """The tree of 'package.npz': what PyPI `timevqvae` 1.0.1 has in common with us."""
    config = timevqvae.get_config()
    config.update_from_flattened_dict(_EXACT | _PACKAGE)
    x = shapes.make_series(SHAPE)
    coder = branches.make_coder(config, SHAPE.length, SHAPE.channels)
    rng = np.random.default_rng(7)
    expected, given = {}, {"noise": rng.normal(size=x.shape).astype(np.float32)}
    for band, model in coder.models.items():
        part = model.part(x)
        error = reconstruction.ERRORS[config.split[f"{band}_time_error"]][0]
        expected[f"{band}.map"] = model.to_map(x)
        expected[f"{band}.series of the band"] = part
        expected[f"{band}.loss time"] = error(part, part + given["noise"])
    z = rng.normal(size=(8, 20, 16)).astype(np.float32)
    codebook = ema.init_normal(jax.random.key(8), 64, 16)
    z_q, tokens = ema.quantize(codebook, z)
    expected["quantiser.tokens"], expected["quantiser.codes of latents"] = tokens, z_q
    loss = ema.commitment(codebook, z, tokens, cosine=False)
    after = ema.update(codebook, z, tokens, decay=0.8)
    expected["quantiser.loss commitment"] = loss
    expected["quantiser.codes after the step"] = after.codes
    given |= {"z": z, "codes": codebook.sums}
    table = rng.normal(size=(12, 11)).astype(np.float32)  # A network of tokens.
    places = rng.normal(size=(35, 11)).astype(np.float32)

    def logits_fn(tokens):
        mean = jnp.asarray(table)[tokens].mean(1)[:, None]
        return 3 * mean + jnp.asarray(places)[None]

    decoded, _ = decode.decode(
        jax.random.key(9),
        logits_fn,
        jnp.full((4, 35), 11),
        mask_token=11,
        num_decode_steps=10,
        choice_temperature=0.0,
        token_temperature=1e-6,
        schedule="cosine",
    )
    expected["decoded tokens"] = decoded
    return {"x": x, **given, "table": table, "places": places, "expected": expected}


def write(folder: str, changes: dict | None = None) -> None:
    """Leaves both files."""
    ours_check.save(os.path.join(folder, "paper.npz"), paper(changes or {}))
    ours_check.save(os.path.join(folder, "package.npz"), package())
