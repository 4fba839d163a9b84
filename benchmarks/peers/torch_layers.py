"""The autoencoder of `tsgen_jax.models.vqvae` in PyTorch, channels first.

NC-VQVAE, https://arxiv.org/abs/2408.16613. Shapes: series [B, C, L], maps
u [B, 2C, F, T], latents z [B, D, F, W].
"""

import contextlib
import math

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

_SLOPE = 0.01  # Of the leaky ReLU.
_HALF = {"kernel_size": (3, 4), "stride": (1, 2), "padding": (1, 1)}


class ResBlock(nn.Module):
    """x + branch(x), then a norm; `inner_norm` in the encoder only."""

    def __init__(self, width: int, inner_norm: bool):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1, bias=not inner_norm)
        self.inner = nn.BatchNorm2d(width) if inner_norm else nn.Identity()
        self.mix = nn.Conv2d(width, width, 1, bias=False)
        self.norm = nn.BatchNorm2d(width)

    def forward(self, x):
        """[B, D, F, T] -> [B, D, F, T]."""
        branch = self.inner(self.conv(F.leaky_relu(x, _SLOPE)))
        return self.norm(x + self.mix(F.leaky_relu(branch, _SLOPE)))


class Encoder(nn.Module):
    """Halvings, each with norm and leaky ReLU, then residual blocks."""

    def __init__(self, inputs: int, width: int, num_res_blocks: int, halvings: int):
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Conv2d(
                width if i else inputs,
                width,
                **_HALF,
                padding_mode="replicate",
                bias=False,
            )
            for i in range(halvings)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for _ in range(halvings))
        self.blocks = nn.ModuleList(
            ResBlock(width, True) for _ in range(num_res_blocks)
        )

    def forward(self, x):
        """[B, 2C, F, T] -> [B, D, F, W]."""
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = F.leaky_relu(norm(conv(x)), _SLOPE)
        for block in self.blocks:
            x = block(x)
        return x


class Decoder(nn.Module):
    """Residual blocks, doublings, two more of them, and a linear resize."""

    def __init__(self, outputs: int, width: int, num_res_blocks: int, doublings: int):
        super().__init__()
        self.blocks = nn.ModuleList(
            ResBlock(width, False) for _ in range(num_res_blocks)
        )
        inner = doublings - 1
        self.convs = nn.ModuleList(
            nn.ConvTranspose2d(width, width, **_HALF, bias=False) for _ in range(inner)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for _ in range(inner))
        self.last = nn.ModuleList(
            nn.ConvTranspose2d(inputs, outputs, **_HALF) for inputs in (width, outputs)
        )

    def forward(self, z, num_frames: int):
        """[B, D, F, W] -> [B, 2C, F, num_frames]."""
        for block in self.blocks:
            z = block(z)
        for conv, norm in zip(self.convs, self.norms, strict=True):
            z = F.leaky_relu(norm(conv(z)), _SLOPE)
        for conv in self.last:
            z = conv(z)
        size = (z.shape[2], num_frames)
        return F.interpolate(z, size=size, mode="bilinear", align_corners=True)


class AutoEncoder(nn.Module):
    """Encoder and decoder for series [B, channels, length]; arguments as ours."""

    def __init__(
        self,
        length: int,
        channels: int,
        window_size: int,
        hop: int,
        width: int,
        num_res_blocks: int,
        target_width: int,
    ):
        super().__init__()
        self.length, self.window_size, self.hop = length, window_size, hop
        rate = round(length / (math.log2(window_size) - 1) / target_width)
        halvings = max(1, int(math.log2(max(rate, 1))))
        self.num_frames = 1 + length // hop
        self.map_shape = window_size // 2 + 1, self.num_frames >> halvings
        self.encoder = Encoder(2 * channels, width, num_res_blocks, halvings)
        self.decoder = Decoder(2 * channels, width, num_res_blocks, halvings)
        window = torch.hann_window(window_size, periodic=True)
        self.register_buffer("window", window, persistent=False)

    def to_map(self, x):
        """Series [B, C, L] -> u [B, 2C, F, T]; real, imaginary part by channel."""
        u = torch.stft(
            x.flatten(0, 1),
            self.window_size,
            self.hop,
            window=self.window,
            center=True,
            pad_mode="reflect",
            return_complex=True,
        )
        u = torch.view_as_real(u).unflatten(0, x.shape[:2])  # [B, C, F, T, 2]
        return u.permute(0, 1, 4, 2, 3).flatten(1, 2)

    def to_series(self, u):
        """u [B, 2C, F, T] -> series [B, C, L]."""
        batch = len(u)
        u = u.unflatten(1, (-1, 2)).permute(0, 1, 3, 4, 2).flatten(0, 1)
        x = torch.istft(
            torch.view_as_complex(u.contiguous()),
            self.window_size,
            self.hop,
            window=self.window,
            center=True,
            length=self.length,
        )
        return x.unflatten(0, (batch, -1))

    def encode(self, u):
        """u [B, 2C, F, T] -> z [B, D, F, W]."""
        return self.encoder(u)

    def decode(self, z):
        """z [B, D, F, W] -> u_hat [B, 2C, F, T]."""
        return self.decoder(z, self.num_frames)


@contextlib.contextmanager
def still_statistics(module: nn.Module):
    """Batch statistics are used inside, but do not move the running ones."""
    norms = [m for m in module.modules() if isinstance(m, nn.BatchNorm2d)]
    before = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    try:
        yield
    finally:
        for norm, momentum in zip(norms, before, strict=True):
            norm.momentum = momentum
