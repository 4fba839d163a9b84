"""Sequential VAE: a latent state that moves by learned dynamics, seen through noise.

z_t = A z_{t-1} + W phi(z_{t-1}) + h_y + noise (Durstewitz 2017, doi
10.1371/journal.pcbi.1005542), a Gaussian posterior from a convolutional encoder, trained
by the ELBO. `sequential_vae.bayesian` gives A, W and h a posterior of their own. Stages
'sequential_vae' and 'residual', as of `generators/vae.py`. Unfolds as dynamics alone, with process noise, with observation
noise.
"""

from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators import latent, noise_scale
from tsgen_jax.models.sequential_vae import SequentialVAE
from tsgen_jax.recipe import Recipe
from tsgen_jax.runs.limits import INFINITY, WIDEST, Limits
from tsgen_jax.stages import elbo

_NAME = "sequential_vae"
GENERATOR = latent.LatentGenerator
_SIZES = ("latent", "width", "num_layers", "embed_width", "bayesian", "prior_std")
LIMITS = (
    elbo.limits(_NAME),
    noise_scale.limits_of("sequential_vae.noise_scales"),
    Limits(
        choices={f"{_NAME}.bayesian": (False, True)},
        ranges={
            f"{_NAME}.latent": (1, 1024),
            f"{_NAME}.width": (1, WIDEST),
            f"{_NAME}.num_layers": (1, 16),
            f"{_NAME}.embed_width": (1, WIDEST),
            f"{_NAME}.prior_std": (1e-6, INFINITY),
        },
        depth=lambda config: config.sequential_vae.num_layers,
    ),
)


def make_recipe(config: ConfigDict, info: DataInfo) -> Recipe:
    """The recipe of `config` for series like these."""
    network = SequentialVAE(
        length=info.length,
        channels=info.scaled_channels,
        num_classes=info.num_classes,
        num_series=sum(info.class_counts),
        **{name: config.sequential_vae[name] for name in _SIZES},
    )
    about = "A sequential VAE: latent dynamics with noise, seen through noise."
    shown = "Dense_1", "first state"
    return latent.make_recipe(config, _NAME, info, network, about, *shown)
