"""The MaskGIT prior of `tsgen_jax.models.prior` in PyTorch, and its decoding.

MaskGIT, https://arxiv.org/abs/2202.04200.
"""

import math

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

_EPS = 1e-12


class Block(nn.Module):
    """Attention and MLP, each behind an RMSNorm and beside a skip."""

    def __init__(self, width, num_heads, head_width, mlp_ratio, dropout):
        super().__init__()
        self.num_heads = num_heads
        inner = num_heads * head_width
        self.norm_a = nn.RMSNorm(width, eps=_EPS)
        self.qkv = nn.Linear(width, 3 * inner, bias=False)
        self.out = nn.Linear(inner, width, bias=False)
        self.norm_b = nn.RMSNorm(width, eps=_EPS)
        self.up = nn.Linear(width, mlp_ratio * width)
        self.down = nn.Linear(mlp_ratio * width, width)
        self.drop = nn.Dropout(dropout)

    def forward(self, x):
        """[B, N, width] -> [B, N, width]."""
        qkv = self.qkv(self.norm_a(x)).unflatten(-1, (3, self.num_heads, -1))
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        x = x + self.drop(self.out(mixed))
        return x + self.drop(self.down(F.gelu(self.up(self.norm_b(x)))))


class Prior(nn.Module):
    """Tokens, some masked (K), and a class (Y: none) -> logits; arguments as ours."""

    def __init__(
        self,
        codes: torch.Tensor,
        num_tokens: int,
        num_classes: int,
        kind: str,
        codebook: str,
        width: int,
        num_layers: int,
        num_heads: int,
        head_width: int,
        mlp_ratio: int,
        dropout: float,
        trunk_positions: bool,
    ):
        super().__init__()
        num_codes, inputs = codes.shape
        self.mask_token, self.no_label = num_codes, num_classes
        if kind == "tied" or codebook == "finetuned":
            self.table = nn.Parameter(codes.clone())
        else:
            self.register_buffer("table", codes.clone())
        self.mask = nn.Parameter(torch.randn(1, inputs))
        self.positions = nn.Parameter(torch.randn(num_tokens, inputs))
        self.norm_in = nn.LayerNorm(inputs, eps=_EPS)
        self.classes = nn.Embedding(num_classes + 1, inputs)
        self.drop = nn.Dropout(dropout)
        self.widen = nn.Linear(inputs, width, bias=False)
        self.trunk_positions = None
        if trunk_positions:
            self.trunk_positions = nn.Parameter(torch.randn(num_tokens + 1, width))
        self.blocks = nn.ModuleList(
            Block(width, num_heads, head_width, mlp_ratio, dropout)
            for _ in range(num_layers)
        )
        self.norm_out = nn.RMSNorm(width, eps=_EPS)
        self.narrow = nn.Linear(width, inputs, bias=False)
        self.head = nn.Linear(inputs, inputs)
        self.norm_head = nn.LayerNorm(inputs, eps=_EPS)
        self.logits = nn.Linear(inputs, num_codes) if kind != "tied" else None
        if kind == "tied":
            self.bias = nn.Parameter(torch.zeros(num_tokens, num_codes))

    def forward(self, tokens, label):
        """int [B, N], int [B] -> float [B, N, K]."""
        x = F.embedding(tokens, torch.cat([self.table, self.mask]))
        x = self.norm_in(x + self.positions)
        x = self.drop(torch.cat([self.classes(label)[:, None], x], dim=1))
        x = self.widen(x)
        if self.trunk_positions is not None:
            x = x + self.trunk_positions * x.shape[-1] ** -0.5
        for block in self.blocks:
            x = block(x)
        x = self.narrow(self.norm_out(x))[:, 1:]
        x = self.norm_head(F.gelu(self.head(x)))
        if self.logits is not None:
            return self.logits(x)
        return x @ self.table.T + self.bias


def training_mask(batch: int, num_tokens: int, per_sample: bool, device):
    """bool [B, N]: cos(pi r / 2) of each series masked, r uniform, one at least."""
    progress = torch.rand(batch if per_sample else 1, 1, device=device)
    count = torch.floor(torch.cos(math.pi / 2 * progress) * num_tokens).clamp(min=1)
    rank = torch.rand(batch, num_tokens, device=device).argsort(-1).argsort(-1)
    return rank < count


def masked_loss(prior, tokens, label, mask, loss_on: str):
    """Mean nats over the masked tokens, or over all of them; scalar."""
    logits = prior(torch.where(mask, prior.mask_token, tokens), label)
    if loss_on == "masked":
        return F.cross_entropy(logits[mask], tokens[mask])
    return F.cross_entropy(logits.flatten(0, 1), tokens.flatten())


def _guided(prior, tokens, label, scale: float):
    if scale == 1:
        return prior(tokens, label)
    labels = torch.cat([label, torch.full_like(label, prior.no_label)])
    cond, uncond = prior(torch.cat([tokens, tokens]), labels).chunk(2)
    return uncond + scale * (cond - uncond)


def _masked(progress: float, schedule: str) -> float:
    """Share of tokens still masked; 'cosine' or 'power:P'."""
    name, _, power = schedule.partition(":")
    if name == "power":
        return 1 - progress ** float(power)
    return math.cos(math.pi / 2 * progress)


@torch.no_grad()
def decode(prior, label, num_tokens: int, sample: dict):
    """Tokens int [B, N] from masks alone; `sample` is `config.sample`."""
    rounds = sample["num_decode_steps"]
    shape = len(label), num_tokens
    tokens = torch.full(shape, prior.mask_token, device=label.device)
    left = num_tokens
    for step in range(rounds):
        progress = (step + 1) / rounds
        masked = tokens == prior.mask_token
        logits = _guided(prior, tokens, label, sample["guidance_scale"])
        p = (logits / sample["token_temperature"]).softmax(-1)
        drawn = torch.multinomial(p.flatten(0, 1), 1).view(shape)
        confidence = logits.log_softmax(-1).gather(-1, drawn[..., None])[..., 0]
        gumbel = -torch.log(torch.empty_like(confidence).exponential_())
        confidence += sample["choice_temperature"] * (1 - progress) * gumbel
        confidence = confidence.masked_fill(~masked, math.inf)
        tokens = torch.where(masked, drawn, tokens)
        share = _masked(progress, sample["schedule"])
        left = (
            0 if step + 1 == rounds else max(min(int(num_tokens * share), left - 1), 0)
        )
        again = confidence.topk(left, dim=-1, largest=False).indices
        tokens.scatter_(-1, again, prior.mask_token)
    return tokens
