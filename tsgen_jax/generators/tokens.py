"""A trained tokenizer and prior together: sample, decode, encode, draw what is missing.

Everything goes in batches of two fixed sizes, so that no number of series compiles
anything anew. Random numbers belong to the place in a batch: the first series of many
are those of few.
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.dataset import Scaler
from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators.networks import make_models
from tsgen_jax.models import prior, vqvae
from tsgen_jax.nn import conv
from tsgen_jax.runtime import batching, chunks
from tsgen_jax.sampling import decode, guidance, inpaint, residual
from tsgen_jax.stages import masked_prior as prior_task
from tsgen_jax.types import Array, Batch, PyTree

_NOISE = 2**32 - 2  # No batch of tokens has this number; `model` uses the one above.


@dataclasses.dataclass(frozen=True, eq=False)
class Generator:
    """Generates and encodes series in original units."""

    tokenizer: vqvae.AutoEncoder
    tokenizer_weights: vqvae.Weights
    prior: prior.Prior
    prior_weights: PyTree
    scaler: Scaler
    settings: ConfigDict  # config.sample
    inpainting: ConfigDict  # config.inpaint
    residual: residual.Residual  # What tokens leave out.
    residual_scale: float  # How much of it is added to samples; inpainting has its own.

    def __getstate__(self):
        """The fields: compiled programs cannot be pickled, and are made again."""
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}

    @functools.cached_property
    def _sample(self):
        names = (
            "num_decode_steps",
            "choice_temperature",
            "token_temperature",
            "schedule",
        )

        def masks(num):
            return jnp.full((num, self.prior.num_tokens), self.prior.num_codes)

        @jax.jit
        def sample(key, weights, label):
            # Series of a class are the same before the first token is drawn.
            every = jnp.arange(self.prior.num_classes + 1)
            first = self._guided(weights, every)(masks(len(every)))
            _, history = decode.decode(
                key,
                self._guided(weights, label),
                masks(label.shape[0]),
                mask_token=self.prior.num_codes,
                first_logits=first[label],
                **{name: self.settings[name] for name in names},
            )
            return history.swapaxes(0, 1)

        return sample

    @functools.cached_property
    def _detokenize(self):
        of = functools.partial(vqvae.detokenize, self.tokenizer)
        return jax.jit(lambda w, tokens: _in_parts(functools.partial(of, w))(tokens))

    @functools.cached_property
    def _tokenize(self):
        of = functools.partial(vqvae.tokenize, self.tokenizer)
        return jax.jit(lambda w, x: _in_parts(functools.partial(of, w))(x))

    @functools.cached_property
    def _roots(self):
        return residual.roots(self.residual)

    @functools.cached_property
    def _noise(self):
        """(key, rows [B]) -> what tokens leave out of B samples, [B, L, C]."""
        std = self._roots.std
        values = self.scaler.inverse(np.zeros((1, *std.shape))).shape[-1]
        # A channel that says where a series ends is no value: lengths stay.
        std = np.where(np.arange(std.shape[1]) < values, std, 0)
        roots = self._roots.replace(std=std)
        return jax.jit(lambda key, rows: residual.draw(key, roots, rows.shape[0]))

    @functools.cached_property
    def _inpaint(self):
        roots = self._roots

        @jax.jit
        def draw(key, stage_1, stage_2, x, observed, label):
            return inpaint.inpaint(
                key,
                x,
                observed,
                tokenize=functools.partial(vqvae.tokenize, self.tokenizer, stage_1),
                detokenize=functools.partial(vqvae.detokenize, self.tokenizer, stage_1),
                draw_residual=lambda key, num: residual.draw(key, roots, num),
                logits_fn=self._guided(stage_2, label),
                map_shape=self.tokenizer.map_shape,
                mask_token=self.prior.num_codes,
                **self.inpainting,
            )

        return draw

    def _guided(self, weights: PyTree, label: Array) -> decode.LogitsFn:
        return guidance.guide(
            _in_parts(prior_task.make_logits_fn(self.prior, weights)),
            label,
            self.prior.num_classes,
            self.settings.guidance_scale,
        )

    @functools.cached_property
    def _compiled(self):
        return set()

    def in_batches(self, fn: batching.BatchFn, rows: Batch, what: str) -> np.ndarray:
        """`in_batches` with batches of `sample.batch_size`."""
        size = self.settings.batch_size
        return batching.in_batches(fn, rows, what, size, self._compiled)

    def sample_tokens(self, key: Array, label: Array) -> np.ndarray:
        """Draws tokens from the prior.

        Args:
            key: a key; each batch of `sample.batch_size` folds in its number.
            label: int [n] in [0, Y]; Y for no class.

        Returns:
            Every decoding step, int32 [S + 1, n, N]; the last is the result.
        """
        label = self._checked(label)
        history = self.in_batches(
            lambda number, batch: self._sample(
                jax.random.fold_in(key, number), self.prior_weights, batch["label"]
            ),
            {"label": label},
            "sampling",
        )
        return history.swapaxes(0, 1)

    def sample(self, key: Array, label: Array) -> tuple[np.ndarray, np.ndarray]:
        """Draws series; arguments as of `sample_tokens`.

        Returns:
            Series float32 [n, L, C] in original units: tokens decoded, and
            `residual_scale` times `noise`. And their tokens, int32 [n, N].
        """
        tokens = self.sample_tokens(key, label)[-1]
        if self.residual_scale == 0:
            return self.decode(tokens), tokens
        noise = self.residual_scale * self.noise(key, len(tokens))
        return self.scaler.inverse(self.detokenize(tokens) + noise), tokens

    def noise(self, key: Array, num: int) -> np.ndarray:
        """What tokens leave out of the first `num` samples drawn with `key`.

        Of scaled series, float32 [num, L, C], and independent of the tokens.
        """
        return self.in_batches(
            lambda number, rows: self.noise_of_batch(key, number, rows),
            np.zeros(num),
            "drawing noise",
        )

    def noise_of_batch(self, key: Array, number: int, rows: Array) -> jax.Array:
        """`noise` of one batch, as many as there are `rows`; for programs as well."""
        key = jax.random.fold_in(jax.random.fold_in(key, _NOISE), number)
        return self._noise(key, rows)

    def detokenize(self, tokens: Array) -> np.ndarray:
        """Tokens int [n, N] -> scaled series float32 [n, L, C]."""
        return self.in_batches(
            lambda _, batch: self._detokenize(self.tokenizer_weights, batch),
            np.asarray(tokens),
            "decoding",
        )

    def decode(self, tokens: Array) -> np.ndarray:
        """Tokens int [n, N] -> series float32 [n, L, C] in original units."""
        return self.scaler.inverse(self.detokenize(tokens))

    def encode(self, x: Array) -> np.ndarray:
        """Series [n, L, C] in original units -> tokens int32 [n, N]."""
        return self.in_batches(
            lambda _, batch: self._tokenize(self.tokenizer_weights, batch["x"]),
            {"x": self.scaler.transform(x)},
            "encoding",
        )

    def inpaint(
        self, key: Array, x: Array, observed: Array, label: Array, num: int
    ) -> np.ndarray:
        """Draws what is missing, `num` times.

        Args:
            key: a key; each batch folds in its number.
            x: series in original units, float [n, L, C]; anything where not observed.
            observed: bool [n, L, C].
            label: int [n] in [0, Y]; Y for no class.
            num: draws of each series.

        Returns:
            float32 [num, n, L, C], exactly `x` where observed.
        """
        label, count = self._checked(label), len(label)
        x = np.where(observed, x, 0).astype(self.scaler.dtype)
        scaled = self.scaler.transform(x)
        extra = scaled.shape[-1] - x.shape[-1]  # Channels of the scaler are known.
        seen = np.pad(observed, ((0, 0), (0, 0), (0, extra)), constant_values=True)
        rows = {"x": scaled, "observed": seen, "label": label}

        def draw(number, batch):
            batch = {k: v[batch["row"] % count] for k, v in rows.items()}
            key_batch = jax.random.fold_in(key, number)
            weights = self.tokenizer_weights, self.prior_weights
            return self._inpaint(key_batch, *weights, **batch)

        drawn = self.in_batches(draw, {"row": np.arange(num * count)}, "drawing")
        drawn = self.scaler.inverse(drawn).reshape(num, *x.shape)
        return np.where(observed, x, drawn)

    def _checked(self, label: Array) -> np.ndarray:
        label = np.asarray(label, np.int32)
        if len(label) and not 0 <= label.min() <= label.max() <= self.prior.num_classes:
            raise ValueError(
                f"Labels {label.min()}..{label.max()}; this model has classes 0 to "
                f"{self.prior.num_classes - 1} ({self.prior.num_classes}: no class)."
            )
        return label


def _in_parts(fn: chunks.RowsFn) -> chunks.RowsFn:
    """`fn` of a batch, on the CPU so many rows after so many rows."""
    return chunks.in_chunks(fn) if conv.on_cpu() else fn


def make_generator(
    config: ConfigDict,
    facts: DataInfo,
    weights: dict[str, PyTree],
    left_out: residual.Residual | None,
    residual_scale: float,
) -> Generator:
    """A generator from the weights of both stages, by name.

    `left_out` is what tokens leave out of series; None: not known, none is drawn.
    """
    tokenizer, second = make_models(config, facts)
    if left_out is None:
        left_out = residual.none(tokenizer.length, tokenizer.channels)
    if left_out.std.shape != (tokenizer.length, tokenizer.channels):
        raise ValueError(
            f"The stored residuals are {left_out.std.shape}, the tokenizer's series "
            f"{(tokenizer.length, tokenizer.channels)}."
        )
    return Generator(
        tokenizer,
        weights["tokenizer"],
        second,
        weights["prior"],
        facts.scaler,
        config.sample,
        config.inpaint,
        left_out,
        residual_scale,
    )
