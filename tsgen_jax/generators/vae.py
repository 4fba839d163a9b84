"""TimeVAE: a VAE of convolutions whose decoder adds level, trend, seasons and the rest.

Paper: https://arxiv.org/abs/2111.08095, conditional on the class. The stage 'vae'
is trained by the ELBO; the weight of its KL term rises over `vae.warmup_steps` to
`vae.beta`. Series are rated by the ELBO itself, and unfold part by part. The stage
'latents' measures where the encoder puts the series of a class, which samples are drawn
from; 'residual' what reconstructions leave out, which samples have as noise.
"""

from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators import latent, noise_scale
from tsgen_jax.models import vae
from tsgen_jax.recipe import Recipe
from tsgen_jax.runs.limits import WIDEST, Limits
from tsgen_jax.stages import aggregate, elbo

GENERATOR = latent.LatentGenerator
_SIZES = ("latent", "degree", "hidden", "embed_width")


def _faults(config: ConfigDict) -> list[str]:
    """What is wrong with the sizes of layers and seasons."""
    found = []
    for key, least in (("widths", 1), ("seasons", 2)):
        values = config.vae[key]
        wrong = [v for v in values if type(v) is not int or not least <= v <= WIDEST]
        if wrong:
            found.append(
                f"vae.{key} has {wrong}: must be whole numbers from {least} on"
            )
    if not config.vae.widths:
        found.append("vae.widths=() has no layer: name one width at least")
    return found


LIMITS = (
    elbo.limits("vae"),
    noise_scale.limits_of("vae.noise_scales"),
    Limits(
        choices={"vae.sample_from": aggregate.SOURCES},
        ranges={
            "vae.latent": (1, WIDEST),
            "vae.degree": (0, 16),
            "vae.hidden": (1, WIDEST),
            "vae.embed_width": (1, WIDEST),
        },
        faults=_faults,
        depth=lambda config: len(config.vae.widths),
    ),
)


def make_recipe(config: ConfigDict, info: DataInfo) -> Recipe:
    """The recipe of `config` for series like these."""
    settings = config.vae
    network = vae.VAE(
        length=info.length,
        channels=info.scaled_channels,
        num_classes=info.num_classes,
        widths=tuple(settings.widths),
        seasons=tuple(settings.seasons),
        **{name: settings[name] for name in _SIZES},
    )
    about = "A convolutional VAE: level, trend, seasons, the rest, and noise."
    return latent.make_recipe(
        config, "vae", info, network, about, "Conv_0", source=settings.sample_from
    )
