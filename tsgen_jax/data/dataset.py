"""A set ready for use: train, validation and test parts, classes and scaling.

`n` series in a part, `L` time points, `C` channels. Series stay in original units;
`Dataset.scaler` takes them to the units that networks see and back.
"""

import collections
import dataclasses

import numpy as np

from tsgen_jax.data.archive import RawSet, class_names, load_archive

SPLITS = ("archive", "resplit")
MISSING = ("error", "interpolate")


@dataclasses.dataclass(frozen=True, eq=False)
class Scaler:
    """One mean and one standard deviation per channel, over all series and times."""

    mean: np.ndarray  # float64 [C], original units.
    std: np.ndarray  # float64 [C], population standard deviation, above 0.

    def __post_init__(self):
        if self.mean.ndim != 1 or self.mean.shape != self.std.shape:
            raise ValueError(
                f"mean and std must be [C], got {self.mean.shape}, {self.std.shape}."
            )
        finite = np.isfinite(self.mean) & np.isfinite(self.std)
        if not (finite & (self.std > 0)).all():
            raise ValueError(f"Scales nothing: mean {self.mean}, std {self.std}.")

    def transform(self, x: np.ndarray) -> np.ndarray:
        """`x` [..., C] in original units, to float32 of mean 0 and std 1."""
        return ((self._checked(x) - self.mean) / self.std).astype(np.float32)

    def inverse(self, x: np.ndarray) -> np.ndarray:
        """`x` [..., C] as `transform` gives it, to float32 in original units."""
        return (self._checked(x) * self.std + self.mean).astype(np.float32)

    def to_json(self) -> dict[str, list[float]]:
        """What `from_json` takes; floats survive JSON exactly."""
        return {"mean": self.mean.tolist(), "std": self.std.tolist()}

    @classmethod
    def from_json(cls, values: dict[str, list[float]]) -> "Scaler":
        """The scaler that `to_json` was called on.

        Raises:
            ValueError: other keys than mean and std, or values that scale nothing.
        """
        if set(values) != {"mean", "std"}:
            raise ValueError(f"A scaler has 'mean' and 'std', got {sorted(values)}.")
        return cls(*(np.array(values[k], dtype=np.float64) for k in ("mean", "std")))

    def _checked(self, x: np.ndarray) -> np.ndarray:
        x = np.asarray(x, dtype=np.float64)
        if x.ndim == 0 or x.shape[-1] != len(self.mean):
            raise ValueError(
                f"x is {x.shape}, the scaler has {len(self.mean)} channels."
            )
        return x


def fit_scaler(x: np.ndarray) -> Scaler:
    """Fits to a whole part, [n, L, C]; a constant channel gets std 1.

    It is fit to float32 values, what `transform` is given: a channel that float32
    cannot tell from a constant counts as one.
    """
    x = np.asarray(x, dtype=np.float32).astype(np.float64)
    constant = x.min(axis=(0, 1)) == x.max(axis=(0, 1))
    return Scaler(x.mean(axis=(0, 1)), np.where(constant, 1.0, x.std(axis=(0, 1))))


@dataclasses.dataclass(frozen=True, eq=False)
class Dataset:
    """Series in original units, float32 [n, L, C]; classes as int32 [n]."""

    name: str
    source: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_valid: np.ndarray  # [0, L, C] without a validation part.
    y_valid: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    classes: tuple[str, ...]  # Label of each class, as in the archive.
    scaler: Scaler  # Fit to x_train alone.
    num_filled: int  # Missing values that were interpolated, in all parts.

    @property
    def num_classes(self) -> int:
        """Classes Y, 1 or more."""
        return len(self.classes)

    @property
    def length(self) -> int:
        """Time points L of every series."""
        return self.x_train.shape[1]

    @property
    def num_channels(self) -> int:
        """Channels C of every series."""
        return self.x_train.shape[2]

    def describe(self) -> str:
        """Name, source, sizes, range and class counts, in three lines."""
        labels = (self.y_train, self.y_valid, self.y_test)
        counts = np.stack([np.bincount(y, minlength=self.num_classes) for y in labels])
        shown = [
            f"{label}: {'+'.join(map(str, count))}"
            for label, count in zip(self.classes, counts.T, strict=True)
        ]
        if len(shown) > 10:
            shown = [*shown[:10], "..."]
        return (
            f"{self.name} ({self.source}): {len(self.y_train)} train, "
            f"{len(self.y_valid)} validation and {len(self.y_test)} test series; "
            f"length {self.length}, channels {self.num_channels}\n"
            f"train values {self.x_train.min():.4g} to {self.x_train.max():.4g}; "
            f"{self.num_filled} missing values filled\n"
            f"{self.num_classes} classes (train+validation+test): {', '.join(shown)}"
        )


