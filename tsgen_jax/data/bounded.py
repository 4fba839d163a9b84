"""Arrays and zip members, read within bounds that are known before anything is read.

What a file says about itself is compared with its true size first: a header that names
10^12 values, a member that unpacks to thousands of times its size, a device in place of
a file cost nothing. Nothing is unpickled. Every failure is a ValueError that begins with
the path.
"""

import contextlib
import io
import math
import os
import stat
import zipfile
from collections.abc import Iterator, Mapping
from typing import BinaryIO

import numpy as np

_MIB = 2**20
_MAX_DIRECTORY = 4 * _MIB  # Bytes of a zip's list of members.
_MAX_MEMBERS = 20_000
_MAX_HEADER = 10_000  # Characters of an array's header; NumPy's own bound.
_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 1
_END, _MAX_END = b"PK\5\6", 22 + 2**16  # The last record, with its comment.


@contextlib.contextmanager
def open_regular(path: str) -> Iterator[BinaryIO]:
    """Opens a regular file to read; a pipe or a device is not even waited for.

    Raises:
        ValueError: there is no such file, it cannot be opened, or it is something else.
    """
    try:
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except (OSError, ValueError) as error:  # ValueError: a name with a null byte.
        why = getattr(error, "strerror", None) or error
        raise ValueError(f"{path} cannot be opened: {why}.") from error
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise ValueError(
            f"{path} is no regular file (a directory, pipe or device): copy what it "
            "holds into a file and give that."
        )
    with open(number, "rb") as file:
        yield file


