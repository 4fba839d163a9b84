"""Keeps compiled programs between processes, in the user's cache directory.

Beside each program lies a digest of its key and its bytes. jax itself would run a
damaged program, or one that lies under another one's name; here it is compiled anew.
"""

import contextlib
import hashlib
import logging
import os
import pathlib
import uuid

import jax

_VARIABLE = "JAX_COMPILATION_CACHE_DIR"  # jax's own; it wins when set.
_LOG = logging.getLogger(__name__)


def enable() -> str:
    """Turns jax's persistent compilation cache on.

    Returns:
        The directory in use: what the user set for jax, else `tsgen_jax` under
        `$XDG_CACHE_HOME` or `~/.cache`; '' where it cannot be made: it says so, and
        programs are compiled in every process.
    """
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    path = os.environ.get(_VARIABLE) or os.path.join(home, "tsgen_jax", "xla")
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        _LOG.warning(
            "Compiled programs are not kept: %s cannot be made (%s). Every command "
            "compiles anew; set %s to a directory that can be written.",
            path,
            error.strerror,
            _VARIABLE,
        )
        jax.config.update("jax_compilation_cache_dir", None)
        return ""
    _check_entries()
    jax.config.update("jax_compilation_cache_dir", path)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.5)
    return path


class Checked:
    """What jax asks for programs: those whose digest is right.

    It has the methods of jax's own cache: `get`, `put`, and the attribute `_path`.
    """

    def __init__(self, path: str):
        """Keeps programs in the directory `path`."""
        self._path = pathlib.Path(path)

    def get(self, key: str) -> bytes | None:
        """The program of `key`; None where there is none, or it is damaged."""
        try:
            data = self._file(key, "cache").read_bytes()
            digest = self._file(key, "sha256").read_text()
        except (OSError, ValueError):  # Not there; jax alone wrote it; no text.
            return None
        if digest == _digest(key, data):
            return data
        _LOG.warning(
            "%s is damaged: the program is compiled anew.", self._file(key, "cache")
        )
        return None

    def put(self, key: str, value: bytes) -> None:
        """Keeps a program, in place of a damaged one; a full disk is no error."""
        with contextlib.suppress(OSError):
            for suffix, data in (
                ("sha256", _digest(key, value).encode()),
                ("cache", value),
            ):
                partial = self._path / f"{uuid.uuid4().hex}.partial"
                try:
                    partial.write_bytes(data)
                    partial.replace(self._file(key, suffix))
                except OSError:
                    partial.unlink(missing_ok=True)
                    raise

    def _file(self, key: str, suffix: str) -> pathlib.Path:
        return self._path / f"{key}-{suffix}"


def _digest(key: str, data: bytes) -> str:
    return hashlib.sha256(key.encode() + b"\0" + data).hexdigest()


def _check_entries() -> None:
    """Has jax ask `Checked`; where its insides have changed, jax's own cache serves."""
    try:
        from jax._src import compilation_cache as own

        if jax.config.jax_compilation_cache_max_size != -1:
            return  # The user has it bounded, which jax's own does.
        if own.get_file_cache is not _file_cache:
            own.get_file_cache = _file_cache
            own.reset_cache()  # It may have opened its own.
    except (ImportError, AttributeError):
        _LOG.debug("This jax has another cache: its programs are not checked.")


def _file_cache(path: str) -> tuple[Checked, str]:
    return Checked(path), path