def load_dataset(
    name: str,
    root: str,
    split: str,
    test_fraction: float,
    validation_fraction: float,
    split_seed: int,
    missing: str,
) -> Dataset:
    """Loads a set by name: `archive.load_archive`, then `from_raw`.

    Raises:
        ValueError: a bad argument, no such set, or series that cannot be used.
    """
    options = (split, test_fraction, validation_fraction, split_seed, missing)
    _check_options(*options)  # Before the slow part.
    return from_raw(load_archive(name, root), *options)


def from_raw(
    raw: RawSet,
    split: str,
    test_fraction: float,
    validation_fraction: float,
    split_seed: int,
    missing: str,
) -> Dataset:
    """Fills, splits, numbers the classes and fits the scaler, in this order.

    The validation part takes of every class of TRAIN its `validation_fraction`,
    rounded, but at least 1 series and at most half of them, and none of a class
    of 1. So every class stays in train, every class of 2 or more is validated, and
    with many classes of few series the part is larger than the fraction asks for.

    Args:
        raw: the set as published.
        split: 'archive' keeps TRAIN and TEST; 'resplit' pools and divides them
            anew, stratified by class (scikit-learn).
        test_fraction: share of the pool for TEST, in (0, 1); for 'resplit' only.
        validation_fraction: share of TRAIN, in [0, 0.5]; 0 gives an empty part.
        split_seed: of 'resplit' and of the validation part, in [0, 2^32).
        missing: NaN is an 'error', or filled by 'interpolate' along time; before
            the first and after the last value of a series that value is held.

    Raises:
        ValueError: a bad argument, missing values that may not or cannot be filled,
            or classes of TEST that TRAIN lacks.
    """
    _check_options(split, test_fraction, validation_fraction, split_seed, missing)
    parts = {"TRAIN": raw.x_train, "TEST": raw.x_test}
    num_filled = sum(int(np.isnan(x).sum()) for x in parts.values())
    if num_filled and missing == "error":
        raise ValueError(_where_missing(raw.name, parts, num_filled))
    x_train, x_test = (_fill(x, f"{raw.name} {k}") for k, x in parts.items())
    y_train, y_test, source = raw.y_train, raw.y_test, raw.source
    if split == "resplit":
        x, y = np.concatenate([x_train, x_test]), np.concatenate([y_train, y_test])
        train, test = _resplit(y, test_fraction, split_seed)
        x_train, y_train, x_test, y_test = x[train], y[train], x[test], y[test]
        source = f"{source}, resplit with seed {split_seed}"
    classes = class_names(y_train)
    number = {label: k for k, label in enumerate(classes)}
    unseen = [label for label in class_names(y_test) if label not in number]
    if unseen:
        raise ValueError(
            f"{raw.name}: TEST has classes that TRAIN lacks: {', '.join(unseen)}. "
            "Remove them, or try --config.data.split=resplit with few for TEST."
        )
    y_train, y_test = (
        np.array([number[label] for label in y], dtype=np.int32)
        for y in (y_train, y_test)
    )
    is_valid = _choose_validation(y_train, validation_fraction, split_seed)
    x_train, x_test = x_train.astype(np.float32), x_test.astype(np.float32)
    return Dataset(
        name=raw.name,
        source=source,
        x_train=x_train[~is_valid],
        y_train=y_train[~is_valid],
        x_valid=x_train[is_valid],
        y_valid=y_train[is_valid],
        x_test=x_test,
        y_test=y_test,
        classes=classes,
        scaler=fit_scaler(x_train[~is_valid]),
        num_filled=num_filled,
    )


