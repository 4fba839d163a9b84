"""Keeps compiled programs between processes, in the user's cache directory."""

import os

import jax

_VARIABLE = "JAX_COMPILATION_CACHE_DIR"  # jax's own; it wins when set.


def enable() -> str:
    """Turns jax's persistent compilation cache on.

    Returns:
        The directory in use: what the user set for jax, else `tsgen_jax` under
        `$XDG_CACHE_HOME` or `~/.cache`.
    """
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    path = os.environ.get(_VARIABLE) or os.path.join(home, "tsgen_jax", "xla")
    jax.config.update("jax_compilation_cache_dir", path)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.5)
    return path
