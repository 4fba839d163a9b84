"""What is missing of series, drawn from the prior over tokens.

Token-level inpainting: tokens that stand for observed samples are kept, the others
decoded (MaskGIT, https://arxiv.org/abs/2202.04200, section 4.3, for images). Then the
what tokens leave out is drawn as well, the observed samples are put back and the drawn
stretches are bent to meet them. Knows only functions between series, tokens and logits.
"""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from tsgen_jax.sampling import decode
from tsgen_jax.types import Array


def neighbours(observed: Array) -> tuple[jax.Array, jax.Array]:
    """Times of the nearest observed samples before and after each sample, or at it.

    Args:
        observed: bool [B, L, C].

    Returns:
        int32 [B, L, C] each; -1 and L where there is none.
    """
    length = observed.shape[1]
    time = jnp.arange(length, dtype=jnp.int32)[None, :, None]
    before = jax.lax.cummax(jnp.where(observed, time, -1), axis=1)
    after = jax.lax.cummin(jnp.where(observed, time, length), axis=1, reverse=True)
    return before, after


def interpolate(x: Array, observed: Array) -> jax.Array:
    """Fills `x` along time: lines between observed samples, ends held, 0 if none.

    Args:
        x: float [B, L, C]; anything finite or not where nothing was observed.
        observed: bool [B, L, C].

    Returns:
        float [B, L, C], equal to `x` where observed.
    """
    length = x.shape[1]
    x = jnp.where(observed, x, 0)
    before, after = neighbours(observed)
    left = jnp.take_along_axis(x, jnp.clip(before, 0), 1)
    right = jnp.take_along_axis(x, jnp.clip(after, max=length - 1), 1)
    time = jnp.arange(length)[None, :, None]
    weight = (time - before) / jnp.clip(after - before, 1)
    line = left + weight * (right - left)
    line = jnp.where(before < 0, right, jnp.where(after == length, left, line))
    return jnp.where(observed, x, line)


def join(x_hat: Array, x: Array, observed: Array, reach: float) -> jax.Array:
    """Bends drawn series to meet the observed samples, which are put back.

    The offset x - x_hat is known at the ends of a gap. In the gap it is taken for what
    is expected of a process with correlation exp(-distance / reach) (kriging, Rasmussen
    and Williams 2006, equation 2.25): with both ends at a and b

        (sinh((b - t) / reach) offset_a + sinh((t - a) / reach) offset_b)
        / sinh((b - a) / reach),

    nearly a line where the gap is short and nothing far from both; with one end it
    fades as exp(-distance / reach). So nothing jumps, and far away the prior is
    trusted.

    Args:
        x_hat: drawn, float [B, L, C].
        x: observed, float [B, L, C]; anything elsewhere.
        observed: bool [B, L, C].
        reach: time points, above 0.

    Returns:
        float [B, L, C], equal to `x` where observed.
    """
    length = x.shape[1]
    before, after = neighbours(observed)
    time = jnp.arange(length)[None, :, None]
    past, left = (time - before) / reach, (after - time) / reach
    # sinh(p) / sinh(p + q) = e^-q (1 - e^-2p) / (1 - e^-2(p + q)); inf where no end.
    past = jnp.where(before < 0, jnp.inf, past)
    left = jnp.where(after == length, jnp.inf, left)
    whole = jnp.expm1(-2 * jnp.where(observed, jnp.inf, past + left))
    offset = jnp.where(observed, x - x_hat, 0)
    first = jnp.take_along_axis(offset, jnp.clip(before, 0), 1)
    last = jnp.take_along_axis(offset, jnp.clip(after, max=length - 1), 1)
    bent = x_hat + jnp.exp(-past) * jnp.expm1(-2 * left) / whole * first
    bent += jnp.exp(-left) * jnp.expm1(-2 * past) / whole * last
    return jnp.where(observed, x, bent)


