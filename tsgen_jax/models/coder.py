"""Series as tokens: of one autoencoder, or of one for each band of frequencies.

The tokens of a series are those of its bands one after the other, and a series is the
sum of what its bands decode to. `weights` below are those of the one autoencoder, whose
band is called '', or band -> weights of its autoencoder.
"""

import dataclasses
import math
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np

from tsgen_jax.models import vqvae
from tsgen_jax.types import Array, PyTree


@dataclasses.dataclass(frozen=True, eq=False)
class Coder:
    """Series [L, C] to N tokens and back."""

    models: Mapping[str, vqvae.AutoEncoder]  # By band, in the order of their tokens.

    @property
    def length(self) -> int:
        """L."""
        return self._first.length

    @property
    def channels(self) -> int:
        """C, of scaled series."""
        return self._first.channels

    @property
    def starts(self) -> dict[str, int]:
        """Place of the first token of every band."""
        sizes = list(self.sizes.values())
        starts = np.cumsum(sizes) - sizes
        return dict(zip(self.models, starts.tolist(), strict=True))

    @property
    def sizes(self) -> dict[str, int]:
        """Number of tokens of every band."""
        return {name: math.prod(m.map_shape) for name, m in self.models.items()}

    @property
    def num_tokens(self) -> int:
        """N."""
        return sum(self.sizes.values())

    @property
    def _first(self) -> vqvae.AutoEncoder:
        return next(iter(self.models.values()))

    def split(self, tokens: Array) -> dict[str, Array]:
        """Tokens [..., N] by band."""
        starts, sizes = self.starts, self.sizes
        return {k: tokens[..., starts[k] : starts[k] + sizes[k]] for k in self.models}

    def tokenize(self, weights: PyTree, x: Array) -> jax.Array:
        """Scaled series [B, L, C] -> tokens int32 [B, N]."""
        found = [
            vqvae.tokenize(model, of_band(weights, name), x)
            for name, model in self.models.items()
        ]
        return jnp.concatenate(found, -1) if len(found) > 1 else found[0]

    def detokenize(self, weights: PyTree, tokens: Array) -> jax.Array:
        """Tokens int [B, N] -> scaled series [B, L, C]."""
        return sum(
            vqvae.detokenize(self.models[name], of_band(weights, name), part)
            for name, part in self.split(tokens).items()
        )

    def codes(self, weights: PyTree, name: str) -> jax.Array:
        """[K, D] what the tokens of a band stand for."""
        return vqvae.codes(self.models[name], of_band(weights, name))


def of_band(weights: PyTree, name: str) -> PyTree:
    """The part of a tokenizer's weights that belongs to a band; '': all of them."""
    return weights[name] if name else weights