def _check_options(
    split: str,
    test_fraction: float,
    validation_fraction: float,
    split_seed: int,
    missing: str,
) -> None:
    for key, value, known in (("split", split, SPLITS), ("missing", missing, MISSING)):
        if value not in known:
            raise ValueError(
                f"--config.data.{key}={value}: must be one of {', '.join(known)}."
            )
    if not 0 < test_fraction < 1:
        raise ValueError(f"test_fraction must be in (0, 1), got {test_fraction}.")
    if not 0 <= validation_fraction <= 0.5:
        raise ValueError(
            f"validation_fraction must be in [0, 0.5], got {validation_fraction}."
        )
    if not 0 <= split_seed < 2**32:
        raise ValueError(f"split_seed must be in [0, 2^32), got {split_seed}.")


def _where_missing(name: str, parts: dict[str, np.ndarray], num_missing: int) -> str:
    places = [
        f"{part} series {series}, time {time}, channel {channel}"
        for part, x in parts.items()
        for series, time, channel in np.argwhere(np.isnan(x))[:3]
    ]
    num_values = sum(x.size for x in parts.values())
    return (
        f"{name}: {num_missing} of {num_values} values are NaN (counting from 0: "
        f"{'; '.join(places[:3])}{'; ...' if num_missing > 3 else ''}). Fill them by "
        "--config.data.missing=interpolate, which holds the last value where NaN pads "
        "short series to one length."
    )


def _fill(x: np.ndarray, where: str) -> np.ndarray:
    """A copy of `x` [n, L, C] with NaN interpolated along L, edges held."""
    x, time = x.copy(), np.arange(x.shape[1])
    for series, channel in np.argwhere(np.isnan(x).any(axis=1)):
        values = x[series, :, channel]  # A view: filled in place.
        known = ~np.isnan(values)
        if not known.any():
            raise ValueError(
                f"{where} series {series}, channel {channel} (counting from 0) is all "
                "NaN: nothing to interpolate; remove it."
            )
        values[~known] = np.interp(time[~known], time[known], values[known])
    return x


def _resplit(y: np.ndarray, test_fraction: float, split_seed: int) -> list[np.ndarray]:
    """Row numbers, ascending, of TRAIN and TEST."""
    from sklearn.model_selection import train_test_split

    single = [label for label, count in collections.Counter(y).items() if count < 2]
    if single:
        raise ValueError(
            f"'resplit' needs 2 series per class, these have 1: {', '.join(single)}."
        )
    num_test, num_classes = int(np.ceil(test_fraction * len(y))), len(np.unique(y))
    if min(num_test, len(y) - num_test) < num_classes:
        raise ValueError(
            f"test_fraction={test_fraction} of {len(y)} series leaves {num_test} for "
            f"TEST and {len(y) - num_test} for TRAIN; each needs {num_classes}, the "
            "number of classes. Choose a fraction nearer to 0.5."
        )
    train, test = train_test_split(
        np.arange(len(y)), test_size=num_test, stratify=y, random_state=split_seed
    )
    return [np.sort(train), np.sort(test)]


def _choose_validation(y: np.ndarray, fraction: float, seed: int) -> np.ndarray:
    """Which series of TRAIN go to the validation part, bool [n]; see `from_raw`."""
    chosen = np.zeros(len(y), dtype=bool)
    generator = np.random.default_rng(seed)
    for label in np.unique(y) if fraction else ():
        rows = generator.permutation(np.flatnonzero(y == label))
        half = len(rows) // 2
        chosen[rows[: min(max(int(fraction * len(rows) + 0.5), 1), half)]] = True
    return chosen
