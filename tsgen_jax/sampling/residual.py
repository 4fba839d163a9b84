"""What tokens leave out of a series, as noise of the right size and smoothness.

A series is what its tokens decode to plus an error. That error is drawn from a normal
distribution: a standard deviation for every time point and channel, how large errors of
each class are beside those of all, the correlation along time that errors of a channel
have at each lag, and the correlation between channels. Means over series are all that is
kept: no error of a single series.
"""

import dataclasses

import flax
import jax
import jax.numpy as jnp
import numpy as np

from tsgen_jax.types import Array

_JITTER = 1e-6  # Of variance 1: very smooth errors have a singular correlation.
# A class counts as much as what is known without it at so many of its series.
_CLASS_SERIES = 10


@flax.struct.dataclass
class Residual:
    """The distribution of reconstruction errors of scaled series."""

    std: Array  # float32 [L, C], at least 0.
    autocorrelation: Array  # float32 [L, C] at lags 0 to L - 1; 1 at lag 0.
    correlation: Array  # float32 [C, C] between channels; 1 on the diagonal.
    class_scale: Array  # float32 [Y + 1], times `std`; the last, of no class, is 1.


@flax.struct.dataclass
class Roots:
    """What draws are made with."""

    std: Array  # float32 [L, C].
    time: Array  # float32 [C, L, L], lower Cholesky factors along time.
    channels: Array  # float32 [C, C], the one between channels.
    class_scale: Array  # float32 [Y + 1].


def none(length: int, channels: int, num_classes: int) -> Residual:
    """No noise at all, for models whose errors are not known."""
    acf = np.zeros((length, channels), np.float32)
    acf[0] = 1
    correlation = np.eye(channels, dtype=np.float32)
    class_scale = np.ones(num_classes + 1, np.float32)
    return Residual(np.zeros_like(acf), acf, correlation, class_scale)


@dataclasses.dataclass(frozen=True)
class Errors:
    """Scaled series of a part less what they are reconstructed as.

    Attributes:
        error: float [n, L, C].
        label: int [n] in [0, Y).
        observed: bool [n, L, C], False where a value was filled; None: none was.
    """

    error: np.ndarray
    label: np.ndarray
    observed: np.ndarray | None = None


def fit(train: Errors, valid: Errors, num_classes: int) -> Residual:
    """Estimates the distribution from series less their reconstructions.

    How errors are spread over time is estimated from both parts; how large they are in
    each channel from the validation part alone, since a tokenizer reconstructs what it
    was trained on better than what it will be used on. How large they are in a class:
    see `_class_scale`.

    Args:
        train: n errors.
        valid: of the validation part, n'; without any, those of training count, which
            are too small.
        num_classes: Y.

    Raises:
        ValueError: no errors, shapes that do not belong together, or values that are
            not finite.
    """
    parts = [_counted(part) for part in (train, valid)]
    scale = _class_scale(parts, (train.label, valid.label), num_classes)
    parts = [
        (errors / scale[part.label][:, None, None], seen)
        for (errors, seen), part in zip(parts, (train, valid), strict=True)
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
        scale.astype(np.float32),
    )


def _counted(part: Errors) -> tuple[np.ndarray, np.ndarray]:
    """Errors float64, 0 where nothing was observed; and where something was."""
    errors, observed = np.asarray(part.error, np.float64), part.observed
    seen = np.ones(errors.shape, bool) if observed is None else np.asarray(observed)
    if errors.ndim != 3 or seen.shape != errors.shape or len(part.label) != len(errors):
        raise ValueError(
            f"errors are {errors.shape}, observed {seen.shape}, labels "
            f"{np.shape(part.label)}."
        )
    return np.where(seen, errors, 0), seen


def _class_scale(parts, labels, num_classes: int) -> np.ndarray:
    """Deviation of the errors of each class over that of all, float64 [Y + 1].

    Its square is a mean over the class's series of their mean square, 1 on average over
    all series. The mean is drawn towards that of no class as if `_CLASS_SERIES` more
    series had it: in the training part towards 1, and with series of the validation
    part from there. So a class of few series has nearly the noise of all.
    """
    square = np.ones(num_classes)
    for (errors, seen), label in zip(parts, labels, strict=True):
        of_channel = _mean_square(errors, seen)
        each = (errors**2).sum(1) / np.maximum(seen.sum(1), 1) / of_channel  # [n, C]
        # A series with nothing observed, or a channel without errors, says nothing.
        known = seen.any(1) & errors.any((0, 1))
        each = np.where(known, each, 1).mean(1)
        sums = np.bincount(label, each, minlength=num_classes)
        counts = np.bincount(label, minlength=num_classes)
        square = (sums + _CLASS_SERIES * square) / (counts + _CLASS_SERIES)
    return np.append(np.sqrt(square), 1.0)


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
    class_scale = np.asarray(residual.class_scale)
    lag = np.abs(np.subtract.outer(np.arange(len(acf)), np.arange(len(acf))))
    try:
        time, channels = _root(acf.T[:, lag]), _root(residual.correlation)
    except np.linalg.LinAlgError as error:
        raise ValueError(f"The stored residuals are damaged: {error}.") from error
    return Roots(std, time, channels, class_scale)


def _root(matrix: Array) -> np.ndarray:
    """Lower Cholesky factors [..., n, n] of correlation matrices."""
    matrix = np.asarray(matrix, np.float64)
    matrix = (matrix + _JITTER * np.eye(matrix.shape[-1])) / (1 + _JITTER)
    return np.linalg.cholesky(matrix).astype(np.float32)


def draw(key: Array, of: Roots, label: Array) -> jax.Array:
    """Draws errors of series of these classes, float32 [B, L, C].

    Channels are correlated first, then each along time: where channels differ in their
    autocorrelation, they end a little less correlated than was estimated.

    Args:
        key: a key.
        of: the distribution.
        label: int [B] in [0, Y]; Y for no class.
    """
    white = jax.random.normal(key, (label.shape[0], *of.std.shape))
    white = jnp.einsum("dc,nlc->nld", of.channels, white)
    smooth = jnp.einsum("ctl,nlc->ntc", of.time, white)
    return of.class_scale[label][:, None, None] * of.std[None] * smooth
