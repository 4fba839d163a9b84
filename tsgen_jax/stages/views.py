"""The two views of a series in the tokenizer, and what makes them agree.

NC-VQVAE, https://arxiv.org/abs/2408.16613: latents of both are pooled and projected;
a loss of `losses/self_supervised.py` compares the projections.
"""

from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from ml_collections import ConfigDict

from tsgen_jax.losses import self_supervised
from tsgen_jax.models import vqvae
from tsgen_jax.nn import projector
from tsgen_jax.types import Array, DType, Metrics, PyTree


class View(NamedTuple):
    """One of the two views of a batch, as their comparison needs it."""

    u: jax.Array  # [B, F, T, 2C] its STFT.
    z: jax.Array  # [B, F, W, D] its latents: quantised in the first view only.


class Head(nn.Module):
    """All that comes after pooling: projector, whitener, predictor."""

    config: ConfigDict  # config.ssl
    dtype: DType

    def setup(self):
        """Builds what `config.method` has."""
        layers = {**self.config.projector, "dtype": self.dtype}
        byol = self.config.method == "byol"
        self.projector = projector.Projector(
            **layers, num_hidden=1 if byol else 2, use_bias=byol
        )
        if self.config.method == "vibcreg":
            steps = self.config.iter_norm.num_steps
            size = self.config.iter_norm.group_size
            self.whitener = projector.Whitener(size, steps)
        if byol:
            self.predictor = projector.Projector(**layers, num_hidden=1, use_bias=True)

    def __call__(self, pooled: Array) -> jax.Array:
        """Pooled latents [..., B, 2D] -> what the loss compares, [..., B, P]."""
        p = self.project(pooled)
        return self.predict(p) if self.config.method == "byol" else p

    def project(self, pooled: Array) -> jax.Array:
        """Pooled latents [..., B, 2D] -> projections [..., B, P]: BYOL's targets."""
        p = self.projector(pooled)
        return self.whitener(p) if self.config.method == "vibcreg" else p

    def predict(self, p: Array) -> jax.Array:
        """Projections [..., B, P] -> BYOL's predictions, [..., B, P]."""
        return self.predictor(p)


def compare(
    head: Head,
    model: vqvae.AutoEncoder,
    params: PyTree,
    model_state: PyTree,
    first: View,
    second: View,
) -> tuple[jax.Array, Metrics]:
    """The self-supervised loss between two views, scalar, and its metrics.

    Args:
        head: projects the pooled latents.
        model: the autoencoder; BYOL's slow copy encodes both views once more.
        params: of both, {'model', 'head'}.
        model_state: before the step; `batch_stats` and, for BYOL, `target`.
        first: the series.
        second: its augmented view.
    """
    method = head.config.method
    pooled = jnp.stack([projector.pool(first.z), projector.pool(second.z)])
    projected = head.apply({"params": params["head"]}, pooled)
    if method == "byol":
        targets = _byol_targets(head, model, model_state, (first.u, second.u))
        weight = head.config.byol.weight
        return self_supervised.byol(*projected, *targets, weight=weight)
    return self_supervised.METHODS[method](*projected, **head.config[method])


def _byol_targets(head, model, model_state, maps):
    """What BYOL's slow network makes of both views, [2, B, P]; no gradient."""
    slow = jax.lax.stop_gradient(model_state["target"])
    pooled = []
    for u in maps:
        z, _ = vqvae.apply(
            model, slow["model"], model_state["batch_stats"], "encode", u
        )
        pooled.append(projector.pool(z))
    return head.apply({"params": slow["head"]}, jnp.stack(pooled), method="project")


def move_target(target: PyTree, params: PyTree, decay: float) -> PyTree:
    """BYOL's slow weights, moved towards `params`; `decay` is the weight of the past."""
    params = jax.lax.stop_gradient(params)
    return jax.tree.map(lambda t, p: decay * t + (1 - decay) * p, target, params)
