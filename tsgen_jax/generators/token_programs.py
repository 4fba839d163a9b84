"""The compiled programs of a recipe with tokens: sample, decode, encode, inpaint."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.evaluation.measures import likelihood
from tsgen_jax.generators.batched import Batched
from tsgen_jax.models import prior, vqvae
from tsgen_jax.nn import conv
from tsgen_jax.runs import limits
from tsgen_jax.runtime import chunks
from tsgen_jax.sampling import (
    decode,
    guidance,
    inpaint,
    mask_schedule,
    residual,
    samplers,
)
from tsgen_jax.stages import masked_prior as prior_task
from tsgen_jax.types import Array, PyTree


class Programs:
    """The compiled programs of a recipe with tokens; weights are arguments.

    All generators that a recipe assembles share them.
    """

    def __init__(
        self,
        tokenizer: vqvae.AutoEncoder,
        prior: prior.Prior,
        info: DataInfo,
        settings: ConfigDict,
        inpainting: ConfigDict,
    ):
        """Compiles nothing yet.

        Args:
            tokenizer: of scaled series.
            prior: of its tokens.
            info: of the series.
            settings: config.sample.
            inpainting: config.inpaint.
        """
        self.tokenizer, self.prior, self.info = tokenizer, prior, info
        self.settings, self.inpainting = settings, inpainting
        self.batched = Batched(info, settings.batch_size)

    def changed(
        self, settings: ConfigDict | None = None, inpainting: ConfigDict | None = None
    ) -> "Programs":
        """The same with another config.sample or config.inpaint; None: as it is."""
        return Programs(
            self.tokenizer,
            self.prior,
            self.info,
            self.settings if settings is None else settings,
            self.inpainting if inpainting is None else inpainting,
        )

    @functools.cached_property
    def sample(self):
        """(key, prior weights, label [B]) -> tokens of all rounds, [B, S + 1, N]."""

        def masks(num):
            return jnp.full((num, self.prior.num_tokens), self.prior.num_codes)

        @jax.jit
        def sample(key, weights, label):
            # Series of a class are the same before the first token is drawn.
            every = jnp.arange(self.prior.num_classes + 1)
            first = self.guided(weights, every)(masks(len(every)))
            _, history = samplers.sample(
                key,
                self.guided(weights, label),
                masks(label.shape[0]),
                mask_token=self.prior.num_codes,
                map_shape=self.tokenizer.map_shape,
                settings=self.settings,
                first_logits=first[label],
            )
            return history.swapaxes(0, 1)

        return sample

    @functools.cached_property
    def detokenize(self):
        """(tokenizer weights, tokens [B, N]) -> scaled series [B, L, C]."""
        of = functools.partial(vqvae.detokenize, self.tokenizer)
        return jax.jit(lambda w, tokens: _in_parts(functools.partial(of, w))(tokens))

    @functools.cached_property
    def tokenize(self):
        """(tokenizer weights, scaled series [B, L, C]) -> tokens [B, N]."""
        of = functools.partial(vqvae.tokenize, self.tokenizer)
        return jax.jit(lambda w, x: _in_parts(functools.partial(of, w))(x))

    @functools.cached_property
    def noise(self):
        """(key, roots, rows [B]) -> what tokens leave out of B samples, [B, L, C]."""
        shape = self.tokenizer.length, self.tokenizer.channels
        values = self.info.scaler.inverse(np.zeros((1, *shape))).shape[-1]
        # A channel that says where a series ends is no value: lengths stay.
        is_value = np.arange(shape[1]) < values

        @jax.jit
        def noise(key, roots, rows):
            roots = roots.replace(std=jnp.where(is_value[None], roots.std, 0))
            return residual.draw(key, roots, rows.shape[0])

        return noise

    @functools.cached_property
    def inpaint(self):
        """(key, both weights, roots, scale of noise, x, observed, label) -> x."""
        settings = {k: v for k, v in self.inpainting.items() if k != "residual_scale"}

        @jax.jit
        def draw(key, stage_1, stage_2, roots, scale, x, observed, label):
            return inpaint.inpaint(
                key,
                x,
                observed,
                tokenize=functools.partial(vqvae.tokenize, self.tokenizer, stage_1),
                detokenize=functools.partial(vqvae.detokenize, self.tokenizer, stage_1),
                draw_residual=lambda key, num: residual.draw(key, roots, num),
                logits_fn=self.guided(stage_2, label),
                map_shape=self.tokenizer.map_shape,
                mask_token=self.prior.num_codes,
                residual_scale=scale,
                **settings,
            )

        return draw

    @functools.cached_property
    def nll(self):
        """(key, prior weights, tokens, label, digest, number of masks) -> float [B, 2]."""

        @jax.jit
        def nll(key, weights, tokens, label, digest, num_draws):
            of_class = prior_task.make_logits_fn(self.prior, weights)
            return likelihood.any_order_bound(
                key,
                lambda tokens: of_class(tokens, label),
                tokens,
                digest,
                num_draws,
                self.prior.num_codes,
            )

        return nll

    def guided(self, weights: PyTree, label: Array) -> decode.LogitsFn:
        """tokens [B, N] -> logits [B, N, K] of the prior, with guidance."""
        return guidance.guide(
            _in_parts(prior_task.make_logits_fn(self.prior, weights)),
            label,
            self.prior.num_classes,
            self.settings.guidance_scale,
        )


def _in_parts(fn: chunks.RowsFn) -> chunks.RowsFn:
    """`fn` of a batch, on the CPU so many rows after so many rows."""
    return chunks.in_chunks(fn) if conv.on_cpu() else fn


def _faults(config: ConfigDict) -> list[str]:
    """What is wrong with the schedules of decoding."""
    found = []
    for section in ("sample", "inpaint"):
        key = f"{section}.schedule"
        found += mask_schedule.faults(key, config[section].schedule, decoding=True)
    return found


LIMITS = limits.Limits(
    choices={"sample.sampler": samplers.NAMES},
    ranges={
        "sample.remask_rate": (0, 1),
        "sample.num_decode_steps": (1, 10_000),
        "sample.choice_temperature": (0, limits.INFINITY),
        "sample.token_temperature": (1e-6, limits.INFINITY),
        "sample.guidance_scale": (0, limits.INFINITY),
        "inpaint.keep_share": (1e-6, 1),
        "inpaint.join_reach": (1e-6, limits.INFINITY),
        "inpaint.residual_scale": (0, limits.INFINITY),
        "inpaint.num_rounds": (1, 10_000),
        "inpaint.num_decode_steps": (1, 10_000),
        "inpaint.choice_temperature": (0, limits.INFINITY),
        "inpaint.token_temperature": (1e-6, limits.INFINITY),
    },
    faults=_faults,
    needed=("sample", "inpaint"),
)
