"""SSL-VQVAE (NC-VQVAE): a tokenizer with a self-supervised view, and a masked prior.

Paper: https://arxiv.org/abs/2408.16613. With `ssl.method='none'` it is the VQ-VAE that
the paper compares with. Stages: 'tokenizer'; 'prior' on its tokens; 'residual', the
distribution of what tokens leave out of series; 'residual_scale', how much of that is
added to samples.
"""

from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators import residual_noise, token_programs, tokens
from tsgen_jax.generators.batched import label_use_of
from tsgen_jax.models.coder import Coder
from tsgen_jax.recipe import Recipe, Weights
from tsgen_jax.stages import (
    masked_prior_limits,
    tokenizer,
    tokenizer_limits,
)

GENERATOR = tokens.TokenGenerator
LIMITS = (
    tokenizer_limits.LIMITS,
    masked_prior_limits.LIMITS,
    token_programs.LIMITS,
    residual_noise.LIMITS,
)


def make_recipe(config: ConfigDict, info: DataInfo) -> Recipe:
    """The recipe of `config` for series like these."""
    model = tokenizer.make_model(config, info.length, info.scaled_channels)
    coder = Coder({"": model})
    prior = tokens.make_prior(config, model.map_shape, info.num_classes)
    programs = token_programs.Programs(
        coder, {"": prior}, info, config.sample, config.inpaint
    )

    def assemble(weights: Weights) -> tokens.TokenGenerator:
        scale = residual_noise.chosen_scale(config, weights["residual_scale"])
        label_use = label_use_of(config.prior.label_drop_rate)
        return tokens.TokenGenerator(programs, weights, scale, label_use)

    return Recipe(
        stages=(
            tokenizer.make_stage(config, model),
            tokens.PRIORS[config.prior.order].make_stage(config, prior, model),
            residual_noise.make_residual(coder, info.num_classes),
            residual_noise.make_scale(config, programs),
        ),
        assemble=assemble,
        settings=("sample", "inpaint", "precision"),
        about=(
            f"A vector-quantising tokenizer (self-supervision: {config.ssl.method}) and "
            "a masked-token prior."
        ),
    )