def column_shares(length: int, num_columns: int) -> np.ndarray:
    """float32 [L, W]: the share of each column of tokens that each sample is.

    Columns divide the series evenly; a sample on a border belongs to both in parts.
    """
    edges = np.arange(num_columns + 1) * length / num_columns
    time = np.arange(length)[:, None]
    overlap = np.minimum(time + 1, edges[1:]) - np.maximum(time, edges[:-1])
    return (np.clip(overlap, 0, None) * num_columns / length).astype(np.float32)


def known_columns(observed: Array, num_columns: int, keep_share: float) -> jax.Array:
    """Columns of which at least `keep_share` is observed, in all channels together.

    Args:
        observed: bool [B, L, C].
        num_columns: W.
        keep_share: in (0, 1]; 1: a column with any sample missing is drawn.

    Returns:
        bool [B, W].
    """
    shares = column_shares(observed.shape[1], num_columns)
    share = jnp.einsum("blc,lw->bw", observed.astype(jnp.float32), shares)
    share = share / observed.shape[2]
    return share >= keep_share - 1e-4  # Sums of float32 shares fall short of 1.


def inpaint(
    key: Array,
    x: Array,
    observed: Array,
    *,
    tokenize: Callable[[jax.Array], jax.Array],
    detokenize: Callable[[jax.Array], jax.Array],
    draw_residual: Callable[[jax.Array, int], jax.Array],
    maps: Sequence[decode.Map],
    keep_share: float,
    join_reach: float,
    residual_scale: float,
    num_rounds: int,
    num_decode_steps: int,
    choice_temperature: float,
    token_temperature: float,
    schedule: str,
) -> jax.Array:
    """Draws what is missing of series, each once.

    Args:
        key: a key.
        x: scaled series, float [B, L, C]; anything where not observed.
        observed: bool [B, L, C].
        tokenize: scaled series [B, L, C] -> tokens int [B, N].
        detokenize: tokens int [B, N] -> scaled series [B, L, C].
        draw_residual: (key, B) -> what tokens leave out, float [B, L, C].
        maps: of tokens, see `decode_maps`; their logits hold the classes.
        keep_share: see `known_columns`.
        join_reach: see `join`.
        residual_scale: what is drawn by it is added times this, before the join: beside
            observed samples it is as sure as they are.
        num_rounds: the first one encodes series filled by lines, each later one the
            result of the one before, which mends tokens beside the gaps.
        num_decode_steps: see `decode`, as the three below.
        choice_temperature: of `decode`.
        token_temperature: of `decode`.
        schedule: of `decode`.

    Returns:
        float [B, L, C], equal to `x` where observed.
    """
    known, masks = [], []
    for each in maps:  # Rows of a map follow each other.
        bins, columns = each.shape
        of_column = known_columns(observed, columns, keep_share)
        known.append(jnp.tile(of_column, (1, bins)))
        masks.append(np.full((1, bins * columns), each.mask_token, np.int32))
    known, masks = jnp.concatenate(known, -1), np.concatenate(masks, -1)
    key_residual, key = jax.random.split(key)
    series = interpolate(x, observed)

    def fill(key, logits_fn, tokens, map_shape, **of_map):
        del map_shape
        return decode.decode(
            key,
            logits_fn,
            tokens,
            num_decode_steps=num_decode_steps,
            choice_temperature=choice_temperature,
            token_temperature=token_temperature,
            schedule=schedule,
            **of_map,
        )

    for number in range(num_rounds):
        begun = jnp.where(known, tokenize(series), masks)
        key_round = jax.random.fold_in(key, number)
        tokens, _ = decode.decode_maps(key_round, maps, begun, fill, token_temperature)
        x_hat = detokenize(tokens)
        series = join(x_hat, x, observed, join_reach)
    x_hat += residual_scale * draw_residual(key_residual, len(x))
    return join(x_hat, x, observed, join_reach)
