"""Arrays of .npy and .npz files, whose sizes are checked before anything is read.

A header may promise 10^12 values, and a few MB of zip may hold gigabytes. Nothing is
allocated before the header, the file's size and this machine's memory agree. Nothing
in a file is executed: arrays of objects are refused.
"""

import math
import os
import stat
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable
from typing import BinaryIO, NamedTuple

import numpy as np

# Of packed arrays: so many values or fewer are read whatever they were packed to.
_MAX_PACKED_VALUES = 2**24
_MAX_PACKING = 100  # Bytes that one byte of a file may stand for, above that.
_MAX_DIRECTORY = 2**24  # Bytes of a zip's list of members.
_CHUNK = 2**20
_KINDS = {
    stat.S_ISDIR: "a directory",
    stat.S_ISFIFO: "a pipe",
    stat.S_ISCHR: "a device",
    stat.S_ISBLK: "a device",
    stat.S_ISSOCK: "a socket",
}
# What zipfile, zlib and numpy's header reader raise on damaged files.
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, TypeError),
    *(OverflowError, RecursionError, MemoryError, SyntaxError, KeyError, OSError),
    *(NotImplementedError, RuntimeError, tokenize.TokenError),
)


class Header(NamedTuple):
    """What an .npy file says of its array."""

    shape: tuple[int, ...]
    dtype: np.dtype
    fortran_order: bool
    num_bytes: int  # Of the values, which follow the header.


def check_regular(path: str) -> None:
    """Raises ValueError where `path` is no file that ends: a pipe, a device, nothing.

    Opening a pipe would wait for ever, and a device may never end.
    """
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from error
    if not stat.S_ISREG(mode):
        kind = next((word for test, word in _KINDS.items() if test(mode)), "special")
        raise ValueError(
            f"{path} is no regular file but {kind}: copy what it gives into a file."
        )


def read_npy(path: str) -> np.ndarray:
    """The array of an .npy file.

    Raises:
        ValueError: no regular file, damaged, cut off, an array of objects, or one that
            does not fit into memory.
    """
    check_regular(path)
    with open(path, "rb") as file:
        return read_array(file, os.path.getsize(path), path)


def read_npz(path: str, choose: Callable[[list[str]], list[str]]) -> dict:
    """Arrays of an .npz file.

    Args:
        path: of the file.
        choose: names of all arrays in it -> those to read; the others stay unread.

    Raises:
        ValueError: as of `read_npy`, or an archive that is packed beyond reason.
    """
    with open_zip(path) as archive:
        members = {
            info.filename.removesuffix(".npy"): info
            for info in archive.infolist()
            if info.filename.endswith(".npy")
        }
        chosen = choose(list(members))
        found, num_values = {}, 0
        for name in chosen:
            where = f"{path}: {name}"
            with _opened(archive, members[name], where) as member:
                size = members[name].file_size
                header = read_header(member, size, where)
                num_values += math.prod(header.shape)
                check_packing(path, num_values)
                found[name] = _values(member, header, where)
    return found


def open_zip(path: str) -> zipfile.ZipFile:
    """A zip file, after a look at the size of its directory.

    Raises:
        ValueError: no regular file, no zip, a directory of more than 16 MiB, or
            members of one name.
    """
    check_regular(path)
    try:
        with open(path, "rb") as file:
            _check_directory(file, path)
        archive = zipfile.ZipFile(path)
    except _DAMAGE as error:
        raise ValueError(
            f"{path} cannot be read ({error}): it is damaged, or no file of arrays."
        ) from error
    names = archive.namelist()
    if len(set(names)) < len(names):
        archive.close()
        raise ValueError(f"{path} has two members of one name: write it anew.")
    return archive


def check_packing(path: str, num_values: int) -> None:
    """Raises ValueError where a small file says that it holds very many values."""
    size = max(os.path.getsize(path), 1)
    if num_values > _MAX_PACKED_VALUES and num_values > _MAX_PACKING * size:
        raise ValueError(
            f"{path} has {size} bytes and would unpack to {num_values} values or more: "
            "it is not read. If that is right, write it with numpy.savez, which does "
            "not pack."
        )


