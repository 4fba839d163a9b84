"""Autoregression: by Yule-Walker, by gradient, or with FIR layers between (TDNN).

`ar.kind`: 'yule_walker' is a linear (vector) autoregression about the mean curve of a
class, solved, with innovations drawn from its residuals; it rates and completes series
exactly, as a Gaussian process. 'gradient' is a linear network of the last values,
'tdnn' one of stacked FIR layers (Waibel et al. 1989), both trained by likelihood.
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.evaluation.measures import density
from tsgen_jax.generators import free_running
from tsgen_jax.generators.batched import Batched, check_label
from tsgen_jax.generators.drawn import Drawn
from tsgen_jax.models import linear_ar
from tsgen_jax.models.causal_conv import CausalConv
from tsgen_jax.recipe import Recipe
from tsgen_jax.runs.limits import Limits
from tsgen_jax.stages import yule_walker
from tsgen_jax.types import Array

KINDS = ("yule_walker", "gradient", "tdnn")


def make_recipe(config: ConfigDict, info: DataInfo) -> Recipe:
    """The recipe of `config` for series like these."""
    if config.ar.kind == "yule_walker":
        return _solved(config, info)
    settings, linear = config.ar.network, config.ar.kind == "gradient"
    taps = yule_walker.max_order(config.ar, info) if linear else settings.taps
    layers = 1 if linear else settings.num_layers
    trunk = CausalConv(
        settings.width, taps, (1,) * layers, False, settings.dropout, linear
    )
    network = free_running.make_network(trunk, settings, info, fixed_scale=linear)
    what = "A linear autoregression" if linear else "A network of FIR layers (TDNN)"
    about = f"{what} of {trunk.reach} time points, trained by likelihood."
    return free_running.make_recipe(config, info, network, settings, about)


def _solved(config: ConfigDict, info: DataInfo) -> Recipe:
    batched, settings = Batched(info, config.sample.batch_size), config.ar
    temperature = config.sample.temperature**0.5

    @jax.jit
    def draw(key, weights, label):
        of = weights[yule_walker.NAME]
        shape = label.shape[0], info.length, info.scaled_channels
        if settings.innovations == "normal":
            new = jax.random.normal(key, shape)
        else:
            level = jax.random.uniform(key, shape[:2])
            count = of["num_residuals"][label][:, None]
            at = jnp.minimum(jnp.floor(level * count).astype(jnp.int32), count - 1)
            new = of["residuals"][label[:, None], at]
        linear = linear_ar.Linear(of["lags"][label], of["factor"][label])
        z = linear_ar.simulate(linear, temperature * new)
        return of["mean"][label] + of["scale"][label] * z

    kind = "residuals" if settings.innovations == "residuals" else "a Gaussian"
    return Recipe(
        stages=(yule_walker.make_stage(config, info),),
        assemble=lambda weights: LinearGaussian(batched, draw, weights),
        settings=("sample",),
        about=f"A linear autoregression by Yule-Walker, innovations from {kind}.",
    )


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


GENERATOR = LinearGaussian
LIMITS = (
    Limits(choices={"ar.kind": KINDS}),
    yule_walker.LIMITS,
    free_running.make_limits("ar.network", {"taps": (1, 1000), "num_layers": (1, 16)}),
)