class Zip(contextlib.AbstractContextManager):
    """A zip whose members are plain, listed once, and unpack to a bounded size."""

    def __init__(self, path: str, max_ratio: int = 100, free: int = 256 * _MIB):
        """Opens the file and checks its directory; no member is read.

        Args:
            path: of the file.
            max_ratio: all members together unpack to at most this many times the size
                of the file,
            free: or to this many bytes, if that is more.

        Raises:
            ValueError: no regular file, no zip, cut off, or out of these bounds.
        """
        self._path = path
        with contextlib.ExitStack() as held:
            file = held.enter_context(open_regular(path))
            size = os.fstat(file.fileno()).st_size
            with in_words(f"{path} is no zip file, or is cut off"):
                archive = zipfile.ZipFile(_Bounded(file, _MAX_DIRECTORY))
                self._archive = held.enter_context(archive)
                self._archive.fp.limit = None  # Members have bounds of their own.
                _check_count(file, size, len(archive.infolist()))
            self._members = {info.filename: info for info in archive.infolist()}
            self._check(max(max_ratio * size, free))
            self._held = held.pop_all()

    def __exit__(self, *_) -> None:
        self._held.close()

    @property
    def sizes(self) -> Mapping[str, int]:
        """Member -> bytes that it unpacks to."""
        return {name: info.file_size for name, info in self._members.items()}

    def read(self, name: str, most: int | None = None) -> bytearray:
        """The bytes of a member, checked against its CRC-32.

        Args:
            name: of the member.
            most: bytes that it may unpack to; None: what its directory entry says.

        Raises:
            ValueError: it is absent, larger than `most`, or damaged.
        """
        chunks = self.chunks(name, most)
        data, at = bytearray(self._members[name].file_size), 0
        for chunk in chunks:
            data[at : at + len(chunk)] = chunk
            at += len(chunk)
        return data

    def chunks(self, name: str, most: int | None = None) -> Iterator[bytes]:
        """The same in pieces, for what need not be held as a whole."""
        if name not in self._members:
            raise ValueError(f"{self._path} lacks {name}: it is not complete.")
        info = self._members[name]
        if most is not None and info.file_size > most:
            raise ValueError(
                f"{self._path}: {name} unpacks to {info.file_size:,} bytes; at most "
                f"{most:,} have a use there."
            )
        return self._chunks(info)

    def _chunks(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        left = info.file_size
        with in_words(f"{self._path}: {info.filename} cannot be read"):
            with self._archive.open(info) as member:
                while chunk := member.read(_MIB):  # At its end the CRC is checked.
                    left -= len(chunk)
                    yield chunk
            if left:
                raise ValueError(f"it ends {left} bytes too early")

    def _check(self, most: int) -> None:
        infos = self._archive.infolist()
        if len(infos) > _MAX_MEMBERS:
            raise ValueError(f"{self._path} has {len(infos)} members: too many.")
        if len(self._members) < len(infos):
            raise ValueError(f"{self._path} was changed: a member is there twice.")
        for info in infos:
            if info.flag_bits & _ENCRYPTED or info.compress_type not in _PLAIN:
                raise ValueError(
                    f"{self._path}: {info.filename} is encrypted, or compressed by "
                    "another method than deflate."
                )
        total = sum(info.file_size for info in infos)
        if total > most:
            raise ValueError(
                f"{self._path} would unpack to {total:,} bytes, more than {most:,}: "
                "too much for a file of this size. An .npz that is right can be written "
                "without compression (numpy.savez)."
            )


def _check_count(file: BinaryIO, size: int, found: int) -> None:
    """ValueError where the end of a zip counts other members than were found.

    zipfile does not compare them, and a damaged length hides the members after it.
    """
    file.seek(max(size - _MAX_END, 0))
    end = file.read()
    at = end.rfind(_END)
    listed = int.from_bytes(end[at + 10 : at + 12], "little")
    if listed != min(found, 0xFFFF):
        raise ValueError(f"{listed} members are counted, {found} are there")


class _Bounded(io.RawIOBase):
    """A file that no single call reads more than `limit` bytes of."""

    def __init__(self, file: BinaryIO, limit: int | None):
        self._file, self.limit = file, limit

    def read(self, size: int = -1) -> bytes:
        if self.limit is None:
            return self._file.read(size)
        data = self._file.read(min(size, self.limit) if size >= 0 else self.limit)
        if size > self.limit:
            raise ValueError(f"its directory of {size:,} bytes is too large")
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


def read_npz(
    path: str, max_ratio: int = 100, free: int = 256 * _MIB
) -> dict[str, np.ndarray]:
    """All arrays of an .npz, each checked against its CRC-32; bounds as of `Zip`.

    Raises:
        ValueError: it cannot be read, is damaged, or holds anything but plain arrays.
    """
    with Zip(path, max_ratio, free) as archive:
        return {
            name.removesuffix(".npy"): as_array(archive.read(name), f"{path}: {name}")
            for name in archive.sizes
        }


def read_npy(path: str) -> np.ndarray:
    """The array of an .npy file.

    Raises:
        ValueError: it cannot be read, is cut off, or is no plain array.
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        start = file.read(_MAX_HEADER + 16)
        shape, dtype, _, offset = _header(start, path)
        size = offset + dtype.itemsize * _count(shape, dtype, size - offset, path)
        file.seek(0)
        data = bytearray(size)
        file.readinto(data)
    return as_array(data, path, longer=True)


def as_array(data: bytes | bytearray, where: str, longer: bool = False) -> np.ndarray:
    """The array in the bytes of an .npy file, without a copy.

    Args:
        data: all bytes; what of them belongs to the array is not copied.
        where: what messages begin with.
        longer: whether bytes may follow the array.

    Raises:
        ValueError: no .npy, objects, or another size than its header says.
    """
    shape, dtype, fortran, offset = _header(bytes(data[: _MAX_HEADER + 16]), where)
    count = _count(shape, dtype, len(data) - offset, where)
    if not longer and count * dtype.itemsize != len(data) - offset:
        raise ValueError(f"{where} is no plain array: bytes follow its values.")
    flat = np.frombuffer(data, dtype, count, offset) if count else np.zeros(0, dtype)
    return flat.reshape(shape, order="F" if fortran else "C")


def _header(start: bytes, where: str) -> tuple[tuple[int, ...], np.dtype, bool, int]:
    """Shape, dtype, whether Fortran order, and the offset of the values."""
    with in_words(f"{where} is no plain array"):
        buffer = io.BytesIO(start)
        version = np.lib.format.read_magic(buffer)
        if version not in ((1, 0), (2, 0)):
            raise ValueError(f"version {version} of the format is not read")
        width = 2 * version[0]  # Of the number that says how long the header is.
        length = int.from_bytes(start[8 : 8 + width], "little")
        if length > _MAX_HEADER:
            raise ValueError(f"a header of {length:,} bytes")
        if version == (1, 0):
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(buffer)
        else:
            shape, fortran, dtype = np.lib.format.read_array_header_2_0(buffer)
        if any(type(n) is not int or n < 0 for n in shape):
            raise ValueError(f"its shape is {shape}")
        if dtype.hasobject:
            raise ValueError("it holds objects, which are never read")
    return shape, dtype, fortran, buffer.tell()


def _count(shape: tuple, dtype: np.dtype, available: int, where: str) -> int:
    """How many values there are; ValueError where the bytes do not suffice."""
    count = math.prod(shape)
    if count * dtype.itemsize > available or (count and not dtype.itemsize):
        raise ValueError(
            f"{where} is no plain array: its header names {dtype} {list(shape)}, "
            f"{count * dtype.itemsize:,} bytes; {max(available, 0):,} are there. It was "
            "cut off, or changed."
        )
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if count * dtype.itemsize > memory:  # As of a sparse file, which may be endless.
        raise ValueError(
            f"{where} needs {count * dtype.itemsize / 2**30:,.0f} GiB of memory; this "
            f"machine has {memory / 2**30:.0f}. Give a part of it."
        )
    return count


@contextlib.contextmanager
def in_words(what: str) -> Iterator[None]:
    """Makes whatever a parser raises one ValueError: they have no type for damage."""
    try:
        yield
    except Exception as error:
        said = " ".join(str(error).split())[:200] or type(error).__name__
        raise ValueError(f"{what} ({said}).") from error
