"""A run is a directory: whose it is, what it was asked for, which stages are done."""

import contextlib
import fcntl
import json
import os
import shutil
import socket
from collections.abc import Iterator
from typing import Any

from tsgen_jax.runs import files

_CONFIG = "config.json"
_LOCK = ".lock"
_MIN_FREE_BYTES = 50_000_000
_ABSENT = "absent"
_COMPLETE = (
    "Delete it and give the run's command again: it takes what is finished from the "
    "last checkpoints."
)


@contextlib.contextmanager
def open_run(
    workdir: str,
    config: dict[str, Any],
    ignore: tuple[str, ...] = (),
) -> Iterator[None]:
    """Holds `workdir` for this process alone; begins a run there or goes on with it.

    The kernel frees the directory however the process ends. One process of a job on
    several hosts holds it for all.

    Args:
        workdir: the run directory; made if it is not there.
        config: nested dict of numbers, words, lists and tuples.
        ignore: dotted keys whose values, and all below them, may differ from those
            that the run began with; the file keeps the first ones.

    Raises:
        ValueError: something else is in the directory, or a run of another config,
            or a value that JSON cannot hold, such as inf.
        OSError: another process holds it, it cannot be written, or the disk is full.
    """
    workdir = os.path.abspath(workdir)
    _check_values(config)
    _check_place(workdir)
    made = _make(workdir)
    try:
        lock, new_lock = _lock(workdir)
        try:
            _begin_or_resume(workdir, config, ignore)
        except BaseException:
            if new_lock:
                os.remove(os.path.join(workdir, _LOCK))
            os.close(lock)
            raise
    except BaseException:
        for directory in made:
            with contextlib.suppress(OSError):  # Somebody else uses it by now.
                os.rmdir(directory)
        raise
    try:
        yield
    finally:
        os.close(lock)


def read_config(workdir: str) -> dict[str, Any]:
    """The config that the run in `workdir` began with; tuples come back as lists.

    Raises:
        ValueError: that is no run directory, or its config.json is damaged.
    """
    path = os.path.join(os.path.abspath(workdir), _CONFIG)
    config = files.read_json(path)
    if config is None:
        raise ValueError(
            f"{os.path.dirname(path)} is no run directory: it has no {_CONFIG}. Give "
            "the directory that a run was started with as --workdir."
        )
    if not isinstance(config, dict):
        raise ValueError(
            f"{path} is damaged: it holds no object. Put back a copy of it."
        )
    return config


def mark_done(workdir: str, stage: str, summary: dict[str, Any]) -> None:
    """Records in <workdir>/<stage>/done.json that `stage` is finished, with results.

    Raises:
        OSError, TypeError: as `disk.write_json`.
    """
    directory = os.path.join(workdir, stage)
    with files.in_words(directory):
        os.makedirs(directory, exist_ok=True)
    files.write_json(os.path.join(directory, "done.json"), summary)


def read_done(workdir: str, stage: str) -> dict[str, Any] | None:
    """What `mark_done` recorded; None if the stage is not finished.

    Raises:
        ValueError: the file is damaged.
    """
    path = os.path.join(os.path.abspath(workdir), stage, "done.json")
    done = files.read_json(path, _COMPLETE)
    if done is not None and not isinstance(done, dict):
        raise ValueError(f"{path} is damaged (it holds no object). {_COMPLETE}")
    return done


def _check_place(workdir: str) -> None:
    """Looks, without writing, whether a run can live in `workdir`."""
    place = workdir
    while not os.path.exists(place):
        place = os.path.dirname(place)
    if not os.path.isdir(place):
        raise ValueError(f"{place} is a file; give a directory with --workdir=OTHER.")
    with files.in_words(workdir):
        if not os.access(place, os.W_OK | os.X_OK):
            raise PermissionError(13, f"{place} is not writable")
    free = shutil.disk_usage(place).free
    if free < _MIN_FREE_BYTES:
        raise OSError(
            f"Only {free / 1e6:.0f} MB are free for {workdir}; a run needs at least "
            f"{_MIN_FREE_BYTES / 1e6:.0f} MB. Delete something there, or choose another "
            "disk with --workdir=OTHER."
        )
    if place != workdir:
        return
    found = sorted(set(os.listdir(workdir)) - {_LOCK, _CONFIG + files.PARTIAL})
    if found and _CONFIG not in found:
        raise ValueError(
            f"{workdir} is no run directory: it has no {_CONFIG}, but "
            f"{', '.join(found[:3])}{', ...' if len(found) > 3 else ''}. Nothing was "
            "changed. Choose a new or empty directory with --workdir=OTHER."
        )


def _make(workdir: str) -> list[str]:
    """Creates `workdir`; what it had to create, innermost first."""
    made = []
    missing = workdir
    while not os.path.exists(missing):
        made.append(missing)
        missing = os.path.dirname(missing)
    with files.in_words(workdir):
        os.makedirs(workdir, exist_ok=True)
    return made


def _lock(workdir: str) -> tuple[int, bool]:
    """The descriptor that holds the lock, and whether its file is new."""
    path = os.path.join(workdir, _LOCK)
    with files.in_words(workdir):
        new = not os.path.exists(path)
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(lock, 200).decode(errors="replace").strip()
        os.close(lock)
        raise OSError(
            f"{workdir} is in use by {holder or 'another process'}. Wait for it, stop "
            "it, or choose another directory with --workdir=OTHER."
        ) from error
    except OSError as error:
        os.close(lock)
        raise OSError(
            f"{path} cannot be locked ({error.strerror}): some network file systems "
            "cannot. Choose a local disk with --workdir=OTHER."
        ) from error
    if os.fstat(lock).st_nlink == 0:  # Its last holder has just removed it.
        os.close(lock)
        return _lock(workdir)
    os.ftruncate(lock, 0)
    os.write(lock, f"process {os.getpid()} on {socket.gethostname()}\n".encode())
    return lock, new


def _begin_or_resume(workdir: str, config: dict, ignore: tuple[str, ...]) -> None:
    path = os.path.join(workdir, _CONFIG)
    if not os.path.exists(path):
        files.write_json(path, config)
        return
    there, now = _flat(read_config(workdir)), _flat(config)
    lines = [
        f"  {key}: {_show(there, key)} there, {_show(now, key)} now"
        for key in sorted(there.keys() | now.keys())
        if _show(there, key) != _show(now, key)
        and not any(f"{key}.".startswith(f"{name}.") for name in ignore)
    ]
    if lines:
        listed = "\n".join(lines)
        raise ValueError(
            f"{workdir} holds a run of another configuration:\n{listed}\nGive this one "
            "a directory of its own with --workdir=OTHER, or repeat the values there "
            "to go on with that run."
        )


def _check_values(config: dict[str, Any]) -> None:
    for key, value in _flat(config).items():
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"config.{key} is {value!r}; a config holds finite numbers, words, "
                "booleans, and lists and dicts of them."
            ) from error


def _flat(config: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Dotted key -> value; an empty dict is a value."""
    flat = {}
    for key, value in config.items():
        below = isinstance(value, dict) and value
        flat |= _flat(value, f"{prefix}{key}.") if below else {f"{prefix}{key}": value}
    return flat


def _show(flat: dict[str, Any], key: str) -> str:
    return json.dumps(flat[key]) if key in flat else _ABSENT
