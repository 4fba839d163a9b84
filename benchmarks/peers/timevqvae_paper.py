"""The networks of TimeVQVAE's paper, from its authors' repository, with our weights.

A checkout of https://github.com/ML4ITS/TimeVQVAE at commit c6151ba; nothing of it is
changed. What newer PyTorch has no more, or what it imports and does not need here
(plots, trackers), is put in its place by `load`.
"""

import importlib.util
import pathlib
import sys
import types

import numpy as np
import torch
import yaml
from torch import nn

from benchmarks.peers import from_jax

COMMIT = "c6151ba"
X_TRANSFORMERS = "x-transformers==1.27.0"
_UNUSED = {
    "wandb": (),
    "matplotlib": (),
    "matplotlib.pyplot": (),
    "sklearn": (),
    "sklearn.preprocessing": ("MinMaxScaler",),
    "supervised_FCN": (),
    "supervised_FCN.example_pretrained_model_loading": ("load_pretrained_FCN",),
    "experiments.exp_base": ("ExpBase", "detach_the_unnecessary"),
}


def _stand_ins() -> None:
    for name, words in _UNUSED.items():
        if name in sys.modules or ("." not in name and importlib.util.find_spec(name)):
            continue
        module = types.ModuleType(name)
        for word in words:
            setattr(module, word, nn.Module)
        sys.modules[name] = module
    istft = torch.istft

    def complex_istft(u, *args, return_complex=False, **kwargs):
        u = u if u.is_complex() else torch.view_as_complex(u.contiguous())
        return istft(u, *args, **kwargs)

    torch.istft = complex_istft  # Real input is refused since PyTorch 2.


def load(source: str) -> types.SimpleNamespace:
    """Their classes: `vqvae`, which has losses, and `maskgit`.

    Raises:
        SystemExit: there is no such checkout.
    """
    root = pathlib.Path(source)
    path = root / "experiments" / "exp_vq_vae.py"
    if not path.exists():
        raise SystemExit(f"{source} is no checkout of TimeVQVAE at commit {COMMIT}.")
    _stand_ins()
    sys.path.insert(0, str(root))
    from generators import maskgit

    # `experiments` is a package of ours, too.
    spec = importlib.util.spec_from_file_location("timevqvae_experiment", path)
    experiment = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(experiment)
    return types.SimpleNamespace(vqvae=experiment.ExpVQVAE, maskgit=maskgit)


def settings(config: dict, channels: int) -> dict:
    """Their config with the values of ours."""
    bands = {"lf": "low", "hf": "high"}
    tokenizer, prior = config["tokenizer"]["low"], config["prior"]["low"]
    quantizer = config["quantizer"]["low"]
    return {
        "dataset": {
            "dataset_name": "",
            "in_channels": channels,
            "batch_sizes": {"stage1": 8},
        },
        "trainer_params": {"max_epochs": {"stage1": 1}},
        "encoder": {
            "dim": tokenizer["width"],
            "n_resnet_blocks": tokenizer["num_res_blocks"],
            "downsampled_width": {
                theirs: config["tokenizer"][ours]["target_width"]
                for theirs, ours in bands.items()
            },
        },
        "decoder": {"n_resnet_blocks": tokenizer["num_res_blocks"]},
        "VQ-VAE": {
            "n_fft": config["stft"]["window_size"],
            "codebook_sizes": {
                theirs: config["quantizer"][ours]["num_codes"]
                for theirs, ours in bands.items()
            },
            "decay": quantizer["decay"],
            "commitment_weight": quantizer["commitment_weight"],
            "codebook_dim": tokenizer["width"],
            "emb_dropout": 0.0,
            "perceptual_loss_weight": 0,
        },
        "prior": {
            "hidden_dim": prior["width"],
            "n_layers": prior["num_layers"],
            "heads": prior["num_heads"],
            "ff_mult": prior["mlp_ratio"],
            "use_rmsnorm": True,
            "p_unconditional": 0.0,  # Labels are dropped in our data instead.
        },
    }


def other_values(source: str, ours: dict) -> dict[str, list]:
    """Hyper-parameters of their config.yaml that our preset has otherwise.

    Args:
        source: the checkout.
        ours: the preset's values.

    Returns:
        Dotted name of theirs -> [theirs, ours]; empty: all are equal.
    """
    path = pathlib.Path(source, "configs", "config.yaml")
    theirs = yaml.safe_load(path.read_text())
    expected = settings(ours, theirs["dataset"]["in_channels"])
    sample, train = ours["sample"], ours["train"]
    expected["dataset"]["batch_sizes"] = {
        "stage1": train["tokenizer"]["batch_size"],
        "stage2": train["prior_low"]["batch_size"],
    }
    expected["trainer_params"]["max_epochs"] = {
        "stage1": train["tokenizer"]["num_epochs"],
        "stage2": train["prior_low"]["num_epochs"],
    }
    expected["exp_params"] = {
        "LR": train["tokenizer"]["learning_rate"],
        "weight_decay": train["tokenizer"]["weight_decay"],
    }
    expected["MaskGIT"] = {
        "choice_temperatures": dict.fromkeys(
            ("lf", "hf"), sample["choice_temperature"]
        ),
        "stochastic_sampling": ours["masking"]["target_temperature"],
        "T": sample["num_decode_steps"],
        "prior_model": expected.pop("prior")
        | {"p_unconditional": ours["prior"]["low"]["label_drop_rate"]},
    }
    expected["class_guidance"] = {"guidance_scale": sample["guidance_scale"]}
    expected["dataset"].pop("dataset_name")
    found, wanted = _flat(theirs), _flat(expected)
    return {
        name: [found.get(name), value]
        for name, value in wanted.items()
        if found.get(name) != value
    }


