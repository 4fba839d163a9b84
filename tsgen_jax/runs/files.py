"""Files of a run: each is old or new at any instant, never torn.

What is written goes into a file beside it first, which then takes its name.
"""

import contextlib
import json
import math
import os
from collections.abc import Iterator
from typing import IO, Any

import numpy as np

PARTIAL = ".partial"  # Appended to the name of a file that is being written.


def read_json(path: str) -> Any:
    """The value in `path`; None if there is no such file.

    Raises:
        ValueError: the file is damaged.
    """
    try:
        with open(path) as file:
            return json.load(file)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError as error:
        raise ValueError(
            f"{path} is damaged ({error}): it was edited, or copied in part. Put back "
            "a copy of it, or begin anew with --workdir=OTHER."
        ) from error


def write_json(path: str, value: Any) -> None:
    """Writes `value` to `path`, which is old or new at any instant, never torn.

    Keys are sorted; tuples become lists, arrays and NumPy scalars plain numbers, and
    what is NaN or infinite null, for which JSON has no other word.

    Raises:
        TypeError: a value has no place in JSON.
        OSError: the disk is full or read-only.
    """
    write_text(path, json.dumps(_plain(value), indent=2, sort_keys=True) + "\n")


def write_text(path: str, text: str) -> None:
    """Replaces the file at `path` in one instant; OSError as `write_json`."""
    with _whole_or_absent(os.path.abspath(path), "w") as file:
        file.write(text)


def write_arrays(path: str, arrays: dict[str, np.ndarray]) -> None:
    """Writes an .npz, whole or not at all.

    Raises:
        OSError: it cannot be written, or the disk is full.
    """
    with _whole_or_absent(path, "wb") as file:
        np.savez_compressed(file, **arrays)


@contextlib.contextmanager
def _whole_or_absent(path: str, mode: str) -> Iterator[IO]:
    """A file that takes the place of `path` once all is on the disk; else it goes."""
    with in_words(path):
        try:
            with open(path + PARTIAL, mode) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(path + PARTIAL, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.remove(path + PARTIAL)
            raise


@contextlib.contextmanager
def in_words(path: str) -> Iterator[None]:
    """Says of an OSError inside that `path` cannot be written, and what helps."""
    try:
        yield
    except OSError as error:
        raise OSError(
            f"Cannot write {path}: {error.strerror}. Check the permissions and the "
            "free space, or choose another place with --workdir=OTHER."
        ) from error


def _plain(value: Any) -> Any:
    """`value` in the types that JSON knows."""
    if isinstance(value, dict):
        return {str(key): _plain(below) for key, below in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(below) for below in value]
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    raise TypeError(f"{value!r}, a {type(value).__name__}, has no place in JSON.")
