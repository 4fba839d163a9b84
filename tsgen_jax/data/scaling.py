"""From original units to those that networks see, and back.

Whatever the kind, `transform`, `inverse`, `mark` and `to_json` are there, and
`Scaler.from_json` restores any of them. `L` time points, `C` channels.
"""

import dataclasses

import numpy as np
import scipy.special

from tsgen_jax.data import missing

_ROUNDING = 1e-3  # Of the scale: float32 may be so far from a value, and no farther.
_CONSTANT = 1e-12  # Of the values: a range below this is rounding.
_EDGE = 1e-7  # Of the distribution; beyond it a normal variate is not told apart.


@dataclasses.dataclass(frozen=True, eq=False)
class Scaler:
    """One centre and one scale per channel, over all series and times."""

    mean: np.ndarray  # float64 [C], original units; the median where 'robust'.
    std: np.ndarray  # float64 [C], above 0; interquartile range where 'robust'.

    def __post_init__(self):
        if self.mean.ndim != 1 or self.mean.shape != self.std.shape:
            raise ValueError(
                f"mean and std must be [C], got {self.mean.shape}, {self.std.shape}."
            )
        finite = np.isfinite(self.mean) & np.isfinite(self.std)
        if not (finite & (self.std > 0)).all():
            raise ValueError(f"Scales nothing: mean {self.mean}, std {self.std}.")

    @property
    def dtype(self) -> type[np.floating]:
        """Of series in original units: float64 where float32 would blur them."""
        return needed_dtype(self.mean, self.std)

    def transform(self, x: np.ndarray) -> np.ndarray:
        """`x` [..., C] in original units, to float32 of centre 0 and scale 1.

        Raises:
            ValueError: another number of channels, or a value too far out for float32.
        """
        return _finite((_checked(x, len(self.mean)) - self.mean) / self.std, x)

    def inverse(self, x: np.ndarray) -> np.ndarray:
        """`x` [..., C] as `transform` gives it, to `dtype` in original units."""
        return (_checked(x, len(self.mean)) * self.std + self.mean).astype(self.dtype)

    def mark(self, observed: np.ndarray) -> np.ndarray:
        """Which values of `transform(x)` stand for given ones, of the shape of `x`."""
        return observed

    def to_json(self) -> dict[str, list[float]]:
        """What `from_json` takes; floats survive JSON exactly."""
        return {"mean": self.mean.tolist(), "std": self.std.tolist()}

    @staticmethod
    def from_json(values: dict) -> "AnyScaler":
        """The scaler, of whatever kind, that `to_json` was called on.

        Raises:
            ValueError: keys of no scaler, or values that scale nothing.
        """
        match values:
            case {"kind": "quantile", "quantiles": rows}:
                return QuantileScaler(np.array(rows, dtype=np.float64))
            case {"kind": "end", "values": inner}:
                return EndScaler(Scaler.from_json(inner))
        if set(values) != {"mean", "std"}:
            raise ValueError(f"A scaler has 'mean' and 'std', got {sorted(values)}.")
        return Scaler(*(np.array(values[k], dtype=np.float64) for k in ("mean", "std")))


@dataclasses.dataclass(frozen=True, eq=False)
class QuantileScaler:
    """Each channel to a normal distribution by its quantiles, linear in between.

    The definition of scikit-learn's `QuantileTransformer(output_distribution=
    'normal')`, but equal values share the middle of their levels also where they are
    the smallest or the largest, such as many zeros. What lies beyond the smallest and the largest value that it was fit to
    becomes that value: nothing beyond them can be generated.
    """

    quantiles: np.ndarray  # float64 [Q, C], ascending; levels 0 to 1 in equal steps.

    def __post_init__(self):
        q = self.quantiles
        if q.ndim != 2 or len(q) < 2 or not np.isfinite(q).all():
            raise ValueError(f"quantiles must be finite [Q, C], got {q.shape}.")
        if (np.diff(q, axis=0) < 0).any():
            raise ValueError("quantiles must ascend in every channel.")

    @property
    def dtype(self) -> type[np.floating]:
        """As `Scaler.dtype`."""
        return needed_dtype(np.abs(self.quantiles).max(0), scales(self.quantiles.T))

    def transform(self, x: np.ndarray) -> np.ndarray:
        """`x` [..., C] in original units, to float32 of a normal distribution."""
        return self._by_channel(x, self._to_normal).astype(np.float32)

    def inverse(self, x: np.ndarray) -> np.ndarray:
        """`x` [..., C] as `transform` gives it, to `dtype` in original units."""

        def original(values, q):
            return np.interp(scipy.special.ndtr(values), levels(len(q)), q)

        return self._by_channel(x, original).astype(self.dtype)

    def mark(self, observed: np.ndarray) -> np.ndarray:
        """As `Scaler.mark`."""
        return observed

    def to_json(self) -> dict:
        """What `Scaler.from_json` takes."""
        return {"kind": "quantile", "quantiles": self.quantiles.tolist()}

    def _by_channel(self, x, function):
        x = _checked(x, self.quantiles.shape[1])
        each = [function(x[..., c], q) for c, q in enumerate(self.quantiles.T)]
        return np.stack(each, axis=-1)

    @staticmethod
    def _to_normal(values, q):
        if q[0] == q[-1]:
            return np.zeros_like(values)
        steps = levels(len(q))
        # The middle of the levels, where equal quantiles share a value.
        below = np.interp(values, q, steps)
        above = -np.interp(-values, -q[::-1], -steps[::-1])
        level = np.clip((below + above) / 2, _EDGE, 1 - _EDGE)
        return scipy.special.ndtri(level)


