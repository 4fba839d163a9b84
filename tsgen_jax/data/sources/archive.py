"""Sets of the UCR and UEA archives by name, from files or through aeon.

Dau et al. 2019, https://arxiv.org/abs/1810.07758, and Bagnall et al. 2018,
https://arxiv.org/abs/1811.00075. `n` series in a part, `L` time points, `C`
channels. aeon writes labels in lower case; nothing is scaled or filled here.
"""

import dataclasses
import difflib
import os

import numpy as np

_EXTENSIONS = (".tsv", ".txt", ".csv", ".ts")  # The first that is there is read.
_NO_LABEL = ("", "nan", "?")
_UNEQUAL = "Series of unequal lengths are not supported yet: bring them to one length."


@dataclasses.dataclass(frozen=True, eq=False)
class RawSet:
    """One set as published: original units, labels as text, NaN where missing.

    Raises:
        ValueError: an empty part, wrong shapes, a missing label, a value that
            float32 cannot hold, or TRAIN and TEST of different length or channels.
    """

    name: str
    x_train: np.ndarray  # float64 [n, L, C].
    y_train: np.ndarray  # str [n].
    x_test: np.ndarray  # float64 [n, L, C].
    y_test: np.ndarray  # str [n].
    source: str  # A short phrase: 'aeon', 'GunPoint_TRAIN.tsv'.

    def __post_init__(self):
        _check_part(self.x_train, self.y_train, f"{self.name} TRAIN ({self.source})")
        _check_part(self.x_test, self.y_test, f"{self.name} TEST ({self.source})")
        train, test = self.x_train.shape[1:], self.x_test.shape[1:]
        if train != test:
            raise ValueError(
                f"{self.name}_TRAIN has series of {train[0]} time points and "
                f"{train[1]} channels, {self.name}_TEST of {test[0]} and {test[1]}. "
                "Bring both to one length and the same channels."
            )


def load_archive(name: str, root: str) -> RawSet:
    """Loads one set.

    Args:
        name: as in the archive, such as 'GunPoint'.
        root: directory with `<name>/<name>_TRAIN` and `_TEST`, both `.tsv`, `.txt`
            or `.csv` (label first, no header, tabs, commas or spaces between) or
            `.ts` (aeon's format, also multivariate). '': aeon, that is the sets it
            carries, those in its cache, else a download into the cache.

    Raises:
        ValueError: no such set, or a file that cannot be read; names file and row.
    """
    if not name or os.path.basename(name) != name or name in (".", ".."):
        raise ValueError(f"{name!r} is not the name of a set, such as GunPoint.")
    if not root:
        return _load_from_aeon(name)
    train_path, test_path = find_files(name, root)
    read = _read_ts if train_path.endswith(".ts") else _read_text
    return RawSet(
        name, *read(train_path), *read(test_path), os.path.basename(train_path)
    )


def find_files(name: str, root: str) -> tuple[str, str]:
    """Paths of the TRAIN and the TEST file of one set under `root`.

    Raises:
        ValueError: they are not there; names the directory and the sets in it.
    """
    root = os.path.expanduser(root)
    if not os.path.isdir(root):
        raise ValueError(f"--config.data.root={root} is not a directory.")
    looked_in = os.path.join(root, name)
    pair = _find_pair(looked_in, name)
    if pair:
        return pair
    known = sorted(d for d in os.listdir(root) if _find_pair(os.path.join(root, d), d))
    shown = ", ".join(known[:30]) + (", ..." if len(known) > 30 else "")
    in_root = _find_pair(root, name)
    hint = f" Move the files from {root} into {looked_in}." if in_root else ""
    raise ValueError(
        f"No {name}_TRAIN and {name}_TEST ({', '.join(_EXTENSIONS)}) in {looked_in}."
        f"{hint}{_close(name, known)} Sets in {root}: {shown or 'none'}."
    )


def class_names(labels: np.ndarray) -> tuple[str, ...]:
    """Distinct labels, by value where all are numbers, else by the alphabet."""
    names = sorted({str(label) for label in labels})
    try:
        return tuple(sorted(names, key=float))
    except ValueError:
        return tuple(names)


