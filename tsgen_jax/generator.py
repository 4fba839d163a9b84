"""A trained tokenizer and prior together: sample, decode, reconstruct."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from tsgen_jax.data import batches
from tsgen_jax.data.dataset import Scaler
from tsgen_jax.models import prior, vqvae
from tsgen_jax.sampling import decode, guidance
from tsgen_jax.tasks.prior import make_logits_fn
from tsgen_jax.types import Array, PyTree


def share_labels(counts: np.ndarray, num_samples: int) -> np.ndarray:
    """Labels int32 [num_samples] in the proportions of `counts` [Y], sorted.

    Largest remainders; every class with a count gets at least one while they last.
    """
    exact = counts / counts.sum() * num_samples
    shares = np.floor(exact).astype(int)
    shares[(shares == 0) & (counts > 0)] = 1
    while shares.sum() > num_samples:  # Classes with more than one give first.
        excess = shares - exact
        if shares.max() > 1:
            excess = np.where(shares > 1, excess, -np.inf)
        shares[excess.argmax()] -= 1
    for i in np.argsort(shares - exact, kind="stable")[: num_samples - shares.sum()]:
        shares[i] += 1
    return np.repeat(np.arange(len(counts)), shares).astype(np.int32)


@dataclasses.dataclass(frozen=True, eq=False)
class Generator:
    """Generates and encodes series in original units."""

    tokenizer: vqvae.AutoEncoder
    tokenizer_weights: vqvae.Weights
    prior: prior.Prior
    prior_weights: PyTree
    scaler: Scaler
    settings: ConfigDict  # config.sample

    @functools.cached_property
    def _sample(self):
        names = ("num_decode_steps", "choice_temperature", "token_temperature")

        @jax.jit
        def sample(key, weights, label, tokens):
            logits_fn = guidance.guide(
                make_logits_fn(self.prior, weights),
                label,
                self.prior.num_classes,
                self.settings.guidance_scale,
            )
            return decode.decode(
                key,
                logits_fn,
                tokens,
                mask_token=self.prior.num_codes,
                **{name: self.settings[name] for name in names},
            )[1]

        return sample

    @functools.cached_property
    def _detokenize(self):
        return jax.jit(functools.partial(vqvae.detokenize, self.tokenizer))

    @functools.cached_property
    def _tokenize(self):
        return jax.jit(functools.partial(vqvae.tokenize, self.tokenizer))

    def sample_tokens(self, key: Array, label: Array) -> np.ndarray:
        """Draws tokens from the prior.

        Args:
            key: a key; each batch of `sample.batch_size` folds in its number.
            label: int [n] in [0, Y]; Y for no class.

        Returns:
            Every decoding step, int32 [S + 1, n, N]; the last is the result.
        """
        label = np.asarray(label, np.int32)
        if len(label) and not 0 <= label.min() <= label.max() <= self.prior.num_classes:
            raise ValueError(
                f"Labels {label.min()}..{label.max()}; this model has classes 0 to "
                f"{self.prior.num_classes - 1} ({self.prior.num_classes}: no class)."
            )
        size = min(self.settings.batch_size, len(label))
        masks = jnp.full((size, self.prior.num_tokens), self.prior.num_codes)
        parts = []
        for number, start in enumerate(range(0, len(label), size)):
            part = label[start : start + size]
            filled = np.pad(part, (0, size - len(part)))
            key_part = jax.random.fold_in(key, number)
            history = self._sample(key_part, self.prior_weights, filled, masks)
            parts.append(np.asarray(history)[:, : len(part)])
        return np.concatenate(parts, axis=1)

    def decode(self, tokens: Array) -> np.ndarray:
        """Tokens int [n, N] -> series float32 [n, L, C] in original units."""
        x = batches.map_batches(
            lambda batch: self._detokenize(self.tokenizer_weights, batch["tokens"]),
            {"tokens": np.asarray(tokens)},
            self.settings.batch_size,
        )
        return self.scaler.inverse(x)

    def encode(self, x: Array) -> np.ndarray:
        """Series [n, L, C] in original units -> tokens int32 [n, N]."""
        return batches.map_batches(
            lambda batch: self._tokenize(self.tokenizer_weights, batch["x"]),
            {"x": self.scaler.transform(x)},
            self.settings.batch_size,
        )
