"""Projector and self-supervised losses in PyTorch, in their papers' plain form.

Barlow Twins, https://arxiv.org/abs/2103.03230; VICReg,
https://arxiv.org/abs/2105.04906; VIbCReg, https://arxiv.org/abs/2109.00783; BYOL,
https://arxiv.org/abs/2006.07733; IterNorm, https://arxiv.org/abs/1904.03441. Sums run
over P x P matrices, as published; constants as in `tsgen_jax.losses`.
"""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn


def pool(z):
    """Mean and maximum over the map: [B, D, F, W] -> [B, 2D]."""
    flat = z.flatten(2)
    return torch.cat([flat.mean(-1), flat.max(-1).values], dim=1)


def projector(inputs: int, hidden: int, width: int, num_hidden: int, bias: bool):
    """Linear-norm-ReLU `num_hidden` times, then Linear: [B, inputs] -> [B, width]."""
    layers = []
    for i in range(num_hidden):
        linear = nn.Linear(hidden if i else inputs, hidden, bias=False)
        norm = nn.BatchNorm1d(hidden, track_running_stats=False)
        layers += [linear, norm, nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(hidden, width, bias=bias))


class IterNorm(nn.Module):
    """Whitens groups of columns by Newton's iteration, then scales them."""

    def __init__(self, width: int, group_size: int, num_steps: int):
        super().__init__()
        self.group_size, self.num_steps = group_size, num_steps
        self.scale = nn.Parameter(torch.ones(width))

    def forward(self, x):
        """[B, P] -> [B, P]."""
        groups = x.unflatten(1, (-1, self.group_size)).transpose(0, 1)  # [G, B, d]
        centred = groups - groups.mean(1, keepdim=True)
        eye = torch.eye(self.group_size, device=x.device)
        sigma = 1e-5 * eye + centred.transpose(1, 2) @ centred / len(x)
        trace = sigma.diagonal(dim1=1, dim2=2).sum(-1)[:, None, None]
        normed, w = sigma / trace, eye.expand_as(sigma)
        for _ in range(self.num_steps):
            w = 1.5 * w - 0.5 * (w @ w @ w) @ normed
        whitened = centred @ (w * trace.rsqrt())
        return whitened.transpose(0, 1).flatten(1) * self.scale


def largest_group(group_size: int, batch_size: int, width: int) -> int:
    """Largest power of two within group_size and half the batch that divides P."""
    group = 1
    while 2 * group <= min(group_size, batch_size // 2) and width % (2 * group) == 0:
        group *= 2
    return group


def _off_diagonal(matrix):
    return matrix.pow(2).sum() - matrix.diagonal().pow(2).sum()


def _standardise(p):
    return (p - p.mean(0)) / (p.var(0, correction=0) + 1e-8).sqrt()


def barlow_twins(p_a, p_b, weight, off_diagonal_weight):
    """Cross-correlation towards the identity; scalar."""
    c = _standardise(p_a).T @ _standardise(p_b) / len(p_a)
    on = (1 - c.diagonal()).pow(2).sum()
    return weight / p_a.shape[1] * (on + off_diagonal_weight * _off_diagonal(c))


def _regularised(p_a, p_b, covariance, w):
    hinge = sum(F.relu(1 - (p.var(0) + 1e-4).sqrt()).mean() for p in (p_a, p_b))
    return w["weight"] * (
        w["invariance_weight"] * F.mse_loss(p_a, p_b)
        + w["variance_weight"] * hinge
        + w["covariance_weight"] * (covariance(p_a) + covariance(p_b))
    )


def vicreg(p_a, p_b, **weights):
    """Invariance, variance and covariance; scalar."""

    def covariance(p):
        centred = p - p.mean(0)
        return _off_diagonal(centred.T @ centred / (len(p) - 1)) / p.shape[1]

    return _regularised(p_a, p_b, covariance, weights)


def vibcreg(p_a, p_b, **weights):
    """VICReg with correlations; scalar."""

    def covariance(p):
        z = _standardise(p)
        return _off_diagonal(z.T @ z / len(p)) / p.shape[1] ** 2

    return _regularised(p_a, p_b, covariance, weights)


LOSSES = {"barlow_twins": barlow_twins, "vicreg": vicreg, "vibcreg": vibcreg}


def byol(predicted_a, predicted_b, target_a, target_b, weight):
    """Each prediction towards the other view's target; scalar."""
    a = 2 - 2 * F.cosine_similarity(predicted_a, target_b.detach())
    b = 2 - 2 * F.cosine_similarity(predicted_b, target_a.detach())
    return weight * (a + b).mean()
