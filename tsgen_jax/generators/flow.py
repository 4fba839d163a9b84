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
import functools

import jax
import jax.numpy as jnp
import numpy as np
import scipy.special
from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.evaluation.measures import density
from tsgen_jax.generators.batched import Batched, check_label
from tsgen_jax.recipe import Recipe, Weights
from tsgen_jax.stages import flow, whitening
from tsgen_jax.types import Array

LIMITS = (flow.LIMITS,)


class Programs:
    """The compiled programs of a recipe; they take weights."""

    def __init__(self, config: ConfigDict, info: DataInfo):
        """Compiles nothing."""
        self.info, self.network = info, flow.Network(config, info)
        shares = np.array(info.class_counts, np.float64)
        with np.errstate(divide="ignore"):  # A class without series.
            self.log_shares = np.log(shares / shares.sum())
        self.batched = Batched(info, config.sample.batch_size)

    def __getstate__(self):
        """Without what was compiled."""
        return {k: v for k, v in vars(self).items() if k not in ("draw", "unfolded")}

    @functools.cached_property
    def draw(self):
        """Jitted (key, weights, label [B]) -> scaled series [B, L, C']."""
        return jax.jit(lambda *a: self._states(*a)[-1])

    @functools.cached_property
    def unfolded(self):
        """Jitted (key, weights, label [B]) -> scaled series [B, S + 1, L, C']."""
        return jax.jit(lambda *a: self._states(*a).swapaxes(0, 1))

    def _states(self, key: Array, weights: Weights, label: Array) -> jax.Array:
        """Scaled series [S + 1, B, L, C'] from noise on; Y: of a class by its share."""
        key_class, key_noise = jax.random.split(key)
        drawn = jax.random.categorical(key_class, self.log_shares, shape=label.shape)
        label = jnp.where(label == self.info.num_classes, drawn, label)
        z = jax.random.normal(key_noise, (len(label), self.network.dim))
        states = self.network.unfold(weights["flow"], z, label)
        x = jax.vmap(lambda u: whitening.colour(weights["whitening"], u, label))(states)
        return x.reshape(len(states), len(z), self.info.length, -1)


@dataclasses.dataclass(frozen=True, eq=False)
class FlowGenerator:
    """Draws series, and says how probable series are."""

    programs: Programs
    weights: Weights
    label_use: str = "optional"
    rates: str = "series; exact"

    remarks = ""

    @property
    def info(self) -> DataInfo:
        """Shape, classes and units of the training data."""
        return self.programs.info

    def sample(self, key: Array, label: Array) -> dict[str, np.ndarray]:
        """Series 'x'; whole numbers where the flow is dequantised."""
        draw = lambda key, label: self.programs.draw(key, self.weights, label)  # noqa: E731
        return {"x": self._whole(self.programs.batched.sample(key, label, draw))}

    def unfold(self, key: Array, label: Array) -> dict[str, np.ndarray]:
        """Noise as a series, and what every block makes of it."""
        programs = self.programs
        states = programs.batched.map(
            lambda number, batch: programs.unfolded(
                jax.random.fold_in(key, number), self.weights, batch["label"]
            ),
            {"label": check_label(label, self.info.num_classes)},
            "unfolding",
        )
        return {"x": self._whole(self.info.scaler.inverse(states.swapaxes(0, 1)))}

    def program(self, key: Array, label: Array) -> jax.Array:
        """Traced: the scaled series of the first batch of `sample`."""
        return self.programs.draw(jax.random.fold_in(key, 0), self.weights, label)

    def log_likelihood(
        self, key: Array, x: Array, label: Array, num_draws: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Of the scaled series, exact; a bound where the flow is dequantised."""
        if not self.programs.network.dequantise:
            found = self._log_prob(x, label)
            return found, np.zeros_like(found)
        draws = np.random.default_rng(np.asarray(jax.random.key_data(key)).tolist())
        x = np.asarray(x, np.float64)
        found = np.stack(
            [
                self._log_prob(x + draws.random((1, *x.shape[1:])), label)
                for _ in range(num_draws)
            ]
        )
        error = found.std(0, ddof=1) if num_draws > 1 else np.full(len(x), np.nan)
        return found.mean(0), error / np.sqrt(num_draws)

    def log_density(
        self, key: Array, x: Array, label: Array, num_draws: int
    ) -> np.ndarray:
        """log p(series) in original units; of whole numbers a bound of log P.

        Raises:
            ValueError: series of unequal lengths, or data.scaling='quantile'.
        """
        lost = density.log_volume(self.info.scaler, self.info.length)
        return self.log_likelihood(key, x, label, num_draws)[0] - lost

    def _log_prob(self, x: Array, label: Array) -> np.ndarray:
        """Of scaled series, float64 [n]; label Y: of the mixture of classes."""
        programs, classes = self.programs, self.info.num_classes
        x, label = self.info.scaler.transform(x), check_label(label, classes)

        def of(rows, label):
            given = self.weights["whitening"]
            found = programs.batched.map(
                lambda _, batch: programs.network.rate(self.weights["flow"], **batch),
                {"u": whitening.whiten(given, rows, label), "label": label},
                "log-likelihood",
            )
            return found.astype(np.float64) + whitening.log_det(given, label)

        found, none = np.zeros(len(x)), label == classes
        if (~none).any():
            found[~none] = of(x[~none], label[~none])
        if none.any():
            each = np.full(int(none.sum()), 0, np.int32)
            each = [of(x[none], each + k) for k in range(classes)]
            each = np.stack(each) + programs.log_shares[:, None]
            found[none] = scipy.special.logsumexp(each, axis=0)
        return found

    def _whole(self, x: np.ndarray) -> np.ndarray:
        return np.floor(x) if self.programs.network.dequantise else x


GENERATOR = FlowGenerator


def make_recipe(config: ConfigDict, info: DataInfo) -> Recipe:
    """The recipe of `config` for series like these; ValueError where it has none."""
    flow.check_info(config, info)
    programs = Programs(config, info)
    settings = config.flow
    fitted = whitening.make_whitening(info, settings.shrinkage, settings.class_weight)
    return Recipe(
        stages=(fitted, flow.make_stage(config, programs.network)),
        assemble=lambda weights: FlowGenerator(programs, weights, rates=_rates(config)),
        settings=("sample",),
        about=f"A normalizing flow ({settings.kind}) on whitened series.",
    )


def _rates(config: ConfigDict) -> str:
    if config.flow.dequantise:
        return "series of whole numbers; a lower bound (uniform dequantisation)"
    return "series; exact"
