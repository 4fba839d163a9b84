"""A set ready for use: train, validation and test parts, classes and scaling.

`n` series in a part, `L` time points, `C` channels. Series stay in original units;
`Dataset.scaler` takes them to the units that networks see and back.
"""

import dataclasses

import numpy as np

from tsgen_jax.data import divide, parts, scaler_fit, windows
from tsgen_jax.data.missing import CHOICES as MISSING
from tsgen_jax.data.missing import hold_ends
from tsgen_jax.data.parts import SPLITS
from tsgen_jax.data.scaler_fit import fit_scaler
from tsgen_jax.data.scaling import AnyScaler, EndScaler, Scaler
from tsgen_jax.data.series import UNLABELLED, SeriesSet, is_warning
from tsgen_jax.data.sources import files
from tsgen_jax.data.sources.archive import RawSet, class_names, load_archive
from tsgen_jax.data.sources.description import Description, describe_arrays

__all__ = ["MISSING", "SPLITS", "Dataset", "Scaler", "fit_scaler", "load_dataset"]


@dataclasses.dataclass(frozen=True, eq=False)
class Dataset:
    """Series in original units, float [n, L, C]; classes as int32 [n].

    They are float32, or float64 where float32 would blur them (`scaler_fit.choose_dtype`).

    Series of unequal lengths have NaN after their end. Inside there is none: what was
    missing is interpolated, and `observed_*` tells it from what was given.
    """

    name: str
    source: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_valid: np.ndarray  # [0, L, C] without a validation part.
    y_valid: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    classes: tuple[str, ...]  # Label of each class, as in the archive.
    scaler: AnyScaler  # Fit to x_train alone.
    num_filled: int  # Missing values that were interpolated, each counted once.
    described: Description  # What the file of the series was understood to be.
    observed_train: np.ndarray | None = None  # bool [n, L, C]; None: all values.
    observed_valid: np.ndarray | None = None
    observed_test: np.ndarray | None = None
    notes: tuple[str, ...] = ()  # What was understood of a file of one's own.

    @property
    def num_classes(self) -> int:
        """Classes Y, 1 or more."""
        return len(self.classes)

    @property
    def has_labels(self) -> bool:
        """Whether classes were given, and not just one assumed for all."""
        return self.classes != (UNLABELLED,)

    @property
    def has_ends(self) -> bool:
        """Whether series are of unequal lengths."""
        return isinstance(self.scaler, EndScaler)

    @property
    def length(self) -> int:
        """Time points L of every series; of the longest where they are unequal."""
        return self.x_train.shape[1]

    @property
    def num_channels(self) -> int:
        """Channels C of every series."""
        return self.x_train.shape[2]

    def network_data(self, part: str) -> dict[str, np.ndarray]:
        """A part as networks see it.

        Args:
            part: 'train', 'valid' or 'test'.

        Returns:
            'x' scaled, float32 [n, L, C'], C' = C + 1 where lengths are unequal; and,
            where values are missing, 'observed' bool [n, L, C'].
        """
        data = {"x": self.scaler.transform(getattr(self, f"x_{part}"))}
        observed = getattr(self, f"observed_{part}")
        if observed is not None:
            data["observed"] = self.scaler.mark(observed)
        return data

    def complete(self) -> "Dataset":
        """The set for judges, who need full series: last values held after the end."""
        if not self.has_ends:
            return self
        held = {f"x_{p}": getattr(self, f"x_{p}") for p in ("train", "valid", "test")}
        held = {name: hold_ends(x) for name, x in held.items()}
        return dataclasses.replace(self, **held, scaler=self.scaler.values)

    def describe(self) -> str:
        """Name, source, sizes, range and class counts in three lines; then notes."""
        labels = (self.y_train, self.y_valid, self.y_test)
        counts = np.stack([np.bincount(y, minlength=self.num_classes) for y in labels])
        shown = [
            f"{label}: {'+'.join(map(str, count))}"
            for label, count in zip(self.classes, counts.T, strict=True)
        ]
        if len(shown) > 10:
            shown = [*shown[:10], "..."]
        lines = [
            f"{self.name} ({self.source}): {len(self.y_train)} train, "
            f"{len(self.y_valid)} validation and {len(self.y_test)} test series; "
            f"length {self.length}, channels {self.num_channels}",
            f"train values {np.nanmin(self.x_train):.4g} to "
            f"{np.nanmax(self.x_train):.4g}; {self.num_filled} missing values filled",
            f"{self.num_classes} classes (train+validation+test): {', '.join(shown)}",
        ]
        if not self.has_labels:
            lines[-1] = "no classes: there are no labels"
        # Warnings last, where they are seen.
        return "\n".join([*lines, *sorted(self.notes, key=is_warning)])


