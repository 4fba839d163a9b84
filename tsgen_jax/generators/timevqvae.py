"""TimeVQVAE: low and high frequencies tokenised apart, high tokens drawn given low ones.

Paper: https://arxiv.org/abs/2303.04743. With `ssl.low.method` or `ssl.high.method` it is
NC-TimeVQVAE, the self-supervised view of https://arxiv.org/abs/2408.16613 in a branch.
Stages: 'tokenizer', two autoencoders of bands of the STFT, whose reconstructions add up
to the series; 'prior_low'; 'prior_high', given the low tokens; 'residual' and
'residual_scale', the noise of what tokens leave out, as of ssl_vqvae.
"""

from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators import residual_noise, token_programs, tokens
from tsgen_jax.generators.batched import label_use_of
from tsgen_jax.recipe import Recipe, Weights
from tsgen_jax.stages import (
    branches,
    masked_prior_limits,
    token_rows,
    tokenizer_limits,
)

GENERATOR = tokens.TokenGenerator
LIMITS = (
    branches.LIMITS,
    branches.limits_of(tokenizer_limits.LIMITS),
    branches.limits_of(masked_prior_limits.LIMITS),
    token_programs.LIMITS,
    residual_noise.LIMITS,
)


def make_recipe(config: ConfigDict, info: DataInfo) -> Recipe:
    """The recipe of `config` for series like these."""
    coder = branches.make_coder(config, info.length, info.scaled_channels)
    priors, stages, before = {}, [branches.make_stage(config, coder)], None
    for band, model in coder.models.items():
        own = branches.config_of(config, band)
        context = coder.starts[band]  # All tokens before its own.
        size = info.num_classes, context
        priors[band] = tokens.make_prior(own, model.map_shape, *size)
        stage = tokens.PRIORS[own.prior.order]
        stages.append(stage.make_stage(own, priors[band], model, band, before))
        before = token_rows.Band(band, model)
    programs = token_programs.Programs(
        coder, priors, info, config.sample, config.inpaint
    )

    def assemble(weights: Weights) -> tokens.TokenGenerator:
        scale = residual_noise.chosen_scale(config, weights["residual_scale"])
        uses = {label_use_of(config.prior[band].label_drop_rate) for band in priors}
        use = uses.pop() if len(uses) == 1 else "optional"
        return tokens.TokenGenerator(programs, weights, scale, use)

    methods = ", ".join(f"{band} {config.ssl[band].method}" for band in priors)
    return Recipe(
        stages=(
            *stages,
            residual_noise.make_residual(coder, info.num_classes),
            residual_noise.make_scale(config, programs, tuple(priors)),
        ),
        assemble=assemble,
        settings=("sample", "inpaint", "precision"),
        about=(
            "Vector-quantising tokenizers of low and high frequencies (self-"
            f"supervision: {methods}), a masked-token prior of low tokens, and one of "
            "high tokens given them."
        ),
    )
