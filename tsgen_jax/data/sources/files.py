"""Files and directories of one's own: what is in them, as `series.SeriesSet`.

A table (.csv, .tsv, .txt, .parquet), arrays (.npz, .npy), the archives' .ts, or a
directory: NAME_TRAIN and NAME_TEST, or a file for every series.
"""

import dataclasses
import os
import re

import numpy as np

from tsgen_jax.data import bounded
from tsgen_jax.data.series import SeriesSet
from tsgen_jax.data.sources import (
    archive,
    array_files,
    layouts,
    sentinels,
    tables,
    ts_files,
)
from tsgen_jax.data.sources.description import describe_arrays
from tsgen_jax.data.sources.reading import NONE, Reading
from tsgen_jax.data.sources.roles import find_roles

SUFFIXES = (*tables.SUFFIXES, *array_files.SUFFIXES, ".ts")
_FILE = "file"  # The column that tells series in files of their own apart.


def looks_like_path(text: str) -> bool:
    """Whether `text` means a file or directory rather than a set of the archives."""
    suffix = os.path.splitext(text)[1].lower()
    return os.path.exists(text) or os.sep in text or suffix in SUFFIXES


def stem(path: str) -> str:
    """A short name for what is at `path`, fit for titles and directories."""
    base = os.path.basename(os.path.abspath(path))
    base = os.path.splitext(base)[0] if base.lower().endswith(SUFFIXES) else base
    return re.sub(r"[^\w.-]+", "_", base) or "series"


def read(path: str, how: Reading) -> SeriesSet:
    """Reads a file or a directory; long series are not cut into windows yet.

    Raises:
        ValueError: nothing there, or nothing that series can be made of; names the
            file, the place in it and what to do.
    """
    return learnable(find(path, how), how)


def learnable(found: SeriesSet, how: Reading) -> SeriesSet:
    """A set with what it holds in its notes; errors as of `read`."""
    found.check_learnable()
    if len(found.series) == 1 and not how.window:
        length, channels = found.series[0].shape
        raise ValueError(
            f"{found.source} is one long series of {length} time points and {channels} "
            "channels: cut it into windows, as by --window=96 (data.window); or, where "
            "a row or a column tells series apart, say so by data.layout=wide or "
            f"data.id_column. What was understood: {'; '.join(found.notes)}."
        )
    notes = (*found.notes, *found.facts(), *sentinels.suspicions(found))
    return dataclasses.replace(found, notes=notes)


def find(path: str, how: Reading) -> SeriesSet:
    """`read` without asking whether a model can be trained on it."""
    path = os.path.expanduser(path)
    if os.path.isdir(path):
        return _read_directory(path, how)
    if os.path.exists(path):
        return _read_file(path, how)
    raise ValueError(f"No file or directory {path}.")


def read_set(name: str, root: str, how: Reading) -> SeriesSet:
    """Reads `<root>/<name>/<name>_TRAIN` and `_TEST`, as `read` would that directory.

    Raises:
        ValueError: as `archive.find_files` and `read`.
    """
    pair = archive.find_files(name, root)
    found = _read_pair(os.path.dirname(pair[0]), pair, how)
    found.check_learnable()
    return dataclasses.replace(
        found,
        name=name,
        notes=(*found.notes, *found.facts(), *sentinels.suspicions(found)),
    )


def _read_file(path: str, how: Reading) -> SeriesSet:
    suffix = _known_suffix(path)
    with bounded.open_regular(path):  # A pipe would be waited for, for ever.
        if os.path.getsize(path) == 0:
            raise ValueError(f"{path} is empty.")
    if suffix == ".ts":
        return ts_files.read(path, stem(path), how)
    if suffix in array_files.SUFFIXES:
        return array_files.read(path, stem(path), how)
    return layouts.read(tables.read(path, how), stem(path), how)


def _known_suffix(path: str) -> str:
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in SUFFIXES:
        raise ValueError(
            f"{path}: {suffix or 'no'} suffix is not known; known are "
            f"{', '.join(SUFFIXES)}."
        )
    return suffix


def _read_directory(path: str, how: Reading) -> SeriesSet:
    names = sorted(
        name
        for name in os.listdir(path)
        if name.lower().endswith(SUFFIXES) and not name.startswith((".", "README"))
    )
    stems = {os.path.splitext(name)[0]: name for name in names}
    pairs = [
        (stems[s], stems[f"{s[:-6]}_TEST"])
        for s in stems
        if s.endswith("_TRAIN") and f"{s[:-6]}_TEST" in stems
    ]
    pairs = [tuple(os.path.join(path, name) for name in pair) for pair in pairs]
    if len(pairs) > 1:
        raise ValueError(f"{path} has more than one pair of _TRAIN and _TEST: {names}.")
    if pairs:
        return _read_pair(path, pairs[0], how)
    if not names:
        raise ValueError(
            f"{path} has no files of series ({', '.join(SUFFIXES)}). Sets of the "
            "archives in directories of their own are named by data.root and data.name."
        )
    suffixes = sorted({_known_suffix(name) for name in names})
    if len(suffixes) > 1:
        raise ValueError(
            f"{path} has files of several kinds ({', '.join(suffixes)}): a directory "
            "has a file per series, all of one kind."
        )
    files = [os.path.join(path, name) for name in names]
    if suffixes[0] in tables.SUFFIXES:
        return _read_tables(path, files, how)
    return _read_arrays(path, files, how)


