"""A linear autoregression with Gaussian errors: a Gaussian process, exactly."""

import dataclasses
import functools

import jax
import numpy as np

from tsgen_jax.evaluation.measures import density
from tsgen_jax.generators.batched import check_label
from tsgen_jax.generators.drawn import Drawn
from tsgen_jax.models import linear_ar
from tsgen_jax.stages import yule_walker
from tsgen_jax.types import Array


@dataclasses.dataclass(frozen=True, eq=False)
class LinearGaussian(Drawn):
    """Draws, rates and completes series; `Rates`, `Inpaints`, `Traceable`.

    Rating and completing are those of the Gaussian process, whatever innovations
    samples are drawn with.
    """

    rates = "scaled series as a Gaussian process, exactly"

    @functools.cached_property
    def _classes(self) -> list[tuple[np.ndarray, np.ndarray, linear_ar.Predictors]]:
        of = jax.tree.map(np.float64, self.weights[yule_walker.NAME])
        errors = of["factor"] @ of["factor"].swapaxes(-1, -2)
        predictors = map(linear_ar.Predictors, of["lags"], errors)
        return list(zip(of["mean"], of["scale"], predictors, strict=True))

    def log_likelihood(
        self, key: Array, x: Array, label: Array, num_draws: int = 1
    ) -> tuple[np.ndarray, np.ndarray]:
        """log p of scaled series, nats float64 [n], and errors of 0."""
        del key, num_draws
        scaled = np.asarray(self.info.scaler.transform(x), np.float64)
        label = check_label(label, self.info.num_classes)
        value = np.zeros(len(label))
        for k in np.unique(label):
            mean, scale, predictors = self._classes[k]
            z = (scaled[label == k] - mean) / scale
            log_p = linear_ar.log_likelihood(predictors, z) - np.log(scale).sum()
            value[label == k] = log_p
        return value, np.zeros(len(value))

    def log_density(
        self, key: Array, x: Array, label: Array, num_draws: int = 1
    ) -> np.ndarray:
        """log p of series in original units, nats float64 [n]."""
        value, _ = self.log_likelihood(key, x, label, num_draws)
        scaled = self.info.scaler.transform(x)
        return value + density.log_slopes(self.info.scaler, x, scaled)

    def inpaint(
        self, key: Array, x: Array, observed: Array, label: Array, num: int
    ) -> np.ndarray:
        """Draws what is missing from its conditional distribution, which is exact."""

        def draw(key, x, observed, label):
            noise = np.asarray(jax.random.normal(key, x.shape))
            drawn = np.array(x, np.float64)
            for i, k in enumerate(np.asarray(label)):
                mean, scale, _ = self._classes[k]
                z = ((x[i] - mean) / scale).ravel()
                seen, new = np.asarray(observed[i]).ravel(), noise[i].ravel()
                z = linear_ar.complete(self._precision(int(k)), z, seen, new)
                drawn[i] = mean + scale * z.reshape(mean.shape)
            return drawn

        return self.batched.inpaint(key, x, observed, label, num, draw)

    def outpainting(self) -> "LinearGaussian":
        """The same: what it drew counts as what was given."""
        return self

    @functools.cached_property
    def _precision(self):
        length = self.info.length
        return functools.cache(
            lambda k: linear_ar.precision(self._classes[k][2], length)
        )
