"""Fully convolutional classifier: the judge behind FID, IS and CAS.

FCN of Wang et al. 2017, https://arxiv.org/abs/1611.06455, with the widths 128, 256,
128 and kernels 8, 5, 3 that TimeVQVAE and NC-VQVAE judge with.
"""

import math

import flax.linen as nn
import jax
import jax.numpy as jnp

from tsgen_jax.nn import conv
from tsgen_jax.nn.resnet import Norm, uniform
from tsgen_jax.types import Array, PyTree


class Classifier(nn.Module):
    """Convolution, norm and ReLU per entry of `widths`, mean over time, linear."""

    num_classes: int
    widths: tuple[int, ...]
    kernel_sizes: tuple[int, ...]  # Even ones look one step further ahead.

    @nn.compact
    def __call__(self, x: Array, train: bool) -> tuple[jax.Array, jax.Array]:
        """Scaled series [B, L, C] -> logits [B, Y], features [B, widths[-1]]."""
        x = x[:, :, None]  # Time as rows: one matrix product per convolution.
        for i, (width, size) in enumerate(
            zip(self.widths, self.kernel_sizes, strict=True)
        ):
            init = nn.initializers.variance_scaling(1 / 3, "fan_in", "uniform")
            kernel = self.param(f"kernel_{i}", init, (size, 1, x.shape[-1], width))
            before = (size - 1) // 2
            x = conv.conv(x, kernel, ((before, size - 1 - before), (0, 0)))
            x = Norm(0.0, jnp.float32, name=f"norm_{i}")(x, train)
        features = x.mean((1, 2))
        init = nn.initializers.variance_scaling(1 / 3, "fan_in", "uniform")
        bound = 1 / math.sqrt(features.shape[-1])
        logits = nn.Dense(
            self.num_classes,
            kernel_init=init,
            bias_init=uniform(bound),
            name="linear",
        )(features)
        return logits, features


def classify(model: Classifier, weights: PyTree, x: Array):
    """(logits [B, Y], features [B, d]) in use: no statistics move."""
    return model.apply(weights, x, train=False)
