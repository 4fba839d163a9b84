"""Bounded reading: equal to NumPy on whole files, one ValueError on all others."""

import io
import os
import random
import time
import zipfile

import numpy as np
import pytest

from tsgen_jax.data import bounded, bounded_json

_ARRAYS = {
    "x": np.arange(6.0).reshape(2, 3),
    "fortran": np.asfortranarray(np.arange(6, dtype=np.int16).reshape(2, 3)),
    "words": np.array(["a", "bc"]),
    "empty": np.zeros((0, 5)),
    "scalar": np.float32(3),
}


def _same(one, other) -> bool:
    return one.keys() == other.keys() and all(
        (one[k].dtype, one[k].shape, one[k].tobytes())
        == (other[k].dtype, other[k].shape, other[k].tobytes())
        for k in one
    )


@pytest.fixture
def npz(tmp_path):
    path = str(tmp_path / "a.npz")
    np.savez_compressed(path, **_ARRAYS)
    return path


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_reads_what_numpy_reads(save, tmp_path):
    path = str(tmp_path / "a.npz")
    save(path, **_ARRAYS)
    with np.load(path) as judge:
        assert _same(bounded.read_npz(path), dict(judge))
    for name, array in _ARRAYS.items():
        np.save(tmp_path / f"{name}.npy", array)
        found = bounded.read_npy(str(tmp_path / f"{name}.npy"))
        judge = np.load(tmp_path / f"{name}.npy")
        assert _same({name: found}, {name: judge})
        assert found.flags.writeable


def test_a_flipped_bit_is_noticed_or_changes_nothing(npz, tmp_path):
    """Also one in a length, which would hide the members after it."""
    with open(npz, "rb") as file:
        data = file.read()
    rng, noticed, path = random.Random(0), 0, str(tmp_path / "flipped.npz")
    for bit in rng.sample(range(8 * len(data)), 300):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        with open(path, "wb") as file:
            file.write(flipped)
        try:
            found = bounded.read_npz(path)
        except ValueError as error:
            noticed += str(error).startswith(path)
        else:
            assert _same(found, _ARRAYS), bit
    assert noticed > 100


def _header(shape, descr="<f8", version=(1, 0)):
    buffer = io.BytesIO()
    fields = {"descr": descr, "fortran_order": False, "shape": shape}
    write = np.lib.format.write_array_header_1_0
    if version == (2, 0):
        write = np.lib.format.write_array_header_2_0
    write(buffer, fields)
    return buffer.getvalue()


_BAD = {
    "a header of 10^12 values": (_header((10**12,)), "8,000,000,000,000 bytes"),
    "of values without a size": (_header((10**12,), "|V0") + bytes(8), "V0"),
    "of a boolean": (_header((True,)) + bytes(8), "its shape is"),
    "a negative size": (_header((-1,)) + bytes(8), "its shape is"),
    "of objects": (_header((1,), "|O") + bytes(8), "objects"),
    "cut off": (_header((4,)) + bytes(31), "cut off"),
    "more than it says": (_header((1,)) + bytes(9), "bytes follow"),
    "a long header": (
        b"\x93NUMPY\x02\x00" + (2**29).to_bytes(4, "little"),
        "header of",
    ),
    "of another version": (b"\x93NUMPY\x07\x00" + bytes(200), "version"),
    "no array": (b"PK\x03\x04 and no more", "magic string"),
    "empty": (b"", "EOF"),
}


@pytest.mark.parametrize("what", _BAD)
def test_an_array_that_is_none(what, tmp_path):
    data, said = _BAD[what]
    path = str(tmp_path / "a.npy")
    with pytest.raises(ValueError, match=said):
        bounded.as_array(data, path)
    with open(path, "wb") as file:
        file.write(data)
    if what != "more than it says":  # NumPy reads the first of several as well.
        with pytest.raises(ValueError, match=f"^{path}.*({said})"):
            bounded.read_npy(path)
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", data)
    with pytest.raises(ValueError, match=r"a\.npz: x\.npy"):
        bounded.read_npz(str(tmp_path / "a.npz"))


