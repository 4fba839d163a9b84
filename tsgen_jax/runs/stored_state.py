"""Reading a stored state, and what Orbax raises in words."""

import contextlib
import logging
from collections.abc import Iterator

import jax
from orbax.checkpoint import v1 as ocp

from tsgen_jax.runs import description
from tsgen_jax.types import PyTree

_LOG = logging.getLogger(__name__)

_LEAST_PART = 2**24  # Bytes of an array that a device writes, where all have a copy.

Info = dict[str, float | int | str]


class DamagedError(Exception):
    """Says why a checkpoint cannot be read."""


def read(path: str, abstract_state: PyTree) -> tuple[PyTree, Info]:
    """State and info at `path`, checked against the digests stored with them.

    Raises:
        DamagedError: it cannot be read, or a value differs from its digest.
        ValueError: it has other leaves than `abstract_state`.
    """
    with _reading():
        metadata = ocp.metadata(path).custom_metadata
        saved, info = metadata["leaves"], metadata["info"]
    signed = description.is_signed(metadata)
    if not signed:
        _LOG.warning(
            f"{path} has no digests: an older version wrote it, or it is damaged. Its "
            "values are not checked."
        )
    elif fault := description.fault_of_description(metadata):
        raise DamagedError(fault)
    description.check_leaves(saved, abstract_state, path)
    with _reading():
        state = ocp.load(path, abstract_state)
    if signed and (fault := description.fault_of_state(metadata, state)):
        raise DamagedError(fault)
    return state, info


@contextlib.contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # Orbax has no type for damage; none goes unsaid.
        if isinstance(_root(error), jax.errors.JaxRuntimeError):
            raise  # The device failed, say out of memory, not the file.
        raise DamagedError(reason(error)) from error


def make_context() -> ocp.Context:
    """What Orbax is asked to do differently."""
    context = ocp.Context()
    # In the background, one that cannot be made holds up the exit for minutes.
    context.asynchronous.create_directories_asynchronously = False
    # Else every device writes its part of every copied array, which compiles a slice
    # for each of them: with eight devices 2 s a checkpoint, at any size.
    context.array.saving.min_slice_bytes_for_replica_parallel = _LEAST_PART
    return context


def _root(error: BaseException) -> BaseException:
    return error if error.__cause__ is None else _root(error.__cause__)


def reason(error: BaseException) -> str:
    """The first line of what lies at the root of `error`."""
    first_line = str(_root(error)).strip().partition("\n")[0]
    return f"{type(_root(error)).__name__}: {first_line[:300]}"


@contextlib.contextmanager
def in_words(what: str) -> Iterator[None]:
    """Makes what file systems and tensorstore raise one OSError that says why."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise OSError(
            f"{what}: {reason(error)}. Check the free space and the permissions "
            "there, then give the same command again: it resumes."
        ) from error
