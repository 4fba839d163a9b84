"""Autoregression: by Yule-Walker, by gradient, or with FIR layers between (TDNN).

`ar.kind`: 'yule_walker' is a linear (vector) autoregression about the mean curve of a
class, solved, with innovations drawn from its residuals; it rates and completes series
exactly, as a Gaussian process. 'gradient' is a linear network of the last values,
'tdnn' one of stacked FIR layers (Waibel et al. 1989), both trained by likelihood.
"""

import jax
import jax.numpy as jnp
from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators import free_running
from tsgen_jax.generators.batched import Batched
from tsgen_jax.generators.linear_gaussian import LinearGaussian
from tsgen_jax.models import linear_ar
from tsgen_jax.models.causal_conv import CausalConv
from tsgen_jax.recipe import Recipe
from tsgen_jax.runs.limits import Limits
from tsgen_jax.stages import yule_walker

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


GENERATOR = LinearGaussian
LIMITS = (
    Limits(choices={"ar.kind": KINDS}),
    yule_walker.LIMITS,
    free_running.make_limits("ar.network", {"taps": (1, 1000), "num_layers": (1, 16)}),
)
