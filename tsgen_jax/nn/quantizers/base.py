"""What a quantiser is, and what all of them share.

Shapes: `...` any leading axes, K codes in the codebook, D width of a code, d tokens of
a vector. Where d > 1, `z` is [..., F, W, D] and tokens are [..., F d, W]: the tokens of a
row of vectors are d rows, the coarsest first.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from tsgen_jax.types import Array, Metrics, PyTree

EXACT = jax.lax.Precision.HIGHEST  # TF32 distances would flip near-ties.
GRADIENTS = ("straight_through", "rotation")
_TINY = 1e-6  # Norms below are taken for this.


class Quantizer(NamedTuple):
    """Pure functions of a state, which is model state: no gradient reaches it.

    Attributes:
        num_codes: K.
        width: D.
        depth: d, tokens of a vector.
        bound: z [..., D] -> [..., D], the last layer of the encoder.
        init: (key, z) -> state fitted to the encoder's output for a batch.
        quantize: (state, z) -> z_q [..., D], the codes, whose gradients pass to z; and
            tokens int32 [...].
        commitment: (state, z, tokens) -> scalar, which pulls z to its codes; None: no
            such loss.
        update: (key, state, z, tokens) -> the state after a step; `z` is the global
            batch, also when sharded.
        nearest: (state, z) -> tokens int32 [...]; those of `quantize`.
        look_up: (state, tokens) -> the vectors that they stand for, [..., D].
        codes: state -> [K, D]; a vector is its code, or the sum of its d codes.
    """

    num_codes: int
    width: int
    depth: int
    bound: Callable[[Array], jax.Array]
    init: Callable[[Array, Array], PyTree]
    quantize: Callable[[PyTree, Array], tuple[jax.Array, jax.Array]]
    commitment: Callable[[PyTree, Array, Array], jax.Array] | None
    update: Callable[[Array, PyTree, Array, Array], PyTree]
    nearest: Callable[[PyTree, Array], jax.Array]
    look_up: Callable[[PyTree, Array], jax.Array]
    codes: Callable[[PyTree], jax.Array]


def as_it_is(z: Array) -> Array:
    """The `bound` of a quantiser that has none."""
    return z


def squared_distances(codes: Array, z: Array) -> jax.Array:
    """|z - e|^2 less |z|^2, which is the same for every code e: [..., K].

    Raises:
        ValueError: `z` [..., D] and the codes [K, D] differ in width.
    """
    if z.shape[-1] != codes.shape[-1]:
        raise ValueError(f"z is {z.shape[-1]} wide, the codes {codes.shape[-1]}.")
    products = jnp.matmul(z, codes.T, precision=EXACT)
    norms = (codes**2).sum(-1)
    return norms.reshape((1,) * (z.ndim - 1) + (-1,)) - 2 * products


def nearest(codes: Array, z: Array) -> jax.Array:
    """Index int32 [...] of the nearest code; ties go to the lower index."""
    return squared_distances(codes, z).argmin(-1).astype(jnp.int32)


def pass_gradient(gradient: str, z: Array, z_q: Array) -> jax.Array:
    """`z_q` to the bit, whose gradient reaches `z` and nothing else.

    'straight_through': the gradient at z_q is that at z. 'rotation': it is turned and
    scaled as z_q is turned and scaled into z (the rotation trick, Fifty et al. 2024,
    https://arxiv.org/abs/2410.06424, section 4), so that it keeps its angle to the
    vector.

    Args:
        gradient: one of `GRADIENTS`.
        z: encoder output, float [..., D].
        z_q: its quantised vectors, [..., D].

    Raises:
        ValueError: unknown `gradient`.
    """
    if gradient not in GRADIENTS:
        raise ValueError(
            f"Unknown quantizer.gradient {gradient!r}; known: {', '.join(GRADIENTS)}."
        )
    z_q = jax.lax.stop_gradient(z_q)
    moved = z if gradient == "straight_through" else _rotated(z, z_q)
    # z + (e - z) would be e but for rounding, and rounding would then decide which
    # of many equal codes a maximum over z_q takes; e + (z - z) is e exactly.
    return z_q + (moved - jax.lax.stop_gradient(moved))


def _rotated(z: Array, z_q: Array) -> jax.Array:
    """c R z, linear in z: R turns z to the direction of z_q, c is |z_q| / |z|.

    R = I - 2 r r' + 2 b a', with a and b the directions of z and z_q, r that of a + b.
    """

    def norm(x):
        return jnp.maximum(jnp.linalg.norm(x, axis=-1, keepdims=True), _TINY)

    fixed = jax.lax.stop_gradient(z)
    a, b = fixed / norm(fixed), z_q / norm(z_q)
    r = (a + b) / norm(a + b)
    along_r, along_a = ((v * z).sum(-1, keepdims=True) for v in (r, a))
    scale = jnp.linalg.norm(z_q, axis=-1, keepdims=True) / norm(fixed)
    return scale * (z - 2 * r * along_r + 2 * b * along_a)


def usage(tokens: Array, num_codes: int) -> Metrics:
    """Codebook perplexity exp(H), and share of codes used, of tokens [...]."""
    counts = jnp.bincount(tokens.reshape(-1), length=num_codes)
    p = counts / jnp.maximum(counts.sum(), 1)
    entropy = -jnp.where(p > 0, p * jnp.log(jnp.where(p > 0, p, 1)), 0).sum()
    return {
        "codebook_perplexity": jnp.exp(entropy),
        "codebook_usage": (counts > 0).mean(),
    }
