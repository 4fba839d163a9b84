"""What tokens leave out of a series, as noise of the right size and smoothness.

A series is what its tokens decode to plus an error. That error is drawn from a normal
distribution: a standard deviation for every time point and channel, the correlation
along time that errors of a channel have at each lag, and the correlation between
channels. Means over series are all that is kept: no error of a single series.
"""

import flax
import jax
import jax.numpy as jnp
import numpy as np

from tsgen_jax.types import Array

_JITTER = 1e-6  # Of variance 1: very smooth errors have a singular correlation.


@flax.struct.dataclass
class Residual:
    """The distribution of reconstruction errors of scaled series."""

    std: Array  # float32 [L, C], at least 0.
    autocorrelation: Array  # float32 [L, C] at lags 0 to L - 1; 1 at lag 0.
    correlation: Array  # float32 [C, C] between channels; 1 on the diagonal.


@flax.struct.dataclass
class Roots:
    """What draws are made with."""

    std: Array  # float32 [L, C].
    time: Array  # float32 [C, L, L], lower Cholesky factors along time.
    channels: Array  # float32 [C, C], the one between channels.


def none(length: int, channels: int) -> Residual:
    """No noise at all, for models whose errors are not known."""
    acf = np.zeros((length, channels), np.float32)
    acf[0] = 1
    return Residual(np.zeros_like(acf), acf, np.eye(channels, dtype=np.float32))


def fit(
    errors_train: np.ndarray,
    errors_valid: np.ndarray,
    observed_train: np.ndarray | None,
    observed_valid: np.ndarray | None,
) -> Residual:
    """Estimates the distribution from series less their reconstructions.

    How errors are spread over time is estimated from both parts; how large they are in
    each channel from the validation part alone, since a tokenizer reconstructs what it
    was trained on better than what it will be used on.

    Args:
        errors_train: scaled series less reconstruction, float [n, L, C].
        errors_valid: the same of the validation part, [n', L, C]; without any, the
            errors of training count, which are too small.
        observed_train: bool [n, L, C], False where a value was filled; None: none was.
        observed_valid: the same of the validation part.

    Raises:
        ValueError: no errors, shapes that do not belong together, or values that are
            not finite.
    """
    parts = [
        _counted(errors_train, observed_train),
        _counted(errors_valid, observed_valid),
    ]
    errors = np.concatenate([e for e, _ in parts])
    seen = np.concatenate([s for _, s in parts])
    if len(errors) == 0 or not np.isfinite(errors).all():
        raise ValueError(f"errors are {errors.shape}: some, and finite, are needed.")
    variance = (errors**2).sum(0) / np.maximum(seen.sum(0), 1)  # [L, C]
    held_out, given = parts[1]
    level = _mean_square(held_out, given) / _mean_square(errors, seen)
    level = np.where(given.any((0, 1)), level, 1)
    unit = errors / np.sqrt(np.where(variance > 0, variance, 1))
    return Residual(
        np.sqrt(variance * level).astype(np.float32),
        _autocorrelation(unit),
        _correlation(unit),
    )


def _counted(errors, observed) -> tuple[np.ndarray, np.ndarray]:
    """Errors float64, 0 where nothing was observed; and where something was."""
    errors = np.asarray(errors, np.float64)
    seen = np.ones(errors.shape, bool) if observed is None else np.asarray(observed)
    if errors.ndim != 3 or seen.shape != errors.shape:
        raise ValueError(f"errors are {errors.shape}, observed {seen.shape}.")
    return np.where(seen, errors, 0), seen


def _mean_square(errors, seen) -> np.ndarray:
    total = (errors**2).sum((0, 1))  # [C]
    return np.where(total > 0, total / np.maximum(seen.sum((0, 1)), 1), 1e-12)


def _autocorrelation(unit: np.ndarray) -> np.ndarray:
    """float32 [L, C]: sum_t e_t e_{t + lag} over all series, over that at lag 0.

    Divided by L at every lag and not by L - lag: so it is positive semidefinite.
    """
    length = unit.shape[1]
    power = np.abs(np.fft.rfft(unit, 2 * length, axis=1)) ** 2
    sums = np.fft.irfft(power.sum(0), 2 * length, axis=0)[:length]  # [L, C]
    flat = sums[0] <= 0
    sums[0] = np.where(flat, 1, sums[0])
    return (sums / sums[0]).astype(np.float32)


def _correlation(unit: np.ndarray) -> np.ndarray:
    """float32 [C, C], over all series and times, about 0."""
    product = np.einsum("nlc,nld->cd", unit, unit)
    size = np.sqrt(np.diag(product))
    size = np.where(size > 0, size, 1)
    product = product / size / size[:, None]
    np.fill_diagonal(product, 1)
    return product.astype(np.float32)


def roots(residual: Residual) -> Roots:
    """Factors for `draw`; on the host, once.

    Raises:
        ValueError: correlations that no noise has.
    """
    std, acf = (np.asarray(a) for a in (residual.std, residual.autocorrelation))
    lag = np.abs(np.subtract.outer(np.arange(len(acf)), np.arange(len(acf))))
    try:
        return Roots(std, _root(acf.T[:, lag]), _root(residual.correlation))
    except np.linalg.LinAlgError as error:
        raise ValueError(f"The stored residuals are damaged: {error}.") from error


def _root(matrix: Array) -> np.ndarray:
    """Lower Cholesky factors [..., n, n] of correlation matrices."""
    matrix = np.asarray(matrix, np.float64)
    matrix = (matrix + _JITTER * np.eye(matrix.shape[-1])) / (1 + _JITTER)
    return np.linalg.cholesky(matrix).astype(np.float32)


def draw(key: Array, of: Roots, num: int) -> jax.Array:
    """Draws errors, float32 [num, L, C].

    Channels are correlated first, then each along time: where channels differ in their
    autocorrelation, they end a little less correlated than was estimated.
    """
    white = jax.random.normal(key, (num, *of.std.shape))
    white = jnp.einsum("dc,nlc->nld", of.channels, white)
    smooth = jnp.einsum("ctl,nlc->ntc", of.time, white)
    return of.std[None] * smooth
