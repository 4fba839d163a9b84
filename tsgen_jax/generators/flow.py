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
from tsgen_jax.generators.drawn import Unfolding, programs_of
from tsgen_jax.recipe import Recipe
from tsgen_jax.stages import flow, whitening
from tsgen_jax.types import Array

LIMITS = (flow.LIMITS,)


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class FlowGenerator(Unfolding):
    """Draws series, and says how probable they are; `Rates`, `Unfolds`, `Traceable`.

    `unfold` shows noise as a series, and what every block makes of it.

    Attributes:
        network: of the recipe.
        log_shares: of classes in TRAIN, float64 [Y].
    """

    network: flow.Network
    log_shares: np.ndarray
    rates: str = "series; exact"

    def sample(self, key: Array, label: Array) -> dict[str, np.ndarray]:
        """Series 'x'; whole numbers where the flow is dequantised."""
        return self._whole(super().sample(key, label))

    def unfold(self, key: Array, label: Array) -> dict[str, np.ndarray]:
        """Noise as a series, and what every block makes of it."""
        return self._whole(super().unfold(key, label))

    def _whole(self, drawn: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {"x": np.floor(drawn["x"])} if self.network.dequantise else drawn

    def log_likelihood(
        self, key: Array, x: Array, label: Array, num_draws: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Of the scaled series, exact; a bound where the flow is dequantised."""
        if not self.network.dequantise:
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
        classes = self.info.num_classes
        x, label = self.info.scaler.transform(x), check_label(label, classes)

        def of(rows, label):
            given = self.weights["whitening"]
            found = self.batched.map(
                lambda _, batch: self.network.rate(self.weights["flow"], **batch),
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
            each = np.stack(each) + self.log_shares[:, None]
            found[none] = scipy.special.logsumexp(each, axis=0)
        return found


GENERATOR = FlowGenerator


def make_recipe(config: ConfigDict, info: DataInfo) -> Recipe:
    """The recipe of `config` for series like these; ValueError where it has none."""
    flow.check_info(config, info)
    settings, network = config.flow, flow.Network(config, info)
    shares = np.array(info.class_counts, np.float64)
    with np.errstate(divide="ignore"):  # A class without series.
        log_shares = np.log(shares / shares.sum())

    def states(key, weights, label):
        """Scaled series [S + 1, B, L, C'] from noise on; Y: of a class by its share."""
        key_class, key_noise = jax.random.split(key)
        drawn = jax.random.categorical(key_class, log_shares, shape=label.shape)
        label = jnp.where(label == info.num_classes, drawn, label)
        z = jax.random.normal(key_noise, (label.shape[0], network.dim))
        found = network.unfold(weights["flow"], z, label)
        x = jax.vmap(lambda u: whitening.colour(weights["whitening"], u, label))(found)
        return x.reshape(*found.shape[:2], info.length, -1)

    rates = FlowGenerator.rates
    if settings.dequantise:
        rates = "series of whole numbers; a lower bound (uniform dequantisation)"
    make = functools.partial(
        FlowGenerator,
        Batched(info, config.sample.batch_size),
        network=network,
        log_shares=log_shares,
        rates=rates,
        **programs_of(states),
    )
    fitted = whitening.make_whitening(info, settings.shrinkage, settings.class_weight)
    return Recipe(
        stages=(fitted, flow.make_stage(config, network)),
        assemble=lambda weights: make(weights=weights),
        settings=("sample",),
        about=f"A normalizing flow ({settings.kind}) on whitened series.",
    )
