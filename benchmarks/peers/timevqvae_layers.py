"""Do TimeVQVAE's networks give, layer by layer, what ours give at equal weights?

python -m benchmarks.peers.timevqvae_layers FOLDER SOURCE

Runs in the environment of PyTorch, on what `benchmarks.ours_timevqvae` left in FOLDER;
SOURCE is a checkout of the authors' repository, see `timevqvae_paper`. Prints JSON.
"""

import json
import os
import sys
from importlib.metadata import version

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from benchmarks.peers import differences, from_jax, timevqvae_package, timevqvae_paper
from benchmarks.peers.differences import last

_BANDS = {"low": ("l", "LF"), "high": ("h", "HF")}


def _watched(module: nn.Sequential, name: str, found: dict) -> list:
    """Keeps what each part of a half gives, by our names."""
    hooks, counts = [], {"Norm": 0, "ResBlock": 0}
    for part in module:
        kind = "Norm" if hasattr(part, "block") else "ResBlock"
        if not isinstance(part, nn.Sequential) and kind == "ResBlock":
            continue  # The last two, which have no norm.
        key = f"{name}.{kind}_{counts[kind]}"
        counts[kind] += 1

        def keep(_, __, out, key=key):
            found[key] = last(out).clone()

        hooks.append(part.register_forward_hook(keep))
    return hooks


def _length(module: nn.Module) -> torch.Tensor:
    grads = [p.grad for p in module.parameters() if p.grad is not None]
    return torch.stack([g.norm() for g in grads]).norm()


def tokenizers(authors, tree: dict, config: dict) -> dict:
    """Outputs of both autoencoders, their losses and gradients, by band."""
    x = torch.from_numpy(tree["x"]).transpose(1, 2).contiguous()
    theirs = timevqvae_paper.settings(config, x.shape[1])
    model = authors.vqvae(x.shape[2], theirs, len(x)).train()
    parts, found, hooks = {}, {}, []
    for band, (end, _) in _BANDS.items():
        names = ("encoder", "decoder", "vq_model")
        parts[band] = [getattr(model, f"{name}_{end}") for name in names]
        own = tree["bands"][band]["tokenizer"]["weights"]
        timevqvae_paper.fill_autoencoder(*parts[band], own)
        found[band] = {}
        for half, name in zip(parts[band][:2], names, strict=False):
            hooks += _watched(getattr(half, name), name, found[band])
            hooks.append(half.register_forward_hook(_keeper(found[band], name)))
        hooks.append(
            parts[band][2].register_forward_hook(_keeper(found[band], "quantiser"))
        )
    rand, np.random.rand = np.random.rand, lambda: 1.0  # No plots.
    errors, quantised, _ = model((x, None))
    np.random.rand = rand
    sum([*errors.values(), *(q["loss"].sum() for q in quantised.values())]).backward()
    for hook in hooks:
        hook.remove()
    for band, (_, end) in _BANDS.items():
        losses = {
            "loss time": errors[f"{end}.time"],
            "loss frequency": errors[f"{end}.timefreq"],
            "loss commitment": quantised[end]["commit_loss"],
        }
        found[band] |= losses | _outputs(parts[band], found[band], x, theirs, end)
    return found


def _keeper(found: dict, name: str):
    def keep(_, __, out):
        found[name] = out

    return keep


@torch.no_grad()
def _outputs(parts, seen: dict, x, theirs: dict, end: str) -> dict:
    """What has no module of its own, in our layout."""
    import utils  # The authors'.

    encoder, decoder, quantizer = parts
    pad = utils.zero_pad_high_freq if end == "LF" else utils.zero_pad_low_freq
    n_fft, channels = theirs["VQ-VAE"]["n_fft"], x.shape[1]
    u = pad(utils.time_to_timefreq(x, n_fft, channels))
    z, u_hat = seen.pop("encoder"), pad(seen.pop("decoder"))
    z_q, tokens, *_ = seen.pop("quantiser")
    shape = len(x), *z.shape[2:], -1
    for part in parts:
        part.eval()
    moved = decoder(_first(z_q.reshape(shape)))
    return {
        "map": last(u),
        "latents": last(z),
        "tokens": tokens,
        "codes of latents": z_q.reshape(shape),
        "map decoded": last(u_hat),
        "series of the band": last(utils.timefreq_to_time(u, n_fft, channels)),
        "series decoded": last(utils.timefreq_to_time(u_hat, n_fft, channels)),
        "latents, statistics moved": last(encoder(u)),
        "map decoded, statistics moved": last(pad(moved)),
        "codes after the step": quantizer.codebook,
        "gradient of the encoder, length": _length(encoder),
        "gradient of the decoder, length": _length(decoder),
    }