def _flat(tree: dict, prefix: str = "") -> dict:
    rows = {}
    for name, value in tree.items():
        inner = isinstance(value, dict)
        rows |= _flat(value, f"{prefix}{name}.") if inner else {prefix + name: value}
    return rows


def fill_autoencoder(encoder, decoder, quantizer, weights: dict) -> None:
    """Our autoencoder of a band into theirs; a bias before a norm, which ours lacks, is 0."""
    first, second = encoder.encoder, decoder.decoder
    for module in (*first.modules(), *second.modules()):
        if getattr(module, "bias", None) is not None:
            nn.init.zeros_(module.bias)

    def block(pair, inner):
        convs, norm = pair
        at = {"conv": convs.convs[1], "mix": convs.convs[-1], "norm": norm}
        return types.SimpleNamespace(**at, inner=convs.convs[2] if inner else None)

    halvings = [part for part in first if hasattr(part, "block")]
    doublings = [part for part in second if hasattr(part, "block")]
    halves = types.SimpleNamespace(
        encoder=types.SimpleNamespace(
            convs=[part.block[0] for part in halvings],
            norms=[part.block[1] for part in halvings],
            blocks=[block(p, True) for p in first if isinstance(p, nn.Sequential)],
        ),
        decoder=types.SimpleNamespace(
            convs=[part.block[0] for part in doublings],
            norms=[part.block[1] for part in doublings],
            blocks=[block(p, False) for p in second if isinstance(p, nn.Sequential)],
            last=list(second[-2:]),
        ),
    )
    from_jax.autoencoder(halves, weights["params"], weights["stats"])
    codes = torch.from_numpy(weights["codes"])
    quantizer._codebook.embed.copy_(codes)
    quantizer._codebook.embed_avg.copy_(codes)
    quantizer._codebook.cluster_size.zero_()


def fill_prior(module, tree: dict) -> None:
    """Our prior of a band into theirs, whose tables have a row for the mask."""
    trunk, width = tree["Trunk_0"], tree["embedding"].shape[1]
    high = hasattr(module, "tok_emb_h")
    table = np.concatenate([tree["embedding"], tree["mask_embedding"]])
    from_jax._put((module.tok_emb_h if high else module.tok_emb_l).weight, table)
    if high:
        none = np.zeros((1, width), np.float32)  # Given tokens are never masked.
        given = np.concatenate([tree["context_embedding"], none])
        from_jax._put(module.tok_emb_l.weight, given)
        from_jax._put(module.projector.weight, tree["context_kernel"][..., None])
        from_jax._put(module.projector.bias, tree["context_bias"])
    from_jax._put(module.pos_emb.weight[:-1], tree["positions"])
    from_jax._put(module.class_condition_emb.weight, tree["Embed_0"]["embedding"])
    from_jax._put(module.bias[:, :-1], tree["bias"])
    from_jax._layer(module.ln, tree["LayerNorm_0"])
    from_jax._layer(module.Token_Prediction[0], tree["Dense_0"])
    from_jax._layer(module.Token_Prediction[2], tree["LayerNorm_1"])
    blocks, layers = module.blocks, module.blocks.attn_layers.layers
    from_jax._layer(blocks.project_in, trunk["Dense_0"])
    from_jax._layer(blocks.project_out, trunk["Dense_1"])
    from_jax._put(blocks.pos_emb.emb.weight, trunk["positions"])
    from_jax._put(blocks.attn_layers.final_norm.g, trunk["RMSNorm_0"]["scale"])
    for i in range(len(layers) // 2):
        own = trunk[f"Block_{i}"]
        (norm_a, attend, _), (norm_b, mlp, _) = layers[2 * i], layers[2 * i + 1]
        from_jax._put(norm_a[0].g, own["RMSNorm_0"]["scale"])
        from_jax._put(norm_b[0].g, own["RMSNorm_1"]["scale"])
        qkv = own["SelfAttention_0"]["qkv"]["kernel"]  # [width, 3, heads, head width].
        for j, part in enumerate((attend.to_q, attend.to_k, attend.to_v)):
            from_jax._put(part.weight, qkv[:, j].reshape(len(qkv), -1).T)
        from_jax._layer(attend.to_out, own["SelfAttention_0"]["DenseGeneral_0"])
        linear = [m for m in mlp.modules() if isinstance(m, nn.Linear)]
        for part, name in zip(linear, ("Dense_0", "Dense_1"), strict=True):
            from_jax._layer(part, own[name])
