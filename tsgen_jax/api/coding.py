"""Series as tokens and back, and how probable a model finds them."""

from __future__ import annotations

import functools

import jax
import numpy as np
from numpy.typing import ArrayLike

from tsgen_jax.api import arguments
from tsgen_jax.api.trained import Label, Trained, key_of
from tsgen_jax.evaluation.measures import density, likelihood
from tsgen_jax.stages import masked_prior as prior_task


class Coding(Trained):
    """Encodes, decodes and rates series."""

    @functools.cached_property
    def _nll(self):
        """(key, weights of the prior, batch, number of masks) -> float [B, 2]."""
        prior = self.generator.prior

        @jax.jit
        def nll(key, weights, batch, num_draws):
            of_class = prior_task.make_logits_fn(prior, weights)
            return likelihood.any_order_bound(
                key,
                lambda tokens: of_class(tokens, batch["label"]),
                batch["tokens"],
                batch["digest"],
                num_draws,
                prior.num_codes,
            )

        return nll

    def encode(self, x: ArrayLike, layout: str = "nlc") -> np.ndarray:
        """Series of L time points -> tokens int32 [n, N], rows of the map in turn."""
        return self.generator.encode(self._window(x, layout, "x"))

    def decode(self, tokens: ArrayLike) -> np.ndarray:
        """Tokens int [n, N] -> series float32 [n, L, C].

        Raises:
            ValueError: another shape, or tokens that are no codes.
        """
        tokens, codes = np.asarray(tokens), self.generator.prior.num_codes
        fits = tokens.ndim == 2 and tokens.shape[1] == self.num_tokens and len(tokens)
        if not fits or tokens.dtype.kind not in "iu":
            raise ValueError(
                f"tokens are {tokens.dtype} {tokens.shape}; they must be integers "
                f"[n, {self.num_tokens}]."
            )
        if tokens.min() < 0 or tokens.max() >= codes:
            raise ValueError(
                f"tokens run from {tokens.min()} to {tokens.max()}; codes from 0 to "
                f"{codes - 1}."
            )
        return self.generator.decode(tokens)

    def reconstruct(self, x: ArrayLike, layout: str = "nlc") -> np.ndarray:
        """Series through the tokenizer and back, float32 [n, L, C]."""
        return self.decode(self.encode(x, layout))

    def log_likelihood(
        self,
        x: ArrayLike,
        label: Label = None,
        seed: int = 0,
        layout: str = "nlc",
        num_draws: int | None = None,
        return_error: bool = False,
        *,
        label_index: Label = None,
    ) -> np.ndarray | tuple[np.ndarray, np.ndarray]:
        """Lower bound of log p(tokens of each series), estimated; in nats.

        The any-order bound (Hoogeboom et al. 2021, arXiv 2110.02037, equation 4), mean
        over masks. It is the probability of the token map, a discrete thing, and not
        of the series: it can be compared between series, not between models of other
        tokenizers.

        A series gets the same number, up to rounding, wherever it stands in the call
        and whatever else is in it: masks belong to its tokens. The number is an
        estimate; ask for its error before two of them are compared.

        Args:
            x: series of L time points.
            label: name of the class it is given, or one for each series; None: no
                class.
            seed: of the masks.
            layout: of `x`.
            num_draws: masks of each series; four times as many halve the error. None:
                `config.evaluation.num_mask_draws`.
            return_error: whether to return the Monte-Carlo error as well.
            label_index: in place of `label`, by place in `classes`.

        Returns:
            float64 [n], at most 0. With `return_error` a pair: these, and the standard
            error of each, float64 [n]; NaN where `num_draws` is 1.
        """
        x = self._window(x, layout, "x")
        label = self._label(label, len(x), label_index)
        if num_draws is None:
            num_draws = self.config.evaluation.num_mask_draws
        num_draws = arguments.as_count(num_draws, "num_draws", 1)
        tokens, weights = self.generator.encode(x), self.generator.prior_weights
        digest = likelihood.digests(tokens)
        found = self.generator.in_batches(
            lambda _, batch: self._nll(key_of(seed), weights, batch, num_draws),
            {"tokens": tokens, "label": label, "digest": digest},
            "log-likelihood",
        ).astype(np.float64)
        value, error = -found[:, 0], found[:, 1]
        return (value, error) if return_error else value

    def log_density(
        self,
        x: ArrayLike,
        label: Label = None,
        seed: int = 0,
        layout: str = "nlc",
        *,
        label_index: Label = None,
    ) -> np.ndarray:
        """Lower bound of log p(series), in nats, in the units of the series.

        `log_likelihood` of the tokens, and a normal density of the series about its
        decoded tokens, as wide as the tokenizer's errors on the validation part. Unlike
        `log_likelihood` it can be compared between models of the same data with other
        tokenizers; the length of a series is not rated. See `measures/density.py`.

        Args:
            x: series of L time points.
            label: name of the class it is given, or one for each series; None: none.
            seed: of the masks of `log_likelihood`.
            layout: of `x`.
            label_index: in place of `label`, by place in `classes`.

        Returns:
            float64 [n].

        Raises:
            ValueError: bad series, or a model whose errors were never measured.
        """
        std = np.asarray(self.generator.residual.std)
        if not std.any():
            raise ValueError(
                "This model has no residuals: how far tokens are from series is not "
                "known. Train it anew."
            )
        x = self._window(x, layout, "x")
        decoded = self.generator.detokenize(self.generator.encode(x))
        scaler = self.generator.scaler
        of_series = density.log_normal(x, decoded, std, scaler)
        of_tokens = self.log_likelihood(x, label, seed, label_index=label_index)
        return of_tokens + of_series