def _read_pair(path: str, pair: tuple[str, str], how: Reading) -> SeriesSet:
    """TRAIN and TEST; TEST is read as TRAIN was understood."""
    if _known_suffix(pair[0]) in tables.SUFFIXES:
        table = tables.read(pair[0], how)
        if not table.has_header and not how.layout and not how.label_column:
            # In files of the archives the label comes first, whatever it looks like.
            how = dataclasses.replace(how, layout="wide", label_column="1")
        roles = find_roles(table, how)
        how = dataclasses.replace(
            how,
            layout=roles.layout,
            header="yes" if table.has_header else "no",
            decimal=table.format.decimal,
            thousands=table.format.thousands,
            label_column=roles.label or NONE,
            id_column=roles.series or NONE,
            time_column="+".join(filter(None, (roles.time, roles.clock))) or NONE,
        )
    train = _read_file(pair[0], how)
    if train.times is not None:  # Also where TEST alone would leave a choice.
        as_told = train.described.how
        how = dataclasses.replace(
            how, time_format=as_told.time_format, time_zone=as_told.time_zone
        )
    test = _read_file(pair[1], how)
    if train.channels != test.channels:
        raise ValueError(
            f"{path}: TRAIN has channels {', '.join(train.channels)}, TEST "
            f"{', '.join(test.channels)}."
        )
    if (train.label is None) != (test.label is None):
        raise ValueError(f"{path}: one of TRAIN and TEST has labels, the other none.")
    label = None
    if train.label is not None:
        label = np.concatenate([train.label, test.label])
    part = ["TRAIN"] * len(train.series) + ["TEST"] * len(test.series)
    return SeriesSet(
        stem(path),
        f"{train.source} and _TEST",
        (*train.series, *test.series),
        label,
        train.channels,
        np.array(part),
        train.notes,
        train.described,
        None if train.ids is None else (*train.ids, *test.ids),
        None if train.times is None else (*train.times, *test.times),
    )


def _read_tables(path: str, files: list[str], how: Reading) -> SeriesSet:
    """A table per series, joined to a long one."""
    import pandas as pd  # Takes half a second to import.

    if how.layout not in ("", "series"):
        raise ValueError(
            f"{path}: data.layout={how.layout} is of one file, not of many."
        )
    read_ones = [tables.read(file, how) for file in files]
    first = read_ones[0]
    for table in read_ones:
        names, known = (sorted(t.frame.columns) for t in (table, first))
        if names != known:
            raise ValueError(
                f"{path}: {table.where} has columns {', '.join(names[:10])}; "
                f"{first.where} has {', '.join(known[:10])}. All files need the same."
            )
    frames = [
        table.frame.assign(**{_FILE: stem(file)})
        for table, file in zip(read_ones, files, strict=True)
    ]
    forms = {table.format: table for table in read_ones}
    if len(forms) > 1:
        one, other = list(forms.values())[:2]
        raise ValueError(
            f"{path}: numbers are written in two ways: {one.where} has "
            f"{one.format.describe() or 'decimal points'}, {other.where} "
            f"{other.format.describe() or 'decimal points'}. Say which holds by "
            "--decimal and --thousands (data.decimal, data.thousands)."
        )
    whole = tables.Table(
        pd.concat(frames, ignore_index=True),
        first.has_header,
        os.path.basename(os.path.abspath(path)),
        1,
        first.format,
        notes=first.notes,
    )
    how = dataclasses.replace(how, layout="long", id_column=_FILE)
    channels = list(find_roles(whole, how).channels)
    for table in read_ones:
        table.numbers(channels)  # Says in which file a cell is no number.
    return layouts.read(whole, stem(path), how)


def _read_arrays(path: str, files: list[str], how: Reading) -> SeriesSet:
    """An array [L, C] or [L] per file; .ts files are whole sets."""
    if files[0].lower().endswith(".ts"):
        raise ValueError(f"{path}: name one of its .ts files, each is a whole set.")
    one = dataclasses.replace(how, layout="series")
    sets = [array_files.read(file, stem(file), one) for file in files]
    for other in sets:
        if other.channels != sets[0].channels:
            raise ValueError(
                f"{other.source} has {len(other.channels)} channels, {sets[0].source} "
                f"{len(sets[0].channels)}: all files need the same."
            )
        if other.label is not None:
            raise ValueError(
                f"{other.source}: a label in a file for one series is not read. Put all "
                "series into one .npz with x and label."
            )
    series = tuple(s.series[0] for s in sets)
    return SeriesSet(
        stem(path),
        os.path.basename(os.path.abspath(path)),
        series,
        None,
        sets[0].channels,
        None,
        (f"layout: {len(files)} files, a series each",),
        describe_arrays(how, "wide", series),
        tuple(stem(file) for file in files),
    )
