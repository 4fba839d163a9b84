"""A trained tokenizer and prior together: sample, decode, encode, draw what is missing.

Everything goes in batches of two fixed sizes, so that no number of series compiles
anything anew. Random numbers belong to the place in a batch: the first series of many
are those of few.
"""

import dataclasses
import functools
import math

import jax
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data.dataset import Scaler
from tsgen_jax.data.info import DataInfo
from tsgen_jax.evaluation.measures import density, likelihood
from tsgen_jax.generators import token_views
from tsgen_jax.generators.batched import check_label
from tsgen_jax.generators.token_programs import Programs
from tsgen_jax.models import prior
from tsgen_jax.models.coder import Coder
from tsgen_jax.recipe import Band, Weights
from tsgen_jax.runtime import batching
from tsgen_jax.sampling import residual
from tsgen_jax.shown import View
from tsgen_jax.stages import causal_prior, masked_prior
from tsgen_jax.stages.token_rows import prior_name
from tsgen_jax.types import Array, Batch, PyTree

_NOISE = 2**32 - 2  # No batch of tokens has this number; `model` uses the one above.


# config.prior.order -> the stage that learns tokens so.
PRIORS = {"masked": masked_prior, "causal": causal_prior}


def make_prior(
    config: ConfigDict,
    map_shape: tuple[int, int],
    num_classes: int,
    num_context: int = 0,
) -> prior.Prior:
    """The network of `config.prior` for a map of tokens [F, W], given M others."""
    if config.prior.order == "causal":
        return causal_prior.make_model(config, map_shape, num_classes, num_context)
    num_tokens = math.prod(map_shape)
    return masked_prior.make_model(config, num_tokens, num_classes, num_context)


