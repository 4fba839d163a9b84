"""Series as tokens and back, and how probable a model finds them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tsgen_jax.api import arguments
from tsgen_jax.api.trained import Label, Trained, key_of
from tsgen_jax.recipe import Rates, Tokenizes


class Coding(Trained):
    """Encodes, decodes and rates series."""

    def encode(self, x: ArrayLike, layout: str = "nlc") -> np.ndarray:
        """Series of L time points -> tokens int32 [n, N], rows of the map in turn.

        Where the model knows series of unequal lengths, NaN stands after their ends.
        """
        self._check_can(Tokenizes)
        return self.generator.encode(self._window(x, layout, "x"))

    def decode(self, tokens: ArrayLike) -> np.ndarray:
        """Tokens int [n, N] -> series float32 [n, L, C].

        Raises:
            ValueError: another shape, or tokens that are no codes.
        """
        tokens = np.asarray(tokens)
        fits = tokens.ndim == 2 and tokens.shape[1] == self.num_tokens and len(tokens)
        if not fits or tokens.dtype.kind not in "iu":
            raise ValueError(
                f"tokens are {tokens.dtype} {tokens.shape}; they must be integers "
                f"[n, {self.num_tokens}]."
            )
        for band in self.generator.bands:
            part, codes = band.of(tokens), band.num_codes
            if part.min() < 0 or part.max() >= codes:
                raise ValueError(
                    f"tokens run from {part.min()} to {part.max()}; codes from 0 to "
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
        self._check_can(Rates)
        x = self._window(x, layout, "x")
        label = self._label(label, len(x), label_index)
        if num_draws is None:
            num_draws = self.config.evaluation.num_mask_draws
        num_draws = arguments.as_count(num_draws, "num_draws", 1)
        value, error = self.generator.log_likelihood(key_of(seed), x, label, num_draws)
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
        self._check_can(Rates)
        x = self._window(x, layout, "x")
        label = self._label(label, len(x), label_index)
        num_draws = self.config.evaluation.num_mask_draws
        return self.generator.log_density(key_of(seed), x, label, num_draws)
