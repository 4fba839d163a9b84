"""Vector quantiser whose codebook follows its inputs by moving averages.

van den Oord et al. 2017, appendix A.1, https://arxiv.org/abs/1711.00937. No
gradient reaches the codebook: it is model state, replaced once per step.
With `cosine`, latents and codes are of length 1, so that the nearest code is the one
of the least angle (ViT-VQGAN, Yu et al. 2021, https://arxiv.org/abs/2110.04627,
section 3.2).
Shapes: `...` any leading axes, K codes in the codebook, D width of a code.
"""

import functools

import flax
import jax
import jax.numpy as jnp
from ml_collections import ConfigDict

from tsgen_jax.nn.quantizers import base
from tsgen_jax.nn.quantizers.base import (
    EXACT,
    GRADIENTS,
    Quantizer,
    nearest,
)
from tsgen_jax.types import Array

_EPS = 1e-5  # Laplace smoothing of the counts; keeps unused codes finite.
_KMEANS_STEPS = 20
INITS = ("kmeans", "data", "normal")


@flax.struct.dataclass
class Codebook:
    """Moving averages over training; the codes are derived, never stored."""

    counts: jax.Array  # [K] number of vectors that chose each code.
    sums: jax.Array  # [K, D] sum of those vectors; the codes while counts are 0.

    @property
    def codes(self) -> jax.Array:
        """[K, D] the vector that each token stands for."""
        total, num_codes = self.counts.sum(), len(self.counts)
        smoothed = (self.counts + _EPS) / (total + num_codes * _EPS) * total
        return self.sums / jnp.where(total > 0, smoothed, 1.0)[:, None]


def make(settings: ConfigDict, width: int) -> Quantizer:
    """The quantiser of `config.quantizer` for vectors of this width."""
    cosine = settings.cosine
    update_ = functools.partial(
        _update, decay=settings.decay, revive_below=settings.revive_below
    )
    return Quantizer(
        num_codes=settings.num_codes,
        width=width,
        depth=1,
        bound=to_length_one if cosine else base.as_it_is,
        init=functools.partial(
            init, num_codes=settings.num_codes, how=settings.init, cosine=cosine
        ),
        quantize=functools.partial(quantize, gradient=settings.gradient, cosine=cosine),
        commitment=functools.partial(commitment, cosine=cosine),
        update=update_,
        nearest=functools.partial(_nearest, cosine=cosine),
        look_up=functools.partial(_look_up, cosine=cosine),
        codes=functools.partial(codes_of, cosine=cosine),
    )


def faults(config: ConfigDict) -> list[str]:
    """Values that are each fine and together senseless or without effect."""
    if config.quantizer.revive_below > 0 and config.quantizer.init == "normal":
        return [
            "quantizer.init='normal' starts with empty codes, which "
            "quantizer.revive_below > 0 would replace at once: set one of them"
        ]
    return []


def to_length_one(z: Array) -> jax.Array:
    """Vectors [..., D] of length 1; 0 stays 0."""
    return z * jax.lax.rsqrt((z**2).sum(-1, keepdims=True) + _EPS**2)


def codes_of(codebook: Codebook, cosine: bool) -> jax.Array:
    """[K, D] the vector that each token stands for; with `cosine` of length 1."""
    return to_length_one(codebook.codes) if cosine else codebook.codes


def init(key: Array, z: Array, num_codes: int, how: str, cosine: bool) -> Codebook:
    """A codebook that starts as `how`, one of `INITS`, says."""
    if how == "normal":
        return init_normal(key, num_codes, z.shape[-1])
    return init_from_vectors(key, z, num_codes, how, cosine)


def init_normal(key: Array, num_codes: int, width: int) -> Codebook:
    """Codes from N(0, 1) that carry no weight, as the reference starts."""
    sums = jax.random.normal(key, (num_codes, width))
    return Codebook(jnp.zeros(num_codes), sums)


