"""WaveNet: dilated causal convolutions with a mixture density at every time point.

van den Oord et al. 2016, https://arxiv.org/abs/1609.03499; the class is its global
condition. Real values get a mixture of Gaussians in place of 256 classes.
"""

from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators import free_running
from tsgen_jax.models.causal_conv import CausalConv
from tsgen_jax.recipe import Recipe

GENERATOR = free_running.Convolving
LIMITS = (
    free_running.make_limits(
        "wavenet",
        {"taps": (1, 1000), "num_layers": (1, 16), "num_stacks": (1, 16)},
    ),
)


def make_recipe(config: ConfigDict, info: DataInfo) -> Recipe:
    """The recipe of `config` for series like these."""
    settings = config.wavenet
    dilations = tuple(2**i for i in range(settings.num_layers)) * settings.num_stacks
    trunk = CausalConv(settings.width, settings.taps, dilations, True, settings.dropout)
    network = free_running.make_network(trunk, settings, info)
    about = (
        f"A WaveNet that sees {trunk.reach} time points, with a mixture of "
        f"{settings.num_components} Gaussians a time point."
    )
    return free_running.make_recipe(config, info, network, settings, about, "fir_0")