def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    start = time.monotonic()
    for path in ("/dev/zero", str(tmp_path / "pipe"), str(tmp_path)):
        for read in (bounded.read_npz, bounded.read_npy):
            with pytest.raises(ValueError, match=f"{path} is no regular file"):
                read(path)
    for path in (str(tmp_path / "none"), "null\0byte"):
        with pytest.raises(ValueError, match="cannot be opened"):
            bounded.read_npz(path)
    assert time.monotonic() - start < 5


def test_a_bomb_is_refused_by_its_directory(tmp_path):
    path = str(tmp_path / "bomb.npz")
    np.savez_compressed(path, x=np.zeros(2**20))
    with pytest.raises(ValueError, match="would unpack to 8,388,"):
        bounded.read_npz(path, max_ratio=20, free=2**20)
    assert bounded.read_npz(path)["x"].shape == (2**20,)  # Small enough to be no bomb.
    with bounded.Zip(path) as archive:
        with pytest.raises(ValueError, match="x.npy unpacks to .* at most 1,000"):
            archive.read("x.npy", most=1000)
        with pytest.raises(ValueError, match="lacks y.npy: it is not complete"):
            archive.read("y.npy")


def test_zips_that_are_not_plain(npz, tmp_path):
    path = str(tmp_path / "b.npz")
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        with zipfile.ZipFile(path, "w", method) as archive:
            archive.writestr("x.npy", _header((1,)) + bytes(8))
        with pytest.raises(ValueError, match="another method than deflate"):
            bounded.read_npz(path)
    archive = zipfile.ZipFile(path, "w")
    archive.writestr("x.npy", _header((1,)) + bytes(8))
    with pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("x.npy", _header((1,)) + bytes(8))
    archive.close()
    with pytest.raises(ValueError, match="there twice"):
        bounded.read_npz(path)
    with open(npz, "rb") as file:
        data = bytearray(file.read())
    for at in (data.find(b"PK\x01\x02") + 8, data.find(b"PK\x03\x04") + 6):
        data[at] |= 1  # The encrypted flag, of the directory and of the member.
    with open(path, "wb") as file:
        file.write(data)
    with pytest.raises(ValueError, match="is encrypted"):
        bounded.read_npz(path)


def test_a_huge_directory_is_not_read(tmp_path):
    """The end of a zip that says its directory has 500 MB, which are there."""
    path, size = str(tmp_path / "wide.npz"), 500_000_000
    end = b"PK\5\6" + bytes(4) + (1).to_bytes(2, "little") * 2
    end += size.to_bytes(4, "little") + bytes(4) + bytes(2)
    with open(path, "wb") as file:
        file.truncate(size)  # Sparse.
        file.seek(size)
        file.write(end)
    start = time.monotonic()
    with pytest.raises(ValueError, match="directory of 500,000,000 bytes is too large"):
        bounded.read_npz(path)
    assert time.monotonic() - start < 2


def test_json_is_bounded():
    text = '{"a": [1, 2.5, null, {"b": "[{"}]}'
    assert bounded_json.parse_json(text, "x") == bounded_json.parse_json(
        text.encode(), "x"
    )
    assert bounded_json.parse_json(text, "x") == {"a": [1, 2.5, None, {"b": "[{"}]}
    for bad, said in (
        (b"{]", "Expecting"),
        (b"\xff", "utf-8"),
        (b"[" * 60 + b"]" * 60, "nested more than 50 deep"),
        (b"[" * 100_000 + b"]" * 100_000, "recursion"),
        (b"[" + b"[]," * 200_000 + b"1]", "more than 200,000 lists"),
        (b"1" * 10_000, "digits"),
    ):
        with pytest.raises(ValueError, match=f"^a.json is no JSON.*{said}"):
            bounded_json.parse_json(bad, "a.json")


def test_more_than_memory_is_refused_before_it_is_allocated(tmp_path):
    path = tmp_path / "sparse.npy"
    text = "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + bytes([len(text), 0]) + text.encode())
    os.truncate(path, 8 * 10**12 + 100)  # Takes no room on the disk.
    with pytest.raises(ValueError, match="GiB of memory; this machine has"):
        bounded.read_npy(str(path))