def _first(z: torch.Tensor) -> torch.Tensor:
    """Channels first: [B, F, W, D]."""
    return z.movedim(-1, 1)


def priors(authors, tree: dict, config: dict) -> dict:
    """Outputs of both transformers, by band, and what is decoded from them."""
    theirs = timevqvae_paper.settings(config, tree["x"].shape[2])
    sizes, found, made = theirs["VQ-VAE"]["codebook_sizes"], {}, {}
    num_low = tree["bands"]["low"]["prior"]["seen"].shape[1]
    for band, (_, end) in _BANDS.items():
        own = tree["bands"][band]["prior"]
        classes = len(own["weights"]["Embed_0"]["embedding"]) - 1
        width = theirs["encoder"]["dim"]
        of = {**theirs["prior"], "n_classes": classes, "num_tokens_l": num_low}
        model = authors.maskgit.BidirectionalTransformer(
            end, own["seen"].shape[1], sizes, width, **of
        ).eval()
        timevqvae_paper.fill_prior(model, own["weights"])
        target = tree["bands"][band]["tokenizer"]["expected"]["tokens"]
        made[band], found[band] = model, _predict(model, own, target)
    low, high = _decode(authors, made, len(tree["x"]), classes, config)
    found["low"]["decoded, given those of the low band"] = low
    found["high"]["decoded, given those of the low band"] = high
    return found


def _predict(model, own: dict, target: np.ndarray) -> dict:
    found, layers = {}, model.blocks.attn_layers.layers
    kept = {
        "LayerNorm_0": model.ln,
        "Trunk_0": model.blocks,
        "Dense_0": model.Token_Prediction[0],
        "LayerNorm_1": model.Token_Prediction[2],
    }
    kept |= {
        f"Trunk_0.Block_{i}": layers[2 * i + 1][2] for i in range(len(layers) // 2)
    }
    hooks = [m.register_forward_hook(_keeper(found, k)) for k, m in kept.items()]
    given = [torch.from_numpy(own[k]).long() for k in ("context", "seen")]
    given = given if given[0].shape[1] else given[1:]
    label = torch.from_numpy(own["label"])[:, None]
    logits = model(*given, class_condition=label)
    for hook in hooks:
        hook.remove()
    for name in ("Dense_0", "LayerNorm_1"):
        found[name] = found[name][:, 1:]  # Ours leaves the class out before.
    loss = F.cross_entropy(
        logits.flatten(0, 1), torch.from_numpy(target).long().flatten()
    )
    loss.backward()
    return {**found, "logits": logits, "loss": loss, "gradient, length": _length(model)}


def _decode(authors, models: dict, num: int, classes: int, config: dict):
    """Tokens by their `iterative_decoding`; the most probable ones in place of draws."""
    module = authors.maskgit.MaskGIT
    prior = module.__new__(module)
    nn.Module.__init__(prior)
    prior.transformer_l, prior.transformer_h = models["low"], models["high"]
    prior.num_tokens_l, prior.num_tokens_h = (m.num_tokens for m in models.values())
    sizes = (config["quantizer"][band]["num_codes"] for band in _BANDS)
    prior.mask_token_ids = dict(zip(("LF", "HF"), sizes, strict=True))
    prior.choice_temperature_l = prior.choice_temperature_h = 0.0
    prior.T = config["sample"]["num_decode_steps"]
    with differences.most_probable():
        each = [prior.iterative_decoding(1, class_index=k) for k in range(classes)]
    rows = np.arange(num) % classes
    return [torch.cat(part)[rows] for part in zip(*each, strict=True)]


def main(folder: str, source: str) -> dict:
    """All differences: 'paper' by band and network, and 'package'."""
    tree = from_jax.read(os.path.join(folder, "paper.npz"))
    config = json.loads(str(tree["config"]))
    authors = timevqvae_paper.load(source)
    sides = {
        "tokenizer": tokenizers(authors, tree, config),
        "prior": priors(authors, tree, config),
    }
    paper = {
        f"{name}, {band}": differences.compare(
            side[band], tree["bands"][band][name]["expected"]
        )
        for name, side in sides.items()
        for band in _BANDS
    }
    other = timevqvae_package.compare(
        from_jax.read(os.path.join(folder, "package.npz"))
    )
    preset = json.loads(str(tree["preset"]))
    return {
        "versions": {n: version(n) for n in ("torch", "timevqvae", "x-transformers")},
        "other_values": timevqvae_paper.other_values(source, preset),
        "paper": paper,
        "package": other,
    }


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
