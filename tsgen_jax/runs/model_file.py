"""A model in one file: a zip of plain arrays and texts, each with its SHA-256.

Members: `manifest.json` (format, and the digest of every other member), config.json,
facts.json, metrics.json, README.md (the model card), weights/<stage>/<path>.npy,
residual/<field>.npy (what tokens leave out), sampling.json (how much of it samples get)
and sampler.jaxexport. Reading takes arrays without pickle and texts as JSON: nothing in
the file is ever executed by it.
"""

import hashlib
import io
import json
import os
import zipfile
import zlib
from typing import Any

import jax
import numpy as np

from tsgen_jax.types import PyTree

FORMAT = 1
_MANIFEST = "manifest.json"
# The last: zipfile's word for a broken header that names an unknown compression.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)
_DATE = (1980, 1, 1, 0, 0, 0)  # The same model gives the same file.


def flatten(weights: dict[str, PyTree]) -> dict[str, np.ndarray]:
    """Members of weights: 'weights/prior/params/bias.npy' -> array."""
    leaves = jax.tree_util.tree_leaves_with_path(weights)
    return {_member(path): np.asarray(leaf) for path, leaf in leaves}


def unflatten(
    members: dict[str, bytes], shapes: dict[str, PyTree], where: str
) -> dict[str, PyTree]:
    """Weights of these shapes, on their devices.

    Raises:
        ValueError: an array is absent, cannot be read or has another shape or type;
            it names the member.
    """

    def one(path, shape):
        name = _member(path)
        if name not in members:
            raise ValueError(f"{where} lacks {name}: it is no complete model.")
        array = from_npy(members[name], f"{where}: {name}")
        if array.shape != shape.shape or array.dtype != shape.dtype:
            raise ValueError(
                f"{where}: {name} is {array.dtype}{list(array.shape)}, the config "
                f"makes {shape.dtype}{list(shape.shape)}."
            )
        return jax.device_put(array, shape.sharding)

    return jax.tree_util.tree_map_with_path(one, shapes)


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
    np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()


def read(path: str) -> dict[str, bytes]:
    """All members, each checked against its digest.

    Raises:
        ValueError: it is no model file, of a later version, cut off, or a member was
            changed, added or taken away; the message names it.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise ValueError(
            f"{path} is no model file, or is cut off ({error}): copy it again, or make "
            "it anew with tsgen export."
        ) from error
    with archive:
        names = archive.namelist()
        if _MANIFEST not in names:
            raise ValueError(f"{path} is no model file: it has no {_MANIFEST}.")
        manifest = as_json(_member_bytes(archive, _MANIFEST, path), path, _MANIFEST)
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            raise ValueError(
                f"{path} has another format than this version of tsgen_jax reads "
                f"({FORMAT}): use the version that wrote it."
            )
        digests = manifest.get("sha256", {})
        strange = sorted((set(names) - {_MANIFEST}) ^ set(digests))
        if strange or len(set(names)) < len(names):
            raise ValueError(
                f"{path} was changed: {', '.join(strange[:3]) or 'a member'} is absent "
                "from it or from its list, or there twice."
            )
        members = {name: _member_bytes(archive, name, path) for name in digests}
    for name, data in members.items():
        if hashlib.sha256(data).hexdigest() != digests[name]:
            raise ValueError(
                f"{path}: {name} was changed or damaged (its SHA-256 differs): get the "
                "file anew from where it was made."
            )
    return members


def as_json(data: bytes, path: str, name: str) -> Any:
    """The value of a JSON member; ValueError names it."""
    try:
        return json.loads(data)
    except ValueError as error:
        raise ValueError(f"{path}: {name} is no JSON: {error}") from error


def _member(path) -> str:
    """The name of a leaf's file."""
    parts = [str(getattr(k, "key", getattr(k, "name", k))) for k in path]
    return "weights/" + "/".join(parts) + ".npy"


def _encode(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    return (json.dumps(value, indent=2, sort_keys=True) + "\n").encode()


def from_npy(data: bytes, where: str) -> np.ndarray:
    """The array in the bytes of an .npy file; ValueError, which says `where`."""
    try:
        return np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    except ValueError as error:
        raise ValueError(f"{where} is no plain array: {error}") from error


def _member_bytes(archive: zipfile.ZipFile, name: str, path: str) -> bytes:
    try:
        return archive.read(name)
    except _DAMAGE as error:
        raise ValueError(
            f"{path}: {name} cannot be read ({error}): the file is damaged; copy it "
            "again."
        ) from error
