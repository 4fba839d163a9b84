"""What is installed beside this package: optional parts, and commands of its name."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

_OURS = "tsgen_jax"
_EXTRAS = {  # Module: the extra of pyproject.toml that brings it.
    **dict.fromkeys(("flatbuffers",), "train"),
    **dict.fromkeys(("optax", "orbax", "tensorboardX", "tqdm"), "train"),
    **dict.fromkeys(("aeon", "sklearn", "threadpoolctl"), "judges"),
    **dict.fromkeys(("array_record", "tensorflow_datasets"), "tfds"),
}


class MissingExtraError(ImportError):
    """A part of the package needs a library that is not installed."""


@contextlib.contextmanager
def in_words(what: str) -> Iterator[None]:
    """Says which extra is to be installed where an optional library is not there.

    Args:
        what: needs it, such as 'Training'.

    Raises:
        MissingExtraError: in place of an import error of a library of an extra.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        if module not in _EXTRAS:
            raise
        raise MissingExtraError(
            f"{what} needs {module}, which is not installed: "
            f"pip install '{_OURS}[{_EXTRAS[module]}]'."
        ) from error


def clash() -> str:
    """A sentence where another distribution has installed a command `tsgen`; else ''.

    PyPI has a project `tsgen` that is not this one; ours is `tsgen_jax`.
    """
    from importlib import metadata  # Not needed by an import of the package.

    others = {
        point.dist.name
        for point in metadata.entry_points(group="console_scripts", name="tsgen")
        if point.dist is not None and _normal(point.dist.name) != _normal(_OURS)
    }
    if not others:
        return ""
    named = ", ".join(sorted(others))
    return (
        f"The command tsgen also belongs to {named}, which is not {_OURS}: which of "
        f"them runs depends on the order of installation. Use tsgen-jax or python -m "
        f"{_OURS}, or remove the other: pip uninstall {named}."
    )


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