def read_array(file: BinaryIO, size: int, where: str) -> np.ndarray:
    """The array in a stream of `size` bytes; errors as of `read_npy`."""
    return _values(file, read_header(file, size, where), where)


def read_header(file: BinaryIO, size: int, where: str) -> Header:
    """Reads an .npy header, and compares it with the bytes that there are.

    Args:
        file: at the beginning of the .npy.
        size: bytes of header and values together.
        where: names the file, for messages.

    Raises:
        ValueError: no header, an array of objects, other sizes than the header says,
            or more than this machine's memory.
    """
    try:
        start = file.tell()
        version = np.lib.format.read_magic(file)
        readers = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }
        if version not in readers:
            raise ValueError(f"format {version} holds no plain numbers or words")
        shape, fortran_order, dtype = readers[version](file)
        size -= file.tell() - start
    except _DAMAGE as error:
        raise ValueError(
            f"{where} cannot be read as .npy ({str(error)[:200] or repr(error)}): it is "
            "damaged, or something else."
        ) from error
    if dtype.hasobject:
        raise ValueError(
            f"{where} is an array of objects, which is never read: it may hold code. "
            "Write numbers or words, as by array.astype(float) or astype(str)."
        )
    if any(isinstance(n, bool) or n < 0 for n in shape):
        raise ValueError(f"{where}: the shape {shape} is not possible.")
    count = math.prod(shape)
    num_bytes = count * dtype.itemsize
    if num_bytes > size or (count and not dtype.itemsize):
        raise ValueError(
            f"{where}: the header says {count} values ({num_bytes} bytes), and "
            f"{max(size, 0)} bytes follow: it is cut off or damaged. Write it again."
        )
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if num_bytes > memory:
        raise ValueError(
            f"{where} needs {num_bytes / 2**30:.0f} GiB of memory; this machine has "
            f"{memory / 2**30:.0f}. Give a part of it."
        )
    return Header(shape, dtype, fortran_order, num_bytes)


def _values(file: BinaryIO, header: Header, where: str) -> np.ndarray:
    try:
        values = bytearray(header.num_bytes)
        view, at = memoryview(values), 0
        while at < len(view):  # In pieces: a zip would build the whole a second time.
            piece = file.read(min(_CHUNK, len(view) - at))
            if not piece:
                raise EOFError(f"ends after {at} of {len(view)} bytes")
            view[at : at + len(piece)] = piece
            at += len(piece)
        file.read(1)  # A zip compares its checksum when it has read to the end.
    except _DAMAGE as error:
        raise ValueError(
            f"{where} cannot be read ({str(error)[:200] or repr(error)}): it is damaged. "
            "Copy or write it again."
        ) from error
    order = "F" if header.fortran_order else "C"
    if not header.num_bytes:
        return np.empty(header.shape, header.dtype, order)
    return np.frombuffer(values, header.dtype).reshape(header.shape, order=order)


def _opened(archive: zipfile.ZipFile, member: zipfile.ZipInfo, where: str) -> BinaryIO:
    try:
        return archive.open(member)
    except _DAMAGE as error:
        raise ValueError(f"{where} cannot be read ({error}): it is damaged.") from error


def _check_directory(file: BinaryIO, path: str) -> None:
    """zipfile reads the whole list of members at once: not if that is very long."""
    size = os.path.getsize(path)
    file.seek(max(size - 2**16 - 22, 0))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise ValueError("there is no list of members at its end")
    (directory,) = struct.unpack_from("<I", tail, at + 12)
    if tail[max(at - 20, 0) : at].startswith(b"PK\x06\x07"):  # Zip64 counts instead.
        record = tail.rfind(b"PK\x06\x06", 0, at)
        if record < 0 or record + 56 > at:
            raise ValueError("its list of members is damaged")
        (directory,) = struct.unpack_from("<Q", tail, record + 40)
    if directory > _MAX_DIRECTORY:
        raise ValueError(f"its list of members has {directory} bytes")
