"""The compiled programs of a recipe with tokens: sample, decode, encode, inpaint."""

import functools
import math
import zlib
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.info import DataInfo
from tsgen_jax.evaluation.measures import likelihood
from tsgen_jax.generators.batched import Batched
from tsgen_jax.models import prior
from tsgen_jax.models.coder import Coder
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
        coder: Coder,
        priors: Mapping[str, prior.Prior],
        info: DataInfo,
        settings: ConfigDict,
        inpainting: ConfigDict,
    ):
        """Compiles nothing yet.

        Args:
            coder: of scaled series.
            priors: of the tokens of each of its bands, given those of all before.
            info: of the series.
            settings: config.sample.
            inpainting: config.inpaint.
        """
        self.coder, self.priors, self.info = coder, dict(priors), info
        self.settings, self.inpainting = settings, inpainting
        self.batched = Batched(info, settings.batch_size)

    def changed(
        self, settings: ConfigDict | None = None, inpainting: ConfigDict | None = None
    ) -> "Programs":
        """The same with another config.sample or config.inpaint; None: as it is."""
        return Programs(
            self.coder,
            self.priors,
            self.info,
            self.settings if settings is None else settings,
            self.inpainting if inpainting is None else inpainting,
        )

    @functools.cached_property
    def masks(self) -> np.ndarray:
        """int32 [N], the mask token at every place."""
        each = self.priors.values()
        return np.concatenate(
            [np.full(p.num_tokens, p.num_codes) for p in each]
        ).astype(np.int32)

    @functools.cached_property
    def sample(self):
        """(key, priors' weights, label [B]) -> tokens of all rounds, [B, S + 1, N]."""

        def masks(num, size):
            return jnp.broadcast_to(self.masks[None, :size], (num, size))

        @jax.jit
        def sample(key, weights, label):
            # Series of a class are the same before the first token is drawn.
            every = jnp.arange(self.info.num_classes + 1)
            begun = self.maps(weights, every)[0]
            size = math.prod(begun.shape)
            nothing = jnp.zeros((len(every), 0), jnp.int32)
            first = begun.logits_fn(masks(len(every), size), nothing)
            _, history = decode.decode_maps(
                key,
                self.maps(weights, label),
                masks(label.shape[0], len(self.masks)),
                functools.partial(samplers.sample, settings=self.settings),
                self.settings.token_temperature,
                first_logits=first[label],
            )
            return history.swapaxes(0, 1)

        return sample

    @functools.cached_property
    def detokenize(self):
        """(tokenizer weights, tokens [B, N]) -> scaled series [B, L, C]."""
        of = functools.partial(functools.partial, self.coder.detokenize)
        return jax.jit(lambda w, tokens: _in_parts(of(w))(tokens))

    @functools.cached_property
    def tokenize(self):
        """(tokenizer weights, scaled series [B, L, C]) -> tokens [B, N]."""
        of = functools.partial(functools.partial, self.coder.tokenize)
        return jax.jit(lambda w, x: _in_parts(of(w))(x))

    @functools.cached_property
    def noise(self):
        """(key, roots, label [B]) -> what tokens leave out of B samples, [B, L, C]."""
        shape = self.coder.length, self.coder.channels
        values = self.info.scaler.inverse(np.zeros((1, *shape))).shape[-1]
        # A channel that says where a series ends is no value: lengths stay.
        is_value = np.arange(shape[1]) < values

        @jax.jit
        def noise(key, roots, label):
            roots = roots.replace(std=jnp.where(is_value[None], roots.std, 0))
            return residual.draw(key, roots, label)

        return noise

    @functools.cached_property
    def inpaint(self):
        """(key, weights of both stages, roots, scale, x, observed, label) -> x."""
        settings = {k: v for k, v in self.inpainting.items() if k != "residual_scale"}

        @jax.jit
        def draw(key, stage_1, stage_2, roots, scale, x, observed, label):
            return inpaint.inpaint(
                key,
                x,
                observed,
                tokenize=functools.partial(self.coder.tokenize, stage_1),
                detokenize=functools.partial(self.coder.detokenize, stage_1),
                draw_residual=lambda key, _: residual.draw(key, roots, label),
                maps=self.maps(stage_2, label),
                residual_scale=scale,
                **settings,
            )

        return draw

    @functools.cached_property
    def nll(self):
        """(key, priors' weights, tokens, label, digest, number of masks) -> float [B, 2].

        The bound of -log p is the sum of those of all bands, each given those before.
        """

        @jax.jit
        def nll(key, weights, tokens, label, digest, num_draws):
            found, before = [], tokens[:, :0]
            for name, part in self.coder.split(tokens).items():
                of_class = prior_task.make_logits_fn(self.priors[name], weights[name])

                def logits_fn(tokens, given=before, of_class=of_class):
                    return of_class(jnp.concatenate([given, tokens], axis=-1), label)

                if self.priors[name].causal:
                    found.append(likelihood.exact(logits_fn, part))
                else:
                    bound = likelihood.any_order_bound(
                        jax.random.fold_in(key, zlib.crc32(name.encode()))
                        if name
                        else key,
                        logits_fn,
                        part,
                        digest,
                        num_draws,
                        self.priors[name].num_codes,
                    )
                    found.append(bound)
                before = jnp.concatenate([before, part], axis=-1)
            if len(found) == 1:
                return found[0]
            total, error = jnp.stack(found).transpose(2, 0, 1)
            return jnp.stack([total.sum(0), jnp.sqrt(jnp.square(error).sum(0))], -1)

        return nll

    def maps(self, weights: PyTree, label: Array) -> tuple[decode.Map, ...]:
        """The maps of tokens of series of such classes, with guidance.

        Args:
            weights: of the prior of each band.
            label: int [B] in [0, Y].
        """

        def logits(name):
            guided = guidance.guide(
                _in_parts(prior_task.make_logits_fn(self.priors[name], weights[name])),
                label,
                self.info.num_classes,
                self.settings.guidance_scale,
            )
            return lambda tokens, before: guided(
                jnp.concatenate([before, tokens], axis=-1)
            )

        def in_order(name):
            causal = self.priors[name].causal
            return np.argsort(prior.in_time(causal)) if causal else None

        return tuple(
            decode.Map(
                name,
                model.map_shape,
                self.priors[name].num_codes,
                logits(name),
                in_order(name),
            )
            for name, model in self.coder.models.items()
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
