"""The tokenizer: series -> STFT -> encoder -> codes -> decoder -> inverse STFT.

NC-VQVAE, https://arxiv.org/abs/2408.16613, without its training objective.
`weights` below is {'params', 'batch_stats', 'codebook'}: all that using it needs.
"""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from tsgen_jax.nn import quantizers, resnet, stft
from tsgen_jax.nn.dense import Dense
from tsgen_jax.types import Array, DType, PyTree

Weights = dict[str, Any]


class AutoEncoder(nn.Module):
    """Encoder and decoder of series of one length and channel count.

    Where the quantiser's codes are narrower than D, `width`, a linear map leads to them
    and another one back; latents z then have the width of the codes.

    With `bins` it is of one band of the STFT's frequencies: F below counts the rows of
    its maps, and its series are the part of series that has these frequencies.
    """

    length: int
    channels: int
    window_size: int
    hop: int
    width: int
    num_res_blocks: int
    target_width: int
    quantizer: quantizers.Quantizer
    dtype: DType  # Of the networks' products; all else is float32.
    remat: bool  # Compute residual blocks again for the gradient.
    window: str = "hann"  # One of `stft.WINDOWS`.
    bins: tuple[int, int] | None = None  # First and one past the last; None: all.
    cut: bool = True  # Whether other bins are left out of its maps; False: they are 0.

    def setup(self):
        """Builds both halves."""
        halvings = resnet.num_halvings(self.length, self.window_size, self.target_width)
        sizes = self.width, self.num_res_blocks, halvings
        how = {"dtype": self.dtype, "remat": self.remat}
        self.encoder = resnet.Encoder(*sizes, **how)
        self.decoder = resnet.Decoder(*sizes, 2 * self.channels, **how)
        if self.quantizer.width != self.width:
            self.to_code = Dense(self.quantizer.width)
            self.from_code = Dense(self.width)

    @property
    def map_shape(self) -> tuple[int, int]:
        """(F, W) of the token map; N = F W tokens, row by row.

        With several tokens of a vector, F counts so many rows for each frequency.
        """
        halvings = resnet.num_halvings(self.length, self.window_size, self.target_width)
        frames = stft.num_frames(self.length, self.hop)
        rows = self.window_size // 2 + 1
        if self.bins is not None and self.cut:
            rows = self.bins[1] - self.bins[0]
        return rows * self.quantizer.depth, frames >> halvings

    def __call__(self, x: Array) -> jax.Array:
        """Touches every weight; for initialisation."""
        return self.decode(self.encode(self.to_map(x), train=True), train=True)

    def to_map(self, x: Array) -> jax.Array:
        """Series [B, L, C] -> u [B, F, T, 2C]."""
        u = stft.stft(x, self.window_size, self.hop, self.window)
        if self.bins is not None and self.cut:
            return u[:, slice(*self.bins)]
        return self._own(u)

    def to_series(self, u: Array) -> jax.Array:
        """u [B, F, T, 2C] -> series [B, L, C]."""
        if self.bins is not None and self.cut:
            first, end = self.bins
            above = self.window_size // 2 + 1 - end
            u = jnp.pad(u, ((0, 0), (first, above), (0, 0), (0, 0)))
        return stft.istft(u, self.length, self.window_size, self.hop, self.window)

    def part(self, x: Array) -> jax.Array:
        """What of series [B, L, C] has the frequencies of its band; of all, `x`."""
        return x if self.bins is None else self.to_series(self.to_map(x))

    def encode(self, u: Array, train: bool) -> jax.Array:
        """u [B, F, T, 2C] -> z [B, F, W, D]."""
        z = self.encoder(u, train)
        if self.quantizer.width != self.width:
            z = self.to_code(z)
        return self.quantizer.bound(z)

    def decode(self, z: Array, train: bool) -> jax.Array:
        """z [B, F, W, D] -> u_hat [B, F, T, 2C]."""
        z = self.widen(z)
        return self._own(self.decoder(z, stft.num_frames(self.length, self.hop), train))

    def _own(self, u: Array) -> jax.Array:
        """u [B, F, T, 2C], 0 in rows of other bands."""
        if self.bins is None or self.cut:
            return u
        row = jnp.arange(u.shape[1])[None, :, None, None]
        return jnp.where((self.bins[0] <= row) & (row < self.bins[1]), u, 0)

    def widen(self, z: Array) -> jax.Array:
        """Codes, of whatever width -> vectors [..., D] as the decoder sees them."""
        return z if self.quantizer.width == self.width else self.from_code(z)


def apply(
    model: AutoEncoder, params: PyTree, batch_stats: PyTree, method: str, x: Array
) -> tuple[jax.Array, PyTree]:
    """Runs 'encode' or 'decode' in training mode.

    Returns:
        The result and the moved running statistics.
    """
    variables = {"params": params, "batch_stats": batch_stats}
    y, moved = model.apply(
        variables, x, train=True, method=method, mutable=["batch_stats"]
    )
    # One half leaves the other's statistics out of what it hands back.
    return y, {**batch_stats, **moved["batch_stats"]}


def _evaluate(model: AutoEncoder, weights: Weights, method: str, x: Array):
    variables = {k: weights[k] for k in ("params", "batch_stats")}
    return model.apply(variables, x, train=False, method=method)


def encode(model: AutoEncoder, weights: Weights, x: Array) -> jax.Array:
    """Scaled series [B, L, C] -> z [B, F, W, D]; nothing is updated."""
    return _evaluate(model, weights, "encode", model.to_map(x))


def tokenize(model: AutoEncoder, weights: Weights, x: Array) -> jax.Array:
    """Scaled series [B, L, C] -> tokens int32 [B, N]."""
    z = encode(model, weights, x)
    return model.quantizer.nearest(weights["codebook"], z).reshape(len(x), -1)


def token_logits(
    model: AutoEncoder, weights: Weights, x: Array, temperature: float
) -> jax.Array:
    """Scaled series [B, L, C] -> float [B, N, K], -distance^2 / temperature.

    Of quantisers with one token of a vector.
    """
    z = encode(model, weights, x).reshape(len(x), -1, model.quantizer.width)
    codes = model.quantizer.codes(weights["codebook"])
    distances = quantizers.squared_distances(codes, z)
    return -distances / temperature


def decode_map(model: AutoEncoder, weights: Weights, tokens: Array) -> jax.Array:
    """Tokens int [B, N] -> u_hat [B, F, T, 2C]."""
    tokens = tokens.reshape(tokens.shape[0], *model.map_shape)
    z_q = model.quantizer.look_up(weights["codebook"], tokens)
    return _evaluate(model, weights, "decode", z_q)


def detokenize(model: AutoEncoder, weights: Weights, tokens: Array) -> jax.Array:
    """Tokens int [B, N] -> scaled series [B, L, C]."""
    return model.to_series(decode_map(model, weights, tokens))


def codes(model: AutoEncoder, weights: Weights) -> jax.Array:
    """[K, D] the vectors that tokens stand for, as the decoder sees them."""
    found = model.quantizer.codes(weights["codebook"])
    if model.quantizer.width == model.width:
        return found
    return model.apply({"params": weights["params"]}, found, method="widen")


def spread(codes: Array) -> jax.Array:
    """Mean absolute cosine similarity between different codes [K, D]; scalar."""
    norms = jnp.maximum(jnp.linalg.norm(codes, axis=-1, keepdims=True), 1e-12)
    unit = codes / norms
    similarity = jnp.abs(jnp.matmul(unit, unit.T, precision="highest"))
    num = len(codes)
    return (similarity.sum() - jnp.trace(similarity)) / (num * (num - 1))