def _find_pair(directory: str, name: str) -> tuple[str, str] | None:
    for extension in _EXTENSIONS:
        stem = os.path.join(directory, name)
        pair = f"{stem}_TRAIN{extension}", f"{stem}_TEST{extension}"
        if all(map(os.path.isfile, pair)):
            return pair
    return None


def _read_text(path: str) -> tuple[np.ndarray, np.ndarray]:
    """Reads one part of a univariate set: label first, then the values."""
    labels, series, first_row = [], [], 0
    lines = _lines(path)
    text = next((line for line in lines if line.strip()), "")
    separator = next((s for s in "\t," if s in text), None)  # None: spaces.
    for row, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        # Separators at the end of a row hold no cell; one at its start does.
        cells = line.rstrip(f" {separator or ''}").split(separator)
        label = cells[0].strip()
        if label.lower() in _NO_LABEL:
            raise ValueError(f"{path}, row {row} has no label: add it in column 1.")
        if len(cells) == 1:
            raise ValueError(
                f"{path}, row {row} has no values but {line[:30]!r}: tabs, commas or "
                "spaces go between columns."
            )
        values = _floats(cells[1:], f"{path}, row {row}")
        first_row = first_row or row
        if series and len(values) != len(series[0]):
            raise ValueError(
                f"{path}, row {row} has {len(values)} values, row {first_row} has "
                f"{len(series[0])}. {_UNEQUAL}"
            )
        labels.append(_tidy(label))
        series.append(values)
    if not series:
        raise ValueError(f"{path} is empty: one row per series, label first, expected.")
    x = np.array(series, dtype=np.float64)[:, :, None]
    y = np.array(labels, dtype=str)
    _check_part(x, y, path)
    return x, y


def _lines(path: str) -> list[str]:
    # Bytes that are not text stay visible, and fail as numbers in words.
    with open(path, encoding="utf-8-sig", errors="backslashreplace") as file:
        return file.read().splitlines()


def _floats(cells: list[str], where: str) -> list[float]:
    try:
        return [float(cell) for cell in cells]
    except ValueError:
        fault = next(filter(None, map(_cell_fault, cells)))
        raise ValueError(f"{where}: {fault}") from None


def _cell_fault(cell: str) -> str:
    try:
        float(cell)
    except ValueError:
        return f"{cell!r} is not a number. Write NaN where one is missing; no header."
    return ""


def _read_ts(path: str) -> tuple[np.ndarray, np.ndarray]:
    """Reads one part with aeon's reader, and says which row it stumbles over."""
    from aeon.datasets import load_from_ts_file  # Takes seconds to import.

    try:
        x, y, header = load_from_ts_file(path, return_meta_data=True)
    except (OSError, ValueError, IndexError) as error:
        fault = _ts_fault(path) or f"its header cannot be read ({error})"
        raise ValueError(f"{path}: {fault}") from error
    return _from_aeon(x, y, header, path)


def _ts_fault(path: str) -> str:
    """The first faulty row of a `.ts` file, in words; '' if every row is fine."""
    lines = _lines(path)
    tags = [line.strip().lower() for line in lines]
    if "@data" not in tags:
        return "no line '@data' before the series."
    first, start = None, tags.index("@data") + 2
    for row, line in enumerate(lines[start - 1 :], start):
        *channels, _ = line.strip().replace("?", "nan").split(":")
        if not channels:
            return f"row {row} is not 'values:label' but {line[:40]!r}."
        cells = [channel.split(",") for channel in channels]
        if fault := next(filter(None, map(_cell_fault, sum(cells, []))), ""):
            return f"row {row}: {fault}"
        counts = [len(channel) for channel in cells]
        first = first or counts
        if counts != first or len(set(counts)) > 1:
            found = f"row {row} has {counts} values per channel, row {start} {first}"
            return f"{found}. {_UNEQUAL}"
    return ""


