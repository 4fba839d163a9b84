"""Vector quantiser whose codebook follows its inputs by moving averages.

van den Oord et al. 2017, appendix A.1, https://arxiv.org/abs/1711.00937. No
gradient reaches the codebook: it is model state, replaced once per step.
Shapes: `...` any leading axes, K codes in the codebook, D width of a code.
"""

import flax
import jax
import jax.numpy as jnp

from tsgen_jax.types import Array, Metrics

_EPS = 1e-5  # Laplace smoothing of the counts; keeps unused codes finite.
_EXACT = jax.lax.Precision.HIGHEST  # TF32 distances would flip near-ties.
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


def init_normal(key: Array, num_codes: int, width: int) -> Codebook:
    """Codes from N(0, 1) that carry no weight, as the reference starts."""
    sums = jax.random.normal(key, (num_codes, width))
    return Codebook(jnp.zeros(num_codes), sums)


def init_from_vectors(key: Array, z: Array, num_codes: int, init: str) -> Codebook:
    """Codes fitted to encoder output.

    Args:
        key: a key.
        z: encoder output, float [..., D].
        num_codes: K.
        init: 'data' for vectors drawn from z, 'kmeans' to go on from there with
            Lloyd's algorithm (a code that nobody chooses stays where it is).

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
        return jnp.where(counts[:, None] > 0, means, codes)

    steps = _KMEANS_STEPS if init == "kmeans" else 0
    codes = jax.lax.fori_loop(0, steps, lloyd, z[picked])
    counts, _ = _count(z, nearest(codes, z), num_codes)
    counts = jnp.maximum(counts, 1.0)
    return Codebook(counts, codes * counts[:, None])


def squared_distances(codes: Array, z: Array) -> jax.Array:
    """|z - e|^2 less |z|^2, which is the same for every code e: [..., K].

    Raises:
        ValueError: `z` [..., D] and the codes [K, D] differ in width.
    """
    if z.shape[-1] != codes.shape[-1]:
        raise ValueError(f"z is {z.shape[-1]} wide, the codes {codes.shape[-1]}.")
    products = jnp.matmul(z, codes.T, precision=_EXACT)
    norms = (codes**2).sum(-1)
    return norms.reshape((1,) * (z.ndim - 1) + (-1,)) - 2 * products


def nearest(codes: Array, z: Array) -> jax.Array:
    """Index int32 [...] of the nearest code; ties go to the lower index."""
    return squared_distances(codes, z).argmin(-1).astype(jnp.int32)


def draw(key: Array, codes: Array, z: Array, temperature: float) -> jax.Array:
    """Tokens int32 [...] from softmax(-distance^2 / temperature), as the reference."""
    logits = -squared_distances(codes, z) / temperature
    return jax.random.categorical(key, logits).astype(jnp.int32)


def quantize(codebook: Codebook, z: Array) -> tuple[jax.Array, jax.Array]:
    """Replaces every vector of `z`, float [..., D], by its nearest code.

    Returns:
        z_q: the codes, float [..., D]; gradients pass to `z` (straight-through).
        tokens: their indices, int32 [...]; ties go to the lower index.

    Raises:
        ValueError: `z` and the codes differ in width.
    """
    codes = jax.lax.stop_gradient(codebook.codes)
    tokens = nearest(codes, z)
    # z + (e - z) would be e but for rounding, and rounding would then decide which
    # of many equal codes a maximum over z_q takes; e + (z - z) is e exactly.
    return codes[tokens] + (z - jax.lax.stop_gradient(z)), tokens


def _count(z: Array, tokens: Array, num_codes: int) -> tuple[jax.Array, jax.Array]:
    """Counts [K] and sums [K, D] of the vectors that chose each code."""
    chosen = jax.nn.one_hot(tokens, num_codes)
    sums = jnp.einsum("...k,...d->kd", chosen, z, precision=_EXACT)
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


def usage(tokens: Array, num_codes: int) -> Metrics:
    """Codebook perplexity exp(H), and share of codes used, of tokens [...]."""
    counts = jnp.bincount(tokens.reshape(-1), length=num_codes)
    p = counts / jnp.maximum(counts.sum(), 1)
    entropy = -jnp.where(p > 0, p * jnp.log(jnp.where(p > 0, p, 1)), 0).sum()
    return {
        "codebook_perplexity": jnp.exp(entropy),
        "codebook_usage": (counts > 0).mean(),
    }
