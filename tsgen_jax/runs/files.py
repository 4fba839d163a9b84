"""Files of a run: each is old or new at any instant, never torn, and checked when read.

What is written goes into a file beside it first, which then takes its name. Objects in
JSON have a last key `checksum`, of all others; members of an .npz have a CRC-32.
"""

import contextlib
import hashlib
import json
import math
import os
from collections.abc import Iterator
from typing import IO, Any

import numpy as np

from tsgen_jax.data import bounded, bounded_json

PARTIAL = ".partial"  # Appended to the name of a file that is being written.


_CHECKSUM = "checksum"
_WAY_BACK = "Put back a copy of it, or begin anew with --workdir=OTHER."


def read_json(path: str, way_back: str = _WAY_BACK) -> Any:
    """The value in `path`, without its checksum; None if there is no such file.

    Args:
        path: of the file.
        way_back: sentences that say what to do where it is damaged.

    Raises:
        ValueError: the file is damaged.
    """
    try:
        with open(path, "rb") as file:
            data = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        value = bounded_json.parse_json(data, os.path.basename(path))
        if value is None or value == {}:
            raise ValueError("it holds nothing")
        if isinstance(value, dict) and _CHECKSUM in value:
            if value.pop(_CHECKSUM) != digest(value)[:16]:
                raise ValueError(
                    "its values differ from its checksum; if you have edited it, delete "
                    f"its line {_CHECKSUM!r}"
                )
    except ValueError as error:
        raise ValueError(
            f"{path} is damaged ({error}): it was edited, or copied in part. {way_back}"
        ) from error
    return value


def write_json(path: str, value: Any) -> None:
    """Writes `value` to `path`, which is old or new at any instant, never torn.

    Keys are sorted; tuples become lists, arrays and NumPy scalars plain numbers, and
    what is NaN or infinite null, for which JSON has no other word.

    Raises:
        TypeError: a value has no place in JSON.
        OSError: the disk is full or read-only.
    """
    plain = _plain(value)
    if isinstance(plain, dict):
        plain.pop(_CHECKSUM, None)
        plain[_CHECKSUM] = digest(plain)[:16]
    write_text(path, json.dumps(plain, indent=2) + "\n")


def digest(value: Any) -> str:
    """SHA-256 of a value that JSON can hold, whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


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


def read_arrays(path: str, way_back: str) -> dict[str, np.ndarray]:
    """All arrays of an .npz that `write_arrays` wrote, each checked by its CRC-32.

    Args:
        path: of the file.
        way_back: a sentence that says what to do where it is damaged.

    Raises:
        ValueError: it is not there, or damaged.
    """
    try:
        return bounded.read_npz(path, max_ratio=2000)  # Ours: zeros are no bomb.
    except ValueError as error:
        raise ValueError(f"{path} is damaged ({error}) {way_back}") from error


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
        words = {str(key): below for key, below in value.items()}
        return {key: _plain(words[key]) for key in sorted(words)}
    if isinstance(value, list | tuple):
        return [_plain(below) for below in value]
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    raise TypeError(f"{value!r}, a {type(value).__name__}, has no place in JSON.")
