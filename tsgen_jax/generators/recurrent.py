"""An autoregressive recurrent network: Elman, Jordan, MGU, GRU or LSTM.

Graves 2013, "Generating Sequences With Recurrent Neural Networks",
https://arxiv.org/abs/1308.0850: teacher forcing in training, free running to generate,
a mixture density at every time point. The class is a learned embedding.
"""

from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators import free_running
from tsgen_jax.models import cells
from tsgen_jax.recipe import Recipe

GENERATOR = free_running.FreeRunning
LIMITS = (
    free_running.make_limits(
        "recurrent", {"num_layers": (1, 100)}, {"cell": cells.KINDS}
    ),
)


def make_recipe(config: ConfigDict, info: DataInfo) -> Recipe:
    """The recipe of `config` for series like these."""
    settings = config.recurrent
    trunk = cells.Cells(
        settings.cell, settings.width, settings.num_layers, settings.dropout
    )
    network = free_running.make_network(trunk, settings, info)
    about = (
        f"An autoregressive network of {settings.num_layers} {settings.cell} layers "
        f"with a mixture of {settings.num_components} Gaussians a time point."
    )
    return free_running.make_recipe(config, info, network, settings, about)
