"""Normalizing flow: series are noise through invertible layers, so densities are exact.

`flow.kind`: RealNVP (https://arxiv.org/abs/1605.08803), neural spline couplings
(https://arxiv.org/abs/1906.04032), masked and inverse autoregressive flows
(https://arxiv.org/abs/1705.07057, https://arxiv.org/abs/1606.04934), sums of squares
(https://arxiv.org/abs/1905.02325). Stages: 'whitening', which leaves normal noise where
TRAIN is normal; 'flow' on what it gives, by maximum likelihood. Training adds noise with
TRAIN's own covariance: without it, a flow puts its density on the few series there are.
Without a class, it is the mixture of the classes in TRAIN's shares.
"""

import dataclasses
import math

import jax
import jax.numpy as jnp
import numpy as np
import scipy.special
from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators.batched import Batched, check_label
from tsgen_jax.models import flows
from tsgen_jax.recipe import Measure, Recipe, Stage, Weights
from tsgen_jax.stages import whitening
from tsgen_jax.training import batches
from tsgen_jax.types import Array

_INFINITY = float("inf")
CHOICES = {"flow.kind": tuple(flows.KINDS)}
RANGES = {
    "flow.num_modes": (0, whitening.MAX_DIM),
    "flow.num_blocks": (1, 64),
    "flow.hidden": (1, 2**16),
    "flow.num_layers": (1, 16),
    "flow.embed_width": (1, 2**12),
    "flow.num_bins": (2, 64),
    "flow.bound": (1e-3, _INFINITY),
    "flow.num_squares": (1, 16),
    "flow.degree": (1, 4),
    "flow.noise": (0, 0.999),
    "flow.shrinkage": (0, 1),
    "flow.class_weight": (0, _INFINITY),
    "sample.num_samples": (0, _INFINITY),
    "sample.batch_size": (1, 2**20),
}
_SIZES = ("num_blocks", "hidden", "num_layers", "embed_width", "num_bins", "bound")
_SIZES += ("num_squares", "degree")
_MEASURE = Measure(
    "nats_per_value",
    "lower",
    None,
    "-log p(series | class) / values, of whitened series; lower is more probable.",
    {"gaussian": 0.5 * math.log(2 * math.pi * math.e)},
)


class Programs:
    """The network and its compiled programs, of a recipe; they take weights."""

    def __init__(self, config: ConfigDict, info: DataInfo):
        """Compiles nothing."""
        settings = config.flow
        self.info, self.dim = info, info.length * info.scaled_channels
        self.modes = min(settings.num_modes or self.dim, self.dim)
        if self.modes < 2:
            raise ValueError("generator=flow needs series of two values at least.")
        self.dequantise = settings.dequantise
        self.flow = flows.Flow(
            kind=settings.kind,
            dim=self.modes,
            num_classes=info.num_classes,
            **{name: settings[name] for name in _SIZES},
        )
        shares = np.array(info.class_counts, np.float64)
        self.log_shares = np.log(shares / shares.sum())
        self.batched = Batched(info, config.sample.batch_size)
        self.draw = jax.jit(lambda *a: self.unfold(*a)[-1])
        self.unfolded = jax.jit(lambda *a: self.unfold(*a).swapaxes(0, 1))
        self.rate = jax.jit(self.log_prob)

    def log_prob(self, params, u: Array, label: Array) -> jax.Array:
        """Log-density of whitened series [B, D], nats [B]."""
        some, rest = u[:, : self.modes], u[:, self.modes :]
        found = self.flow.apply({"params": params}, some, label, method="log_prob")
        return found + flows.log_normal(rest)

    def unfold(self, key: Array, weights: Weights, label: Array) -> jax.Array:
        """Scaled series [S + 1, B, L, C'] from noise on; Y: of a class by its share."""
        key_class, key_noise = jax.random.split(key)
        drawn = jax.random.categorical(key_class, self.log_shares, shape=label.shape)
        label = jnp.where(label == self.info.num_classes, drawn, label)
        z = jax.random.normal(key_noise, (len(label), self.dim))
        variables = {"params": weights["flow"]}
        some = z[:, : self.modes], label
        states, _ = self.flow.apply(variables, *some, method="unfold")
        rest = jnp.broadcast_to(
            z[None, :, self.modes :], (len(states), len(z), self.dim - self.modes)
        )
        states = jnp.concatenate([states, rest], axis=-1)
        x = jax.vmap(lambda u: whitening.colour(weights["whitening"], u, label))(states)
        return x.reshape(len(states), len(z), self.info.length, -1)


@dataclasses.dataclass(frozen=True, eq=False)
class FlowGenerator:
    """Draws series, and says how probable series are."""

    programs: Programs
    weights: Weights
    label_use: str = "optional"
    rates: str = "series in original units; exact"

    @property
    def info(self) -> DataInfo:
        """Shape, classes and units of the training data."""
        return self.programs.info

    def sample(self, key: Array, label: Array) -> dict[str, np.ndarray]:
        """Series 'x'; whole numbers where the flow is dequantised."""
        draw = lambda key, label: self.programs.draw(key, self.weights, label)  # noqa: E731
        return {"x": self._whole(self.programs.batched.sample(key, label, draw))}
