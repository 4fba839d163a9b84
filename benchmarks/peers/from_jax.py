"""Our weights into PyTorch's modules.

`tree` below is a nested dict of NumPy arrays with the names of the Flax modules.
"""

import numpy as np
import torch
from torch import nn


def read(path: str) -> dict:
    """The nested dict of an .npz whose names are paths, 'a/b/c'."""
    tree: dict = {}
    with np.load(path) as stored:
        for name, array in stored.items():
            *folders, last = name.split("/")
            place = tree
            for folder in folders:
                place = place.setdefault(folder, {})
            place[last] = array
    return tree


def _put(tensor: torch.Tensor, array: np.ndarray) -> None:
    if tuple(tensor.shape) != array.shape:
        raise ValueError(f"A tensor {tuple(tensor.shape)} got {array.shape}.")
    with torch.no_grad():
        tensor.copy_(torch.from_numpy(np.array(array)))


def _layer(module: nn.Module, tree: dict) -> None:
    """A convolution, product or norm and its leaves."""
    if "kernel" in tree:
        kernel = tree["kernel"]
        if isinstance(module, nn.ConvTranspose2d):
            kernel = kernel.transpose(2, 3, 0, 1)
        elif isinstance(module, nn.Conv2d):
            # A 1 x 1 convolution is a plain product in ours.
            kernel = kernel[None, None] if kernel.ndim == 2 else kernel
            kernel = kernel.transpose(3, 2, 0, 1)
        else:
            kernel = kernel.reshape(-1, module.out_features).T
        _put(module.weight, kernel)
    if "scale" in tree:
        _put(module.weight, tree["scale"])
    if "bias" in tree:
        _put(module.bias, tree["bias"])


def _norm(module: nn.Module, params: dict, stats: dict) -> None:
    _layer(module, params["BatchNorm_0"])
    _put(module.running_mean, stats["BatchNorm_0"]["mean"])
    _put(module.running_var, stats["BatchNorm_0"]["var"])


def _half(module: nn.Module, params: dict, stats: dict) -> None:
    """Encoder or decoder."""
    for i, conv in enumerate([*module.convs, *getattr(module, "last", [])]):
        _layer(conv, params[f"Conv_{i}"])
    for i, norm in enumerate(module.norms):
        _norm(norm, params[f"Norm_{i}"], stats[f"Norm_{i}"])
    for i, block in enumerate(module.blocks):
        own, own_stats = params[f"ResBlock_{i}"], stats[f"ResBlock_{i}"]
        _layer(block.conv, own["Conv_0"])
        _layer(block.mix, own["Dense_0"])
        norms = [block.norm]
        if isinstance(block.inner, nn.BatchNorm2d):
            norms = [block.inner, block.norm]
        for j, norm in enumerate(norms):
            _norm(norm, own[f"Norm_{j}"], own_stats[f"Norm_{j}"])


def autoencoder(module: nn.Module, params: dict, stats: dict) -> None:
    """`AutoEncoder` from {'encoder', 'decoder'} and their running statistics."""
    for name in ("encoder", "decoder"):
        _half(getattr(module, name), params[name], stats[name])


def projector(module: nn.Sequential, tree: dict) -> None:
    """`torch_ssl.projector` from ours."""
    layers = {"Dense": nn.Linear, "BatchStandardise": nn.BatchNorm1d}
    for name, kind in layers.items():
        for i, layer in enumerate(m for m in module if isinstance(m, kind)):
            _layer(layer, tree[f"{name}_{i}"])


def head(module: nn.ModuleDict, tree: dict) -> None:
    """Projector, whitener and predictor, as many as there are."""
    projector(module["projector"], tree["projector"])
    if "whitener" in module:
        _put(module["whitener"].scale, tree["whitener"]["scale"])
    if "predictor" in module:
        projector(module["predictor"], tree["predictor"])


def codebook(module: nn.Module, tree: dict) -> None:
    """`Quantizer` from counts and sums."""
    _put(module.counts, tree["counts"])
    _put(module.sums, tree["sums"])


def prior(module: nn.Module, tree: dict, codes: np.ndarray) -> None:
    """`Prior` from ours."""
    trunk = tree["Trunk_0"]
    _put(module.table, tree.get("embedding", codes))
    _put(module.mask, tree["mask_embedding"])
    _put(module.positions, tree["positions"])
    _put(module.classes.weight, tree["Embed_0"]["embedding"])
    if module.trunk_positions is not None:
        _put(module.trunk_positions, trunk["positions"])
    _layer(module.norm_in, tree["LayerNorm_0"])
    _layer(module.norm_head, tree["LayerNorm_1"])
    _layer(module.head, tree["Dense_0"])
    _layer(module.widen, trunk["Dense_0"])
    _layer(module.narrow, trunk["Dense_1"])
    _layer(module.norm_out, trunk["RMSNorm_0"])
    for i, block in enumerate(module.blocks):
        own = trunk[f"Block_{i}"]
        _layer(block.norm_a, own["RMSNorm_0"])
        _layer(block.norm_b, own["RMSNorm_1"])
        qkv = own["SelfAttention_0"]["qkv"]["kernel"]
        _put(block.qkv.weight, qkv.reshape(len(qkv), -1).T)
        _layer(block.out, own["SelfAttention_0"]["DenseGeneral_0"])
        _layer(block.up, own["Dense_0"])
        _layer(block.down, own["Dense_1"])
    if module.logits is not None:
        _layer(module.logits, tree["Dense_1"])
    else:
        _put(module.bias, tree["bias"])
