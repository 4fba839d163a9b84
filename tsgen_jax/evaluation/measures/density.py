"""A lower bound of the log density of series, of tokens and of what they leave out.

    log p(x) >= log p(z) + log p(x | z),   z = the tokens that the tokenizer gives x

`log p(z)` is the any-order bound of the prior (Hoogeboom et al. 2021, arXiv 2110.02037,
equation 4); `p(x | z)` is normal about the decoded tokens, with the deviation that the
tokenizer's errors have at every time point and channel, independent of each other.
Unlike `log p(z)` alone it can be compared between models with other tokenizers.
"""

import numpy as np

from tsgen_jax.data.scaling import AnyScaler, Scaler

_LEAST = 1e-3  # Of a channel's scale: errors of a constant channel are 0.


def log_normal(
    x: np.ndarray, decoded: np.ndarray, std: np.ndarray, scaler: AnyScaler
) -> np.ndarray:
    """log p(x | z) in nats, in the units of `x`.

    Args:
        x: series in original units, float [n, L, C]; NaN does not count.
        decoded: their tokens decoded, in the units of networks, [n, L, C'].
        std: of the tokenizer's errors in those units, [L, C'] or [n, L, C'].
        scaler: from the one to the other.

    Returns:
        float64 [n].
    """
    std = np.maximum(np.asarray(std, np.float64), _LEAST)
    low, mean, high = (
        np.asarray(scaler.inverse(decoded + sign * std), np.float64)
        for sign in (-1, 0, 1)
    )
    # Half the distance of one deviation below and above: exact where scaling is affine.
    deviation = np.maximum((high - low) / 2, np.finfo(np.float32).tiny)
    z = (np.asarray(x, np.float64) - mean) / deviation
    each = -0.5 * z**2 - np.log(deviation) - 0.5 * np.log(2 * np.pi)
    return np.nansum(each, axis=(1, 2))


def log_slopes(scaler: AnyScaler, x: np.ndarray, scaled: np.ndarray) -> np.ndarray:
    """Takes a log density of scaled series to original units.

    Args:
        scaler: from original units to those of networks.
        x: series in original units, float [n, L, C]; NaN does not count.
        scaled: the same scaled, float [n, L, C'].

    Returns:
        log |d scaled / d x| summed over the values of a series, float64 [n]; exact
        where scaling is affine.
    """
    step = 1e-2
    low, high = (
        np.asarray(scaler.inverse(scaled + sign * step), np.float64) for sign in (-1, 1)
    )
    slope = np.maximum(np.abs(high - low) / (2 * step), np.finfo(np.float32).tiny)
    return -np.where(np.isfinite(x), np.log(slope), 0).sum((1, 2))


def log_volume(scaler: AnyScaler, length: int) -> float:
    """What a log density of scaled series loses in original units, exactly; nats.

    Args:
        scaler: from original units to those of networks.
        length: L, time points.

    Raises:
        ValueError: series of unequal lengths, or data.scaling='quantile': the loss is
            not the same for all series.
    """
    if not isinstance(scaler, Scaler):
        raise ValueError(
            "A density in original units needs series of equal length and data.scaling "
            "'standard' or 'robust'."
        )
    return length * np.log(scaler.std).sum()
