"""A trained tokenizer and prior together: sample, decode, encode, draw what is missing.

Everything goes in batches of two fixed sizes, so that no number of series compiles
anything anew. Random numbers belong to the place in a batch: the first series of many
are those of few.
"""

import dataclasses
import functools

import jax
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.dataset import Scaler
from tsgen_jax.data.info import DataInfo
from tsgen_jax.generators.token_programs import Programs
from tsgen_jax.models import prior, vqvae
from tsgen_jax.recipe import Weights
from tsgen_jax.runtime import batching
from tsgen_jax.sampling import residual
from tsgen_jax.types import Array, Batch, PyTree

_NOISE = 2**32 - 2  # No batch of tokens has this number; `model` uses the one above.


@dataclasses.dataclass(frozen=True, eq=False)
class TokenGenerator:
    """Generates, encodes and completes series in original units.

    Attributes:
        programs: of the recipe.
        weights: of the stages 'tokenizer', 'prior' and 'residual'.
        residual_scale: how much of what tokens leave out is added to samples.
        inpaint_scale: and to what inpainting draws; None: what `config.inpaint` says.
    """

    programs: Programs
    weights: Weights
    residual_scale: float
    inpaint_scale: float | None = None

    @property
    def info(self) -> DataInfo:
        """Shape, classes and units of the training data."""
        return self.programs.info

    @property
    def tokenizer(self) -> vqvae.AutoEncoder:
        """The network of stage 1."""
        return self.programs.tokenizer

    @property
    def prior(self) -> prior.Prior:
        """The network of stage 2."""
        return self.programs.prior

    @property
    def tokenizer_weights(self) -> vqvae.Weights:
        """Weights of stage 1."""
        return self.weights["tokenizer"]

    @property
    def codes(self) -> np.ndarray:
        """The vectors that tokens stand for, float [K, D]."""
        return np.asarray(vqvae.codes(self.tokenizer, self.tokenizer_weights))

    @property
    def prior_weights(self) -> PyTree:
        """Weights of stage 2."""
        return self.weights["prior"]

    @property
    def residual(self) -> residual.Residual:
        """The distribution of what tokens leave out."""
        return self.weights["residual"]

    @property
    def scaler(self) -> Scaler:
        """Original units to network units and back."""
        return self.info.scaler

    @property
    def settings(self) -> ConfigDict:
        """config.sample."""
        return self.programs.settings

    @functools.cached_property
    def _roots(self):
        return residual.roots(self.residual)

    def in_batches(self, fn: batching.BatchFn, rows: Batch, what: str) -> np.ndarray:
        """`in_batches` with batches of `sample.batch_size`."""
        size = self.settings.batch_size
        return batching.in_batches(fn, rows, what, size, self.programs.compiled)

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
            lambda number, batch: self.programs.sample(
                jax.random.fold_in(key, number), self.prior_weights, batch["label"]
            ),
            {"label": label},
            "sampling",
        )
        return history.swapaxes(0, 1)

    def sample(self, key: Array, label: Array) -> dict[str, np.ndarray]:
        """Draws series; arguments as of `sample_tokens`.

        Returns:
            'x' float32 [n, L, C] in original units: tokens decoded, and
            `residual_scale` times `noise`. And 'tokens', int32 [n, N].
        """
        tokens = self.sample_tokens(key, label)[-1]
        if self.residual_scale == 0:
            return {"x": self.decode(tokens), "tokens": tokens}
        noise = self.residual_scale * self.noise(key, len(tokens))
        x = self.scaler.inverse(self.detokenize(tokens) + noise)
        return {"x": x, "tokens": tokens}

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
        return self.programs.noise(key, self._roots, rows)

    def detokenize(self, tokens: Array) -> np.ndarray:
        """Tokens int [n, N] -> scaled series float32 [n, L, C]."""
        return self.in_batches(
            lambda _, batch: self.programs.detokenize(self.tokenizer_weights, batch),
            np.asarray(tokens),
            "decoding",
        )

    def decode(self, tokens: Array) -> np.ndarray:
        """Tokens int [n, N] -> series float32 [n, L, C] in original units."""
        return self.scaler.inverse(self.detokenize(tokens))

    def encode(self, x: Array) -> np.ndarray:
        """Series [n, L, C] in original units -> tokens int32 [n, N]."""
        return self.in_batches(
            lambda _, batch: self.programs.tokenize(self.tokenizer_weights, batch["x"]),
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
        scale = self.inpaint_scale
        if scale is None:
            scale = self.programs.inpainting.residual_scale

        def draw(number, batch):
            batch = {k: v[batch["row"] % count] for k, v in rows.items()}
            key_batch = jax.random.fold_in(key, number)
            weights = self.tokenizer_weights, self.prior_weights, self._roots
            return self.programs.inpaint(key_batch, *weights, scale, **batch)

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
