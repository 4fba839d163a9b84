"""Both stages of training in PyTorch: networks, losses, optimiser, one step."""

import copy
import math

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from benchmarks.peers import torch_ssl
from benchmarks.peers.torch_layers import AutoEncoder, still_statistics
from benchmarks.peers.torch_prior import Prior, masked_loss, training_mask
from benchmarks.peers.torch_quantizer import Quantizer, perplexity


class Tokenizer(nn.Module):
    """Stage 1 of `config` with its head and, for BYOL, its slow copy."""

    def __init__(self, config: dict, length: int, channels: int, batch_size: int):
        super().__init__()
        self.config, ssl, vq = config, config["ssl"], config["quantizer"]
        self.model = AutoEncoder(
            length, channels, **config["stft"], **config["tokenizer"]
        )
        width = config["tokenizer"]["width"]
        self.quantizer = Quantizer(
            vq["num_codes"], width, vq["decay"], vq["revive_below"]
        )
        self.head = nn.ModuleDict()
        byol = ssl["method"] == "byol"
        if ssl["method"] != "none":
            sizes = ssl["projector"]["hidden"], ssl["projector"]["width"]
            hidden = 1 if byol else 2
            self.head["projector"] = torch_ssl.projector(
                2 * width, *sizes, hidden, byol
            )
        if ssl["method"] == "vibcreg":
            norm = ssl["iter_norm"]
            group = torch_ssl.largest_group(norm["group_size"], batch_size, sizes[1])
            self.head["whitener"] = torch_ssl.IterNorm(
                sizes[1], group, norm["num_steps"]
            )
        if byol:
            self.head["predictor"] = torch_ssl.projector(sizes[1], *sizes, 1, True)
        self.slow = None
        if byol:
            self.slow = copy.deepcopy(nn.ModuleDict({"m": self.model, "h": self.head}))
            self.slow.requires_grad_(False)

    def loss(self, x, x_b) -> dict:
        """Every term of the loss on two views [B, C, L], under our names."""
        ssl = self.config["ssl"]
        u = self.model.to_map(x)
        z = self.model.encode(u)
        z_q, tokens, commitment = self.quantizer(z)
        u_hat = self.model.decode(z_q)
        terms = {
            "loss_time": F.mse_loss(self.model.to_series(u_hat), x),
            "loss_frequency": F.mse_loss(u_hat, u),
            "loss_commitment": self.config["quantizer"]["commitment_weight"]
            * commitment,
        }
        used = perplexity(tokens, len(self.quantizer.counts))
        self.quantizer.update(z.detach(), tokens)
        if ssl["method"] != "none" or ssl["augmented_weight"] > 0:
            if ssl["augmented_statistics"]:
                self._second_view(terms, x_b, z_q, u)
            else:
                with still_statistics(self.model):
                    self._second_view(terms, x_b, z_q, u)
        terms["loss"] = sum(terms.values())
        return {**terms, "codebook_perplexity": used}

    def _second_view(self, terms, x_b, z_q, u) -> None:
        ssl = self.config["ssl"]
        u_b = self.model.to_map(x_b)
        z_b = self.model.encode(u_b)
        if ssl["augmented_weight"] > 0:
            again = self.model.decode(z_b)
            both = F.mse_loss(self.model.to_series(again), x_b) + F.mse_loss(again, u_b)
            terms["loss_augmented"] = ssl["augmented_weight"] * both
        method = ssl["method"]
        if method == "none":
            return
        pooled = [torch_ssl.pool(z_q), torch_ssl.pool(z_b)]
        p = [self._project(self.head, view) for view in pooled]
        if method == "byol":
            with torch.no_grad():
                slow = [
                    self._project(
                        self.slow["h"], torch_ssl.pool(self.slow["m"].encode(v))
                    )
                    for v in (u, u_b)
                ]
                self._move_slow(ssl["byol"]["target_decay"])
            predicted = [self.head["predictor"](v) for v in p]
            weight = ssl["byol"]["weight"]
            terms["loss_ssl"] = torch_ssl.byol(*predicted, *slow, weight)
        else:
            terms["loss_ssl"] = torch_ssl.LOSSES[method](*p, **ssl[method])

    def _project(self, head, pooled):
        p = head["projector"](pooled)
        return head["whitener"](p) if "whitener" in head else p

    def _move_slow(self, decay: float) -> None:
        fast = [*self.model.parameters(), *self.head.parameters()]
        torch._foreach_lerp_(list(self.slow.parameters()), fast, 1 - decay)

    def trained(self) -> list[nn.Module]:
        """Modules whose parameters the gradient moves."""
        return [self.model, self.head]


class PriorStage(nn.Module):
    """Stage 2 of `config`."""

    def __init__(self, config: dict, codes, num_tokens: int, num_classes: int):
        super().__init__()
        fields = dict(config["prior"])
        self.drop_rate = fields.pop("label_drop_rate")
        self.prior = Prior(codes, num_tokens, num_classes, **fields)
        self.masking = config["masking"]

    def loss(self, tokens, label) -> dict:
        """{'loss'} on tokens int [B, N] with fresh masks."""
        per_sample, on = self.masking["per_sample"], self.masking["loss_on"]
        mask = training_mask(*tokens.shape, per_sample, tokens.device)
        drop = torch.rand(len(label), device=label.device) < self.drop_rate
        label = torch.where(drop, self.prior.no_label, label)
        return {"loss": masked_loss(self.prior, tokens, label, mask, on)}

    def trained(self) -> list[nn.Module]:
        """Modules whose parameters the gradient moves."""
        return [self.prior]


def make_optimizer(stage, settings: dict, fused: bool):
    """AdamW and its schedule as `tsgen_jax.training.optim`: warm-up, cosine, kernels decay."""
    kernels, others = [], []
    products = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
    for part in stage.trained():
        for module in part.modules():
            for name, p in module.named_parameters(recurse=False):
                decays = isinstance(module, products) and name == "weight"
                decays |= settings["decay_all_weights"]
                (kernels if decays else others).append(p)
    groups = [
        {"params": kernels, "weight_decay": settings["weight_decay"]},
        {"params": others, "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    rate = settings["learning_rate"]
    optimizer = torch.optim.AdamW(groups, lr=rate, fused=True if fused else None)
    total = settings["num_steps"]
    warm = min(settings["warmup_steps"], total // 2)

    def factor(step):
        if step < warm:
            return step / warm
        progress = (step - warm) / (total - warm)
        return 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))

    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, factor)


class Trainer:
    """One step after another on a stage."""

    def __init__(self, stage, settings: dict, fused: bool):
        self.stage, self.clip = stage, settings["clip_norm"]
        self.params = [p for m in stage.trained() for p in m.parameters()]
        self.optimizer, self.schedule = make_optimizer(stage, settings, fused)
        stage.train()

    def step(self, *batch) -> dict:
        """Gradient and update on a batch; returns the terms of the loss."""
        self.optimizer.zero_grad(set_to_none=True)
        terms = self.stage.loss(*batch)
        terms["loss"].backward()
        if self.clip:
            nn.utils.clip_grad_norm_(self.params, self.clip)
        self.optimizer.step()
        self.schedule.step()
        return terms
