"""States of a training run on disk: atomic, asynchronous, the newest whole one back.

Orbax (https://orbax.readthedocs.io) writes each one beside its place and renames
it when it is complete, so a killed process leaves whole checkpoints only. With each
goes a description of its leaves and their digests: that tells a state of another shape,
which is an error, from a damaged checkpoint, which is passed over.
"""

import contextlib
import logging
import os
import shutil

import jax
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from orbax.checkpoint import v1 as ocp

from tsgen_jax.runs import description
from tsgen_jax.runs.stored_state import (
    DamagedError,
    Info,
    in_words,
    make_context,
    read,
    reason,
)
from tsgen_jax.runtime import hosts
from tsgen_jax.types import PyTree

_LOG = logging.getLogger(__name__)

_BROKEN = ".broken"  # Appended to the name of a checkpoint that cannot be read.


class Checkpoints(contextlib.AbstractContextManager):
    """The newest checkpoints of one training stage; one process, one thread."""

    def __init__(self, directory: str, keep: int):
        """Opens `directory`, which is created, and deletes half-written saves in it.

        Args:
            directory: holds nothing but checkpoints.
            keep: how many to keep, at least 1; 2 survive damage to the newest.

        Raises:
            ValueError: `keep` is below 1, or no checkpoint there can be read.
            OSError: the directory can be neither made nor read.
        """
        if keep < 1:
            raise ValueError(f"keep is {keep}; keep at least 1 checkpoint.")
        self._directory = os.path.abspath(directory)
        self._unreadable: set[int] = set()  # Found by `restore`.
        self._saving = ""  # What to say if the save under way fails.
        try:
            self._checkpointer = _open(self._directory, keep)
        except OSError:
            if not _set_unreadable_aside(self._directory):
                raise
            self._checkpointer = _open(self._directory, keep)

    def save(self, step: int, state: PyTree, info: Info) -> bool:
        """Starts to save `state`, whose arrays may be donated when this returns.

        It waits for the save before this one only. A step that is there already is
        skipped, for False: in one run a state is a function of its step.

        Args:
            step: number of the state, at least 0 and above those saved before.
            state: its leaves are jax arrays.
            info: a few numbers and words to store with it; may be inf or NaN.

        Raises:
            ValueError: a leaf is no jax array, or a value of `info` no number or word.
            OSError: this save, or the one before it, failed, say on a full disk.
        """
        for name, value in info.items():
            if not isinstance(value, float | int | str):
                raise ValueError(
                    f"info[{name!r}] is a {type(value).__name__}; it takes int, float "
                    "and str: convert an array with float(...)."
                )
        metadata = description.of(abstract(state), state, info)
        self.wait()
        with in_words(f"Cannot move damaged checkpoints in {self._directory} aside"):
            while self._unreadable:
                path = f"{self._directory}/{self._unreadable.pop()}"
                shutil.rmtree(path + _BROKEN, ignore_errors=True)
                os.rename(path, path + _BROKEN)
                self._checkpointer.reload()
        if any(step == saved.step for saved in self._checkpointer.checkpoints):
            _LOG.debug("%s holds step %d already.", self._directory, step)
            return False
        what = f"Cannot save the checkpoint of step {step} in {self._directory}"
        with in_words(what):
            self._checkpointer.save_async(
                step, state, force=True, custom_metadata=metadata
            )
        self._saving = what
        return True

    def restore(
        self, abstract_state: PyTree, newest: int | None = None
    ) -> tuple[int, PyTree, Info] | None:
        """Reads the newest whole checkpoint; a damaged one is passed over, and said.

        The next save moves a damaged one aside and, once complete, deletes it.

        Args:
            abstract_state: jax.ShapeDtypeStruct leaves with shardings, see `abstract`;
                they may name other devices than those that saved.
            newest: pass over later steps than this one.

        Returns:
            Its step, state and info; None if there is no checkpoint at all.

        Raises:
            ValueError: the state has other leaves, or no checkpoint can be read.
        """
        self.wait()
        reasons = {}
        steps = [saved.step for saved in self._checkpointer.checkpoints][::-1]
        for step in [s for s in steps if newest is None or s <= newest]:
            try:
                state, info = read(f"{self._directory}/{step}", abstract_state)
            except DamagedError as error:
                reasons[step] = str(error)
                continue
            for damaged, why in reasons.items():
                _say_damaged(f"{self._directory}/{damaged}", why, step)
            self._unreadable |= set(reasons)
            return step, state, info
        if not reasons:
            return None
        raise _none_readable(self._directory, reasons)

    def wait(self) -> None:
        """Returns when the last save is complete on disk.

        Raises:
            OSError: it failed; the checkpoints before it are still there.
        """
        what, self._saving = self._saving, ""
        if not what:
            return
        try:
            with in_words(what):
                self._checkpointer.wait()
        except OSError:
            self._checkpointer.reload()  # It forgot those that this was to replace.
            raise
        for name in os.listdir(self._directory):
            if name.endswith(_BROKEN):
                shutil.rmtree(os.path.join(self._directory, name))

    def close(self) -> None:
        """Completes the last save and frees the threads; raises as `wait`."""
        try:
            self.wait()
        finally:
            self._checkpointer.close()

    def __exit__(self, *_) -> None:
        self.close()


