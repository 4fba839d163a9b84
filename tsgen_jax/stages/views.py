"""The two views of a series in the tokenizer, and what makes them agree.

NC-VQVAE, https://arxiv.org/abs/2408.16613: latents of both are pooled and projected;
a loss of `losses/self_supervised.py` compares the projections.
"""

import inspect
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from ml_collections import ConfigDict

from tsgen_jax.losses import self_supervised
from tsgen_jax.models import vqvae
from tsgen_jax.nn import projector
from tsgen_jax.suggest import did_you_mean
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
        """Builds what the row of `config.method` asks for."""
        method = self_supervised.METHODS[self.config.method]
        layers = {**self.config.projector, "dtype": self.dtype}
        self.projector = projector.Projector(
            **layers, num_hidden=method.depth, use_bias=method.predict
        )
        if method.whiten:
            steps = self.config.iter_norm.num_steps
            size = self.config.iter_norm.group_size
            self.whitener = projector.Whitener(size, steps)
        if method.predict:
            self.predictor = projector.Projector(**layers, num_hidden=1, use_bias=True)

    def __call__(self, pooled: Array) -> jax.Array:
        """Pooled latents [..., B, 2D] -> what the loss compares, [..., B, P]."""
        p = self.project(pooled)
        method = self_supervised.METHODS[self.config.method]
        return self.predict(p) if method.predict else p

    def project(self, pooled: Array) -> jax.Array:
        """Pooled latents [..., B, 2D] -> projections [..., B, P]; targets of a slow copy."""
        p = self.projector(pooled)
        method = self_supervised.METHODS[self.config.method]
        return self.whitener(p) if method.whiten else p

    def predict(self, p: Array) -> jax.Array:
        """Projections [..., B, P] -> the predictor's output [..., B, P]."""
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
        model: the autoencoder; a slow copy encodes both views once more.
        params: of both, {'model', 'head'}.
        model_state: before the step; `batch_stats` and, with a slow copy, `target`.
        first: the series.
        second: its augmented view.
    """
    method = self_supervised.METHODS[head.config.method]
    values = dict(head.config[head.config.method])
    pooled = jnp.stack([projector.pool(first.z), projector.pool(second.z)])
    projected = head.apply({"params": params["head"]}, pooled)
    targets = ()
    if method.slow_copy:
        del values["target_decay"]  # That of `move_target`.
        targets = _targets(head, model, model_state, (first.u, second.u))
    return method.loss(*projected, *targets, **values)


def _targets(head, model, model_state, maps):
    """What the slow copy makes of both views, [2, B, P]; no gradient."""
    slow = jax.lax.stop_gradient(model_state["target"])
    pooled = []
    for u in maps:
        z, _ = vqvae.apply(
            model, slow["model"], model_state["batch_stats"], "encode", u
        )
        pooled.append(projector.pool(z))
    return head.apply({"params": slow["head"]}, jnp.stack(pooled), method="project")


def move_target(target: PyTree, params: PyTree, decay: float) -> PyTree:
    """The slow copy's weights, moved towards `params`; `decay` is the weight of the past."""
    params = jax.lax.stop_gradient(params)
    return jax.tree.map(lambda t, p: decay * t + (1 - decay) * p, target, params)


def faults(ssl: ConfigDict) -> list[str]:
    """What is wrong with `config.ssl.method` and with the values of that loss."""
    name, known = ssl.method, self_supervised.names()
    if name == "none":
        return []
    if name not in known:
        said = f"ssl.method={name!r}: known are {', '.join(known)}."
        said += did_you_mean(name, known)
        if name in ssl:
            said += (
                " A loss of your own needs its row in "
                "tsgen_jax.losses.self_supervised.METHODS first."
            )
        return [said]
    keywords, any_more = _keywords(self_supervised.METHODS[name])
    if name not in ssl:
        return [
            f"ssl.method={name!r}: the config lacks the section ssl.{name} with the "
            f"values of this loss, {', '.join(keywords)}"
        ]
    found = []
    if missing := [key for key in keywords if key not in ssl[name]]:
        found.append(f"ssl.{name} lacks {', '.join(missing)}, which the loss takes")
    more = [key for key in ssl[name] if key not in keywords]
    if more and not any_more:
        found.append(f"ssl.{name} has {', '.join(more)}, which the loss does not take")
    for key, high in (("weight", float("inf")), ("target_decay", 1)):
        # NaN fails as well, and so does infinity.
        if key in ssl[name] and not 0 <= ssl[name][key] <= min(high, 1e30):
            bound = "at least 0" if high > 1 else "in [0, 1]"
            found.append(f"ssl.{name}.{key}={ssl[name][key]!r}: must be {bound}")
    return found


def _keywords(method: self_supervised.Method) -> tuple[list[str], bool]:
    """Names of the values that a loss takes from the config, and whether any others."""
    parameters = inspect.signature(method.loss).parameters.values()
    named = [p.name for p in parameters if p.kind is not p.VAR_KEYWORD]
    own = ["target_decay"] if method.slow_copy else []
    projections = 4 if method.slow_copy else 2
    return named[projections:] + own, any(p.kind is p.VAR_KEYWORD for p in parameters)