@dataclasses.dataclass(frozen=True, eq=False)
class EndScaler:
    """Series of unequal lengths: one more channel tells where they end.

    The networks see every series at full length L, its last value held, and a channel
    that is 1 inside the series and -1 after its end.
    """

    values: Scaler | QuantileScaler

    @property
    def dtype(self) -> type[np.floating]:
        """As `Scaler.dtype`."""
        return self.values.dtype

    def transform(self, x: np.ndarray) -> np.ndarray:
        """`x` [..., L, C] with NaN after the end, to finite float32 [..., L, C + 1]."""
        inside = np.arange(np.shape(x)[-2]) < missing.lengths(x)[..., None]
        scaled = self.values.transform(missing.hold_ends(x))
        channel = np.where(inside, 1, -1).astype(np.float32)[..., None]
        return np.concatenate([scaled, channel], axis=-1)

    def inverse(self, x: np.ndarray) -> np.ndarray:
        """`x` [..., L, C + 1] to `dtype` [..., L, C] with NaN after the end.

        The end is the step from 1 to -1 that is nearest to the last channel in squared
        distance; one time point at least is inside.
        """
        x = np.asarray(x)
        # |s - step(l)|^2 is a constant less 4 times the sum of s before l.
        length = np.cumsum(x[..., -1].astype(np.float64), axis=-1).argmax(-1) + 1
        inside = np.arange(x.shape[-2]) < length[..., None]
        original = self.values.inverse(x[..., :-1])
        return np.where(inside[..., None], original, np.float32(np.nan))

    def mark(self, observed: np.ndarray) -> np.ndarray:
        """As `Scaler.mark`, [..., L, C + 1]: where a series ends is always known."""
        ones = np.ones((*np.shape(observed)[:-1], 1), dtype=bool)
        return np.concatenate([observed, ones], axis=-1)

    def to_json(self) -> dict:
        """What `Scaler.from_json` takes."""
        return {"kind": "end", "values": self.values.to_json()}


AnyScaler = Scaler | QuantileScaler | EndScaler


def needed_dtype(centre: np.ndarray, scale: np.ndarray) -> type[np.floating]:
    """Float32, or float64 where float32 would blur values of this centre and scale."""
    blur = np.spacing(np.abs(centre).astype(np.float32)).astype(np.float64) / 2
    return np.float64 if (blur > _ROUNDING * scale).any() else np.float32


def scales(channels) -> np.ndarray:
    """Standard deviation of each channel's values, 1 where they are constant."""
    return np.where(are_constant(channels), 1.0, [np.std(v) for v in channels])


def are_constant(channels) -> np.ndarray:
    """Whether the values of each channel, as float64 of any number, are equal."""
    bounds = np.array([(v.min(), v.max()) for v in channels])
    return np.ptp(bounds, axis=1) <= _CONSTANT * np.abs(bounds).max(axis=1)


def levels(count: int) -> np.ndarray:
    """Levels of so many quantiles, from 0 to 1."""
    return np.linspace(0, 1, count)


def _finite(scaled: np.ndarray, x: np.ndarray) -> np.ndarray:
    """`scaled` as float32; ValueError where it is too large for that."""
    with np.errstate(over="ignore"):
        cast = scaled.astype(np.float32)
    far = np.isinf(cast)
    if far.any():
        raise ValueError(
            f"{np.asarray(x)[far][0]:g} is too far from all values of TRAIN: scaled it is "
            "no finite float32. Correct it, or leave it out."
        )
    return cast


def _checked(x: np.ndarray, channels: int) -> np.ndarray:
    x = np.asarray(x, dtype=np.float64)
    if x.ndim == 0 or x.shape[-1] != channels:
        raise ValueError(f"x is {x.shape}, the scaler has {channels} channels.")
    return x