def init_from_vectors(
    key: Array, z: Array, num_codes: int, init: str, cosine: bool = False
) -> Codebook:
    """Codes fitted to encoder output.

    Args:
        key: a key.
        z: encoder output, float [..., D].
        num_codes: K.
        init: 'data' for vectors drawn from z, 'kmeans' to go on from there with
            Lloyd's algorithm (a code that nobody chooses stays where it is).
        cosine: vectors and codes are of length 1: spherical k-means.

    Returns:
        A codebook whose counts are those of `z`.

    Raises:
        ValueError: unknown `init`.
    """
    if init not in ("kmeans", "data"):
        raise ValueError(f"Unknown quantizer.init {init!r}; known: {', '.join(INITS)}.")
    z = z.reshape(-1, z.shape[-1])
    picked = jax.random.choice(key, len(z), (num_codes,), replace=len(z) < num_codes)

    def lloyd(_, codes):
        tokens = nearest(codes, z)
        counts, sums = _count(z, tokens, num_codes)
        means = sums / jnp.maximum(counts, 1)[:, None]
        means = to_length_one(means) if cosine else means
        return jnp.where(counts[:, None] > 0, means, codes)

    steps = _KMEANS_STEPS if init == "kmeans" else 0
    codes = jax.lax.fori_loop(0, steps, lloyd, z[picked])
    counts, _ = _count(z, nearest(codes, z), num_codes)
    counts = jnp.maximum(counts, 1.0)
    return Codebook(counts, codes * counts[:, None])


def draw(key: Array, codes: Array, z: Array, temperature: float) -> jax.Array:
    """Tokens int32 [...] from softmax(-distance^2 / temperature), as the reference."""
    logits = -base.squared_distances(codes, z) / temperature
    return jax.random.categorical(key, logits).astype(jnp.int32)


def quantize(
    codebook: Codebook, z: Array, gradient: str = GRADIENTS[0], cosine: bool = False
) -> tuple[jax.Array, jax.Array]:
    """Replaces every vector of `z`, float [..., D], by its nearest code.

    Returns:
        z_q: the codes, float [..., D]; gradients pass to `z`.
        tokens: their indices, int32 [...]; ties go to the lower index.

    Raises:
        ValueError: `z` and the codes differ in width; unknown `gradient`.
    """
    codes = jax.lax.stop_gradient(codes_of(codebook, cosine))
    tokens = nearest(codes, z)
    return base.pass_gradient(gradient, z, codes[tokens]), tokens


def commitment(codebook: Codebook, z: Array, tokens: Array, cosine: bool) -> jax.Array:
    """Mean squared difference between z and its codes."""
    codes = jax.lax.stop_gradient(codes_of(codebook, cosine)[tokens])
    return ((codes - z) ** 2).mean()


def _nearest(codebook: Codebook, z: Array, cosine: bool) -> jax.Array:
    return nearest(codes_of(codebook, cosine), z)


def _look_up(codebook: Codebook, tokens: Array, cosine: bool) -> jax.Array:
    return codes_of(codebook, cosine)[tokens]


def _update(key, codebook, z, tokens, decay, revive_below) -> Codebook:
    """`update`, then `revive`."""
    codebook = update(codebook, z, tokens, decay)
    if revive_below > 0:
        codebook = revive(key, codebook, z, revive_below)
    return codebook


def _count(z: Array, tokens: Array, num_codes: int) -> tuple[jax.Array, jax.Array]:
    """Counts [K] and sums [K, D] of the vectors that chose each code."""
    chosen = jax.nn.one_hot(tokens, num_codes)
    sums = jnp.einsum("...k,...d->kd", chosen, z, precision=EXACT)
    return jnp.einsum("...k->k", chosen), sums


def update(codebook: Codebook, z: Array, tokens: Array, decay: float) -> Codebook:
    """Moves each code towards the mean of the vectors that chose it.

    Args:
        codebook: the codebook that `tokens` were chosen from.
        z: encoder output, float [..., D]; the global batch, also when sharded.
        tokens: chosen codes, int32 [...].
        decay: weight of the past, the paper's gamma, in [0, 1).
    """
    z = jax.lax.stop_gradient(z)
    batch = Codebook(*_count(z, tokens, len(codebook.counts)))
    return jax.tree.map(lambda a, b: decay * a + (1 - decay) * b, codebook, batch)


def revive(key: Array, codebook: Codebook, z: Array, below: float) -> Codebook:
    """Restarts codes that are hardly chosen at vectors drawn from `z`.

    Counts and sums both start again, with the mean count of all codes, or the next
    update would undo it (and the code would be revived again at once).

    Args:
        key: a key.
        codebook: the codebook after its update.
        z: encoder output, float [..., D].
        below: a code dies under this share of the mean count; 0: never.
    """
    z = jax.lax.stop_gradient(z).reshape(-1, z.shape[-1])
    num_codes = len(codebook.counts)
    mean = codebook.counts.mean()
    dead = codebook.counts < below * mean
    fresh = z[jax.random.randint(key, (num_codes,), 0, len(z))]
    counts = jnp.where(dead, mean, codebook.counts)
    sums = jnp.where(dead[:, None], fresh * mean, codebook.sums)
    return Codebook(counts, sums)