def _from_aeon(x, y, header: dict, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Turns what aeon's reader gives, channels first, into [n, L, C] and labels."""
    if header.get("timestamps"):
        # aeon's reader drops signs and whole numbers from series with time stamps.
        raise ValueError(f"{where} has time stamps: write the values alone.")
    if not header.get("classlabel"):
        raise ValueError(f"{where} has no class labels: use a classification set.")
    if len(x) == 0:
        raise ValueError(f"{where} is empty: series are expected after '@data'.")
    shapes = [np.shape(series) for series in x]
    for row, shape in enumerate(shapes, start=1):
        if shape != shapes[0]:
            raise ValueError(
                f"{where}, data row {row} has {shape[1]} values, row 1 has "
                f"{shapes[0][1]}. {_UNEQUAL} aeon's own version of equal length, where "
                "it has one, ends in _eq: --config.data.name=JapaneseVowels_eq"
            )
    if shapes[0][0] == 0:
        raise ValueError(f"{where}, data row 1 is not 'values:label'.")
    x = np.stack([np.asarray(series, dtype=np.float64).T for series in x])
    y = np.array([_tidy(str(label).strip()) for label in y], dtype=str)
    _check_part(x, y, where)
    return x, y


def _load_from_aeon(name: str) -> RawSet:
    from aeon import datasets  # Takes seconds to import.
    from aeon.datasets.dataset_collections import get_downloaded_tsc_tsr_datasets
    from aeon.datasets.tsc_datasets import tsc_zenodo

    bundled = os.path.join(os.path.dirname(datasets.__file__), "data")
    carried = sorted({*get_downloaded_tsc_tsr_datasets(bundled)} & {*tsc_zenodo})
    base = name.removesuffix("_nmv").removesuffix("_eq")  # aeon's variants of a set.
    if base not in tsc_zenodo:
        raise ValueError(
            f"{name} is not among the UCR and UEA sets that aeon knows."
            f"{_close(name, tsc_zenodo)} aeon carries {', '.join(carried)}. For "
            "files of your own: --config.data.root=DIR"
        )
    is_here = base in get_downloaded_tsc_tsr_datasets()
    parts = []
    for part in ("train", "test"):
        try:
            x, y, header = datasets.load_classification(
                name, split=part, return_metadata=True
            )
        except (OSError, ValueError) as error:
            if is_here:
                raise ValueError(
                    f"aeon cannot read {name}: {error}. If it is in aeon's cache "
                    "($AEON_DATA, else ~/aeon_data), delete it there and try again."
                ) from error
            raise ValueError(
                f"{name} is not bundled with aeon, and its download failed ({error}). "
                f"Put {name}_TRAIN.tsv and {name}_TEST.tsv into DIR/{name} and add "
                f"--config.data.root=DIR. aeon carries {', '.join(carried)}."
            ) from error
        parts += _from_aeon(x, y, header, f"aeon's {name} {part.upper()}")
    return RawSet(name, *parts, "aeon")


def _check_part(x: np.ndarray, y: np.ndarray, where: str) -> None:
    if x.ndim != 3 or y.shape != x.shape[:1] or 0 in x.shape:
        raise ValueError(
            f"{where}: needs x [n, L, C], y [n], none empty; got {x.shape}, {y.shape}."
        )
    # NaN compares False and is left for the caller, who may fill it.
    too_large = np.argwhere(np.abs(x) > np.finfo(np.float32).max)
    if len(too_large):
        row, time, channel = too_large[0]
        raise ValueError(
            f"{where}, data row {row + 1}, value {time + 1} of channel {channel + 1} "
            f"is {x[row, time, channel]}, no finite float32: correct it, or write NaN."
        )
    unlabelled = np.flatnonzero(np.isin(np.char.lower(y), _NO_LABEL))
    if len(unlabelled):
        row = unlabelled[0]
        raise ValueError(f"{where}, data row {row + 1} has no label: {str(y[row])!r}.")


def _tidy(label: str) -> str:
    """'1.0000000e+00', as some copies of the archive write class 1, becomes '1'."""
    try:
        value = float(label)
    except ValueError:
        return label
    return str(int(value)) if value.is_integer() and not label.isdigit() else label


def _close(name: str, known) -> str:
    """' Did you mean ...?', or nothing where no known name is near."""
    lower = {other.lower(): other for other in known}
    near = difflib.get_close_matches(name.lower(), lower, n=3)
    return f" Did you mean {' or '.join(lower[n] for n in near)}?" if near else ""