def _of_all(weights: PyTree) -> PyTree:
    """Arrays of every process, as Orbax writes them where there are several."""
    if not hosts.several():
        return weights
    mesh = Mesh(jax.devices(), "all")
    return hosts.put(weights, NamedSharding(mesh, PartitionSpec()))


def _open(directory: str, keep: int) -> ocp.training.Checkpointer:
    policies = ocp.training.save_decision_policies
    with in_words(f"Cannot open the checkpoints in {directory}"):
        return ocp.training.Checkpointer(
            directory,
            context=make_context(),
            # Orbax's own choice skips a save while another one is under way.
            save_decision_policy=policies.FixedIntervalPolicy(1),
            preservation_policy=ocp.training.preservation_policies.LatestN(keep),
            cleanup_tmp_directories=True,
        )


def _set_unreadable_aside(directory: str) -> bool:
    """Renames checkpoints whose metadata keep Orbax from opening all; whether any is.

    Raises:
        ValueError: there are no others.
    """
    names = os.listdir(directory) if os.path.isdir(directory) else ()
    steps = sorted(int(name) for name in names if name.isdigit())
    reasons = {}
    for step in steps:
        try:
            ocp.metadata(f"{directory}/{step}")
        except Exception as error:  # Of any type.
            reasons[step] = reason(error)
    if reasons and len(reasons) == len(steps):
        raise _none_readable(directory, reasons)
    for step, why in reasons.items():
        path = f"{directory}/{step}"
        shutil.rmtree(path + _BROKEN, ignore_errors=True)
        os.rename(path, path + _BROKEN)
        _say_damaged(path, why, max(set(steps) - set(reasons)))
    return bool(reasons)


def _say_damaged(path: str, why: str, instead: int) -> None:
    _LOG.warning(
        f"Checkpoint {path} cannot be read ({why}). Step {instead} is used instead; the "
        "damaged one is deleted when the next checkpoint is complete."
    )


def _none_readable(directory: str, reasons: dict[int, str]) -> ValueError:
    listed = "\n".join(f"  step {step}: {why}" for step, why in reasons.items())
    return ValueError(
        f"None of the checkpoints in {directory} can be read:\n{listed}\n"
        "Put back a copy of them, or delete this directory to train from step 0."
    )


def save_weights(directory: str, weights: PyTree) -> None:
    """Writes the final weights of a stage, instead of any that are there.

    Args:
        directory: appears when they are complete; nothing else may be in it.
        weights: its leaves are jax arrays.

    Raises:
        ValueError: a leaf is no jax array, or something else is in `directory`.
        OSError: the disk is full or read-only.
    """
    directory = os.path.abspath(directory)
    metadata = description.of(abstract(weights), weights, {})
    weights = _of_all(weights)
    if os.path.exists(directory) and "state" not in os.listdir(directory):
        raise ValueError(f"{directory} is there and holds no weights: move it away.")
    with in_words(f"Cannot save the weights in {directory}"), make_context():
        ocp.save(directory, weights, overwrite=True, custom_metadata=metadata)


def load_weights(directory: str, abstract_weights: PyTree) -> PyTree:
    """Reads what `save_weights` wrote in `directory`, onto any devices.

    `abstract_weights` has jax.ShapeDtypeStruct leaves with shardings, see `abstract`.

    Raises:
        ValueError: nothing is there, it cannot be read, or it has other leaves.
    """
    directory = os.path.abspath(directory)
    if not os.path.isdir(directory):
        raise ValueError(
            f"There are no weights in {directory}: this stage is not trained yet. Run "
            "it first, or give the run directory that holds them."
        )
    try:
        return read(directory, abstract_weights)[0]
    except DamagedError as error:
        raise ValueError(
            f"The weights in {directory} cannot be read ({error}). Put back a copy, or "
            "delete that directory and give the run's command again: it takes them from "
            "the last checkpoint, or else trains the stage again."
        ) from error


def abstract(state: PyTree) -> PyTree:
    """Shapes, dtypes and shardings of `state`; ValueError if a leaf is no jax array."""

    def one(path, leaf):
        if not isinstance(leaf, jax.Array):
            raise ValueError(
                f"{jax.tree_util.keystr(path)} is a {type(leaf).__name__}; a "
                "checkpoint holds jax arrays only: wrap it in jnp.asarray."
            )
        return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=leaf.sharding)

    return jax.tree_util.tree_map_with_path(one, state)
