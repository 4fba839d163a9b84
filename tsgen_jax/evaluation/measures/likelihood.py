"""How probable token maps are under a masked prior, whatever else is asked about."""

import zlib
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from tsgen_jax.losses import masked_tokens
from tsgen_jax.sampling import mask_schedule
from tsgen_jax.types import Array


def digests(tokens: Array) -> np.ndarray:
    """A number for each token map int [n, N], by its content alone; uint32 [n]."""
    rows = np.ascontiguousarray(tokens, "<i4")
    return np.array([zlib.crc32(row) for row in rows], np.uint32)


def any_order_bound(
    key: Array,
    logits_fn: Callable[[jax.Array], jax.Array],
    tokens: Array,
    digest: Array,
    num_draws: Array,
    mask_token: int,
) -> jax.Array:
    """Upper bound of -log p of each token map, estimated from masks drawn at random.

    N times the mean NLL of masked tokens given the others, over m ~ U{1..N} masked
    tokens and masks of that size: Hoogeboom et al. 2021, arXiv 2110.02037, equation 4.
    Draw i of D has m from the i-th of D equal parts of {1..N}, so the estimate is
    unbiased for every D and draws follow each other by m. Its standard error is that
    of successive differences, sqrt(sum (v_{i+1} - v_i)^2 / (2 (D - 1) D)) (Wolter
    2007, Introduction to Variance Estimation, section 8.2): if anything too large.

    Args:
        key: a key.
        logits_fn: int [B, N] -> logits float [B, N, K].
        tokens: int [B, N].
        digest: from `digests`; decides a map's masks, which depend on nothing else but
            `key` and `num_draws`. Equal maps have equal masks, others independent
            ones, so that the error of a mean over n maps falls with n.
        num_draws: D, at least 1; may be traced.
        mask_token: K.

    Returns:
        float [B, 2]: the estimate in nats, and its standard error, NaN for one draw.
    """
    num_tokens = tokens.shape[-1]

    def one_draw(i):
        def mask_of(number):
            key_size, key_mask = jax.random.split(
                jax.random.fold_in(jax.random.fold_in(key, number), i)
            )
            share = (i + jax.random.uniform(key_size)) / num_draws
            size = 1 + jnp.floor(share * num_tokens).astype(int)
            size = jnp.minimum(size, num_tokens)  # Where rounding reaches 1.
            return mask_schedule.random_mask(key_mask, size[None], num_tokens)[0]

        mask = jax.vmap(mask_of)(digest)
        logits = logits_fn(jnp.where(mask, mask_token, tokens))
        nll = jnp.where(mask, masked_tokens.token_nll(logits, tokens), 0)
        return num_tokens * nll.sum(-1) / mask.sum(-1)

    def add(i, carry):
        total, squares, last = carry
        value = one_draw(i)
        return total + value, squares + jnp.square(value - last), value

    first = one_draw(0)
    carry = first, jnp.zeros_like(first), first
    total, squares, _ = jax.lax.fori_loop(1, num_draws, add, carry)
    steps = jnp.where(num_draws > 1, num_draws - 1, jnp.nan)
    error = jnp.sqrt(squares / (2 * steps * num_draws))
    return jnp.stack([total / num_draws, error], -1)


def exact(logits_fn: Callable[[jax.Array], jax.Array], tokens: Array) -> jax.Array:
    """-log p of each token map where logits are of each token given those before it.

    Args:
        logits_fn: int [B, N] -> logits float [B, N, K].
        tokens: int [B, N].

    Returns:
        float [B, 2]: nats, and 0, their standard error.
    """
    nll = masked_tokens.token_nll(logits_fn(tokens), tokens).sum(-1)
    return jnp.stack([nll, jnp.zeros_like(nll)], -1)
