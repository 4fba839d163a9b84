"""A model in one file: a zip of plain arrays and texts, each with its SHA-256.

Members: `manifest.json` (format, and the digest of every other member), config.json,
facts.json, metrics.json, README.md (the model card), weights/<stage>/<path>.npy,
and sampler.jaxexport. Reading takes arrays without pickle and texts as JSON: nothing in
the file is ever executed by it. Members that have no use are refused, and so are sizes
that the config does not ask for, before they are read: a hostile file costs little.
"""

import contextlib
import hashlib
import io
import json
import os
import zipfile
from typing import Any

import jax
import numpy as np

from tsgen_jax.data import bounded, bounded_json
from tsgen_jax.types import PyTree

FORMAT = 3
_MANIFEST = "manifest.json"
_DATE = (1980, 1, 1, 0, 0, 0)  # The same model gives the same file.
_HEADER = 10_240  # Bytes of an array's header, at most.
_MIB = 2**20
_MOST = {_MANIFEST: 4 * _MIB, "facts.json": 16 * _MIB}  # Bytes of texts; others:
_TEXT = _MIB
_BESIDES = {"README.md": _MIB, "sampler.jaxexport": None}  # Not needed to load.
_MAX_RATIO, _FREE = 8, 64 * _MIB  # Weights hardly compress.


def flatten(weights: dict[str, PyTree]) -> dict[str, np.ndarray]:
    """Members of weights: 'weights/prior/params/bias.npy' -> array."""
    leaves = jax.tree_util.tree_leaves_with_path(weights)
    return {_member(path): np.asarray(leaf) for path, leaf in leaves}


def write(path: str, texts: dict[str, Any], blobs: dict[str, bytes]) -> None:
    """Writes a file, whole or not at all.

    Args:
        path: of the file.
        texts: member -> a str, or what becomes JSON.
        blobs: member -> bytes.

    Raises:
        OSError: it cannot be written, or the disk is full.
    """
    members = {name: _encode(value) for name, value in texts.items()} | blobs
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in members.items()}
    manifest = {"format": FORMAT, "sha256": digests}
    partial = path + ".partial"
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in {_MANIFEST: _encode(manifest), **members}.items():
                info = zipfile.ZipInfo(name, _DATE)
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, data)
        os.replace(partial, path)
    except BaseException:
        if os.path.exists(partial):
            os.remove(partial)
        raise


def to_npy(array: np.ndarray) -> bytes:
    """An array as the bytes of an .npy file."""
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.asarray(array, order="C"), allow_pickle=False)
    return buffer.getvalue()


class ModelFile(contextlib.AbstractContextManager):
    """A model file to read: each member is checked against its digest when asked for.

    At the end `check_rest` checks what nothing has asked for.
    """

    def __init__(self, path: str):
        """Opens it and checks its directory and its list of members.

        Raises:
            ValueError: it is no model file, of a later version, cut off, or a member
                was added or taken away; the message names it.
        """
        self._path, self._asked = path, {_MANIFEST}
        with contextlib.ExitStack() as held:
            try:
                self._zip = held.enter_context(bounded.Zip(path, _MAX_RATIO, _FREE))
            except ValueError as error:
                raise ValueError(
                    f"{path} is no model file, or is cut off ({str(error).rstrip('.')}). "
                    "Copy it again, or make it anew with tsgen export."
                ) from error
            self._digests = self._listed()
            self._held = held.pop_all()

    def __exit__(self, *_) -> None:
        self._held.close()

    def __contains__(self, name: str) -> bool:
        return name in self._digests

    @property
    def num_weights(self) -> int:
        """How many arrays of weights it lists."""
        return sum(name.startswith("weights/") for name in self._digests)

    def json(self, name: str) -> Any:
        """The value of a JSON member; ValueError names it."""
        data = self._bytes(name, _MOST.get(name, _TEXT))
        return bounded_json.parse_json(data, f"{self._path}: {name}")

    def array(self, name: str, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """The array of a member.

        Raises:
            ValueError: it is absent, damaged, of another shape or type, or holds what
                is not finite; it names the member.
        """
        wanted = np.dtype(dtype)
        most = int(np.prod(shape, dtype=object)) * wanted.itemsize + _HEADER
        array = bounded.as_array(self._bytes(name, most), f"{self._path}: {name}")
        if array.shape != tuple(shape) or array.dtype != wanted:
            raise ValueError(
                f"{self._path}: {name} is {array.dtype}{list(array.shape)}, the config "
                f"makes {wanted}{list(shape)}."
            )
        if wanted.kind == "f" and not np.isfinite(array).all():
            raise ValueError(f"{self._path}: {name} holds values that are not finite.")
        return array

    def weights(self, shapes: dict[str, PyTree]) -> dict[str, PyTree]:
        """Weights of these shapes, on their devices; ValueError as `array`."""

        def one(path, shape):
            array = self.array(_member(path), shape.shape, shape.dtype)
            return jax.device_put(array, shape.sharding)

        return jax.tree_util.tree_map_with_path(one, shapes)

    def check_rest(self) -> None:
        """Checks the members that were not asked for.

        Raises:
            ValueError: one is damaged, or of no use to this model.
        """
        for name in sorted(self._digests.keys() - self._asked):
            if name not in _BESIDES:
                raise ValueError(
                    f"{self._path}: {name} has no use: the config does not ask for it. "
                    "The file was changed: get it anew from where it was made."
                )
            digest = hashlib.sha256()
            for chunk in self._zip.chunks(name, _BESIDES[name]):
                digest.update(chunk)
            self._compare(name, digest.hexdigest())

    def _listed(self) -> dict[str, str]:
        """Member -> its digest, of the manifest."""
        path, names = self._path, set(self._zip.sizes)
        if _MANIFEST not in names:
            raise ValueError(f"{path} is no model file: it has no {_MANIFEST}.")
        data = self._zip.read(_MANIFEST, _MOST[_MANIFEST])
        manifest = bounded_json.parse_json(data, f"{path}: {_MANIFEST}")
        stated = manifest.get("format") if isinstance(manifest, dict) else None
        if type(stated) is not int or stated != FORMAT:
            raise ValueError(
                f"{path} has another format than this version of tsgen_jax reads "
                f"({FORMAT}): use the version that wrote it."
            )
        digests = manifest.get("sha256")
        if not isinstance(digests, dict):
            raise ValueError(f"{path}: {_MANIFEST} lists no SHA-256 of members.")
        strange = sorted((names - {_MANIFEST}) ^ set(digests))
        if strange:
            raise ValueError(
                f"{path} was changed: {', '.join(strange[:3])} is absent from it or "
                "from its list."
            )
        return digests

    def _bytes(self, name: str, most: int) -> bytearray:
        if name not in self._digests:
            raise ValueError(f"{self._path} lacks {name}: it is no complete model.")
        self._asked.add(name)
        data = self._zip.read(name, most)
        self._compare(name, hashlib.sha256(data).hexdigest())
        return data

    def _compare(self, name: str, found: str) -> None:
        if self._digests[name] != found:
            raise ValueError(
                f"{self._path}: {name} was changed or damaged (its SHA-256 differs): "
                "get the file anew from where it was made."
            )


def _member(path) -> str:
    """The name of a leaf's file."""
    parts = [str(getattr(k, "key", getattr(k, "name", k))) for k in path]
    return "weights/" + "/".join(parts) + ".npy"


def _encode(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    return (json.dumps(value, indent=2, sort_keys=True) + "\n").encode()
