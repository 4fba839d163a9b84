"""LSTNet: a forecaster of convolution, GRU, a season's memory and a linear highway.

Lai et al. 2018, "Modeling Long- and Short-Term Temporal Patterns with Deep Neural
Networks", https://arxiv.org/abs/1703.07015, with a mixture density in place of a value:
so it forecasts by draws, exactly, rates series and, from a start of zeros, generates
them. The networks: `models/lstnet.py`.
"""

from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators import free_running
from tsgen_jax.models import lstnet
from tsgen_jax.recipe import Recipe
from tsgen_jax.runs.limits import WIDEST

GENERATOR = free_running.Convolving
LIMITS = (
    free_running.make_limits(
        "lstnet",
        {
            "taps": (1, 1000),
            "period": (1, 1000),
            "skip_width": (1, WIDEST),
            "highway": (1, 1000),
        },
        {"memory": lstnet.MEMORIES},
    ),
)


def make_recipe(config: ConfigDict, info: DataInfo) -> Recipe:
    """The recipe of `config` for series like these."""
    settings = config.lstnet
    names = ("width", "taps", "memory", "period", "skip_width", "dropout")
    trunk = lstnet.Trunk(**{name: settings[name] for name in names})
    fields = {"kind": lstnet.Highway, "num_values": settings.highway}
    network = free_running.make_network(trunk, settings, info, **fields)
    memory = {"skip": "a recurrent skip", "attention": "attention"}[settings.memory]
    about = (
        f"LSTNet: convolution, GRU, {memory} over {settings.period} time points and a "
        f"linear highway of {settings.highway}, with a mixture density."
    )
    return free_running.make_recipe(config, info, network, settings, about, "conv")