def load_dataset(
    name: str,
    root: str,
    path: str,
    split: str,
    test_fraction: float,
    validation_fraction: float,
    split_seed: int,
    missing: str,
    scaling: str,
    **reading,
) -> Dataset:
    """Loads a set by name or from files of one's own.

    Args:
        name: of a set of the archives; without effect where there is a path.
        root: directory with `<name>/<name>_TRAIN` and `_TEST`, read as a directory of
            one's own is; '': aeon, see `archive.load_archive`.
        path: own file or directory, see `files.read`; '': the archive.
        split: as the options below, of `from_raw`.
        test_fraction: as `split`.
        validation_fraction: as `split`.
        split_seed: as `split`.
        missing: as `split`.
        scaling: 'standard', 'robust' or 'quantile', see `scaler_fit.fit`.
        **reading: fields of `files.Reading`; for files only, not for aeon's sets.

    Raises:
        ValueError: a bad argument, no such set, or series that cannot be used.
    """
    options = (split, test_fraction, validation_fraction, split_seed, missing)
    _check_options(*options)  # Before the slow part.
    scaler_fit.check_kind(scaling)
    how = files.Reading(**reading)
    if not (path or root):
        how.check_unused()
        return rescaled(from_raw(load_archive(name, ""), *options), scaling)
    if path and root:
        raise ValueError(
            "data.root is where sets of data.name are; data.path is given."
        )
    found = files.read(path, how) if path else files.read_set(name, root, how)
    if how.window:
        found = windows.cut(
            found, how.window, how.stride, test_fraction, validation_fraction
        )
    return rescaled(from_series(found, *options), scaling)


def from_raw(
    raw: RawSet,
    split: str,
    test_fraction: float,
    validation_fraction: float,
    split_seed: int,
    missing: str,
) -> Dataset:
    """Fills, splits, numbers the classes and fits the scaler, in this order.

    Args:
        raw: the set as published.
        split: 'archive' keeps TRAIN and TEST; 'resplit' pools and divides them
            anew, stratified by class (scikit-learn).
        test_fraction: share of the pool for TEST, in (0, 1); for 'resplit' only.
        validation_fraction: share of TRAIN, in [0, 0.5]; 0 gives an empty part. See
            `parts.choose_validation`.
        split_seed: of 'resplit' and of the validation part, in [0, 2^32).
        missing: NaN is an 'error', or filled by 'interpolate' along time; before
            the first and after the last value of a series that value is held.

    Raises:
        ValueError: a bad argument, missing values that may not or cannot be filled,
            or classes of TEST that TRAIN lacks.
    """
    _check_options(split, test_fraction, validation_fraction, split_seed, missing)
    division = divide.of_raw(raw, split, test_fraction, split_seed, missing)
    arrays = tuple(division.train.x)
    described = describe_arrays(files.Reading.plain(), "wide", arrays)
    return _make(raw.name, division, described, validation_fraction, split_seed, ())


def from_series(
    found: SeriesSet,
    split: str,
    test_fraction: float,
    validation_fraction: float,
    split_seed: int,
    missing: str,
) -> Dataset:
    """A set from a file of one's own; arguments and errors as of `from_raw`.

    Without TRAIN and TEST of its own it is divided as by 'resplit'.
    """
    _check_options(split, test_fraction, validation_fraction, split_seed, missing)
    division = divide.of_series(found, split, test_fraction, split_seed, missing)
    return _make(
        found.name,
        division,
        found.described,
        validation_fraction,
        split_seed,
        found.notes,
    )


def _make(
    name: str,
    division: divide.Division,
    described: Description,
    validation_fraction: float,
    split_seed: int,
    notes: tuple[str, ...],
) -> Dataset:
    train, valid, test = division.train, division.valid, division.test
    classes = class_names(train.y)
    number = {label: k for k, label in enumerate(classes)}
    later = test.y if valid is None else np.concatenate([valid.y, test.y])
    unseen = [label for label in class_names(later) if label not in number]
    if unseen:
        raise ValueError(
            f"{name}: TEST has classes that TRAIN lacks: {', '.join(unseen)}. "
            "Remove them, or try --config.data.split=resplit with few for TEST."
        )

    def numbers(y):
        return np.array([number[label] for label in y], dtype=np.int32)

    if valid is None:
        is_valid = parts.choose_validation(
            numbers(train.y), validation_fraction, split_seed
        )
        train, valid = train.rows(~is_valid), train.rows(is_valid)
    marked = train.observed if division.num_filled or division.ends else None
    dtype = scaler_fit.choose_dtype(train.x, marked)
    fields = {}
    for part, of in (("train", train), ("valid", valid), ("test", test)):
        fields[f"x_{part}"] = of.x.astype(dtype)
        fields[f"y_{part}"] = numbers(of.y)
        if division.num_filled or division.ends:
            fields[f"observed_{part}"] = of.observed
    scaler = scaler_fit.fit("standard", fields["x_train"], fields.get("observed_train"))
    return Dataset(
        name=name,
        source=division.source,
        classes=classes,
        scaler=EndScaler(scaler) if division.ends else scaler,
        num_filled=division.num_filled,
        described=described,
        notes=(*notes, *division.notes),
        **fields,
    )


def rescaled(dataset: Dataset, kind: str) -> Dataset:
    """The same set with another kind of scaling."""
    if kind == "standard":
        return dataset
    scaler = scaler_fit.fit(kind, dataset.x_train, dataset.observed_train)
    scaler = EndScaler(scaler) if dataset.has_ends else scaler
    notes = (*dataset.notes, f"scaling: {kind}")
    return dataclasses.replace(dataset, scaler=scaler, notes=notes)


def _check_options(
    split: str,
    test_fraction: float,
    validation_fraction: float,
    split_seed: int,
    missing: str,
) -> None:
    parts.check_options(split, test_fraction, validation_fraction, split_seed)
    if missing not in MISSING:
        raise ValueError(
            f"--config.data.missing={missing}: must be one of {', '.join(MISSING)}."
        )
