"""Residual quantiser: what a code leaves out of a vector is quantised again.

Lee et al. 2022, https://arxiv.org/abs/2203.01941, section 3.1: d codes of a vector, all
of one codebook, whose sum stands for it. The codebook follows the residuals of all
depths by moving averages (`ema`). It starts as in SoundStream (Zeghidour et al. 2021,
https://arxiv.org/abs/2107.03312, section III.C): k-means of the vectors, then of what
that leaves out, and so on, with an equal share of the codes for each depth.
Shapes: `...` any leading axes, K codes, D their width, d codes of a vector; vectors
[..., F, W, D] have tokens [..., F d, W], those of a row of vectors in d rows.
"""

import functools

import jax
import jax.numpy as jnp
from ml_collections import ConfigDict

from tsgen_jax.nn.quantizers import base, ema
from tsgen_jax.nn.quantizers.base import Quantizer
from tsgen_jax.nn.quantizers.ema import Codebook
from tsgen_jax.types import Array


def make(settings: ConfigDict, width: int) -> Quantizer:
    """The quantiser of `config.quantizer` for vectors of this width."""
    depth, of = settings.depth, functools.partial
    return Quantizer(
        num_codes=settings.num_codes,
        width=width,
        depth=depth,
        bound=base.as_it_is,
        init=of(init, num_codes=settings.num_codes, depth=depth, how=settings.init),
        quantize=of(quantize, depth=depth, gradient=settings.gradient),
        commitment=of(commitment, depth=depth),
        update=of(
            update,
            depth=depth,
            decay=settings.decay,
            revive_below=settings.revive_below,
        ),
        nearest=of(_nearest, depth=depth),
        look_up=of(look_up, depth=depth),
        codes=functools.partial(ema.codes_of, cosine=False),
    )


def faults(config: ConfigDict) -> list[str]:
    """Values that are each fine and together senseless or without effect."""
    settings, found = config.quantizer, ema.faults(config)
    if settings.num_codes < 2 * settings.depth:
        found.append(
            f"quantizer.num_codes={settings.num_codes} and quantizer.depth="
            f"{settings.depth}: each depth needs 2 codes or more"
        )
    if settings.cosine:
        found.append(
            "quantizer.cosine=True makes all vectors as long, and residuals are not: "
            "use it with quantizer.kind='ema'"
        )
    if settings.depth > 1 and config.masking.target_temperature > 0:
        found.append(
            f"masking.target_temperature={config.masking.target_temperature}: tokens of "
            f"quantizer.depth={settings.depth} depend on each other and are not drawn: "
            "set it to 0"
        )
    return found


def init(key: Array, z: Array, num_codes: int, depth: int, how: str) -> Codebook:
    """A codebook for vectors [..., D] and what is left of them at each depth.

    Args:
        key: a key.
        z: encoder output, float [..., D].
        num_codes: K; shared among the depths, what is over goes to the first ones.
        depth: d.
        how: one of `ema.INITS`.
    """
    if how == "normal":
        return ema.init_normal(key, num_codes, z.shape[-1])
    left, found = z, []
    for i in range(depth):
        size = num_codes // depth + (i < num_codes % depth)
        part = ema.init_from_vectors(jax.random.fold_in(key, i), left, size, how)
        left = left - part.codes[base.nearest(part.codes, left)]
        found.append(part)
    return jax.tree.map(lambda *parts: jnp.concatenate(parts), *found)


def quantize(
    codebook: Codebook, z: Array, depth: int, gradient: str
) -> tuple[jax.Array, jax.Array]:
    """Replaces every vector of `z`, float [..., F, W, D], by a sum of d codes.

    Returns:
        z_q: the sums, float [..., F, W, D]; gradients pass to `z`.
        tokens: the codes' indices, int32 [..., F d, W].
    """
    tokens = _nearest(codebook, jax.lax.stop_gradient(z), depth)
    z_q = look_up(codebook, tokens, depth)
    return base.pass_gradient(gradient, z, z_q), tokens


def commitment(codebook: Codebook, z: Array, tokens: Array, depth: int) -> jax.Array:
    """The mean squared difference between z and its first codes' sum, summed.

    Over one code, two, ..., d codes: the latent comes close with few of them.
    """
    chosen = jax.lax.stop_gradient(codebook.codes)[_by_vector(tokens, depth)]
    return depth * ((jnp.cumsum(chosen, -3) - z[..., None, :, :]) ** 2).mean()


def _by_vector(tokens: Array, depth: int) -> Array:
    """[..., F d, W] -> [..., F, d, W]."""
    rows, columns = tokens.shape[-2:]
    return tokens.reshape(*tokens.shape[:-2], rows // depth, depth, columns)


def _nearest(codebook: Codebook, z: Array, depth: int) -> jax.Array:
    codes, left, found = codebook.codes, z, []
    for _ in range(depth):
        tokens = base.nearest(codes, left)
        left = left - codes[tokens]
        found.append(tokens)
    rows, columns = z.shape[-3] * depth, z.shape[-2]
    return jnp.stack(found, -2).reshape(*z.shape[:-3], rows, columns)


def look_up(codebook: Codebook, tokens: Array, depth: int) -> jax.Array:
    """Tokens int [..., F d, W] -> the sums of their codes, [..., F, W, D]."""
    return codebook.codes[_by_vector(tokens, depth)].sum(-3)


def update(
    key: Array,
    codebook: Codebook,
    z: Array,
    tokens: Array,
    depth: int,
    decay: float,
    revive_below: float,
) -> Codebook:
    """Moves each code towards the mean of the residuals that chose it, at any depth.

    Codes that are hardly chosen restart at residuals, see `ema.revive`.
    """
    tokens = _by_vector(tokens, depth)
    chosen = codebook.codes[tokens]
    before = jnp.cumsum(chosen, -3) - chosen
    left = z[..., None, :, :] - before
    codebook = ema.update(codebook, left, tokens, decay)
    if revive_below > 0:
        codebook = ema.revive(key, codebook, left, revive_below)
    return codebook
