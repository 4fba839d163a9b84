"""Do PyTorch's networks compute what ours compute, at equal weights?"""

import json
import os

import numpy as np
import torch

from benchmarks.peers import from_jax
from benchmarks.peers.torch_prior import decode
from benchmarks.peers.torch_stages import PriorStage, Tokenizer, Trainer


def fill_tokenizer(stage: Tokenizer, tree: dict) -> None:
    """Our stage 1, {'params', 'state'}, into PyTorch's."""
    params, state = tree["params"], tree["state"]
    from_jax.autoencoder(stage.model, params["model"], state["batch_stats"])
    from_jax.codebook(stage.quantizer, state["codebook"])
    if stage.head:
        from_jax.head(stage.head, params["head"])
    if stage.slow is not None:
        slow = state["target"]
        from_jax.autoencoder(stage.slow["m"], slow["model"], state["batch_stats"])
        from_jax.head(stage.slow["h"], slow["head"])


def _grad_norm(stage) -> torch.Tensor:
    grads = [p.grad for m in stage.trained() for p in m.parameters()]
    return torch.stack([g.norm() for g in grads if g is not None]).norm()


def _tokenizer(config: dict, tree: dict) -> dict:
    x = torch.from_numpy(tree["x"]).transpose(1, 2).contiguous()
    stage = Tokenizer(config, x.shape[2], x.shape[1], len(x))
    fill_tokenizer(stage, tree["tokenizer"])
    model, found = stage.model.train(), {}
    u = model.to_map(x)
    with torch.no_grad():
        z = model.encode(u)
        u_hat = model.decode(z)
        found["u"], found["z"], found["u_hat"] = u, z, u_hat
        found["x_hat"] = model.to_series(u_hat)
        found["tokens"] = stage.quantizer.nearest(z.permute(0, 2, 3, 1)).flatten(1)
    for name in ("u", "z", "u_hat"):
        found[name] = found[name].permute(0, 2, 3, 1)
    found["x_hat"] = found["x_hat"].transpose(1, 2)
    fill_tokenizer(stage, tree["tokenizer"])  # The running statistics have moved.
    trainer = Trainer(stage, {**config["train"]["tokenizer"], "clip_norm": 0.0}, False)
    before = [p.detach().clone() for p in trainer.params]
    found |= trainer.step(x, x.flip(-1))
    found["grad_norm"] = _grad_norm(stage)
    moved = zip(trainer.params, before, strict=True)
    found["moved"] = torch.stack([(p - q).norm() for p, q in moved]).norm()
    found["counts"], found["sums"] = stage.quantizer.counts, stage.quantizer.sums
    found["running_mean"] = model.decoder.blocks[0].norm.running_mean
    if stage.slow is not None:
        found["slow"] = torch.stack([p.norm() for p in stage.slow.parameters()]).norm()
    return found


def _prior(config: dict, tree: dict) -> dict:
    tokens, label, mask = (
        torch.from_numpy(tree[k]) for k in ("tokens", "label", "mask")
    )
    tokens, label = tokens.long(), label.long()
    codes = torch.from_numpy(tree["prior"]["state"]["codes"])
    stage = PriorStage(config, codes, tokens.shape[1], int(tree["num_classes"])).eval()
    from_jax.prior(stage.prior, tree["prior"]["params"], codes.numpy())
    logits = stage.prior(torch.where(mask, len(codes), tokens), label)
    loss = torch.nn.functional.cross_entropy(logits[mask], tokens[mask])
    loss.backward()
    decoded = decode(stage.prior, label, tokens.shape[1], config["sample"])
    found = {"logits": logits, "loss": loss, "grad_norm": _grad_norm(stage)}
    return {**found, "decoded": decoded}


def check(folder: str) -> dict[str, float]:
    """Compares with every .npz that `benchmarks.ours_check` left in the folder.

    Returns:
        'case: output' -> largest |difference| / (1 + |expected|).

    Raises:
        ValueError: a network has no output that ours has, or of another shape.
    """
    worst = {}
    for file in sorted(os.listdir(folder)):
        tree = from_jax.read(os.path.join(folder, file))
        config = json.loads(str(tree["config"]))
        found = (_prior if "prior" in tree else _tokenizer)(config, tree)
        for name, expected in tree["expected"].items():
            if name not in found:
                raise ValueError(f"{file}: PyTorch's side has no {name}.")
            got = found[name].detach().numpy()
            if got.shape != expected.shape:
                raise ValueError(f"{file}: {name} {got.shape}, ours {expected.shape}.")
            difference = np.abs(got - expected) / (1 + np.abs(expected))
            worst[f"{file.removesuffix('.npz')}: {name}"] = float(difference.max())
    return worst