@dataclasses.dataclass(frozen=True, eq=False)
class TokenGenerator:
    """Generates, encodes and completes series in original units.

    Attributes:
        programs: of the recipe.
        weights: of the stages 'tokenizer', 'residual' and of the priors.
        residual_scale: how much of what tokens leave out is added to samples.
        label_use: see `recipe.Generator`.
        inpaint_scale: and to what inpainting draws; None: what `config.inpaint` says.
    """

    programs: Programs
    weights: Weights
    residual_scale: float
    label_use: str = "optional"
    inpaint_scale: float | None = None

    @property
    def info(self) -> DataInfo:
        """Shape, classes and units of the training data."""
        return self.programs.info

    @property
    def rates(self) -> str:
        """What `log_likelihood` is of."""
        exact = all(each.causal for each in self.programs.priors.values())
        return "the token map, exactly" if exact else "the token map, a lower bound"

    @property
    def remarks(self) -> str:
        """How much noise is in samples, and what completing is given."""
        scale = self.residual_scale
        said = f"Samples have {scale:g} times the noise of the tokenizer's errors."
        if self._is_causal:
            said += " Missing values are drawn given those before them alone."
        return said

    @property
    def _is_causal(self) -> bool:
        return any(each.causal for each in self.programs.priors.values())

    @property
    def coder(self) -> Coder:
        """The networks of stage 1."""
        return self.programs.coder

    @property
    def tokenizer_weights(self) -> PyTree:
        """Weights of stage 1."""
        return self.weights["tokenizer"]

    @functools.cached_property
    def bands(self) -> tuple[Band, ...]:
        """One for each codebook."""
        starts, weights = self.coder.starts, self.tokenizer_weights
        codes = {k: np.asarray(self.coder.codes(weights, k)) for k in starts}
        return tuple(
            Band(name, starts[name], model.map_shape, codes[name])
            for name, model in self.coder.models.items()
        )

    @property
    def prior_weights(self) -> dict[str, PyTree]:
        """Weights of the prior of each band."""
        return {name: self.weights[prior_name(name)] for name in self.coder.models}

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
        return self.programs.batched.map(fn, rows, what)

    def sample_tokens(self, key: Array, label: Array) -> np.ndarray:
        """Draws tokens from the prior.

        Args:
            key: a key; each batch of `sample.batch_size` folds in its number.
            label: int [n] in [0, Y]; Y for no class.

        Returns:
            Every decoding step, int32 [S + 1, n, N]; the last is the result.
        """
        label = check_label(label, self.info.num_classes)
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
        noise = self.residual_scale * self.noise(key, label)
        x = self.scaler.inverse(self.detokenize(tokens) + noise)
        return {"x": x, "tokens": tokens}

    def noise(self, key: Array, label: Array) -> np.ndarray:
        """What tokens leave out of samples drawn with `key` and `label`.

        Of scaled series, float32 [n, L, C]; given the class independent of the tokens.
        """
        return self.in_batches(
            lambda number, batch: self.noise_of_batch(key, number, batch["label"]),
            {"label": check_label(label, self.info.num_classes)},
            "drawing noise",
        )

    def noise_of_batch(self, key: Array, number: int, label: Array) -> jax.Array:
        """`noise` of one batch; for programs as well."""
        key = jax.random.fold_in(jax.random.fold_in(key, _NOISE), number)
        return self.programs.noise(key, self._roots, label)

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
        scale = self.inpaint_scale
        if scale is None:
            scale = self.programs.inpainting.residual_scale

        def draw(key, x, observed, label):
            weights = self.tokenizer_weights, self.prior_weights, self._roots
            return self.programs.inpaint(key, *weights, scale, x, observed, label)

        return self.programs.batched.inpaint(key, x, observed, label, num, draw)

    def outpainting(self) -> "TokenGenerator":
        """With the noise of `sample` in what inpainting draws."""
        return dataclasses.replace(self, inpaint_scale=self.residual_scale)

    def log_likelihood(
        self, key: Array, x: Array, label: Array, num_draws: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Of the token map of each series, see `recipe.Rates`; masks belong to it."""
        tokens = self.encode(x)
        found = self.in_batches(
            lambda _, batch: self.programs.nll(
                key, self.prior_weights, num_draws=num_draws, **batch
            ),
            {"tokens": tokens, "label": label, "digest": likelihood.digests(tokens)},
            "log-likelihood",
        ).astype(np.float64)
        return -found[:, 0], found[:, 1]

    def log_density(
        self, key: Array, x: Array, label: Array, num_draws: int
    ) -> np.ndarray:
        """That of the tokens and of what they leave out, see `measures/density.py`.

        Raises:
            ValueError: the tokenizer's errors were never measured.
        """
        std = np.asarray(self.residual.std)
        if not std.any():
            raise ValueError(
                "This model has no residuals: how far tokens are from series is not "
                "known. Train it anew."
            )
        decoded = self.detokenize(self.encode(x))
        std = np.asarray(self.residual.class_scale)[label][:, None, None] * std
        of_series = density.log_normal(x, decoded, std, self.scaler)
        return self.log_likelihood(key, x, label, num_draws)[0] + of_series

    def unfold(self, key: Array, label: Array) -> dict[str, np.ndarray]:
        """Every round of decoding; series have code 0 in place of masks."""
        history = self.sample_tokens(key, label)
        known = np.where(history == self.programs.masks, 0, history)
        x = self.decode(known.reshape(-1, known.shape[-1]))
        return {"x": x.reshape(*known.shape[:2], *x.shape[1:]), "tokens": history}

    def show(self, key: Array, x: Array, label: Array) -> dict[str, View]:
        """See `shown.Shows`."""
        return token_views.views(self, key, x, label)

    def program(self, key: Array, label: Array) -> jax.Array:
        """Traced: the scaled series that `sample` draws in its first batch."""
        first = jax.random.fold_in(key, 0)
        tokens = self.programs.sample(first, self.prior_weights, label)[:, -1]
        x = self.coder.detokenize(self.tokenizer_weights, tokens)
        if self.residual_scale:
            x += self.residual_scale * self.noise_of_batch(key, 0, label)
        return x
