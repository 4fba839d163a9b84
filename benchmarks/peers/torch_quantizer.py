"""The vector quantiser of `tsgen_jax.nn.quantizers.ema` in PyTorch.

van den Oord et al. 2017, appendix A.1, https://arxiv.org/abs/1711.00937.
"""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

_EPS = 1e-5


class Quantizer(nn.Module):
    """K codes that follow their inputs by moving averages."""

    def __init__(self, num_codes: int, width: int, decay: float, revive_below: float):
        super().__init__()
        self.decay, self.revive_below = decay, revive_below
        self.register_buffer("counts", torch.ones(num_codes))
        self.register_buffer("sums", torch.randn(num_codes, width))

    @property
    def codes(self):
        """[K, D]."""
        total = self.counts.sum()
        smoothed = (self.counts + _EPS) / (total + len(self.counts) * _EPS) * total
        return self.sums / smoothed[:, None]

    def nearest(self, z):
        """z [..., D] -> tokens [...]."""
        codes = self.codes
        return ((codes**2).sum(-1) - 2 * z @ codes.T).argmin(-1)

    def forward(self, z):
        """z [B, D, F, W] -> (z_q [B, D, F, W], tokens [B, F, W], commitment)."""
        flat = z.permute(0, 2, 3, 1)
        tokens = self.nearest(flat.detach())
        chosen = F.embedding(tokens, self.codes)
        commitment = F.mse_loss(flat, chosen)
        z_q = chosen + (flat - flat.detach())
        return z_q.permute(0, 3, 1, 2).contiguous(), tokens, commitment

    @torch.no_grad()
    def update(self, z, tokens) -> None:
        """Moves the codes towards the vectors z [B, D, F, W] that chose them."""
        flat = z.permute(0, 2, 3, 1).reshape(-1, z.shape[1])
        chosen = F.one_hot(tokens.flatten(), len(self.counts)).to(flat.dtype)
        self.counts.lerp_(chosen.sum(0), 1 - self.decay)
        self.sums.lerp_(chosen.T @ flat, 1 - self.decay)
        if self.revive_below > 0:
            mean = self.counts.mean()
            dead = self.counts < self.revive_below * mean
            rows = torch.randint(len(flat), (len(self.counts),), device=z.device)
            self.sums.copy_(torch.where(dead[:, None], flat[rows] * mean, self.sums))
            self.counts.copy_(torch.where(dead, mean, self.counts))


def perplexity(tokens, num_codes: int):
    """exp of the entropy of token use; scalar."""
    p = torch.bincount(tokens.flatten(), minlength=num_codes) / tokens.numel()
    return torch.exp(-torch.special.xlogy(p, p).sum())
