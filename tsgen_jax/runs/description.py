"""What a stored state says about itself: shapes, and digests of all values.

Orbax and tensorstore keep no checksum of values: a flipped bit would be computed with.
The description, which becomes part of a state's metadata, names the type, shape and
SHA-256 of every leaf, and a SHA-256 of all this.
"""

import hashlib
from typing import Any

import jax
import numpy as np

from tsgen_jax.runs import files
from tsgen_jax.types import PyTree

_LEAVES, _ALL = "digests", "digest"


def of(abstract_state: PyTree, state: PyTree, info: dict[str, Any]) -> dict[str, Any]:
    """The description of `state`, which JSON can hold.

    Args:
        abstract_state: jax.ShapeDtypeStruct leaves with shardings.
        state: jax arrays.
        info: numbers and words that go with it.
    """
    signed = {
        "info": info,
        "leaves": _describe(abstract_state),
        _LEAVES: _digests(state),
    }
    return {**signed, _ALL: files.digest(signed)}


def check_leaves(saved: dict[str, str], abstract_state: PyTree, path: str) -> None:
    """Raises ValueError where the state at `path` has other leaves than is wanted."""
    wanted = _describe(abstract_state)
    if saved == wanted:
        return
    lines = [
        f"  {name}: {saved.get(name, 'absent')} there, {wanted.get(name, 'absent')} now"
        for name in sorted(saved.keys() | wanted.keys())
        if saved.get(name) != wanted.get(name)
    ]
    listed = "\n".join(lines[:8] + ["  ..."] * (len(lines) > 8))
    raise ValueError(
        f"{path} holds another state than this configuration makes:\n{listed}\n"
        "Use the configuration it was trained with, or another --workdir."
    )


def is_signed(description: dict[str, Any]) -> bool:
    """Whether it has digests; those of older versions have none."""
    return _LEAVES in description or _ALL in description


def fault_of_description(description: dict[str, Any]) -> str:
    """What is wrong with a description by its own digest; '' where nothing is."""
    rest = {key: value for key, value in description.items() if key != _ALL}
    if description.get(_ALL) != files.digest(rest):
        return "its description differs from the digest of it"
    return ""


def fault_of_state(description: dict[str, Any], state: PyTree) -> str:
    """Which leaves differ from their digests; '' where none does."""
    found, stored = _digests(state), description[_LEAVES]
    wrong = [name for name in found if stored.get(name) != found[name]]
    return f"{', '.join(wrong[:3])}: damaged, the SHA-256 differs" if wrong else ""


def _of_array(array: jax.Array) -> str:
    if array.is_fully_replicated:
        array = array.addressable_data(0)
    flat = np.ascontiguousarray(array).reshape(-1)
    return hashlib.sha256(flat.view(np.uint8)).hexdigest()


def _digests(state: PyTree) -> dict[str, str]:
    """Path -> SHA-256 of a leaf's bytes; leaves are whole on every host."""
    leaves = jax.tree_util.tree_leaves_with_path(state)
    return {jax.tree_util.keystr(path): _of_array(leaf) for path, leaf in leaves}


def _describe(abstract_state: PyTree) -> dict[str, str]:
    """Path -> 'float32[2, 3]' of every leaf."""
    leaves = {}
    for path, leaf in jax.tree_util.tree_leaves_with_path(abstract_state):
        name = jax.tree_util.keystr(path)
        if getattr(leaf, "sharding", None) is None:
            raise ValueError(f"{name} has no sharding; use checkpoint.abstract(state).")
        leaves[name] = f"{leaf.dtype}{list(leaf.shape)}"
    return leaves
